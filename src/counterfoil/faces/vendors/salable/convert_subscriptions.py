"""Between our subscriptions and Salable's."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import format_instant
from counterfoil.core.states import SubscriptionState
from counterfoil.faces.vendors.salable.wire import SubscriptionExpanded
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.subscriptions import current_period

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.faces.vendors.salable.assortment import PlanNow
    from counterfoil.faces.vendors.salable.convert import Seller
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.customers import Customer
    from counterfoil.modules.subscriptions import Subscription, SubscriptionItem

_STATUSES: Final = {
    SubscriptionState.DRAFT: "INCOMPLETE",
    SubscriptionState.TRIALING: "TRIALING",
    SubscriptionState.ACTIVE: "ACTIVE",
    SubscriptionState.PAST_DUE: "PAST_DUE",
    SubscriptionState.PAUSED: "PAUSED",
    SubscriptionState.CANCELLED: "CANCELED",
    SubscriptionState.EXPIRED: "CANCELED",
}


def subscription_to_wire(
    subscription: Subscription,
    plan: PlanNow,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    customer: Customer,
    seller: Seller,
    now: datetime,
    relations: Mapping[str, Any],
) -> SubscriptionExpanded:
    """A subscription with the relations that were asked for."""
    return SubscriptionExpanded(
        uuid=str(subscription.id),
        productUuid=str(plan.product_id),
        planUuid=str(plan.plan.id),
        organisation=seller.organisation,
        paymentIntegrationSubscriptionId=subscription.external_id or "",
        type="none",
        quantity=_seats(items, prices, now),
        email=customer.email,
        expiryDate=format_instant(_expiry(subscription, prices, now)),
        lineItemIds=[str(item.id) for item in items],
        status=_STATUSES[subscription.status],
        createdAt=format_instant(subscription.created_at),
        updatedAt=format_instant(subscription.updated_at),
        isTest=seller.is_test,
        **relations,
    )


def customer_to_wire(customer: Customer) -> dict[str, Any]:
    """A customer; Salable passes on its payment provider's, of which this has the common fields."""
    return {
        "id": str(customer.id),
        "object": "customer",
        "name": customer.name,
        "email": customer.email,
        "metadata": dict(customer.meta),
    }


def _seats(items: Sequence[SubscriptionItem], prices: Mapping[UUID, Price], now: datetime) -> int:
    """The quantity of what is sold by the seat and runs now; a seat that is begun counts; 1 if none is."""
    sold = [item for item in items if prices[item.price_id].quantity_source is QuantitySource.ITEM]
    running = [item for item in sold if item.started_at <= now and (item.ended_at or now) >= now]
    return ceil(next(iter(running or sold)).quantity) if sold else 1


def _expiry(subscription: Subscription, prices: Mapping[UUID, Price], now: datetime) -> datetime:
    """The end that is known, else that of the current period (of the first, before it has begun)."""
    end = subscription.ended_at or subscription.cancel_at
    if end is not None:
        return end
    period = current_period(subscription, prices.values(), max(now, subscription.started_at))
    return subscription.started_at if period is None else period.end
