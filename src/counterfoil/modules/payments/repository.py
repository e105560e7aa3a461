"""Rows of payments."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select

from counterfoil.core.errors import NotFound
from counterfoil.core.money import Money, unit_of
from counterfoil.modules.payments.models import PaymentRow
from counterfoil.modules.payments.types import Payment
from counterfoil.store import Page, PageQuery, Uow
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_values

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.engine import Row

_FIELDS: Final = tuple(field.name for field in fields(Payment))
_SELECT = select(*columns(PaymentRow, Payment), PaymentRow.currency)


def _payment(row: Row[Any]) -> Payment:
    values: dict[str, Any] = dict(zip(_FIELDS, row[:-1], strict=True))
    unit = unit_of(row.currency)
    return Payment(
        **values | {"amount": Money(values["amount"], unit), "settled": Money(values["settled"], unit)}
    )


async def add(uow: Uow, payment: Payment) -> None:
    """Write a new payment; ``AlreadyExists`` if its external id is taken."""
    values = insert_values(uow, payment) | {
        "currency": payment.amount.unit.code,
        "amount": payment.amount.minor,
        "settled": payment.settled.minor,
    }
    await uow.execute(insert(PaymentRow).values(values))


async def get(uow: Uow, payment_id: UUID) -> Payment:
    """The payment, or ``NotFound``."""
    statement = _SELECT.where(PaymentRow.environment_id == uow.environment_id, PaymentRow.id == payment_id)
    row = (await uow.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("no such payment")
    return _payment(row)


async def page(
    uow: Uow, query: PageQuery, *, customer_id: UUID | None, invoice_id: UUID | None
) -> Page[Payment]:
    """Payments, newest first."""
    statement = _SELECT.where(PaymentRow.environment_id == uow.environment_id)
    if customer_id is not None:
        statement = statement.where(PaymentRow.customer_id == customer_id)
    if invoice_id is not None:
        statement = statement.where(PaymentRow.invoice_id == invoice_id)
    rows = await uow.execute(paged(statement, PaymentRow.id, query))
    return page_of([_payment(row) for row in rows], query)
