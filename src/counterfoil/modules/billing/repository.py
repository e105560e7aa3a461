"""Rows of late usage, and the notes that it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from counterfoil.modules.billing.late_types import LateState, LateUsage
from counterfoil.modules.billing.models import LateUsageRow
from counterfoil.store import records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import among, columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, SystemUow, Uow

_SELECT: Final = select(*columns(LateUsageRow, LateUsage))
# One unit at a time takes notes up: two of them could wait for each other's rows in a circle.
_MAY_TAKE: Final = text(
    """
    select exists (select from late_arrivals where environment_id = :environment)
       and pg_try_advisory_xact_lock(hashtextextended(cast(:environment as text), 1))
    """
)
# What never resets counts the earlier time in each later period too.
_TOUCHED: Final = """
    select s.id as subscription_id, l.id as line_id, t.events, t.received_at, i.finalised_at,
        coalesce(s.late_usage_days, u.late_usage_days) as late_usage_days
    from taken t
    join subscriptions s on s.environment_id = t.environment_id and s.customer_id = t.customer_id
        and (t.subscription_id is null or t.subscription_id = s.id)
    join subscription_items si on si.environment_id = s.environment_id and si.subscription_id = s.id
    join invoice_lines l on l.subscription_item_id = si.id and l.environment_id = s.environment_id
        and l.kind = 'charge' and not l.voided and l.service_end > t.first_at
    join prices p on p.id = l.price_id
    join meters m on m.id = p.meter_id and m.event_name = t.name
        and (l.service_start <= t.last_at or m.reset = 'never')
    join invoices i on i.id = l.invoice_id
    join issuers u on u.id = i.issuer_id"""
_TAKE: Final = text(
    f"""
    with taken as (
        delete from late_arrivals where environment_id = :environment and id in (
            select id from late_arrivals where environment_id = :environment order by id limit :most
        )
        returning *
    ) {_TOUCHED}
    """  # noqa: S608  (constants of this file)
)
_OF_LINE: Final = text(
    f"""
    with taken as (select * from late_arrivals where environment_id = :environment)
    {_TOUCHED} where l.id = :line
    """  # noqa: S608
)
# A period can be rated again once all that was billed for it is final; until then its draft is.
_READY: Final = """
    from late_usage w
    join subscriptions s on s.environment_id = w.environment_id and s.id = w.subscription_id
        and s.next_billing_at is null and s.billing_error is null
    join invoice_lines l on l.environment_id = w.environment_id and l.id = w.line_id
    join invoices i on i.id = l.invoice_id and i.status <> 'draft'
    where w.state = 'waiting' and not exists (
        select from invoice_lines o join invoices oi on oi.id = o.invoice_id and oi.status = 'draft'
        where o.environment_id = l.environment_id and o.subscription_item_id = l.subscription_item_id
          and not o.voided and o.kind <> 'charge' and o.kind = 'adjustment' and o.of_line_id = l.id
    )"""
_READY_SUBSCRIPTIONS: Final = text(
    f"select distinct w.subscription_id {_READY} and w.environment_id = :environment limit :most"
)
_ENVIRONMENTS: Final = text(
    f"""
    select e.organization_id, e.id from environments e
    where exists (select from late_arrivals a where a.environment_id = e.id)
       or exists (select {_READY} and w.environment_id = e.id)
    order by e.id
    """  # noqa: S608  (constants of this file)
)
_UPSERT: Final = insert(LateUsageRow)
_ADD: Final = _UPSERT.on_conflict_do_update(
    constraint="uq_late_usage_line_id_state",
    set_={
        "events": LateUsageRow.events + _UPSERT.excluded.events,
        "first_received_at": func.least(LateUsageRow.first_received_at, _UPSERT.excluded.first_received_at),
        "last_received_at": func.greatest(LateUsageRow.last_received_at, _UPSERT.excluded.last_received_at),
    },
)


class Touched(NamedTuple):
    """A note, and a line whose period it falls into."""

    subscription_id: UUID
    line_id: UUID
    events: int
    received_at: datetime
    finalised_at: datetime | None
    late_usage_days: int


async def take_notes(uow: Uow, most: int) -> list[Touched]:
    """The oldest notes, taken away, with the lines that they touch; none while another unit takes them."""
    values = {"environment": uow.environment_id}
    if not (await uow.execute(_MAY_TAKE, values)).scalar_one():
        return []
    return [Touched._make(row) for row in await uow.execute(_TAKE, {**values, "most": most})]


async def add(uow: Uow, found: Iterable[LateUsage]) -> None:
    """Write late usage, beside what waits for the same line; locks are taken in the order of the lines."""
    rows: list[dict[str, Any]] = [
        {"environment_id": uow.environment_id, **{name: getattr(one, name) for name in LateUsage.__slots__}}
        for one in sorted(found, key=lambda one: (one.line_id, one.state.value))
    ]
    if rows:
        await uow.execute(_ADD, rows)


async def of_waiting_lines(uow: Uow, subscription_ids: Collection[UUID]) -> list[LateUsage]:
    """All that is late of lines of these subscriptions of which something waits, locked in their order."""
    mine = (
        LateUsageRow.environment_id == uow.environment_id,
        among(LateUsageRow.subscription_id, subscription_ids),
    )
    waits = select(LateUsageRow.line_id).where(*mine, LateUsageRow.state == LateState.WAITING)
    statement = (
        _SELECT.where(*mine, LateUsageRow.line_id.in_(waits))
        .order_by(LateUsageRow.line_id, LateUsageRow.state)
        .with_for_update()
    )
    return records(LateUsage, await uow.execute(statement))


async def remove(uow: Uow, ids: Collection[UUID]) -> None:
    """Take away what was dealt with; its rows are locked."""
    await uow.execute(
        delete(LateUsageRow).where(
            LateUsageRow.environment_id == uow.environment_id, among(LateUsageRow.id, ids)
        )
    )


async def of_lines(uow: Uow, line_ids: Collection[UUID]) -> list[LateUsage]:
    """What is known of late usage of lines' periods."""
    statement = _SELECT.where(
        LateUsageRow.environment_id == uow.environment_id, among(LateUsageRow.line_id, line_ids)
    )
    return records(LateUsage, await uow.execute(statement))


