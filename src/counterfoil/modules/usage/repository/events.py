"""Rows of events: writing batches of them, and listing.

A batch goes to the database as one text a column, joined by a separator that no value can hold: a driver's
arrays cost the client four times as much of its processor (11 against 2.6 µs an event were measured), which
took from a fifth to half of the events a second.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import to_builtins
from sqlalchemy import func, not_, or_, select, text, tuple_

from counterfoil.modules.usage.models import EventRow
from counterfoil.modules.usage.types import Event, EventCount
from counterfoil.store import Page, Uow, only, records
from counterfoil.store.rows import columns

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any
    from uuid import UUID

    from sqlalchemy import Select

    from counterfoil.modules.usage.types import EventQuery, UsageWindow

SEPARATOR: Final = "\x1f"

_COLUMNS: Final = """
    unnest(
        string_to_array(:ids, e'\\x1f'),
        string_to_array(:names, e'\\x1f'),
        string_to_array(:customers, e'\\x1f'),
        string_to_array(:subscriptions, e'\\x1f', ''),
        string_to_array(:times, e'\\x1f', ''),
        string_to_array(:properties, e'\\x1f')
    )
"""

INSERT_EVENTS: Final = f"""
    with stored as (
        insert into events
            (environment_id, id, name, customer_id, subscription_id, at, properties, received_at)
        select cast(:environment as uuid), id, name, cast(customer as uuid), cast(subscription as uuid),
            cast(at as timestamptz), cast(properties as jsonb), cast(:received as timestamptz)
        from {_COLUMNS} as sent (id, name, customer, subscription, at, properties)
        order by id
        on conflict (environment_id, id) do nothing
        returning id
    )
    select string_agg(id, e'\\x1f'),
        pg_advisory_xact_lock_shared(hashtextextended(cast(:environment as text), 0))
    from stored
"""  # noqa: S608  (constants of this file)
"""Ordered, so that two batches with the same ids wait for each other and never in a circle.

The lock is what ``repository.late`` waits for before usage is counted for good.
"""

_INSERT: Final = text(INSERT_EVENTS)
_DIFFERENT: Final = text(
    f"""
    select sent.place
    from {_COLUMNS} with ordinality as sent (id, name, customer, subscription, at, properties, place)
    join events as kept on kept.environment_id = cast(:environment as uuid) and kept.id = sent.id
    where kept.name <> sent.name
       or kept.customer_id <> cast(sent.customer as uuid)
       or kept.subscription_id is distinct from cast(sent.subscription as uuid)
       or kept.at <> cast(sent.at as timestamptz)
       or kept.properties <> cast(sent.properties as jsonb)
    """  # noqa: S608  (constants of this file)
)
_SELECT: Final = select(*columns(EventRow, Event))


class BoundEvent(NamedTuple):
    """An event whose names are ids; ``at`` is ``None`` where no time was sent."""

    id: str
    name: str
    customer: str
    subscription: str
    at: datetime | None
    properties: bytes


def event_columns(events: Sequence[BoundEvent]) -> dict[str, str]:
    """The events as one text a column."""
    ids, names, customers, subscriptions, times, properties = zip(*events, strict=True)
    return {
        "ids": SEPARATOR.join(ids),
        "names": SEPARATOR.join(names),
        "customers": SEPARATOR.join(customers),
        "subscriptions": SEPARATOR.join(subscriptions),
        "times": SEPARATOR.join([time or "" for time in to_builtins(times)]),
        "properties": SEPARATOR.encode().join(properties).decode(),
    }


async def insert_new(uow: Uow, events: Sequence[BoundEvent]) -> set[str]:
    """Store the events whose ids are new and return those ids; no id is there twice, each has its time."""
    parameters = event_columns(events)
    rows = await uow.execute(_INSERT, {**parameters, "environment": uow.environment_id, "received": uow.wall})
    stored: str | None = rows.scalar_one()
    return set() if stored is None else set(stored.split(SEPARATOR))


async def different(uow: Uow, events: Sequence[BoundEvent]) -> set[int]:
    """The places (from 0) of the events that do not say what the stored event of their id says.

    JSON is compared by value; a time that was not sent is not compared.
    """
    rows = await uow.execute(_DIFFERENT, {**event_columns(events), "environment": uow.environment_id})
    return {place - 1 for place in rows.scalars()}


async def get(uow: Uow, event_id: str) -> Event:
    """The event, or ``NotFound``."""
    statement = _SELECT.where(EventRow.environment_id == uow.environment_id, EventRow.id == event_id)
    return only(Event, await uow.execute(statement), "event")


def page_statement(uow: Uow, query: EventQuery, customer_id: UUID | None) -> Select[Any]:
    """A page of a list, one row longer to see if more follow."""
    statement = _SELECT.where(EventRow.environment_id == uow.environment_id).limit(query.limit + 1)
    after = query.after
    if customer_id is None:
        if after is not None:
            statement = statement.where(EventRow.id > after.id)
        return statement.order_by(EventRow.id)
    statement = statement.where(EventRow.customer_id == customer_id)
    if query.name is not None:
        statement = statement.where(EventRow.name == query.name)
    if query.start is not None:
        statement = statement.where(EventRow.at >= query.start)
    if query.end is not None:
        statement = statement.where(EventRow.at < query.end)
    if after is not None and after.at is not None:
        # The first condition says nothing new; it is the one that the index can follow.
        statement = statement.where(
            EventRow.at <= after.at, tuple_(EventRow.at, EventRow.id) < tuple_(after.at, after.id)
        )
    return statement.order_by(EventRow.at.desc(), EventRow.id.desc())


async def count(uow: Uow, name: str, window: UsageWindow) -> EventCount:
    """The events of a name in a window, counted."""
    stands = EventRow.voided_at.is_(None)
    own = or_(EventRow.subscription_id.is_(None), EventRow.subscription_id == window.subscription_id)
    statement = select(
        func.count().filter(stands).label("stand"),
        func.count().filter(stands, own).label("own"),
        func.count().filter(not_(stands)).label("void"),
    ).where(
        EventRow.environment_id == uow.environment_id,
        EventRow.customer_id == window.customer_id,
        EventRow.at >= window.start,
        EventRow.at < window.end,
        EventRow.name == name,
    )
    row = (await uow.execute(statement)).one()
    return EventCount(row.stand, row.own, row.void)


async def page(uow: Uow, query: EventQuery, customer_id: UUID | None) -> Page[Event]:
    """Events of one customer, newest first, or of all, by id."""
    events = records(Event, await uow.execute(page_statement(uow, query, customer_id)))
    return Page(events[: query.limit], len(events) > query.limit)
