"""``/v1/payments``: money that came in, recorded by hand."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.money import Money, unit_of
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    DecimalText,
    InstantText,
    InvoiceId,
    ListOf,
    Metadata,
    PageQuery,
    PaymentId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.payments import (
    NewPayment,
    Payment,
    PaymentMethod,
    get_payment,
    list_payments,
    record_payment,
)

router = APIRouter(prefix="/payments", tags=["Payments"], route_class=NativeRoute)
READ, WRITE = allow("payments:read"), allow("payments:write")
_page = page_query("payment")

_EXAMPLE: Final[dict[str, Any]] = {
    "invoice_id": "inv_01kahgp1g0edgrx4zm6byashwj",
    "amount": "119.00",
    "currency": "EUR",
    "method": "bank_transfer",
    "reference": "INV-000042 Nordwind",
    "received_at": "2026-02-10T00:00:00Z",
    "external_id": "stmt-2026-02-10/17",
    "metadata": {},
}


class PaymentIn(Wire):
    """Money that came in: for an invoice, or ahead of any for a customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    amount: DecimalText = Field(description="Above zero, in major units")
    currency: str = Field(description="ISO 4217; that of the invoice")
    invoice_id: InvoiceId | None = Field(default=None, description="What it pays; the surplus becomes credit")
    customer_id: CustomerId | None = Field(default=None, description="Who paid, where it is for no invoice")
    method: PaymentMethod = PaymentMethod.BANK_TRANSFER
    reference: str | None = Field(default=None, description="What the payer wrote on it")
    received_at: InstantText | None = Field(default=None, description="When it came in; now, unless said")
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self) -> NewPayment:
        """The command."""
        return NewPayment(
            amount=Money.of(self.amount, unit_of(self.currency)),
            customer_id=self.customer_id,
            invoice_id=self.invoice_id,
            method=self.method,
            reference=self.reference,
            received_at=self.received_at,
            external_id=self.external_id,
            meta=self.metadata,
        )


class PaymentOut(Wire):
    """A payment; ``settled`` is what its invoice took of it, ``credited`` the customer's credit."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "pay_01kahgp1g0edgrx4zm6byashwk",
                    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
                    **_EXAMPLE,
                    "settled": "119.00",
                    "credited": "0.00",
                    "version": 1,
                    "created_at": "2026-02-11T08:00:00Z",
                    "updated_at": "2026-02-11T08:00:00Z",
                }
            ]
        }
    )

    id: PaymentId
    external_id: str | None
    customer_id: CustomerId
    invoice_id: InvoiceId | None
    currency: str
    amount: str
    settled: str
    credited: str
    method: PaymentMethod
    reference: str | None
    received_at: InstantText
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


def to_wire(payment: Payment) -> PaymentOut:
    """A payment on the wire."""
    return PaymentOut.model_construct(
        id=payment.id,
        external_id=payment.external_id,
        customer_id=payment.customer_id,
        invoice_id=payment.invoice_id,
        currency=payment.amount.unit.code,
        amount=payment.amount.amount_text(),
        settled=payment.settled.amount_text(),
        credited=payment.credited.amount_text(),
        method=payment.method,
        reference=payment.reference,
        received_at=payment.received_at,
        metadata=dict(payment.meta),
        version=payment.version,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
    )


@router.post("", status_code=201, response_model=PaymentOut, dependencies=[WRITE])
async def create(body: PaymentIn, uow: Unit) -> Response:
    """Record a payment; it is never changed after."""
    payment = await record_payment(uow, body.from_wire())
    return shown(to_wire(payment), 201, version=payment.version)


@router.get("", response_model=ListOf[PaymentOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    customer_id: Annotated[CustomerId | None, Query(description="Only this customer's")] = None,
    invoice_id: Annotated[InvoiceId | None, Query(description="Only those for this invoice")] = None,
) -> Response:
    """Payments, newest first."""
    page = await list_payments(uow, query, customer_id=customer_id, invoice_id=invoice_id)
    return shown(list_of("payment", page, to_wire))


@router.get("/{payment_id}", response_model=PaymentOut, dependencies=[READ])
async def get(payment_id: PaymentId, uow: Unit) -> Response:
    """One payment."""
    payment = await get_payment(uow, payment_id)
    return shown(to_wire(payment), version=payment.version)