async def remove_unchanged(uow: Uow, seen: Collection[LateUsage]) -> None:
    """Take away what is as it was seen; locked in the order of the lines, as it is written."""
    statement = (
        select(LateUsageRow.id, LateUsageRow.events)
        .where(
            LateUsageRow.environment_id == uow.environment_id,
            among(LateUsageRow.id, [one.id for one in seen]),
        )
        .order_by(LateUsageRow.line_id, LateUsageRow.state)
        .with_for_update()
    )
    events = {row.id: row.events for row in await uow.execute(statement)}
    await remove(uow, [one.id for one in seen if events.get(one.id) == one.events])


async def notes_of_line(uow: Uow, line_id: UUID) -> list[Touched]:
    """Notes that touch one line's period and were not taken up yet; nothing is taken away."""
    values = {"environment": uow.environment_id, "line": line_id}
    return [Touched._make(row) for row in await uow.execute(_OF_LINE, values)]


async def page(
    uow: Uow, query: PageQuery, *, subscription_id: UUID | None, state: LateState | None
) -> Page[LateUsage]:
    """Late usage, newest first."""
    statement = _SELECT.where(LateUsageRow.environment_id == uow.environment_id)
    if subscription_id is not None:
        statement = statement.where(LateUsageRow.subscription_id == subscription_id)
    if state is not None:
        statement = statement.where(LateUsageRow.state == bindparam("state", state.value))
    return page_of(records(LateUsage, await uow.execute(paged(statement, LateUsageRow.id, query))), query)


async def ready_subscriptions(uow: Uow, most: int) -> list[UUID]:
    """Subscriptions that expect no invoice, with late usage that can be rated again now."""
    values = {"environment": uow.environment_id, "most": most}
    return list((await uow.execute(_READY_SUBSCRIPTIONS, values)).scalars())


async def environments_with_late(uow: SystemUow) -> list[tuple[UUID, UUID]]:
    """Organization and environment wherever there are notes, or late usage that no invoice will take up."""
    return [(row.organization_id, row.id) for row in await uow.execute(_ENVIRONMENTS)]
