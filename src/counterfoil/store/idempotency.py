"""Idempotency keys: the same call twice is done once and answered the same.

Owns: the table and its protocol.  Does not own: which calls take a key; the kit of the faces decides.
Always holds: the row is written first, in the call's own transaction, so a concurrent twin waits for the
first to end; an answer is kept for 24 hours of real time; another query or body under the key is refused.
Source of the behaviour: Stripe's published idempotency rules, with 5xx answers not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import LargeBinary, text, update
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.errors import IdempotencyReused, InvalidInput
from counterfoil.store.types import Base

if TYPE_CHECKING:
    from counterfoil.store.uow import SystemUow, Uow

KEPT: Final = timedelta(hours=24)
MAX_KEY: Final = 255
NO_ENVIRONMENT: Final = UUID(int=0)


class IdempotencyKeyRow(Base):
    """One key of one client on one method and path, and the answer it got."""

    __tablename__ = "idempotency_keys"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int | None]
    content_type: Mapped[str | None]
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Call:
    """What identifies a call that carries a key; an operator's has ``NO_ENVIRONMENT``."""

    environment_id: UUID
    client_id: UUID
    method: str
    path: str
    key: str
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """A stored answer."""

    status: int
    content_type: str | None
    body: bytes


_CLAIM: Final = text(
    """
    insert into idempotency_keys (environment_id, client_id, method, path, key, body_hash, created_at)
    values (:environment_id, :client_id, :method, :path, :key, :body_hash, :now)
    on conflict (environment_id, client_id, method, path, key) do update
        set body_hash = excluded.body_hash, created_at = excluded.created_at,
            status = null, content_type = null, body = null
        where idempotency_keys.created_at < :expired
    returning 1
    """
)
_READ: Final = text(
    """
    select body_hash, status, content_type, body from idempotency_keys
    where environment_id = :environment_id and client_id = :client_id
      and method = :method and path = :path and key = :key
    """
)


def _key_of(call: Call) -> dict[str, object]:
    return {
        "environment_id": call.environment_id,
        "client_id": call.client_id,
        "method": call.method,
        "path": call.path,
        "key": call.key,
    }


async def claim(uow: Uow | SystemUow, call: Call) -> Answer | None:
    """Take the key for this call, or return the answer that its first use got.

    A claim that gets no answer must be rolled back.  Raises ``IdempotencyReused`` if the key was used with
    another query or body.
    """
    if not 1 <= len(call.key) <= MAX_KEY or not call.key.isprintable():
        raise InvalidInput(
            "Idempotency-Key is empty, too long or not printable",
            field="Idempotency-Key",
            allowed=f"1 to {MAX_KEY} printable characters",
        )
    key = _key_of(call)
    claimed = await uow.execute(
        _CLAIM, {**key, "body_hash": call.body_hash, "now": uow.wall, "expired": uow.wall - KEPT}
    )
    if claimed.one_or_none() is not None:
        return None
    row = (await uow.execute(_READ, key)).one()
    if bytes(row.body_hash) != call.body_hash:
        raise IdempotencyReused(
            "this Idempotency-Key was used with another request",
            field="Idempotency-Key",
            allowed="a new key, or the same request",
        )
    return Answer(row.status, row.content_type, bytes(row.body))


async def keep(uow: Uow | SystemUow, call: Call, answer: Answer) -> None:
    """Store the answer beside the claimed key, in the same transaction."""
    row = IdempotencyKeyRow
    await uow.execute(
        update(row)
        .where(
            row.environment_id == call.environment_id,
            row.client_id == call.client_id,
            row.method == call.method,
            row.path == call.path,
            row.key == call.key,
        )
        .values(status=answer.status, content_type=answer.content_type, body=answer.body)
    )


async def forget_expired(uow: SystemUow) -> int:
    """Delete keys whose answers are no longer kept; returns how many."""
    result = await uow.execute(
        text("delete from idempotency_keys where created_at < :expired"), {"expired": uow.wall - KEPT}
    )
    return result.rowcount
