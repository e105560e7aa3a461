"""What time does to a subscription, as pure functions on its view: no row is read or written here.

The cycles of a subscription all start from one anchor.  With alignment ``calendar`` each price follows its
own calendar unit there (weeks begin on Monday, months on the 1st), so that a weekly and a monthly price of
one plan both end with the calendar.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from counterfoil.core.billing_periods import ItemTerms, next_due, service_periods
from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, aligned_anchor
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.catalog import Price, QuantitySource
from counterfoil.modules.subscriptions.types import Alignment, ItemAdvance, ItemPlan

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem


# Subscriptions that follow the calendar share few anchors, and finding one costs more than planning an item.
_aligned = lru_cache(maxsize=4096)(aligned_anchor)


def cycle_of(subscription: Subscription, interval: Interval) -> Cycle:
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


def terms_of(item: SubscriptionItem, price: Price) -> ItemTerms:
    """What decides an item's service periods."""
    return ItemTerms(
        started_at=item.started_at,
        ended_at=item.ended_at,
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
    for period in service_periods(terms_of(item, price), cycle_of(subscription, price.interval)):
        if period.due_at > now or len(periods) == limit:
            due_at = period.due_at
            break
        periods.append(period)
    billed_to = periods[-1].end if periods else item.billed_to
    return ItemPlan(periods, ItemAdvance(item.id, billed_to, due_at))


def with_due(subscription: Subscription, item: SubscriptionItem, price: Price) -> SubscriptionItem:
    """The item with ``due_at`` computed anew, after its end was changed."""
    return replace(item, due_at=next_due(terms_of(item, price), cycle_of(subscription, price.interval)))


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
