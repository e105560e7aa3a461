"""What time does to a subscription, as pure functions on its view: no row is read or written here.

The cycles of a subscription all start from one anchor.  With alignment ``calendar`` each price follows its
own calendar unit there (weeks begin on Monday, months on the 1st), so that a weekly and a monthly price of
one plan both end with the calendar.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from counterfoil.core.billing_periods import ItemTerms, service_periods
from counterfoil.core.calendar import Alignment, Cycle, Interval, IntervalUnit, Period, aligned_anchor
from counterfoil.modules.catalog import Price, QuantitySource
from counterfoil.modules.subscriptions.passing import next_step_at, paid_from, steps
from counterfoil.modules.subscriptions.types import GivenBack, ItemAdvance, ItemPlan

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem


# Subscriptions that follow the calendar share few anchors, and finding one costs more than planning an item.
_aligned = lru_cache(maxsize=4096)(aligned_anchor)
_cycle = lru_cache(maxsize=4096)(Cycle)


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
    return _cycle(interval, anchor, subscription.zone)


def item_cycle(subscription: Anchored, item: SubscriptionItem, interval: Interval) -> Cycle:
    """The boundaries of an item's periods: those of its own anchor."""
    anchor = item.anchor_at
    if subscription.alignment is Alignment.CALENDAR:
        anchor = _aligned(interval, anchor, subscription.zone)
    return _cycle(interval, anchor, subscription.zone)


def main_interval(intervals: Iterable[Interval]) -> Interval:
    """The longest interval: its periods are those of the subscription as a whole; a month if there is none.

    A month counts as 30 days here; nothing else depends on that.
    """
    longest = max(intervals, key=lambda interval: interval.months * 30 + interval.days, default=None)
    return longest or Interval(IntervalUnit.MONTH)


def item_end(subscription: Subscription, item: SubscriptionItem) -> datetime | None:
    """When an item's time ends as things stand: by itself or with its subscription.  A pause ends nothing."""
    return _cut(item, item.ended_at, subscription.ended_at, subscription.cancel_at, subscription.expires_at)


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
    """What is to be drafted of an item at ``now``, and the item's advance once it is.

    At most ``limit`` periods, and more only where they fall due together: what is left over is due at once,
    in the next round.  So is what is to be given back of the periods themselves, for they have no line yet.
    """
    periods: list[ServicePeriod] = []
    due_at = None
    for period in _periods(subscription, item, price):
        if period.due_at > now or (
            limit is not None and len(periods) >= limit and period.due_at > periods[-1].due_at
        ):
            due_at = period.due_at
            break
        periods.append(period)
    billed_to = periods[-1].end if periods else item.billed_to
    credit, left = _given_back(subscription, item, billed_to), item.give_back_from
    if credit is not None and credit.due_at <= now:
        # What lies beyond it would be charged here, and given back on an invoice of its own.
        periods = [period for period in periods if period.start < credit.since]
        if not periods and item.billed_to <= credit.since and due_at is None:
            return ItemPlan(periods, ItemAdvance(item.id, billed_to, None))
    if credit is not None and credit.due_at <= now and not periods:
        left = None
        return ItemPlan(periods, ItemAdvance(item.id, billed_to, due_at, left), credit)
    if credit is not None:
        due_at = credit.due_at if due_at is None else min(due_at, credit.due_at)
    return ItemPlan(periods, ItemAdvance(item.id, billed_to, due_at, left))


def with_due(subscription: Subscription, item: SubscriptionItem, price: Price) -> SubscriptionItem:
    """The item with ``due_at`` computed anew, after its end, or its subscription's, was changed."""
    first = next(_periods(subscription, item, price), None)
    credit = _given_back(subscription, item, item.billed_to)
    instants = [one.due_at for one in (first, credit) if one is not None]
    return replace(item, due_at=min(instants, default=None))


