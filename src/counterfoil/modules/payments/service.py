"""Use cases of payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.calendar import EARLIEST, format_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.core.ids import show_id
from counterfoil.core.ledger import payment_received
from counterfoil.core.money import Money
from counterfoil.modules.customers import get_customer
from counterfoil.modules.invoicing import apply_payment
from counterfoil.modules.ledger import post
from counterfoil.modules.payments import repository
from counterfoil.modules.payments.types import NewPayment, Payment
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, Uow


async def record_payment(uow: Uow, new: NewPayment) -> Payment:
    """Record money that came in.

    For an invoice it settles what is due there, and what is left of it is the customer's credit; for a
    customer alone all of it is.  Raises ``InvalidInput`` for an amount that is not above zero, another
    currency than the invoice's, a customer who is not the invoice's, or an instant that is yet to come;
    ``NotFound`` for an unknown customer or invoice; ``WrongState`` for an invoice on which nothing can be
    paid; ``AlreadyExists`` for an external id that is taken.
    """
    received_at = new.received_at or uow.now
    _check(uow, new)
    customer_id, settled = await _settle(uow, new)
    payment = Payment(
        id=uow.new_id(),
        external_id=new.external_id,
        customer_id=customer_id,
        invoice_id=new.invoice_id,
        amount=new.amount,
        settled=settled,
        method=new.method,
        reference=new.reference,
        received_at=received_at,
        meta=new.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )
    await repository.add(uow, payment)
    booked = payment_received(
        payment=payment.id,
        customer=customer_id,
        effective_at=received_at,
        amount=payment.amount,
        due=settled,
    )
    await post(uow, [booked])
    uow.announce("payment.recorded", "payment", payment.id, 1, _announced(payment))
    return payment


async def get_payment(uow: Uow, payment_id: UUID) -> Payment:
    """The payment, or ``NotFound``."""
    return await repository.get(uow, payment_id)


async def list_payments(
    uow: Uow, query: PageQuery, *, customer_id: UUID | None = None, invoice_id: UUID | None = None
) -> Page[Payment]:
    """Payments, newest first."""
    return await repository.page(uow, query, customer_id=customer_id, invoice_id=invoice_id)


def _check(uow: Uow, new: NewPayment) -> None:
    if new.amount.minor <= 0:
        raise InvalidInput("amount is not above zero", field="amount", allowed="an amount above zero")
    if new.received_at is not None and not EARLIEST <= new.received_at <= uow.now:
        raise InvalidInput(
            "received_at is out of range",
            field="received_at",
            allowed=f"{format_instant(EARLIEST)} to {format_instant(uow.now)}",
        )
    check_text(new.reference, "reference", longest=500)
    check_text(new.external_id, "external_id", longest=255)
    check_metadata(new.meta)


async def _settle(uow: Uow, new: NewPayment) -> tuple[UUID, Money]:
    """Whose payment it is, and how much of it the invoice takes."""
    if new.invoice_id is None:
        if new.customer_id is None:
            raise InvalidInput(
                "the payment is nobody's", field="customer_id", allowed="a customer, an invoice, or both"
            )
        await _named("customer_id", get_customer(uow, new.customer_id))
        return new.customer_id, Money.zero(new.amount.unit)
    settlement = await _named("invoice_id", apply_payment(uow, new.invoice_id, new.amount))
    owner = settlement.invoice.customer_id
    if new.customer_id not in (None, owner):
        raise InvalidInput(
            "the invoice is another customer's",
            field="customer_id",
            allowed=show_id("customer", owner),
        )
    return owner, settlement.settled


async def _named[T](field: str, call: Awaitable[T]) -> T:
    """What a call returns; its refusal names the field of the payment that caused it."""
    try:
        return await call
    except CounterfoilError as error:
        error.field = error.field or field
        raise


def _announced(payment: Payment) -> dict[str, object]:
    return {
        "id": show_id("payment", payment.id),
        "customer": show_id("customer", payment.customer_id),
        "invoice": None if payment.invoice_id is None else show_id("invoice", payment.invoice_id),
        "currency": payment.amount.unit.code,
        "amount": payment.amount.amount_text(),
        "settled": payment.settled.amount_text(),
        "method": payment.method.value,
    }
