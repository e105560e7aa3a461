"""The outbox: one row for every fact about an object, written in the transaction of the change itself.

Owns: the table ``changes`` and writing to it.  Does not own: places in the feed and reading (``store.feed``).
Always holds: a change exists if and only if what it tells of does; per object the versions ascend.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store.insertion import insertion
from counterfoil.store.types import Base

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection


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


async def write_changes(
    connection: AsyncConnection,
    changes: Sequence[NewChange],
    *,
    environment_id: UUID,
    actor: str,
    now: datetime,
    wall: datetime,
) -> None:
    """Write the rows of a transaction's changes in one statement."""
    rows = [
        {
            "id": change.id,
            "environment_id": environment_id,
            "event": change.event,
            "object_kind": change.object_kind,
            "object_id": change.object_id,
            "object_version": change.object_version,
            "data": dict(change.data),
            "actor": actor,
            "occurred_at": now,
            "recorded_at": wall,
        }
        for change in changes
    ]
    await connection.execute(*insertion(ChangeRow, rows))
