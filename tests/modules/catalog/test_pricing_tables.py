"""What a pricing table may show: plans and features of its product that are there."""

from __future__ import annotations

from uuid import UUID

import pytest

from counterfoil.core.errors import CounterfoilError, InvalidInput, NotFound, WrongState
from counterfoil.modules.catalog import (
    CatalogChanges,
    NewFeature,
    NewPlan,
    NewPricingTable,
    NewProduct,
    archive_plan,
    archive_pricing_table,
    create_feature,
    create_plan,
    create_pricing_table,
    create_product,
    get_pricing_table,
    list_pricing_tables,
    update_pricing_table,
)
from counterfoil.store import PageQuery, Uow


async def product(uow: Uow) -> UUID:
    return (await create_product(uow, NewProduct(name="P"))).id


async def plan(uow: Uow, product_id: UUID | None) -> UUID:
    return (await create_plan(uow, NewPlan(name="Plan", product_id=product_id))).id


async def feature(uow: Uow, product_id: UUID | None) -> UUID:
    return (await create_feature(uow, NewFeature(name="F", kind="boolean", product_id=product_id))).id


async def test_a_table_shows_plans_and_features_in_the_order_given(uow: Uow) -> None:
    sold = await product(uow)
    plans = [await plan(uow, sold) for _ in range(3)]
    features = [await feature(uow, sold), await feature(uow, None)]
    made = await create_pricing_table(
        uow,
        NewPricingTable(
            name="Web",
            product_id=sold,
            plan_ids=plans[::-1],
            feature_ids=features,
            featured_plan_id=plans[1],
        ),
    )
    assert (made.plan_ids, made.theme, made.code[:5]) == (plans[::-1], "light", "ptbl_")
    assert await get_pricing_table(uow, made.id) == made
    changes = CatalogChanges({"plan_ids": plans[:1], "featured_plan_id": None, "title": "Plans"})
    changed = await update_pricing_table(uow, made.id, changes)
    assert (changed.plan_ids, changed.featured_plan_id, changed.title) == (plans[:1], None, "Plans")
    gone = await archive_pricing_table(uow, made.id)
    assert (await list_pricing_tables(uow, PageQuery(), code=made.code)).items == [gone]


async def test_what_a_table_shows_may_stay_when_it_is_archived(uow: Uow) -> None:
    sold = await product(uow)
    old = await plan(uow, sold)
    made = await create_pricing_table(uow, NewPricingTable(name="Web", product_id=sold, plan_ids=[old]))
    await archive_plan(uow, old)
    new = await plan(uow, sold)
    changed = await update_pricing_table(uow, made.id, CatalogChanges({"plan_ids": [new, old]}))
    assert changed.plan_ids == [new, old]
    other = await create_pricing_table(uow, NewPricingTable(name="Shop", product_id=sold))
    with pytest.raises(WrongState) as refusal:
        await update_pricing_table(uow, other.id, CatalogChanges({"plan_ids": [old]}))
    assert refusal.value.field == "plan_ids.0"


async def test_a_table_shows_nothing_that_is_unknown_or_of_another_product(uow: Uow) -> None:
    sold, other = await product(uow), await product(uow)
    own = await plan(uow, sold)
    unknown = uow.new_id()
    cases: list[tuple[dict[str, object], type[CounterfoilError], str]] = [
        ({"product_id": unknown}, NotFound, "product_id"),
        ({"plan_ids": [own, unknown]}, NotFound, "plan_ids.1"),
        ({"plan_ids": [await plan(uow, other)]}, InvalidInput, "plan_ids.0"),
        ({"plan_ids": [await plan(uow, None)]}, InvalidInput, "plan_ids.0"),
        ({"plan_ids": [own, own]}, InvalidInput, "plan_ids.1"),
        ({"feature_ids": [await feature(uow, other)]}, InvalidInput, "feature_ids.0"),
        ({"feature_ids": [unknown]}, NotFound, "feature_ids.0"),
        ({"featured_plan_id": own}, InvalidInput, "featured_plan_id"),
        ({"theme": "neon"}, InvalidInput, "theme"),
        ({"title": "x" * 201}, InvalidInput, "title"),
        ({"custom_theme": ""}, InvalidInput, "custom_theme"),
    ]
    for fields, error, field in cases:
        values: dict[str, object] = {"name": "Web", "product_id": sold} | fields
        with pytest.raises(error) as refusal:
            await create_pricing_table(uow, NewPricingTable(**values))  # type: ignore[arg-type]
        assert (refusal.value.field, bool(refusal.value.allowed)) == (field, True), fields
    assert (await list_pricing_tables(uow, PageQuery())).items == []
