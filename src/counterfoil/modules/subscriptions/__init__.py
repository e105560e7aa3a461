"""What customers have agreed to, and up to when it was billed.

Owns: subscriptions and their items, the calendar that their periods follow, cancellation, how far each item
is billed and when it is due next.
Does not own: prices (catalog), what was used (usage), invoices (invoicing), the billing run (billing).
Always holds: a subscription has one currency, which all its prices have, and an item for every price of its
plan's version; every change of status is a row of ``core.states``; ``next_billing_at`` is never later than
the next thing to happen here, so the scan of due subscriptions finds all; whoever changes a subscription or
its items has locked its row first.
"""

from counterfoil.modules.subscriptions.creation import create_subscription
from counterfoil.modules.subscriptions.models import SubscriptionItemRow, SubscriptionRow
from counterfoil.modules.subscriptions.planning import cycle_of, main_interval, plan_item, terms_of
from counterfoil.modules.subscriptions.service import (
    advance_items,
    cancel_subscription,
    change_quantity,
    due_subscriptions,
    earliest_due,
    environments_with_due,
    get_subscription,
    hold_billing,
    items_of,
    list_subscriptions,
    lock_subscription,
    reactivate_subscription,
    resolve_subscriptions,
    retry_billing,
    update_subscription,
)
from counterfoil.modules.subscriptions.types import (
    Alignment,
    CancelWhen,
    DueSubscription,
    ItemAdvance,
    ItemPlan,
    NewSubscription,
    Subscription,
    SubscriptionChanges,
    SubscriptionItem,
)

__all__ = [
    "Alignment",
    "CancelWhen",
    "DueSubscription",
    "ItemAdvance",
    "ItemPlan",
    "NewSubscription",
    "Subscription",
    "SubscriptionChanges",
    "SubscriptionItem",
    "SubscriptionItemRow",
    "SubscriptionRow",
    "advance_items",
    "cancel_subscription",
    "change_quantity",
    "create_subscription",
    "cycle_of",
    "due_subscriptions",
    "earliest_due",
    "environments_with_due",
    "get_subscription",
    "hold_billing",
    "items_of",
    "list_subscriptions",
    "lock_subscription",
    "main_interval",
    "plan_item",
    "reactivate_subscription",
    "resolve_subscriptions",
    "retry_billing",
    "terms_of",
    "update_subscription",
]
