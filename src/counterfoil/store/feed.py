"""The feed of changes: the relay that gives each committed change its place, and reading by cursor.

Owns: places and their order.  Does not own: the rows (``store.outbox``).
Always holds: places of an environment are 1, 2, 3 … without gaps and are given only after commit, so a
reader that asks ``after=n`` never misses a row that committed late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import select, text

from counterfoil.store.outbox import ChangeRow
from counterfoil.store.rows import columns, records

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.store.uow import SystemUow, Uow


@dataclass(frozen=True, slots=True)
class Change:
    """A change with its place in its environment's feed."""

    id: UUID
    position: int
    event: str
    object_kind: str
    object_id: UUID
    object_version: int
    data: Mapping[str, Any]
    actor: str
    occurred_at: datetime
    recorded_at: datetime


_RELAY: Final = text(
    """
    with batch as (
        select id, environment_id from changes where position is null order by environment_id, id limit :limit
    ), placed as (
        select id, coalesce(
                 (select max(c.position) from changes c where c.environment_id = batch.environment_id), 0
               ) + row_number() over (partition by environment_id order by id) as place
        from batch
    )
    update changes set position = placed.place from placed where changes.id = placed.id
    """
)


async def relay_changes(uow: SystemUow, *, limit: int = 1000) -> int:
    """Give committed changes their places in the feeds; returns how many.

    Two relays cannot run at once: the advisory lock is held to the end of the transaction, and a second
    one finds it taken and does nothing.
    """
    taken = await uow.execute(text("select pg_try_advisory_xact_lock(hashtext('counterfoil.relay'))"))
    if not taken.scalar_one():
        return 0
    return (await uow.execute(_RELAY, {"limit": limit})).rowcount


async def list_changes(uow: Uow, *, after: int, limit: int) -> list[Change]:
    """The feed of this environment from the place after ``after``."""
    statement = (
        select(*columns(ChangeRow, Change))
        .where(ChangeRow.environment_id == uow.environment_id, ChangeRow.position > after)
        .order_by(ChangeRow.position)
        .limit(limit)
    )
    return records(Change, await uow.execute(statement))
