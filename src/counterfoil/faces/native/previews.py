"""What a change of a subscription would do, shown instead of done: ``?preview=true``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import Query
from pydantic import ConfigDict

from counterfoil.faces.kit.wire import Wire, shown
from counterfoil.faces.native import invoices
from counterfoil.faces.native.invoices import InvoiceLineOut, InvoiceOut
from counterfoil.faces.native.invoices_examples import DRAFT, LINE
from counterfoil.faces.native.subscriptions_wire import SUBSCRIPTION, SubscriptionOut, to_wire
from counterfoil.modules.billing import previewed
from counterfoil.modules.subscriptions import items_of, phases_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from fastapi import Response

    from counterfoil.faces.kit.context import Unit
    from counterfoil.modules.invoicing import DraftInvoice
    from counterfoil.modules.subscriptions import Subscription

AsPreview = Annotated[
    bool,
    Query(description="Show what it would do, with every invoice, and do nothing"),
]

_DRAFTED: dict[str, Any] = {"invoice": DRAFT, "lines": [LINE]}


class PreviewInvoiceOut(Wire):
    """An invoice as it would be drafted, with its lines; it has an id only in this answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFTED]})

    invoice: InvoiceOut
    lines: list[InvoiceLineOut]


class SubscriptionPreviewOut(Wire):
    """What a change would do: the subscription after it, the invoices it drafts, and those that come next."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"subscription": SUBSCRIPTION, "invoices": [_DRAFTED], "next_invoices": []}]
        }
    )

    subscription: SubscriptionOut
    invoices: list[PreviewInvoiceOut]
    next_invoices: list[PreviewInvoiceOut]


ChangedOut = SubscriptionOut | SubscriptionPreviewOut

PREVIEWED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": SubscriptionPreviewOut, "description": "What it would do, asked for by `preview`"}
}
"""The answer of what makes something (201) where it is only shown."""


def drafts_to_wire(drafts: Sequence[DraftInvoice]) -> list[PreviewInvoiceOut]:
    """Invoices that would be drafted."""
    return [
        PreviewInvoiceOut.model_construct(
            invoice=invoices.to_wire(draft.invoice),
            lines=[invoices.line_to_wire(line) for line in draft.lines],
        )
        for draft in drafts
    ]


async def show_subscription(uow: Unit, subscription: Subscription, status: int = 200) -> Response:
    """The answer that shows a subscription."""
    items = (await items_of(uow, [subscription.id])).get(subscription.id, [])
    phases = (await phases_of(uow, [subscription])).get(subscription.id, ())
    return shown(to_wire(subscription, items, phases), status, version=subscription.version)


async def changed(
    uow: Unit,
    action: Callable[[], Awaitable[Subscription]],
    *,
    preview: bool,
    status: int = 200,
) -> Response:
    """Do ``action`` and show the subscription after it, or show what it would do."""
    if not preview:
        return await show_subscription(uow, await action(), status)
    found = await previewed(uow, action)
    assert found.subscription is not None
    return shown(
        SubscriptionPreviewOut.model_construct(
            subscription=to_wire(found.subscription, list(found.items), found.phases),
            invoices=drafts_to_wire(found.invoices),
            next_invoices=drafts_to_wire(found.next_invoices),
        )
    )
