"""Ids of another form: what a vendor's clients call an object that has a UUID here.

Owns: the one table of aliases, by (environment, face, kind, external id), and giving out numbers.
Does not own: which objects have aliases; faces ask for them by the object's id.
Always holds: an object has at most one alias a face and kind, an alias names one object, and neither ever
changes; numbers count from 1 in each environment, so they say nothing about anybody else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Computed, Index, UniqueConstraint, insert, select, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store.rows import among
from counterfoil.store.types import Base

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from counterfoil.store.uow import Uow

NUMBER: Final = "case when external_id ~ '^(0|[1-9][0-9]{0,17})$' then external_id::bigint end"


class AliasRow(Base):
    """What a face calls an object; ``number`` is the external id where that is a whole number."""

    __tablename__ = "aliases"
    __table_args__ = (
        UniqueConstraint("environment_id", "face", "kind", "object_id"),
        Index(None, "environment_id", "face", "kind", "number"),
    )

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    face: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[UUID]
    number: Mapped[int | None] = mapped_column(BigInteger, Computed(NUMBER, persisted=True))


_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_NUMBER_MISSING: Final = text(
    """
    insert into aliases (environment_id, face, kind, external_id, object_id)
    select :environment, :face, :kind, (last.number + row_number() over (order by wanted.id))::text, wanted.id
    from (select distinct unnest(cast(:ids as uuid[])) as id) wanted
    cross join (select coalesce(max(number), 0) as number from aliases
                where environment_id = :environment and face = :face and kind = :kind) last
    where not exists (select from aliases known where known.environment_id = :environment
                      and known.face = :face and known.kind = :kind and known.object_id = wanted.id)
    """
)

_NUMBERS_BY_KIND: Final = text(
    """
    select a.kind, a.object_id, a.number
    from unnest(cast(:kinds as text[]), cast(:ids as uuid[])) wanted (kind, id)
    join aliases a on a.environment_id = :environment and a.face = :face
      and a.kind = wanted.kind and a.object_id = wanted.id
    """
)


async def numbers_of(uow: Uow, face: str, kind: str, ids: Collection[UUID]) -> dict[UUID, int]:
    """The numbers of these objects at a face; those that have none yet get the next ones, by id."""
    if not ids:
        return {}
    found = await _numbers(uow, face, kind, ids)
    missing = [id_ for id_ in ids if id_ not in found]
    if missing:
        await _number(uow, face, kind, missing)
        found |= await _numbers(uow, face, kind, missing)
    return found


async def numbers_by_kind(
    uow: Uow, face: str, wanted: Mapping[str, Collection[UUID]]
) -> dict[str, dict[UUID, int]]:
    """As ``numbers_of`` for objects of several kinds: one statement, where all have numbers already."""
    found: dict[str, dict[UUID, int]] = {kind: {} for kind in wanted}
    pairs = {(kind, id_) for kind, ids in wanted.items() for id_ in ids}
    values = {
        "environment": uow.environment_id,
        "face": face,
        "kinds": [kind for kind, _ in pairs],
        "ids": [id_ for _, id_ in pairs],
    }
    for row in await uow.execute(_NUMBERS_BY_KIND, values) if pairs else ():
        found[row.kind][row.object_id] = row.number
    for kind, ids in wanted.items():
        missing = [id_ for id_ in ids if id_ not in found[kind]]
        if missing:
            found[kind] |= await numbers_of(uow, face, kind, missing)
    return found


async def objects_of(uow: Uow, face: str, kind: str, numbers: Collection[int]) -> dict[int, UUID]:
    """The objects that a face calls by these numbers; unknown numbers are left out."""
    if not numbers:
        return {}
    statement = select(AliasRow.number, AliasRow.object_id).where(
        *_of(uow, face, kind), AliasRow.number.in_(numbers)
    )
    return {row.number: row.object_id for row in await uow.execute(statement)}


async def adopt_alias(uow: Uow, face: str, kind: str, object_id: UUID, external_id: str) -> None:
    """Keep the id that an object had at the vendor; ``AlreadyExists`` if the object or the id has another."""
    values = {"face": face, "kind": kind, "external_id": external_id, "object_id": object_id}
    await uow.execute(insert(AliasRow).values(environment_id=uow.environment_id, **values))


def _of(uow: Uow, face: str, kind: str) -> tuple[Any, ...]:
    return (AliasRow.environment_id == uow.environment_id, AliasRow.face == face, AliasRow.kind == kind)


async def _numbers(uow: Uow, face: str, kind: str, ids: Collection[UUID]) -> dict[UUID, int]:
    statement = select(AliasRow.object_id, AliasRow.number).where(
        *_of(uow, face, kind), among(AliasRow.object_id, ids)
    )
    return {row.object_id: row.number for row in await uow.execute(statement)}


async def _number(uow: Uow, face: str, kind: str, ids: Collection[UUID]) -> None:
    # One after the other, so that no two objects get one number; a new statement sees what was waited for.
    await uow.execute(_LOCK, {"name": f"aliases/{uow.environment_id}/{face}/{kind}"})
    values = {"environment": uow.environment_id, "face": face, "kind": kind, "ids": list(ids)}
    await uow.execute(_NUMBER_MISSING, values)
