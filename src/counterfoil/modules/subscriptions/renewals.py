"""What subscriptions renew with, as far as it is known ahead: when, at which interval, for how much.

Owns: which items make the next renewal.  Does not own: what was billed (billing), tax, and what usage will
cost, which nobody knows ahead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from counterfoil.core.calendar import Alignment, Interval, IntervalUnit
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, total_of, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.rating import RatingInput, rate_line
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.subscriptions import planning
from counterfoil.modules.subscriptions import repository_search as repository
from counterfoil.store.types import json_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.modules.subscriptions.types import SubscriptionFilter
    from counterfoil.store import OffsetQuery, Uow

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


class ListedSubscription(NamedTuple):
    """What a list shows of a subscription, with its customer's external id; the fields are as there."""

    id: UUID
    customer_id: UUID
    customer_external_id: str | None
    plan_id: UUID | None
    plan_reference: str | None
    payment_method: str | None
    currency: str
    zone: str
    status: SubscriptionState
    anchor_at: datetime
    alignment: Alignment
    cancel_at: datetime | None
    ended_at: datetime | None
    meta: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


class PricedItem(NamedTuple):
    """An item with what a renewal must know of its price.

    ``params``: the model's in the subscription's currency, as JSON; ``None`` where usage decides.
    """

    id: UUID
    quantity: Decimal
    started_at: datetime
    ended_at: datetime | None
    due_at: datetime | None
    model: str
    params: str | None
    interval_unit: IntervalUnit
    interval_count: int

    @property
    def interval(self) -> Interval:
        """How often its price recurs."""
        return _interval(self.interval_unit, self.interval_count)

    def runs_at(self, instant: datetime) -> bool:
        """Whether the instant is in its time."""
        return self.started_at <= instant and (self.ended_at is None or instant < self.ended_at)


_FIELDS: Final = len(ListedSubscription._fields)


async def list_renewals(
    uow: Uow, wanted: SubscriptionFilter, query: OffsetQuery
) -> list[tuple[ListedSubscription, Renewal]]:
    """The page of ``search_subscriptions``, each with what it renews with: one statement in all.

    For lists of hundreds, many times a second: few columns, nothing read twice.
    """
    calendar = _Calendar(uow.now)
    found: list[tuple[ListedSubscription, list[PricedItem]]] = []
    for row in await repository.listed(uow, wanted, query):
        if not found or found[-1][0].id != row[0]:
            found.append((ListedSubscription._make(row[:_FIELDS]), []))
        if row[_FIELDS] is not None:
            found[-1][1].append(PricedItem._make(row[_FIELDS:]))
    return [(one, _renewal(one, items, calendar)) for one, items in found]


class _Calendar:
    """The next boundaries of periods after one instant: many subscriptions share them."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._known: dict[object, datetime] = {}

    def next_of(self, one: ListedSubscription, item: PricedItem) -> datetime:
        """The end of the item's period that runs now."""
        key = (one.anchor_at, one.zone, one.alignment, item.interval_unit, item.interval_count)
        found = self._known.get(key)
        if found is None:
            found = planning.cycle_of(one, item.interval).next_boundary(self.now)
            self._known[key] = found
        return found


def _renewal(one: ListedSubscription, items: Sequence[PricedItem], calendar: _Calendar) -> Renewal:
    """The next renewal, from the items in the order in which they were made."""
    if not items:
        return Renewal(None, None, None, ())
    if len(items) == 1:
        [item] = items
        at = _next(one, item, calendar) if one.status in _RENEWING else None
        return Renewal(at, item.interval, _amount(item, one.currency), (item.id,))
    following = [(item, _next(one, item, calendar)) for item in items] if one.status in _RENEWING else []
    due = [(item, at) for item, at in following if at is not None]
    interval = planning.main_interval(item.interval for item in ([item for item, _ in due] or items))
    at = min((at for item, at in due if item.interval == interval), default=None)
    making = [item for item in _at(items, at or _last(one, calendar)) if item.interval == interval]
    amounts = [_amount(item, one.currency) for item in making]
    known = [amount for amount in amounts if amount is not None]
    total = total_of(known, unit_of(one.currency)) if len(known) == len(amounts) else None
    return Renewal(at, interval, total, [item.id for item in making])


def _next(one: ListedSubscription, item: PricedItem, calendar: _Calendar) -> datetime | None:
    """When the item begins its next period.

    Where no run has billed the period that runs now, it is the one after it.
    """
    if item.due_at is None or calendar.now < item.due_at:
        return item.due_at
    return calendar.next_of(one, item)


def _last(one: ListedSubscription, calendar: _Calendar) -> datetime:
    return one.ended_at or one.cancel_at or calendar.now


def _at(items: Sequence[PricedItem], instant: datetime) -> Sequence[PricedItem]:
    """What runs at an instant; if nothing does, what runs last."""
    running = [item for item in items if item.runs_at(instant)]
    return running or [item for item in items if item.started_at == items[-1].started_at]


def _amount(item: PricedItem, currency: str) -> Money | None:
    return None if item.params is None else _cost(item.model, item.params, currency, item.quantity)


@lru_cache(maxsize=100_000)
def _cost(model: str, params: str, currency: str, quantity: Decimal) -> Money | None:
    pricing = parse_pricing(model, json_value(params))
    try:
        rated = rate_line(RatingInput(pricing=pricing, quantity=quantity, unit=unit_of(currency)))
    except InvalidInput:
        return None  # a quantity without a price cannot be billed; the run will hold the subscription
    return rated.amount


@lru_cache(maxsize=1000)
def _interval(unit: IntervalUnit, count: int) -> Interval:
    return Interval(unit, count)
