"""The outbox: one row for every fact about an object, and the relay that gives it its place in the feed.

Owns: the table ``changes``, writing in the transaction of the change itself, feed positions, reading a
feed by cursor.
Always holds: positions of an environment are 1, 2, 3 … without gaps and are given only after commit, so a
reader that asks ``after=n`` never misses a row that committed late; per object the versions ascend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Index, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store.rows import columns, records
from counterfoil.store.types import Base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from counterfoil.store.uow import Scope, SystemUow, Uow


class ChangeRow(Base):
    """One fact: what happened to which object, at which version, when and by whom."""

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_environment_id_position", "environment_id", "position", unique=True),
        Index("ix_changes_unplaced", "environment_id", "id", postgresql_where=text("position is null")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    position: Mapped[int | None] = mapped_column(BigInteger)
    event: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    object_version: Mapped[int] = mapped_column(BigInteger)
    data: Mapped[dict[str, Any]]
    actor: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class NewChange:
    """A change that is not yet written."""

    id: UUID
    event: str
    object_kind: str
    object_id: UUID
    object_version: int
    data: Mapping[str, Any]


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


async def write_changes(
    connection: AsyncConnection, scope: Scope, changes: Sequence[NewChange], *, now: datetime, wall: datetime
) -> None:
    """Write the rows of a transaction's changes in one statement."""
    rows = [
        {
            "id": change.id,
            "environment_id": scope.environment_id,
            "event": change.event,
            "object_kind": change.object_kind,
            "object_id": change.object_id,
            "object_version": change.object_version,
            "data": dict(change.data),
            "actor": scope.actor,
            "occurred_at": now,
            "recorded_at": wall,
        }
        for change in changes
    ]
    await connection.execute(insert(ChangeRow), rows)


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
