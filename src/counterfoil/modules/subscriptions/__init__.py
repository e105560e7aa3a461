"""What customers have agreed to, and up to when it was billed.

Owns: subscriptions and their items, the calendar that their periods follow, cancellation and pauses, which
price holds when, how far each item is billed and when it is due next, which customer pays for which feature.
Does not own: prices (catalog), what was used (usage), invoices (invoicing), the billing run (billing).
Always holds: a subscription has one currency, which all its prices have; the items of its plan's price, and
of what overrides that, tile the time in which it runs; no moment of an item is billed twice, and none of a
pause that was not paid ahead; every change of status is a row of ``core.states``; ``next_billing_at`` is
never later than the next thing to happen here, so the scan of due subscriptions finds all; whoever changes a
subscription or its items has locked its row first.
"""

from counterfoil.core.calendar import Alignment
from counterfoil.modules.subscriptions.creation import create_subscription
from counterfoil.modules.subscriptions.customer_feature_types import (
    ChargeForm,
    CustomerFeature,
    CustomerFeatureFilter,
    FeatureCharge,
    KnownProduct,
    Numbering,
    SortBy,
    SortKey,
)
from counterfoil.modules.subscriptions.customer_features import (
    charges_of,
    list_customer_features,
    page_of_customer_features,
)
from counterfoil.modules.subscriptions.lifecycle import (
    cancel_subscription,
    pause_subscription,
    reactivate_subscription,
    resume_subscription,
)
from counterfoil.modules.subscriptions.models import CustomerFeatureRow, SubscriptionItemRow, SubscriptionRow
from counterfoil.modules.subscriptions.planning import (
    current_period,
    cycle_of,
    item_end,
    main_interval,
    plan_item,
    terms_of,
)
from counterfoil.modules.subscriptions.renewals import ListedSubscription, Renewal, list_renewals
from counterfoil.modules.subscriptions.service import (
    advance_items,
    due_subscriptions,
    earliest_due,
    environments_with_due,
    get_subscription,
    hold_billing,
    items_of,
    list_subscriptions,
    lock_subscription,
    resolve_subscriptions,
    retry_billing,
    search_subscriptions,
    update_subscription,
)
from counterfoil.modules.subscriptions.terms import change_quantity, reprice_item
from counterfoil.modules.subscriptions.types import (
    CancelWhen,
    DueSubscription,
    ItemAdvance,
    ItemPlan,
    NewSubscription,
    PriceOverride,
    Subscription,
    SubscriptionChanges,
    SubscriptionFilter,
    SubscriptionItem,
)

__all__ = [
    "Alignment",
    "CancelWhen",
    "ChargeForm",
    "CustomerFeature",
    "CustomerFeatureFilter",
    "CustomerFeatureRow",
    "DueSubscription",
    "FeatureCharge",
    "ItemAdvance",
    "ItemPlan",
    "KnownProduct",
    "ListedSubscription",
    "NewSubscription",
    "Numbering",
    "PriceOverride",
    "Renewal",
    "SortBy",
    "SortKey",
    "Subscription",
    "SubscriptionChanges",
    "SubscriptionFilter",
    "SubscriptionItem",
    "SubscriptionItemRow",
    "SubscriptionRow",
    "advance_items",
    "cancel_subscription",
    "change_quantity",
    "charges_of",
    "create_subscription",
    "current_period",
    "cycle_of",
    "due_subscriptions",
    "earliest_due",
    "environments_with_due",
    "get_subscription",
    "hold_billing",
    "item_end",
    "items_of",
    "list_customer_features",
    "list_renewals",
    "list_subscriptions",
    "lock_subscription",
    "main_interval",
    "page_of_customer_features",
    "pause_subscription",
    "plan_item",
    "reactivate_subscription",
    "reprice_item",
    "resolve_subscriptions",
    "resume_subscription",
    "retry_billing",
    "search_subscriptions",
    "terms_of",
    "update_subscription",
]
