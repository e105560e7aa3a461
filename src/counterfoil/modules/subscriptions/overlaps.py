"""Whether the same usage would be paid for on two subscriptions of one customer.

An event that names no subscription counts for each of its customer's subscriptions that reads its meter, so
two of them that run at one time would both bill it.  Owns: when two usage prices can count the same event.
Does not own: how events are counted (usage).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import Conflict
from counterfoil.core.ids import show_id
from counterfoil.modules.catalog import meters_by_ids, prices_by_ids
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def refuse_shared_usage(
    uow: Uow,
    subscription: Subscription,
    prices: Sequence[tuple[Price, str | None]],
    start: datetime,
    end: datetime | None = None,
) -> None:
    """Refuse prices that count events which another subscription of the customer bills in ``[start, end)``.

    Each price comes with the field that brought it.  The caller has locked the customer, so that no other
    subscription of theirs is being made meanwhile.  Raises ``Conflict`` with that field.
    """
    metered = [(price, field) for price, field in prices if price.meter_id is not None]
    if not metered:
        return
    holders = await repository.prices_running(uow, subscription, start, end)
    others = await prices_by_ids(uow, holders) if holders else {}
    for price, field in metered:
        for other in others.values():
            if may_count_the_same(price, other):
                assert price.meter_id is not None
                meter = (await meters_by_ids(uow, [price.meter_id]))[price.meter_id]
                holder = show_id("subscription", holders[other.id])
                raise Conflict(
                    f"the usage of the meter {meter.code} is billed on this customer's subscription {holder} "
                    f"already, and an event that names no subscription would be billed on both",
                    field=field,
                    allowed=f"a time in which {holder} does not run, prices that count other "
                    "events, or shared_usage true if this customer's events name their subscription or "
                    "their usage shall be billed on both",
                )


async def refuse_longer(
    uow: Uow,
    before: Subscription,
    after: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    field: str | None,
) -> None:
    """Refuse usage that another subscription bills from where this one was to end, if it goes on for longer.

    Something else may have been made to begin where it was to end.  Raises ``Conflict`` with the field.
    """
    start, end = planning.end_of(before), planning.end_of(after)
    if start is None or (end is not None and end <= start):
        return
    longer = {item.price_id for item in items if item.ended_at is None or item.ended_at > start}
    await lock_customer(uow, before.customer_id)
    await refuse_shared_usage(uow, after, [(prices[id_], field) for id_ in longer], start, end)


def may_count_the_same(one: Price, other: Price) -> bool:
    """Whether an event can count for both: one meter, and no property of which they want other values."""
    return (
        one.meter_id is not None
        and one.meter_id == other.meter_id
        and not any(
            set(values).isdisjoint(other.filters[name])
            for name, values in one.filters.items()
            if name in other.filters
        )
    )
