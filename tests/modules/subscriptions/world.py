"""A price list and its customers, for tests of subscriptions; time is given to each step."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from counterfoil.core.calendar import parse_instant
from counterfoil.core.rating import Aggregation, Cadence
from counterfoil.modules.catalog import (
    NewMeter,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    PlanVersion,
    Price,
    QuantitySource,
    create_meter,
    create_plan,
    plan_versions_by_ids,
    published_version_of,
)
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import (
    ItemPlan,
    NewSubscription,
    Subscription,
    SubscriptionItem,
    advance_items,
    create_subscription,
    due_subscriptions,
    items_of,
    plan_item,
)
from counterfoil.store import Store, Uow
from tests.conftest import Tenant

FEE = NewPrice(code="fee", model="flat", params={"EUR": {"amount": "50"}, "USD": {"amount": "55"}})
SEATS = NewPrice(
    code="seats",
    model="per_unit",
    params={"EUR": {"unit_amount": "10"}, "USD": {"unit_amount": "11"}},
    quantity_source=QuantitySource.ITEM,
)
SUPPORT = NewPrice(code="support", model="flat", params={"EUR": {"amount": "600"}}, interval_unit="year")


def tokens(meter_id: UUID) -> NewPrice:
    return NewPrice(
        code="tokens",
        model="per_unit",
        params={"EUR": {"unit_amount": "0.002"}, "USD": {"unit_amount": "0.0025"}},
        meter_id=meter_id,
        quantity_source=QuantitySource.USAGE,
        cadence=Cadence.IN_ARREARS,
    )


def at(text: str) -> datetime:
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


@dataclass(frozen=True)
class World:
    """A tenant with a customer in Berlin who pays in euros."""

    store: Store
    tenant: Tenant
    customer_id: UUID
    meter_id: UUID

    def on(self, instant: str) -> AbstractAsyncContextManager[Uow]:
        """A unit of work at this business time."""
        return self.store.unit(self.tenant.scope, now=at(instant))

    async def plan(self, *prices: NewPrice, code: str = "pro") -> PlanVersion:
        """A plan whose published version has these prices."""
        async with self.on("2020-01-01") as uow:
            plan = await create_plan(
                uow, NewPlan(code=code, name=code, initial=NewPlanVersion(prices=prices, publish=True))
            )
            version = await published_version_of(uow, plan.id)
            return (await plan_versions_by_ids(uow, [version.id]))[version.id]

    async def subscribe(self, version: PlanVersion, now: str, **fields: Any) -> Subscription:
        """A subscription that is made at ``now``."""
        async with self.on(now) as uow:
            return await create_subscription(
                uow, NewSubscription(self.customer_id, plan_version_id=version.id, **fields)
            )

    async def bill(self, version: PlanVersion, now: str) -> dict[str, ItemPlan]:
        """What a billing run does to the one subscription that is due, by the codes of its prices."""
        prices = {price.id: price for price in version.prices}
        async with self.on(now) as uow:
            due = await due_subscriptions(uow, 10)
            plans = [
                (
                    prices[item.price_id].code,
                    plan_item(one.subscription, item, prices[item.price_id], uow.now),
                )
                for one in due
                for item in one.items
            ]
            await advance_items(uow, due, [plan.advance for _, plan in plans if plan.periods])
            return {code: plan for code, plan in plans if plan.periods}

    async def items(self, version: PlanVersion, subscription: Subscription) -> dict[str, SubscriptionItem]:
        """The items by the codes of their prices."""
        codes: dict[UUID, Price] = {price.id: price for price in version.prices}
        async with self.on("2020-01-01") as uow:
            found = (await items_of(uow, [subscription.id]))[subscription.id]
        return {codes[item.price_id].code: item for item in found}


async def make_world(store: Store, tenant: Tenant) -> World:
    async with store.unit(tenant.scope, now=at("2020-01-01")) as uow:
        customer = await create_customer(uow, NewCustomer("Nordwind", currency="EUR", zone="Europe/Berlin"))
        meter = await create_meter(
            uow,
            NewMeter(
                code="tokens", name="Tokens", event_name="used", aggregation=Aggregation.SUM, property="n"
            ),
        )
    return World(store, tenant, customer.id, meter.id)


def seats(count: str) -> dict[str, Decimal]:
    return {"seats": Decimal(count)}
