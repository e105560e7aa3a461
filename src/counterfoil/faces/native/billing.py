"""The flows of billing over HTTP: preview, finalise now, advance a test clock.

Each stands under the object that it is about, so its path is that object's.
"""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import ConfigDict

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import InstantText, InvoiceId, SubscriptionId, TestClockId, Wire, shown
from counterfoil.faces.native import invoices, operations
from counterfoil.faces.native.invoices import InvoiceLineOut, InvoiceOut
from counterfoil.faces.native.invoices_examples import DRAFT, LINE
from counterfoil.faces.native.operations import OperationOut
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.billing import finalise_now, preview_subscription, rate_now, request_advance
from counterfoil.modules.invoicing import DraftInvoice, lock_draft

router = APIRouter(tags=["Billing"], route_class=NativeRoute)


class PreviewInvoiceOut(Wire):
    """An invoice as it would be drafted, with its lines; it has an id only in this answer."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"invoice": DRAFT, "lines": [LINE]}]})

    invoice: InvoiceOut
    lines: list[InvoiceLineOut]


class PreviewOut(Wire):
    """What a subscription will be billed next, with the usage that has come so far."""

    data: list[PreviewInvoiceOut]


class AdvanceIn(Wire):
    """Where to."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "2026-03-01T00:00:00Z"}]})

    to: InstantText


def _preview_to_wire(draft: DraftInvoice) -> PreviewInvoiceOut:
    return PreviewInvoiceOut.model_construct(
        invoice=invoices.to_wire(draft.invoice), lines=[invoices.line_to_wire(line) for line in draft.lines]
    )


@router.get(
    "/subscriptions/{subscription_id}/preview",
    response_model=PreviewOut,
    dependencies=[allow("subscriptions:read")],
)
async def preview(subscription_id: SubscriptionId, uow: Unit) -> Response:
    """The next invoice of a subscription: the billing run itself, rolled back."""
    found = await preview_subscription(uow, subscription_id)
    return shown(PreviewOut.model_construct(data=[_preview_to_wire(draft) for draft in found.invoices]))


@router.post("/invoices/{invoice_id}/rate", response_model=InvoiceOut, dependencies=[allow("invoices:write")])
async def rate(invoice_id: InvoiceId, uow: Unit) -> Response:
    """Rate a draft again now, with the usage that has come so far; it stays a draft."""
    invoice = await rate_now(uow, await lock_draft(uow, invoice_id))
    return shown(invoices.to_wire(invoice), version=invoice.version)


@router.post(
    "/invoices/{invoice_id}/finalise", response_model=InvoiceOut, dependencies=[allow("invoices:write")]
)
async def finalise(invoice_id: InvoiceId, uow: Unit) -> Response:
    """Finalise a draft now, without waiting for the end of its grace; its usage is counted once more."""
    invoice = await finalise_now(uow, await lock_draft(uow, invoice_id))
    return shown(invoices.to_wire(invoice), version=invoice.version)


@router.post(
    "/test-clocks/{test_clock_id}/advance",
    status_code=202,
    response_model=OperationOut,
    dependencies=[allow("clocks:write")],
)
async def advance(test_clock_id: TestClockId, body: AdvanceIn, uow: Unit) -> Response:
    """Advance a test clock through everything that falls due on the way, in order.

    The answer is an operation; ask for it until its status is `succeeded` or `failed`.
    """
    operation = await request_advance(uow, test_clock_id, body.to)
    return shown(operations.to_wire(operation), 202)