def _periods(subscription: Subscription, item: SubscriptionItem, price: Price) -> Iterator[ServicePeriod]:
    """The periods of an item that are not billed yet, none of them due while the item waits."""
    waits = _waits_until(subscription, item)
    cycle = item_cycle(subscription, item, price.interval)
    for period in service_periods(terms_of(subscription, item, price), cycle, subscription.policy):
        if waits is not None and period.due_at < waits:
            period = replace(period, due_at=waits)
        yield period


def _waits_until(subscription: Subscription, item: SubscriptionItem) -> datetime | None:
    """Before when nothing of the item is drafted; there is no next invoice after the subscription's end."""
    if item.bill_from is None:
        return None
    end = end_of(subscription)
    return item.bill_from if end is None else min(item.bill_from, end)


def _given_back(subscription: Subscription, item: SubscriptionItem, billed_to: datetime) -> GivenBack | None:
    """What is to be given back of an item that is billed so far: nothing before its time has ended."""
    since, end = item.give_back_from, item_end(subscription, item)
    if since is None or end is None or billed_to <= since:
        return None
    waits = _waits_until(subscription, item)
    return GivenBack(since, billed_to, end if waits is None else max(end, waits))


def resumed(
    items: Iterable[SubscriptionItem], paused_at: datetime, now: datetime
) -> tuple[list[SubscriptionItem], list[SubscriptionItem]]:
    """The items of a subscription that was paused until now, and those that go on after it, with no id yet.

    An item is cut at the pause, and goes on from now, billed as far as it was; one that was to begin during
    the pause begins now, or never if its own end has come.  What waits for the next invoice is what was
    before the pause.
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
                billed_to = max(now, item.billed_to)
                paid_by = (item.paid_by_id or item.id) if item.billed_to > now else None
                again = replace(item, started_at=now, billed_to=billed_to, bill_from=None, paid_by_id=paid_by)
                going_on.append(again)
    return kept, going_on


def current_period(subscription: Subscription, prices: Iterable[Price], now: datetime) -> Period | None:
    """The period of the longest interval in which ``now`` lies, within the subscription's time.

    ``prices`` are its items'.  ``None`` before it begins and after it has ended.
    """
    return period_of(subscription, main_interval(price.interval for price in prices), now)


def period_of(subscription: Subscription, interval: Interval, now: datetime) -> Period | None:
    """As ``current_period``, where the longest interval is known."""
    end = end_of(subscription)
    if now < subscription.started_at or (end is not None and end <= now):
        return None
    if subscription.trial_ends_at is not None and now < subscription.trial_ends_at:
        trial_end = subscription.trial_ends_at
        return Period(subscription.started_at, trial_end if end is None else min(trial_end, end))
    whole = cycle_of(subscription, interval).period_at(now)
    return Period(
        max(whole.start, paid_from(subscription)), whole.end if end is None else min(whole.end, end)
    )


def as_of(subscription: Subscription, now: datetime) -> Subscription:
    """The subscription at ``now``: what time has done to it by then, apart from phases and billing."""
    passed = steps(subscription, now)
    return passed[-1].after if passed else subscription


def end_of(subscription: Subscription) -> datetime | None:
    """When a subscription ends as things stand, or has ended; ``None`` if it goes on."""
    if subscription.ended_at is not None:
        return subscription.ended_at
    ends = (subscription.cancel_at, subscription.expires_at)
    return min((at for at in ends if at is not None), default=None)


def scheduled(subscription: Subscription, items: Iterable[SubscriptionItem]) -> Subscription:
    """The subscription with ``next_billing_at`` computed anew: to bill, to begin, to change or to end."""
    instants = [item.due_at for item in items if item.due_at is not None]
    instants += [at for at in (subscription.next_change_at, subscription.commitment_due_at) if at is not None]
    step_at = next_step_at(subscription)
    if step_at is not None:
        instants.append(step_at)
    return replace(subscription, next_billing_at=min(instants, default=None))
