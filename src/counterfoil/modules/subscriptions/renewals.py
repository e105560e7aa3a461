"""What subscriptions renew with, as far as it is known ahead: when, at which interval, for how much.

Owns: which items make the next renewal.  Does not own: what was billed (billing), tax, and what usage will
cost, which nobody knows ahead.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import Interval, IntervalUnit
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, total_of, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.rating import RatingInput, rate_line
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.store.types import json_value

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.subscriptions.types import Subscription
    from counterfoil.store import Uow

_RENEWING: Final = frozenset(SubscriptionState) - {
    SubscriptionState.PAUSED,
    SubscriptionState.CANCELLED,
    SubscriptionState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Renewal:
    """The next renewal of a subscription, without tax.

    ``at`` is when its next period of ``interval`` begins; ``None`` if none follows: it is paused, it ends
    before, or it has ended.  ``interval`` is the longest among its prices; ``None`` without any.  ``amount``
    is what its prices of that interval cost for a whole period then, or last if none follows; ``None`` where
    usage decides.  ``item_ids``: the items that make it.
    """

    at: datetime | None
    interval: Interval | None
    amount: Money | None
    item_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class PricedItem:
    """An item with what a renewal must know of its price; ``params`` in the subscription's currency."""

    subscription_id: UUID
    id: UUID
    quantity: Decimal
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    price_id: UUID
    model: str
    params: str | None
    interval_unit: str
    interval_count: int
    quantity_source: str

    @property
    def interval(self) -> Interval:
        """How often its price recurs."""
        return _interval(self.interval_unit, self.interval_count)

    def runs_at(self, instant: datetime) -> bool:
        """Whether the instant is in its time."""
        return self.started_at <= instant and (self.ended_at is None or instant < self.ended_at)


async def renewals_of(uow: Uow, subscriptions: Collection[Subscription]) -> dict[UUID, Renewal]:
    """The next renewal of each of these subscriptions, in one statement."""
    items: defaultdict[UUID, list[PricedItem]] = defaultdict(list)
    for values in await repository.priced_items(uow, [one.id for one in subscriptions]):
        item = PricedItem(*values)
        items[item.subscription_id].append(item)
    return {one.id: renewal(one, items[one.id], uow.now) for one in subscriptions}


def renewal(subscription: Subscription, items: Sequence[PricedItem], now: datetime) -> Renewal:
    """The next renewal, from the items in the order in which they were made."""
    if not items:
        return Renewal(None, None, None, ())
    due = [item for item in items if item.due_at is not None] if subscription.status in _RENEWING else []
    interval = planning.main_interval(item.interval for item in due or items)
    at = min((_next(subscription, item, now) for item in due if item.interval == interval), default=None)
    making = [item for item in _at(items, at or _last(subscription, now)) if item.interval == interval]
    return Renewal(at, interval, _total(making, subscription.currency), [item.id for item in making])


def _next(subscription: Subscription, item: PricedItem, now: datetime) -> datetime:
    assert item.due_at is not None
    if now < item.due_at:
        return item.due_at
    # No run has billed the period that runs now; the renewal is the one after it.
    return planning.cycle_of(subscription, item.interval).next_boundary(now)


def _last(subscription: Subscription, now: datetime) -> datetime:
    return subscription.ended_at or subscription.cancel_at or now


def _at(items: Sequence[PricedItem], instant: datetime) -> Iterable[PricedItem]:
    """What runs at an instant; if nothing does, what runs last."""
    if len(items) == 1:
        return items
    running = [item for item in items if item.runs_at(instant)]
    return running or [item for item in items if item.started_at == items[-1].started_at]


def _total(items: Sequence[PricedItem], currency: str) -> Money | None:
    amounts = [_amount(_Priced(item), currency, item.quantity) for item in items]
    if len(amounts) == 1:
        return amounts[0]
    known = [amount for amount in amounts if amount is not None]
    return total_of(known, unit_of(currency)) if len(known) == len(amounts) else None


class _Priced:
    """An item as a key of the cache: what a price costs never changes, so its id tells all."""

    __slots__ = ("item",)

    def __init__(self, item: PricedItem) -> None:
        self.item = item

    def __hash__(self) -> int:
        return hash(self.item.price_id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Priced) and other.item.price_id == self.item.price_id


@lru_cache(maxsize=100_000)
def _amount(priced: _Priced, currency: str, quantity: Decimal) -> Money | None:
    item = priced.item
    if item.params is None or item.quantity_source == QuantitySource.USAGE:
        return None
    pricing = parse_pricing(item.model, json_value(item.params))
    try:
        rated = rate_line(RatingInput(pricing=pricing, quantity=quantity, unit=unit_of(currency)))
    except InvalidInput:
        return None  # a quantity without a price cannot be billed; the run will hold the subscription
    return rated.amount


@lru_cache(maxsize=1000)
def _interval(unit: str, count: int) -> Interval:
    return Interval(IntervalUnit(unit), count)
