"""What a due subscription owes: which periods of which items, as charges in the order they fell due.

Pure: the subscription with its items and prices, and an instant, decide.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.modules.billing.charges import charge_for
from counterfoil.modules.billing.credits import credit_for
from counterfoil.modules.subscriptions import Invoicing, as_of, plan_item, up_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.billing.credits import Credit
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions import DueSubscription, ItemAdvance, ItemPlan, Subscription

MOST_PERIODS: Final = 60
"""Periods of one item in one batch; a start far in the past is caught up in several."""

_INSTANT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class SubscriptionPlan:
    """What one subscription is to be billed: its charges in order, each with the instant it fell due.

    ``credits`` are what is to be given back of what was billed before.  It is billed up to ``until``.
    """

    subscription: Subscription
    due_at: list[datetime]
    charges: list[Charge]
    advances: list[ItemAdvance]
    credits: list[Credit]
    until: datetime
    is_cut: bool = False
    """Whether more is due than one batch takes."""


def in_step(
    due: Sequence[DueSubscription],
    plans: Sequence[SubscriptionPlan],
    prices: Mapping[UUID, Price],
) -> list[SubscriptionPlan]:
    """The plans of a batch; what is invoiced jointly does not run ahead of what is caught up in several.

    Else what falls due together would be invoiced in two batches.
    """
    is_joint = [plan.subscription.invoicing is Invoicing.JOINT for plan in plans]
    cuts = [plan.until for plan, joint in zip(plans, is_joint, strict=True) if joint and plan.is_cut]
    if not cuts:
        return list(plans)
    until, by_id = min(cuts), {one.subscription.id: one for one in due}
    return [
        plan_subscription(by_id[plan.subscription.id], prices, until)
        if joint and plan.until > until
        else plan
        for plan, joint in zip(plans, is_joint, strict=True)
    ]


def plan_subscription(one: DueSubscription, prices: Mapping[UUID, Price], now: datetime) -> SubscriptionPlan:
    """The charges up to ``now``, or up to where the first item reaches ``MOST_PERIODS``.

    All items stop at the same instant, so that what falls due together stands on one invoice.
    """
    now = up_to(one.subscription, now)
    one = replace(one, subscription=as_of(one.subscription, now))  # a trial may have ended it
    plans = _item_plans(one, prices, now)
    left_over = [plan.advance.due_at for plan in plans if plan.advance.due_at and plan.advance.due_at <= now]
    if left_over:
        now = min(left_over) - _INSTANT
        earlier = _item_plans(one, prices, now)
        # What is left over may fall due with what it comes after: then it stands on an invoice of its own.
        plans = earlier if any(plan.periods or plan.credit for plan in earlier) else plans
    charges = [
        (period.due_at, charge_for(one.subscription, item, prices[item.price_id], period))
        for item, plan in zip(one.items, plans, strict=True)
        for period in plan.periods
    ]
    charges.sort(key=lambda pair: pair[0])  # stable: within an instant the items' order stays
    due_at, ordered = [at for at, _ in charges], [charge for _, charge in charges]
    credits = [
        credit_for(one.subscription, item, prices[item.price_id], plan.credit)
        for item, plan in zip(one.items, plans, strict=True)
        if plan.credit is not None
    ]
    advances = [plan.advance for plan in plans]
    return SubscriptionPlan(one.subscription, due_at, ordered, advances, credits, now, bool(left_over))


def _item_plans(one: DueSubscription, prices: Mapping[UUID, Price], until: datetime) -> list[ItemPlan]:
    return [
        plan_item(one.subscription, item, prices[item.price_id], until, limit=MOST_PERIODS)
        for item in one.items
    ]
