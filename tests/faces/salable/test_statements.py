"""A page of a big shop costs the database no more statements than one of a small shop."""

from __future__ import annotations

import pytest

from counterfoil.modules import catalog
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import client_for
from tests.faces.salable.shop import Shop, subscribe_to_team
from tests.support.observe import statements

EVERYTHING = (
    "features.featureEnumOptions,capabilities,currencies.currency,plans.capabilities,"
    "plans.features.feature,plans.features.enumValue,plans.currencies.currency"
)
GLOBAL = "globalSuccessUrl=&globalCancelUrl=&globalGranteeId=&member="


async def asked(store: Store, shop: Shop, path: str) -> int:
    """How many statements a GET needs."""
    settings = Settings(faces=("salable",), rate_limit=0)
    async with client_for(store, "", settings) as http:
        http.headers["x-api-key"] = shop.tenant.key
        await http.get("/salable/products")  # so that the key is known
        with statements(store) as seen:
            answer = await http.get(f"/salable{path}")
    assert answer.status_code == 200, answer.text
    return len(seen)


async def grow(store: Store, shop: Shop) -> None:
    """Twenty more features, and twenty more plans that give them all."""
    product = shop.ids["planner"]
    async with store.unit(shop.tenant.scope) as uow:
        features = [
            await catalog.create_feature(
                uow, catalog.NewFeature(name=f"F{number}", kind="boolean", product_id=product)
            )
            for number in range(20)
        ]
        fee = catalog.NewPrice(model="flat", params={"USD": {"amount": "5"}})
        version = catalog.NewPlanVersion(
            features=[catalog.PlanFeature(one.id, True) for one in features], prices=[fee], publish=True
        )
        for number in range(20):
            new = catalog.NewPlan(name=f"P{number}", product_id=product, initial=version)
            await catalog.create_plan(uow, new)


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/products", 4),
        ("/products/{planner}", 3),
        (f"/products/{{planner}}?expand={EVERYTHING}", 9),
        ("/products/{planner}/plans?expand=features.feature,capabilities.capability,currencies", 7),
        (f"/products/{{planner}}/pricingtable?{GLOBAL}", 9),
        (f"/pricing-tables/{{table}}?{GLOBAL}", 11),
        ("/plans/{team}?expand=features.feature,capabilities.capability,currencies", 6),
        ("/subscriptions/{subscription}?expand=product.currencies,plan.currencies,customer", 13),
    ],
)
async def test_the_number_of_statements_does_not_grow(store: Store, shop: Shop, path: str, most: int) -> None:
    shop.ids["subscription"] = await subscribe_to_team(store, shop)
    for code in ("planner", "table", "team", "subscription"):
        path = path.replace(f"{{{code}}}", shop[code])
    small = await asked(store, shop, path)
    await grow(store, shop)
    assert await asked(store, shop, path) == small <= most
