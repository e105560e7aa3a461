"""A customer, a plan and grants, for tests of credit grants; time is given to each step."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.modules.billing import subscribe
from counterfoil.modules.catalog import NewPlan, NewPlanVersion, NewPrice, create_plan
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import NewSubscription, Subscription
from counterfoil.modules.wallets import (
    CreditGrant,
    CreditGrantApplication,
    CreditGrantFilter,
    GrantCadence,
    GrantScope,
    IntervalUnit,
    NewCreditGrant,
    create_credit_grant,
    search_credit_grants,
    upcoming_applications,
)
from counterfoil.store import OffsetQuery, Store, Uow
from tests.conftest import Tenant

FEE = NewPrice(code="fee", model="flat", params={"EUR": {"amount": "50"}, "USD": {"amount": "55"}})
SUPPORT = NewPrice(code="support", model="flat", params={"EUR": {"amount": "600"}}, interval_unit="year")
MONTHLY: dict[str, Any] = {
    "cadence": GrantCadence.RECURRING,
    "period": IntervalUnit.MONTH,
    "period_count": 1,
}
ONCE: dict[str, Any] = {"cadence": GrantCadence.ONE_TIME}


def at(text: str) -> datetime:
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


def short(instant: datetime | None) -> str | None:
    """The date where it is a midnight in UTC."""
    return None if instant is None else format_instant(instant).removesuffix("T00:00:00Z")


def span(application: CreditGrantApplication) -> tuple[str | None, str | None, str | None]:
    """Start, end and expiry of an application."""
    return short(application.period_start), short(application.period_end), short(application.expires_at)


def of_plan(plan_id: UUID, **fields: Any) -> NewCreditGrant:
    given = {"name": "Included", "credits": Decimal(100), **MONTHLY, **fields}
    return NewCreditGrant(scope=GrantScope.PLAN, plan_id=plan_id, **given)


def of_subscription(subscription_id: UUID | None, **fields: Any) -> NewCreditGrant:
    given = {"name": "Goodwill", "credits": Decimal(25), **MONTHLY, **fields}
    return NewCreditGrant(scope=GrantScope.SUBSCRIPTION, subscription_id=subscription_id, **given)


@dataclass(frozen=True)
class World:
    """A tenant with a customer in Berlin who pays in euros, and a plan with a monthly fee."""

    store: Store
    tenant: Tenant
    customer_id: UUID
    plan_id: UUID

    def on(self, instant: str) -> AbstractAsyncContextManager[Uow]:
        """A unit of work at this business time."""
        return self.store.unit(self.tenant.scope, now=at(instant))

    async def plan(self, code: str, *prices: NewPrice) -> UUID:
        """Another plan with these prices."""
        async with self.on("2020-01-01") as uow:
            version = NewPlanVersion(prices=prices, publish=True)
            return (await create_plan(uow, NewPlan(code=code, name=code, initial=version))).id

    async def subscribe(self, now: str, *own: NewCreditGrant, **fields: Any) -> Subscription:
        """A subscription that is made at ``now``, with grants of its own."""
        async with self.on(now) as uow:
            fields = {"plan_id": self.plan_id, **fields}
            return await subscribe(uow, NewSubscription(self.customer_id, **fields), own)

    async def grant(self, now: str, new: NewCreditGrant) -> CreditGrant:
        """A grant that is made at ``now``."""
        async with self.on(now) as uow:
            return await create_credit_grant(uow, new)

    async def grants(self, subscription: Subscription) -> list[CreditGrant]:
        """The grants of a subscription, in the order in which they were made."""
        async with self.on("2020-01-01") as uow:
            wanted = CreditGrantFilter(subscription_ids=[subscription.id])
            return (await search_credit_grants(uow, wanted, OffsetQuery(ascending=True))).items

    async def upcoming(self, subscription: Subscription) -> list[CreditGrantApplication]:
        """What the grants of a subscription will give next."""
        async with self.on("2020-01-01") as uow:
            return await upcoming_applications(uow, [subscription.id])


async def make_world(store: Store, tenant: Tenant) -> World:
    async with store.unit(tenant.scope, now=at("2020-01-01")) as uow:
        customer = await create_customer(uow, NewCustomer("Nordwind", currency="EUR", zone="Europe/Berlin"))
        version = NewPlanVersion(prices=[FEE], publish=True)
        plan = await create_plan(uow, NewPlan(code="pro", name="Pro", initial=version))
    return World(store, tenant, customer.id, plan.id)
