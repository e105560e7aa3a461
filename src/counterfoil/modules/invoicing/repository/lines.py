"""Rows of invoice lines."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import Numeric, Uuid, case, column, delete, func, literal, not_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.core.errors import NotFound
from counterfoil.core.money import Money, unit_of
from counterfoil.core.rating import Cadence
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.invoicing.models import InvoiceLineRow, InvoiceRow
from counterfoil.modules.invoicing.types import CommitmentEntry, InvoiceLine, LineTax
from counterfoil.store.rows import among, columns, insert_rows, insert_values, records
from counterfoil.store.types import Instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from sqlalchemy.engine import Row

    from counterfoil.store import Uow

_FIELDS: Final = tuple(field.name for field in fields(InvoiceLine))
_MONEY: Final = ("amount", "tax", "total")
# Whose a line is, is kept with it where it is not the invoice's.
_WHOSE: Final = {
    "subscription_id": func.coalesce(InvoiceLineRow.subscription_id, InvoiceRow.subscription_id),
    "customer_id": func.coalesce(InvoiceLineRow.customer_id, InvoiceRow.customer_id),
}
_SELECT = select(
    *(_WHOSE.get(one.name, one) for one in columns(InvoiceLineRow, InvoiceLine)), InvoiceRow.currency
).join(InvoiceRow, InvoiceRow.id == InvoiceLineRow.invoice_id)


_PARTS: Final = text(
    """
    select l.invoice_id, s.id as subscription_id, c.name as customer,
        coalesce(p.name, s.plan_reference, s.external_id) as name
    from invoice_lines l
    join invoices i on i.id = l.invoice_id
    join customers c on c.id = coalesce(l.customer_id, i.customer_id)
    join subscriptions s on s.id = coalesce(l.subscription_id, i.subscription_id)
    left join plans p on p.id = s.plan_id
    where l.environment_id = :environment and l.invoice_id = any (cast(:invoices as uuid[]))
      and (l.subscription_id is not null or l.customer_id is not null)
    group by l.invoice_id, s.id, c.name, p.name
    order by l.invoice_id, min(l.position)
    """
)
_IS_CHARGE: Final = text("invoice_lines.kind = 'charge'")  # as the index says it
_IS_OTHER: Final = text("invoice_lines.kind <> 'charge'")


def _line(row: Row[Any]) -> InvoiceLine:
    values: dict[str, Any] = dict(zip(_FIELDS, row[:-1], strict=True))
    unit = unit_of(row.currency)
    values |= {name: Money(values[name], unit) for name in _MONEY}
    values["taxes"] = tuple(
        LineTax(
            None if tax["tax_rate_id"] is None else UUID(tax["tax_rate_id"]),
            tax["code"],
            Money(tax["tax"], unit),
        )
        for tax in values["taxes"]
    )
    return InvoiceLine(**values)


async def add(uow: Uow, lines: Iterable[InvoiceLine]) -> None:
    """Write new lines; ``AlreadyExists`` if a period of an item's price is billed already."""
    rows = [
        insert_values(uow, line)
        | {name: getattr(line, name).minor for name in _MONEY}
        | {
            "taxes": [
                {"tax_rate_id": tax.tax_rate_id, "code": tax.code, "tax": tax.tax.minor} for tax in line.taxes
            ]
        }
        for line in lines
    ]
    await insert_rows(uow, InvoiceLineRow, rows)


async def of_invoices(uow: Uow, invoice_ids: Collection[UUID]) -> dict[UUID, tuple[InvoiceLine, ...]]:
    """The lines of each of these invoices, by position; of one without lines, none."""
    statement = _SELECT.where(
        InvoiceLineRow.environment_id == uow.environment_id, InvoiceLineRow.invoice_id.in_(invoice_ids)
    ).order_by(InvoiceLineRow.invoice_id, InvoiceLineRow.position)
    found: dict[UUID, list[InvoiceLine]] = {invoice_id: [] for invoice_id in invoice_ids}
    for row in await uow.execute(statement):
        line = _line(row)
        found[line.invoice_id].append(line)
    return {invoice_id: tuple(lines) for invoice_id, lines in found.items()}


async def billed(uow: Uow, reaches: Collection[tuple[UUID, datetime]]) -> dict[UUID, list[InvoiceLine]]:
    """The lines that stand of each of these items beyond an instant; each index has a statement."""
    found: dict[UUID, list[InvoiceLine]] = {item_id: [] for item_id, _ in reaches}
    if not reaches:
        return found
    wanted = (
        func.unnest(
            literal([item_id for item_id, _ in reaches], ARRAY(Uuid)),
            literal([since for _, since in reaches], ARRAY(Instant)),
        )
        .table_valued(column("item", Uuid), column("since", Instant))
        .render_derived("wanted")
    )
    for of_kind in (_IS_CHARGE, _IS_OTHER):
        statement = _SELECT.join(wanted, InvoiceLineRow.subscription_item_id == wanted.c.item).where(
            InvoiceLineRow.environment_id == uow.environment_id,
            not_(InvoiceLineRow.voided),
            of_kind,
            InvoiceLineRow.service_end > wanted.c.since,
        )
        for row in await uow.execute(statement):
            line = _line(row)
            assert line.subscription_item_id is not None
            found[line.subscription_item_id].append(line)
    for lines in found.values():
        lines.sort(key=lambda line: (line.service_start, line.id))
    return found


