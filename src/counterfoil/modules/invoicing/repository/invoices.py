"""Rows of invoices."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import func, select, text, union_all, update

from counterfoil.core.errors import NotFound
from counterfoil.core.money import Money, decimal_text, unit_of
from counterfoil.modules.customers import CustomerRow
from counterfoil.modules.invoicing.models import InvoiceLineRow, InvoiceRow
from counterfoil.modules.invoicing.types import Invoice, InvoiceDiscount, InvoiceTax
from counterfoil.store import Page, PageQuery, SystemUow, Uow
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_rows, insert_values
from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, CompoundSelect
    from sqlalchemy.engine import Row

    from counterfoil.core.states.invoice import InvoiceState

_FIELDS: Final = tuple(field.name for field in fields(Invoice))
_MONEY: Final = ("subtotal", "tax", "total", "amount_paid")
_FINALISED: Final = (
    *("id", "number", "status", "finalised_at", "due_at", "paid_at"),
    *("seller", "buyer", "known_at", "version", "updated_at"),
)
_SELECT = select(*columns(InvoiceRow, Invoice))

# One statement for a batch: the rows travel as one JSON document.
_FINALISE = text(
    """
    update invoices i
    set number = r.number, status = r.status, finalised_at = r.finalised_at, due_at = r.due_at,
        paid_at = r.paid_at, seller = r.seller, buyer = r.buyer, known_at = r.known_at,
        version = r.version, updated_at = r.updated_at
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, number text, status text, finalised_at timestamptz, due_at timestamptz, paid_at timestamptz,
        seller jsonb, buyer jsonb, known_at timestamptz, version bigint, updated_at timestamptz)
    where i.environment_id = :environment and i.id = r.id
    """
)
_REPLACE = text(
    """
    update invoices i
    set subtotal = r.subtotal, tax = r.tax, total = r.total, taxes = r.taxes, discounts = r.discounts,
        version = r.version, updated_at = r.updated_at
    from jsonb_to_recordset(cast(:rows as jsonb)) as r (
        id uuid, subtotal bigint, tax bigint, total bigint, taxes jsonb, discounts jsonb, version bigint,
        updated_at timestamptz)
    where i.environment_id = :environment and i.id = r.id
    """
)
_ENVIRONMENTS_WITH_DUE = text(
    """
    select e.organization_id, e.id
    from environments e left join test_clocks c on c.environment_id = e.id
    where exists (select from invoices i where i.environment_id = e.id and i.status = 'draft'
                  and i.finalise_at <= coalesce(c.now_at, :wall))
    order by e.id
    """
)


def _money_and_taxes(invoice: Invoice) -> dict[str, Any]:
    """The columns whose form is not the field's."""
    values: dict[str, Any] = {name: getattr(invoice, name).minor for name in _MONEY}
    values["taxes"] = [
        {
            "code": tax.code,
            "name": tax.name,
            "percent": decimal_text(tax.percent),
            "taxable": tax.taxable.minor,
            "tax": tax.tax.minor,
        }
        for tax in invoice.taxes
    ]
    values["discounts"] = [
        {
            "discount_id": None if one.discount_id is None else str(one.discount_id),
            "name": one.name,
            "amount": one.amount.minor,
        }
        for one in invoice.discounts
    ]
    return values


def _invoice(row: Row[Any]) -> Invoice:
    values = dict(zip(_FIELDS, row, strict=True))
    unit = unit_of(values["currency"])
    values |= {name: Money(values[name], unit) for name in _MONEY}
    values["taxes"] = tuple(
        InvoiceTax(
            tax["code"],
            tax["name"],
            Decimal(tax["percent"]),
            Money(tax["taxable"], unit),
            Money(tax["tax"], unit),
        )
        for tax in values["taxes"]
    )
    values["discounts"] = tuple(
        InvoiceDiscount(
            None if one["discount_id"] is None else UUID(one["discount_id"]),
            one["name"],
            Money(one["amount"], unit),
        )
        for one in values["discounts"]
    )
    return Invoice(**values)


async def add(uow: Uow, invoices: Iterable[Invoice]) -> None:
    """Write new invoices; ``AlreadyExists`` if an external id is taken."""
    rows = [insert_values(uow, invoice) | _money_and_taxes(invoice) for invoice in invoices]
    await insert_rows(uow, InvoiceRow, rows)


async def get(uow: Uow, invoice_id: UUID, *, lock: bool = False) -> Invoice:
    """The invoice, or ``NotFound``; locked, nobody else changes it until the end."""
    found = await by_ids(uow, [invoice_id], lock=lock)
    if not found:
        raise NotFound("no such invoice")
    return found[0]


async def by_ids(uow: Uow, ids: Collection[UUID], *, lock: bool = False) -> list[Invoice]:
    """Those of these invoices that exist, by id; locks are taken in that order."""
    statement = _SELECT.where(
        InvoiceRow.environment_id == uow.environment_id, InvoiceRow.id.in_(ids)
    ).order_by(InvoiceRow.id)
    return [_invoice(row) for row in await uow.execute(statement.with_for_update() if lock else statement)]


