"""What a due subscription owes: which periods of which items, as charges in the order they fell due.

Pure: the subscription with its items and prices, and an instant, decide.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.modules.billing.charges import charge_for
from counterfoil.modules.subscriptions import plan_item

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions import DueSubscription, ItemAdvance, ItemPlan, Subscription

MOST_PERIODS: Final = 60
"""Periods of one item in one batch; a start far in the past is caught up in several."""

_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """What one subscription is to be billed: its charges in order, each with the instant it fell due."""

    subscription: Subscription
    due_at: list[datetime]
    charges: list[Charge]
    advances: list[ItemAdvance]


def plan_subscription(one: DueSubscription, prices: Mapping[UUID, Price], now: datetime) -> SubscriptionPlan:
    """The charges up to ``now``, or up to where the first item reaches ``MOST_PERIODS``.

    All items stop at the same instant, so that what falls due together stands on one invoice.
    """
    plans = _item_plans(one, prices, now)
    left_over = [plan.advance.due_at for plan in plans if plan.advance.due_at and plan.advance.due_at <= now]
    if left_over:
        plans = _item_plans(one, prices, min(left_over) - _INSTANT)
    charges = [
        (period.due_at, charge_for(one.subscription, item, prices[item.price_id], period))
        for item, plan in zip(one.items, plans, strict=True)
        for period in plan.periods
    ]
    charges.sort(key=lambda pair: pair[0])  # stable: within an instant the items' order stays
    due_at, ordered = [at for at, _ in charges], [charge for _, charge in charges]
    return SubscriptionPlan(one.subscription, due_at, ordered, [plan.advance for plan in plans])


def _item_plans(one: DueSubscription, prices: Mapping[UUID, Price], until: datetime) -> list[ItemPlan]:
    return [
        plan_item(one.subscription, item, prices[item.price_id], until, limit=MOST_PERIODS)
        for item in one.items
    ]
