"""``/v1/subscriptions/{subscription_id}/add-ons``: giving a subscription an add-on, and taking it away."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.proration import ProrationBehavior
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import AddOnId, IfMatch, InstantText, SubscriptionId
from counterfoil.faces.native.add_ons import ChosenAddOnIn
from counterfoil.faces.native.catalog_wire import example
from counterfoil.faces.native.previews import AsPreview, ChangedOut, changed
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules import billing
from counterfoil.modules.subscriptions import ChangeWhen, ChosenAddOn

router = APIRouter(
    prefix="/subscriptions/{subscription_id}/add-ons",
    tags=["Subscription add-ons"],
    route_class=NativeRoute,
)
WRITE = allow("subscriptions:write")

_WHEN = "`now`, `period_end`, or `at` an instant"
_AT = "With when `at`: an instant ahead"
_BEHAVIOR = "How the running period is billed; as the subscription's policy says by default"


class AddAddOnIn(ChosenAddOnIn):
    """An add-on that a subscription gets, now or at a date."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"code": "support", "quantity": "2"},
            {"code": "support", "when": "at", "at": "2026-12-01T00:00:00Z"},
        )
    )

    shared_usage: bool = Field(
        default=False, description="Another running subscription of the customer may be billed by its meter"
    )
    when: ChangeWhen = Field(default=ChangeWhen.NOW, description=_WHEN)
    at: InstantText | None = Field(default=None, description=_AT)
    behavior: ProrationBehavior | None = Field(default=None, description=_BEHAVIOR)

    def from_wire(self) -> ChosenAddOn:
        """The command."""
        return ChosenAddOn(self.code, self.quantity, self.shared_usage)


@router.post("", response_model=ChangedOut, dependencies=[WRITE])
async def add(
    subscription_id: SubscriptionId,
    body: AddAddOnIn,
    uow: Unit,
    if_match: IfMatch,
    preview: AsPreview = False,
) -> Response:
    """Give a subscription an add-on, now, at the end of its period or at an instant ahead.

    In the middle of a period it costs its share of it, on the invoice that the policy or `behavior` says.
    """
    return await changed(
        uow,
        lambda: billing.add_add_on(
            uow,
            subscription_id,
            body.from_wire(),
            behavior=body.behavior,
            when=body.when,
            at=body.at,
            expected_version=if_match,
        ),
        preview=preview,
    )


@router.delete("/{add_on_id}", response_model=ChangedOut, dependencies=[WRITE])
async def remove(
    subscription_id: SubscriptionId,
    add_on_id: AddOnId,
    uow: Unit,
    if_match: IfMatch,
    when: Annotated[ChangeWhen, Query(description=_WHEN)] = ChangeWhen.NOW,
    at: Annotated[InstantText | None, Query(description=_AT)] = None,
    behavior: Annotated[ProrationBehavior | None, Query(description=_BEHAVIOR)] = None,
    preview: AsPreview = False,
) -> Response:
    """Take an add-on from a subscription, now, at the end of its period or at an instant ahead.

    What was paid for time that is not served any more is given back, unless `behavior` is `none`.
    """
    return await changed(
        uow,
        lambda: billing.remove_add_on(
            uow, subscription_id, add_on_id, behavior=behavior, when=when, at=at, expected_version=if_match
        ),
        preview=preview,
    )
