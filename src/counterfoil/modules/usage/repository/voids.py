"""Rows of voids: which events no meter counts any more, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, or_, select, update

from counterfoil.modules.usage.models import EventRow, EventVoidRow
from counterfoil.modules.usage.types import Event, EventVoid
from counterfoil.store import records
from counterfoil.store.rows import among, columns, insert_values

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from counterfoil.store import Uow

_SELECT: Final = select(*columns(EventVoidRow, EventVoid))


async def mark(uow: Uow, event_id: str, at: datetime) -> Event | None:
    """Let no meter count the event from now on; ``None`` if there is none, or it is void already."""
    statement = (
        update(EventRow)
        .where(
            EventRow.environment_id == uow.environment_id,
            EventRow.id == event_id,
            EventRow.voided_at.is_(None),
        )
        .values(voided_at=at)
        .returning(*columns(EventRow, Event))
    )
    found = records(Event, await uow.execute(statement))
    return found[0] if found else None


async def add(uow: Uow, void: EventVoid) -> None:
    """Write why an event is void; ``AlreadyExists`` if its correction corrects another event."""
    await uow.execute(insert(EventVoidRow).values(insert_values(uow, void)))


async def about(uow: Uow, event_ids: Collection[str]) -> list[EventVoid]:
    """The voids of these events, and those of the events that they correct."""
    statement = _SELECT.where(
        EventVoidRow.environment_id == uow.environment_id,
        or_(among(EventVoidRow.event_id, event_ids), among(EventVoidRow.corrected_by, event_ids)),
    )
    return records(EventVoid, await uow.execute(statement))
