"""Each face shows a price of any model in a way that its vendor's client reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from counterfoil.core.ids import show_id
from counterfoil.core.pricing import MODELS
from counterfoil.modules.catalog import (
    NewFeature,
    NewPlan,
    NewPlanVersion,
    NewProduct,
    create_feature,
    create_plan,
    create_product,
)
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import NewSubscription, create_subscription
from counterfoil.store import Store
from tests.conftest import Database, Tenant
from tests.support.every_model import EVERY_PARAMS, every_price, payments
from tests.support.serving import served


async def sell(store: Store, tenant: Tenant) -> tuple[UUID, UUID]:
    """A plan with a price of each model, and one plan for each, all of them subscribed to."""
    async with store.unit(tenant.scope) as uow:
        product = await create_product(uow, NewProduct(name="Payments"))
        feature = await create_feature(
            uow, NewFeature(name="Payments", kind="boolean", product_id=product.id)
        )
        meter = await payments(uow)
        prices = every_price(meter, feature_id=feature.id)
        plans = []
        for name, some in [("all", prices), *((one.model, [one]) for one in prices)]:
            version = NewPlanVersion(prices=some, publish=True)
            plan = await create_plan(
                uow, NewPlan(name=name, code=name, product_id=product.id, initial=version)
            )
            plans.append(plan.id)
            customer = await create_customer(uow, NewCustomer(name, currency="EUR"))
            await create_subscription(uow, NewSubscription(customer.id, plan_id=plan.id))
        return plans[0], product.id


def asked(url: str, key: dict[str, str], path: str, body: dict[str, Any] | None = None) -> Any:
    """What a face answers."""
    answer = httpx.request("GET" if body is None else "POST", url + path, headers=key, json=body, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_no_face_stumbles_over_a_model(
    store: Store, tenant: Tenant, database: Database, tmp_path: Path
) -> None:
    assert EVERY_PARAMS.keys() == MODELS.keys()
    plan_id, product_id = await sell(store, tenant)
    with served(database, tmp_path, faces='["flexprice", "gcore", "salable"]') as url:
        plan = asked(f"{url}/flexprice/v1", {"x-api-key": tenant.key}, f"/plans/{show_id('plan', plan_id)}")
        shown = {
            one["lookup_key"] or one["display_name"]: (one["billing_model"], one.get("amount"))
            for one in plan["prices"]
        }
        assert shown == {
            "bucketed": ("FLAT_FEE", None),
            "commit": ("FLAT_FEE", "2"),
            "cost_plus": ("FLAT_FEE", "1.2"),
            "dynamic": ("FLAT_FEE", "1.5"),
            "flat": ("FLAT_FEE", "9"),
            "graduated": ("TIERED", "0"),
            "graduated_percentage": ("FLAT_FEE", None),
            "matrix": ("FLAT_FEE", None),
            "overcommit": ("FLAT_FEE", "2"),
            "package": ("PACKAGE", "3"),
            "per_unit": ("FLAT_FEE", "0.1"),
            "percentage": ("FLAT_FEE", None),
            "seat": ("FLAT_FEE", "2"),
            "stairstep": ("TIERED", "0"),
            "volume": ("TIERED", "0"),
        }
        rows = asked(
            f"{url}/gcore",
            {"Authorization": f"APIKey {tenant.key}"},
            "/billing/org/v1/subscriptions?limit=1000",
        )["results"]
        forms = {row["price"]["type"] for row in rows if row.get("price")}
        assert forms <= {"FlatPrice", "StepPrice", None}
        found = asked(f"{url}/salable", {"x-api-key": tenant.key}, f"/products/{product_id}?expand=plans")
        assert found
        for one in asked(f"{url}/salable", {"x-api-key": tenant.key}, f"/products/{product_id}/plans"):
            asked(f"{url}/salable", {"x-api-key": tenant.key}, f"/plans/{one['uuid']}")
