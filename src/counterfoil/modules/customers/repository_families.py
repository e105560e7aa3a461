"""Rows of customers as families: up, down, and who pays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.store import Uow

_LOCK: Final = text("select pg_advisory_xact_lock(hashtextextended(cast(:environment as text), 21))")
_ABOVE: Final = text(
    """
    with recursive above as (
        select id, parent_id, payer_id, archived_at, 1 as step from customers
        where environment_id = :environment and id = :id
        union all
        select c.id, c.parent_id, c.payer_id, c.archived_at, a.step + 1
        from customers c join above a on c.environment_id = :environment and c.id = a.parent_id
        where a.step < :most
    )
    select id, payer_id, archived_at is not null as archived from above order by step
    """
)
_HEIGHT: Final = text(
    """
    with recursive below as (
        select cast(:id as uuid) as id, 1 as step
        union all
        select c.id, b.step + 1
        from customers c join below b on c.environment_id = :environment and c.parent_id = b.id
        where b.step < :most
    )
    select max(step) from below
    """
)
_PAYERS: Final = text(
    """
    with recursive family as (
        select cast(:id as uuid) as id, cast(:payer as uuid) as payer_id
        union all
        select c.id, case c.billed_to when 'parent' then coalesce(f.payer_id, f.id) end
        from customers c join family f on c.environment_id = :environment and c.parent_id = f.id
    )
    update customers c set payer_id = f.payer_id from family f
    where c.environment_id = :environment and c.id = f.id and c.payer_id is distinct from f.payer_id
    """
)


class Above(NamedTuple):
    """A customer on the way up."""

    id: UUID
    payer_id: UUID | None
    archived: bool


async def lock(uow: Uow) -> None:
    """Let no other unit change a family of the environment before this one ends."""
    await uow.execute(_LOCK, {"environment": str(uow.environment_id)})


async def above(uow: Uow, customer_id: UUID, most: int) -> list[Above]:
    """A customer and those above, the lowest first, ``most`` in all; none if there is no such customer."""
    values = {"environment": uow.environment_id, "id": customer_id, "most": most}
    return [Above(row.id, row.payer_id, row.archived) for row in await uow.execute(_ABOVE, values)]


async def height(uow: Uow, customer_id: UUID, most: int) -> int:
    """How many customers there are from this one to the lowest below it, ``most`` in all; 1 without any."""
    values = {"environment": uow.environment_id, "id": customer_id, "most": most}
    return int((await uow.execute(_HEIGHT, values)).scalar_one())


async def write_payers(uow: Uow, customer_id: UUID, payer_id: UUID | None) -> None:
    """Write who pays for a customer, and what follows for all below."""
    values = {"environment": uow.environment_id, "id": customer_id, "payer": payer_id}
    await uow.execute(_PAYERS, values)
