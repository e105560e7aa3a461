"""Up to when usage was billed, and notes of usage that came, or was voided, for a time before that.

Writing events takes a shared lock of the environment, and only then looks up to when usage was billed.  Who
counts usage for good has let that instant be seen by all, waits for all that hold the lock, and counts then:
an event that it did not see finds the instant, and leaves a note.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, text

from counterfoil.modules.usage.models import LateArrivalRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Uow

_KEY: Final = "hashtextextended(cast(:environment as text), 0)"
_SHARE: Final = text(f"select pg_advisory_xact_lock_shared({_KEY})")
_WAIT: Final = text(f"select pg_advisory_lock({_KEY}), pg_advisory_unlock({_KEY})")
_BILLED_TO: Final = text(
    """
    select cast(customer_id as text) as customer, billed_to from usage_billed
    where environment_id = :environment and customer_id = any(cast(:customers as uuid[]))
    """
)
# In the order of the key, so that two runs wait for each other and never in a circle.
_RAISE: Final = text(
    """
    insert into usage_billed (environment_id, customer_id, billed_to)
    select :environment, u.customer_id, u.billed_to
    from unnest(cast(:customers as uuid[]), cast(:instants as timestamptz[])) u (customer_id, billed_to)
    order by u.customer_id
    on conflict (environment_id, customer_id) do update
    set billed_to = greatest(usage_billed.billed_to, excluded.billed_to)
    where usage_billed.billed_to < excluded.billed_to
    """
)


async def share(uow: Uow) -> None:
    """Take the lock as writing events does."""
    await uow.execute(_SHARE, {"environment": uow.environment_id})


async def wait(uow: Uow) -> None:
    """Wait until all that were writing events when this was called are done."""
    await uow.execute(_WAIT, {"environment": uow.environment_id})


async def billed_to(uow: Uow, customers: Collection[str]) -> dict[str, datetime]:
    """Up to when usage of these customers was billed, of those of whom any was; by their ids as text."""
    rows = await uow.execute(_BILLED_TO, {"environment": uow.environment_id, "customers": list(customers)})
    return {row.customer: row.billed_to for row in rows}


async def raise_billed_to(uow: Uow, instants: Mapping[UUID, datetime]) -> None:
    """Write up to when usage of these customers is billed now; it never falls."""
    if instants:
        values = {"customers": list(instants), "instants": list(instants.values())}
        await uow.execute(_RAISE, {"environment": uow.environment_id, **values})


async def add(uow: Uow, notes: Sequence[Mapping[str, Any]]) -> None:
    """Write notes, each with the columns of its row."""
    rows = [{"environment_id": uow.environment_id, "id": uow.new_id(), **note} for note in notes]
    await uow.execute(insert(LateArrivalRow), rows)
