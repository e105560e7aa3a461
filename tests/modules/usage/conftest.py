"""A seller with two customers and a meter, for the tests of usage."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

import pytest

from counterfoil.core.rating import Aggregation
from counterfoil.modules.catalog import Meter, NewMeter, create_meter
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.usage import SubscriptionName
from counterfoil.store import Store, Uow
from tests.conftest import Tenant


@dataclass(frozen=True)
class World:
    """``acme`` and ``beta`` are customers; events named ``request`` are counted, ``transfer`` summed."""

    tenant: Tenant
    acme: UUID
    beta: UUID
    requests: Meter
    transfer: Meter
    acme_subscription: UUID
    other_acme_subscription: UUID
    beta_subscription: UUID

    async def subscriptions(self, uow: Uow, names: Collection[str]) -> Mapping[str, SubscriptionName]:
        """Finds the three subscriptions by their external ids."""
        known = {
            "acme-1": SubscriptionName(self.acme_subscription, self.acme),
            "acme-2": SubscriptionName(self.other_acme_subscription, self.acme),
            "beta-1": SubscriptionName(self.beta_subscription, self.beta),
        }
        return {name: known[name] for name in names if name in known}


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    """A seller of this test's own."""
    async with store.unit(tenant.scope) as uow:
        acme = await create_customer(uow, NewCustomer("Acme", external_id="acme"))
        beta = await create_customer(uow, NewCustomer("Beta", external_id="beta"))
        requests = await create_meter(
            uow,
            NewMeter(code="requests", name="Requests", event_name="request", aggregation=Aggregation.COUNT),
        )
        transfer = await create_meter(
            uow,
            NewMeter(
                code="transfer",
                name="Transfer",
                event_name="transfer",
                aggregation=Aggregation.SUM,
                property="bytes",
                filters={"billable": [True]},
                group_by=["region"],
            ),
        )
        subscriptions = [uow.new_id() for _ in range(3)]
    return World(tenant, acme.id, beta.id, requests, transfer, *subscriptions)
