"""What time does to a subscription, as pure functions on its view: no row is read or written here.

The cycles of a subscription all start from one anchor.  With alignment ``calendar`` each price follows its
own calendar unit there (weeks begin on Monday, months on the 1st), so that a weekly and a monthly price of
one plan both end with the calendar.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from counterfoil.core.billing_periods import ItemTerms, next_due, service_periods
from counterfoil.core.calendar import Alignment, Cycle, Interval, IntervalUnit, Period, aligned_anchor
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.catalog import Price, QuantitySource
from counterfoil.modules.subscriptions.types import ItemAdvance, ItemPlan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem


# Subscriptions that follow the calendar share few anchors, and finding one costs more than planning an item.
_aligned = lru_cache(maxsize=4096)(aligned_anchor)


class Anchored(Protocol):
    """What decides where the periods of a subscription begin."""

    @property
    def anchor_at(self) -> datetime: ...

    @property
    def alignment(self) -> Alignment: ...

    @property
    def zone(self) -> str: ...


def cycle_of(subscription: Anchored, interval: Interval) -> Cycle:
    """The boundaries of the periods that recur at ``interval`` on this subscription."""
    anchor = subscription.anchor_at
    if subscription.alignment is Alignment.CALENDAR:
        anchor = _aligned(interval, anchor, subscription.zone)
    return Cycle(interval, anchor, subscription.zone)


def main_interval(intervals: Iterable[Interval]) -> Interval:
    """The longest interval: its periods are those of the subscription as a whole; a month if there is none.

    A month counts as 30 days here; nothing else depends on that.
    """
    longest = max(intervals, key=lambda interval: interval.months * 30 + interval.days, default=None)
    return longest or Interval(IntervalUnit.MONTH)


def item_end(subscription: Subscription, item: SubscriptionItem) -> datetime | None:
    """When an item's time ends as things stand: by itself or with its subscription.  A pause ends nothing."""
    return _cut(item, item.ended_at, subscription.ended_at, subscription.cancel_at)


def _cut(item: SubscriptionItem, *ends: datetime | None) -> datetime | None:
    known = [end for end in ends if end is not None]
    return max(min(known), item.started_at) if known else None


def terms_of(subscription: Subscription, item: SubscriptionItem, price: Price) -> ItemTerms:
    """What decides an item's service periods: its time, as far as no pause has begun."""
    return ItemTerms(
        started_at=item.started_at,
        ended_at=_cut(item, item_end(subscription, item), subscription.paused_at),
        billed_to=item.billed_to,
        cadence=price.cadence,
        prorated=price.quantity_source is not QuantitySource.USAGE,
    )


def plan_item(
    subscription: Subscription,
    item: SubscriptionItem,
    price: Price,
    now: datetime,
    *,
    limit: int | None = None,
) -> ItemPlan:
    """The service periods that are billable at ``now``, and the item's advance once they are billed.

    At most ``limit`` periods: what is left over is due at once, in the next round.
    """
    periods: list[ServicePeriod] = []
    due_at = None
    for period in service_periods(
        terms_of(subscription, item, price), cycle_of(subscription, price.interval)
    ):
        if period.due_at > now or len(periods) == limit:
            due_at = period.due_at
            break
        periods.append(period)
    billed_to = periods[-1].end if periods else item.billed_to
    return ItemPlan(periods, ItemAdvance(item.id, billed_to, due_at))


def with_due(subscription: Subscription, item: SubscriptionItem, price: Price) -> SubscriptionItem:
    """The item with ``due_at`` computed anew, after its end, or its subscription's, was changed."""
    terms = terms_of(subscription, item, price)
    return replace(item, due_at=next_due(terms, cycle_of(subscription, price.interval)))


def resumed(
    items: Iterable[SubscriptionItem], paused_at: datetime, now: datetime
) -> tuple[list[SubscriptionItem], list[SubscriptionItem]]:
    """The items of a subscription that was paused until now, and those that go on after it, with no id yet.

    An item is cut at the pause, and goes on from now, billed as far as it was; one that was to begin during
    the pause begins now, or never if its own end has come.
    """
    kept: list[SubscriptionItem] = []
    going_on: list[SubscriptionItem] = []
    for item in items:
        if item.started_at >= paused_at:
            start = max(item.started_at, now)
            end = None if item.ended_at is None else max(item.ended_at, start)
            kept.append(replace(item, started_at=start, billed_to=max(item.billed_to, start), ended_at=end))
        elif item.ended_at is not None and item.ended_at <= paused_at:
            kept.append(item)
        else:
            kept.append(replace(item, ended_at=paused_at))
            if item.ended_at is None or item.ended_at > now:
                going_on.append(replace(item, started_at=now, billed_to=max(now, item.billed_to)))
    return kept, going_on


def current_period(subscription: Subscription, prices: Iterable[Price], now: datetime) -> Period | None:
    """The period of the longest interval in which ``now`` lies, within the subscription's time.

    ``prices`` are its items'.  ``None`` before it begins and after it has ended.
    """
    end = min((at for at in (subscription.ended_at, subscription.cancel_at) if at is not None), default=None)
    if now < subscription.started_at or (end is not None and end <= now):
        return None
    whole = cycle_of(subscription, main_interval(price.interval for price in prices)).period_at(now)
    return Period(
        max(whole.start, subscription.started_at), whole.end if end is None else min(whole.end, end)
    )


def as_of(subscription: Subscription, now: datetime) -> Subscription:
    """The subscription at ``now``: begun if its start has come, ended if its scheduled end has."""
    status, cancel_at = subscription.status, subscription.cancel_at
    if status is SubscriptionState.DRAFT and subscription.started_at <= now:
        status = advance(SUBSCRIPTION, status, SubscriptionTrigger.ACTIVATE)
    if cancel_at is None or now < cancel_at or SUBSCRIPTION.is_final(status):
        return replace(subscription, status=status)
    return replace(
        subscription,
        status=advance(SUBSCRIPTION, status, SubscriptionTrigger.CANCEL),
        ended_at=cancel_at,
    )


def scheduled(subscription: Subscription, items: Iterable[SubscriptionItem]) -> Subscription:
    """The subscription with ``next_billing_at`` computed anew: the next time to bill, to begin or to end."""
    instants = [item.due_at for item in items if item.due_at is not None]
    if subscription.status is SubscriptionState.DRAFT:
        instants.append(subscription.started_at)
    if subscription.cancel_at is not None and not SUBSCRIPTION.is_final(subscription.status):
        instants.append(subscription.cancel_at)
    return replace(subscription, next_billing_at=min(instants, default=None))