async def due_drafts(uow: Uow, limit: int) -> list[Invoice]:
    """Drafts whose grace is over, oldest first, locked; those that somebody else works on are left out."""
    statement = (
        _SELECT.where(
            InvoiceRow.environment_id == uow.environment_id,
            InvoiceRow.status == text("'draft'"),
            InvoiceRow.finalise_at <= uow.now,
        )
        .order_by(InvoiceRow.finalise_at, InvoiceRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_invoice(row) for row in await uow.execute(statement)]


async def earliest_due(uow: Uow) -> datetime | None:
    """When the next draft's grace is over."""
    statement = select(func.min(InvoiceRow.finalise_at)).where(
        InvoiceRow.environment_id == uow.environment_id, InvoiceRow.status == text("'draft'")
    )
    found: datetime | None = (await uow.execute(statement)).scalar_one()
    return found


async def environments_with_due(uow: SystemUow) -> list[tuple[UUID, UUID]]:
    """Organization and environment wherever a draft's grace is over by that environment's clock."""
    found = await uow.execute(_ENVIRONMENTS_WITH_DUE, {"wall": uow.wall})
    return [(row.organization_id, row.id) for row in found]


async def page(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None,
    subscription_id: UUID | None,
    status: InvoiceState | None,
    number: str | None,
) -> Page[Invoice]:
    """Invoices, newest first."""
    wanted = [InvoiceRow.environment_id == uow.environment_id]
    if customer_id is not None:
        wanted.append(InvoiceRow.customer_id == customer_id)
    if status is not None:
        wanted.append(InvoiceRow.status == status)
    if number is not None:
        wanted.append(InvoiceRow.number == number)
    statement = _SELECT.where(*wanted)
    if subscription_id is not None:
        statement = statement.where(InvoiceRow.id.in_(_of_subscription(uow, subscription_id, wanted, query)))
    rows = await uow.execute(paged(statement, InvoiceRow.id, query))
    return page_of([_invoice(row) for row in rows], query)


def _of_subscription(
    uow: Uow, subscription_id: UUID, wanted: Sequence[ColumnElement[bool]], query: PageQuery
) -> CompoundSelect[Any]:
    """The ids of a page's invoices: those of the subscription, and the joint ones that have lines of it."""
    own = select(InvoiceRow.id).where(*wanted, InvoiceRow.subscription_id == subscription_id)
    joint = (
        select(InvoiceLineRow.invoice_id)
        .distinct()
        .join(InvoiceRow, InvoiceRow.id == InvoiceLineRow.invoice_id)
        .where(
            *wanted,
            InvoiceLineRow.environment_id == uow.environment_id,
            InvoiceLineRow.subscription_id == subscription_id,
        )
    )
    pages = (paged(own, InvoiceRow.id, query), paged(joint, InvoiceLineRow.invoice_id, query))
    return union_all(*(select(page.subquery()) for page in pages))


async def save_finalised(uow: Uow, invoices: Sequence[Invoice]) -> None:
    """Write what finalisation sets, of all in one statement."""
    rows = [{name: getattr(invoice, name) for name in _FINALISED} for invoice in invoices]
    await uow.execute(_FINALISE, {"environment": uow.environment_id, "rows": json_text(rows)})


async def save_amounts(uow: Uow, invoices: Sequence[Invoice]) -> None:
    """Write the amounts of drafts, of all in one statement."""
    rows = [
        {"id": invoice.id, "version": invoice.version, "updated_at": invoice.updated_at}
        | _money_and_taxes(invoice)
        for invoice in invoices
    ]
    await uow.execute(_REPLACE, {"environment": uow.environment_id, "rows": json_text(rows)})


async def save(uow: Uow, after: Invoice, changed: Collection[str]) -> None:
    """Write the named fields of one invoice, whose row is locked, with its version."""
    values = {name: getattr(after, name) for name in (*changed, "version", "updated_at")}
    values = {name: value.minor if isinstance(value, Money) else value for name, value in values.items()}
    await uow.execute(
        update(InvoiceRow)
        .where(InvoiceRow.environment_id == uow.environment_id, InvoiceRow.id == after.id)
        .values(**values)
    )


async def buyers(uow: Uow, customer_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """What an invoice keeps of these customers."""
    statement = select(
        CustomerRow.id,
        CustomerRow.name,
        CustomerRow.external_id,
        CustomerRow.email,
        CustomerRow.address,
        CustomerRow.tax_number,
    ).where(CustomerRow.environment_id == uow.environment_id, CustomerRow.id.in_(customer_ids))
    found = [dict(row._mapping) for row in await uow.execute(statement)]
    return {buyer.pop("id"): buyer for buyer in found}