async def with_others(uow: Uow, line_ids: Collection[UUID]) -> tuple[list[InvoiceLine], list[InvoiceLine]]:
    """Those of these lines that stand, and the lines that stand of them, in the order they were written."""
    standing = _SELECT.where(
        InvoiceLineRow.environment_id == uow.environment_id, not_(InvoiceLineRow.voided)
    ).order_by(InvoiceLineRow.id)
    lines = [_line(row) for row in await uow.execute(standing.where(among(InvoiceLineRow.id, line_ids)))]
    items = {line.subscription_item_id for line in lines}
    others = standing.where(
        _IS_OTHER,
        among(InvoiceLineRow.subscription_item_id, items),
        among(InvoiceLineRow.of_line_id, line_ids),
    )
    return lines, [_line(row) for row in await uow.execute(others)]


async def voided(uow: Uow, subscription_id: UUID, item_id: UUID, at: datetime) -> list[InvoiceLine]:
    """The lines of an item around an instant that were voided, found by the subscription's invoices."""
    found = []
    for whose in (InvoiceRow.subscription_id, InvoiceLineRow.subscription_id):  # each has its index
        statement = _SELECT.where(
            InvoiceRow.environment_id == uow.environment_id,
            InvoiceLineRow.environment_id == uow.environment_id,
            whose == subscription_id,
            InvoiceRow.status == InvoiceState.VOID,
            InvoiceLineRow.subscription_item_id == item_id,
            InvoiceLineRow.voided,
            InvoiceLineRow.service_start <= at,
            InvoiceLineRow.service_end > at,
        )
        found += [_line(row) for row in await uow.execute(statement)]
    return sorted(found, key=lambda line: line.id)


async def at(uow: Uow, invoice_id: UUID, position: int) -> InvoiceLine:
    """The line at a position, or ``NotFound``."""
    statement = _SELECT.where(
        InvoiceLineRow.environment_id == uow.environment_id,
        InvoiceLineRow.invoice_id == invoice_id,
        InvoiceLineRow.position == position,
    )
    row = (await uow.execute(statement)).one_or_none()
    if row is None:
        raise NotFound("this invoice has no such line")
    return _line(row)


async def net_by_cadence(uow: Uow, invoice_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """The nets of each invoice's lines in minor units: in arrears, and in advance."""
    in_arrears = InvoiceLineRow.cadence == Cadence.IN_ARREARS
    statement = (
        select(
            InvoiceLineRow.invoice_id,
            func.sum(case((in_arrears, InvoiceLineRow.amount), else_=0)).label("earned"),
            func.sum(case((in_arrears, 0), else_=InvoiceLineRow.amount)).label("deferred"),
        )
        .where(
            InvoiceLineRow.environment_id == uow.environment_id, InvoiceLineRow.invoice_id.in_(invoice_ids)
        )
        .group_by(InvoiceLineRow.invoice_id)
    )
    found = dict.fromkeys(invoice_ids, (0, 0))
    for row in await uow.execute(statement):
        found[row.invoice_id] = (int(row.earned), int(row.deferred))
    return found


async def parts(uow: Uow, invoice_ids: Collection[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """Of invoices that are for others than their customer, or joint: whose subscriptions they are for.

    In the order of the lines; what a subscription is called is its plan, or what the seller calls it.
    """
    found: dict[UUID, list[dict[str, Any]]] = {}
    values = {"environment": uow.environment_id, "invoices": list(invoice_ids)}
    for row in await uow.execute(_PARTS, values):
        part = {"subscription_id": str(row.subscription_id), "customer": row.customer, "name": row.name}
        found.setdefault(row.invoice_id, []).append(part)
    return found


async def remove(uow: Uow, invoice_ids: Collection[UUID]) -> None:
    """Take the lines of drafts away."""
    await uow.execute(
        delete(InvoiceLineRow).where(
            InvoiceLineRow.environment_id == uow.environment_id, InvoiceLineRow.invoice_id.in_(invoice_ids)
        )
    )


async def void(uow: Uow, invoice_id: UUID) -> None:
    """Let the periods of an invoice's lines be billed again."""
    await uow.execute(
        update(InvoiceLineRow)
        .where(InvoiceLineRow.environment_id == uow.environment_id, InvoiceLineRow.invoice_id == invoice_id)
        .values(voided=True)
    )


async def commitment_entries(uow: Uow, term_ids: Collection[UUID]) -> list[CommitmentEntry]:
    """What the standing lines of these terms come to: of each part the final invoices, and each draft."""
    draft = case((InvoiceRow.status == InvoiceState.DRAFT, InvoiceRow.id))
    term, part = InvoiceLineRow.commitment_term_id, InvoiceLineRow.commitment_part
    amount = InvoiceLineRow.explanation["amount"].astext.cast(Numeric)
    statement = (
        select(
            term,
            draft.label("draft_id"),
            part,
            func.sum(InvoiceLineRow.commitment_used).label("used"),
            func.sum(amount).label("amount"),
        )
        .join(InvoiceRow, InvoiceRow.id == InvoiceLineRow.invoice_id)
        .where(
            InvoiceLineRow.environment_id == uow.environment_id,
            among(term, term_ids),
            not_(InvoiceLineRow.voided),
        )
        .group_by(term, part, "draft_id")
    )
    return records(CommitmentEntry, await uow.execute(statement))
