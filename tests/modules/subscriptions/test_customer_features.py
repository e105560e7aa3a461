"""Which customer pays which price for which feature: what is noted, and how it is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from counterfoil.modules.catalog import (
    Cadence,
    NewFeature,
    NewProduct,
    QuantitySource,
    create_feature,
    create_product,
)
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import (
    CancelWhen,
    ChargeForm,
    CustomerFeatureFilter,
    KnownProduct,
    NewSubscription,
    Numbering,
    PriceOverride,
    SortBy,
    SortKey,
    cancel_subscription,
    charges_of,
    create_subscription,
    items_of,
    list_customer_features,
    page_of_customer_features,
    pause_subscription,
    reprice_item,
    resume_subscription,
)
from counterfoil.store import OffsetQuery, PageQuery, Store, Uow, numbers_of
from tests.conftest import Tenant
from tests.modules.subscriptions.world import FEE, SEATS, World, at, make_world
from tests.support.observe import statements

NUMBERING = Numbering(
    "face", "client", "part", "goods", (KnownProduct("cdn", 1, "Delivery"),), other_products_after=1000
)


async def feature(uow: Uow, name: str, product_id: UUID | None = None) -> UUID:
    return (await create_feature(uow, NewFeature(name=name, kind="boolean", product_id=product_id))).id


async def found(uow: Uow, *sort: SortKey, **wanted: Any) -> list[tuple[UUID, UUID]]:
    """Customer and feature of what is found."""
    query = OffsetQuery(50, 0)
    numbering = wanted.pop("numbering", None)
    result = await list_customer_features(uow, CustomerFeatureFilter(**wanted), sort, query, numbering)
    assert result.total == len(result.items)
    return [(one.customer_id, one.feature_id) for one in result.items]


async def paid(uow: Uow, customer_id: UUID) -> list[tuple[str, datetime, datetime | None]]:
    """Price, start and end of everything that a customer pays for features."""
    page = await page_of_customer_features(uow, PageQuery(), customer_id=customer_id)
    charges = await charges_of(uow, page.items)
    return [(one.price.code, one.started_at, one.ended_at) for group in charges.values() for one in group]


async def test_a_feature_is_noted_once_however_many_prices_and_subscriptions_charge_it(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        seats, support = await feature(uow, "Seats"), await feature(uow, "Support")
    version = await world.plan(
        replace(SEATS, feature_id=seats), replace(FEE, feature_id=seats), replace(FEE, code="none")
    )
    await world.subscribe(version, "2026-01-10")
    await world.subscribe(version, "2026-02-10", prices=[replace(FEE, code="own", feature_id=support)])
    async with world.on("2026-03-01") as uow:
        assert await found(uow) == [(world.customer_id, seats), (world.customer_id, support)]
        january, february = at("2026-01-10"), at("2026-02-10")
        assert await paid(uow, world.customer_id) == [
            ("own", february, None),
            ("seats", january, None),
            ("fee", january, None),
            ("seats", february, None),
            ("fee", february, None),
        ]


async def test_an_override_and_a_new_price_of_an_item_are_noted_with_their_times(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        seats = await feature(uow, "Seats")
    version = await world.plan(replace(SEATS, feature_id=seats))
    begin, end = at("2026-02-01"), at("2026-03-01")
    override = PriceOverride("seats", {"unit_amount": "8"}, starts_at=begin, ends_at=end)
    subscription = await world.subscribe(version, "2026-01-01", overrides=[override], currency="EUR")
    async with world.on("2026-01-01") as uow:
        page = await page_of_customer_features(uow, PageQuery())
        [charges] = (await charges_of(uow, page.items)).values()
    assert [(one.price.params["EUR"]["unit_amount"], one.started_at, one.ended_at) for one in charges] == [
        ("10", at("2026-01-01"), begin),
        ("8", begin, end),
        ("10", end, None),
    ]
    assert [one.price.plan_id is None for one in charges] == [False, True, False]
    assert {one.subscription_id for one in charges} == {subscription.id}


async def test_another_price_of_an_item_may_charge_another_feature(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        old, new = await feature(uow, "Old"), await feature(uow, "New")
    own = replace(SEATS, feature_id=old, params={"EUR": {"unit_amount": "10"}})
    async with world.on("2026-01-01") as uow:
        subscription = await create_subscription(
            uow, NewSubscription(world.customer_id, prices=[own], currency="EUR")
        )
        [item] = (await items_of(uow, [subscription.id]))[subscription.id]
        await reprice_item(uow, subscription.id, item.id, replace(own, feature_id=new))
        assert sorted(await found(uow)) == sorted([(world.customer_id, old), (world.customer_id, new)])


async def test_a_price_ends_at_a_pause_and_starts_again_after_it(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        seats = await feature(uow, "Seats")
    version = await world.plan(replace(SEATS, feature_id=seats))
    later = PriceOverride("seats", {"unit_amount": "8"}, starts_at=at("2026-03-01"))
    subscription = await world.subscribe(version, "2026-01-01", overrides=[later], currency="EUR")

    async def times(uow: Uow) -> list[tuple[str, datetime, datetime | None]]:
        page = await page_of_customer_features(uow, PageQuery())
        [charges] = (await charges_of(uow, page.items)).values()
        return [(one.price.params["EUR"]["unit_amount"], one.started_at, one.ended_at) for one in charges]

    async with world.on("2026-02-01") as uow:
        await pause_subscription(uow, subscription.id)
        before = ("10", at("2026-01-01"), at("2026-02-01"))
        assert await times(uow) == [before]
    async with world.on("2026-02-15") as uow:
        await resume_subscription(uow, subscription.id)
        assert await times(uow) == [
            before,
            ("10", at("2026-02-15"), at("2026-03-01")),
            ("8", at("2026-03-01"), None),
        ]


async def test_what_ends_stays_to_be_found_and_what_never_ran_is_not_paid(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        seats = await feature(uow, "Seats")
    version = await world.plan(replace(SEATS, feature_id=seats))
    ended = await world.subscribe(version, "2026-01-01")
    given_up = await world.subscribe(version, "2026-01-01", started_at=at("2026-06-01"))
    async with world.on("2026-02-15") as uow:
        await cancel_subscription(uow, ended.id, CancelWhen.NOW)
        await cancel_subscription(uow, given_up.id, CancelWhen.NOW)
        assert await found(uow) == [(world.customer_id, seats)]
        assert await paid(uow, world.customer_id) == [("seats", at("2026-01-01"), at("2026-02-15"))]


async def test_forms_of_charging_add_up(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        seats = await feature(uow, "Seats")
    for code, price in (("a", SEATS), ("b", replace(FEE, cadence="in_arrears"))):
        await world.subscribe(await world.plan(replace(price, feature_id=seats), code=code), "2026-01-01")
    async with world.on("2026-01-01") as uow:
        for form, hit in (
            (ChargeForm("per_unit", QuantitySource.ITEM, Cadence.IN_ADVANCE), True),
            (ChargeForm("flat", QuantitySource.ONE, Cadence.IN_ARREARS), True),
            (ChargeForm("flat", QuantitySource.ONE, Cadence.IN_ADVANCE), False),
        ):
            assert bool(await found(uow, charged=[form])) is hit
        assert await found(uow, charged=[]) == []


async def test_filters_by_subscription_find_what_its_items_charge(world: World) -> None:
    async with world.on("2026-01-01") as uow:
        seats, support = await feature(uow, "Seats"), await feature(uow, "Support")
    one = await world.subscribe(await world.plan(replace(SEATS, feature_id=seats), code="a"), "2026-01-01")
    two = await world.subscribe(await world.plan(replace(FEE, feature_id=support), code="b"), "2026-01-01")
    async with world.on("2026-01-01") as uow:
        assert await found(uow, subscription_ids=[one.id]) == [(world.customer_id, seats)]
        assert await found(uow, subscription_ids=[two.id]) == [(world.customer_id, support)]
        assert await found(uow, subscription_ids=[]) == []


@pytest.fixture
async def shelf(store: Store, tenant: Tenant) -> tuple[World, dict[str, UUID]]:
    """Three customers who pay for three features: of Gcore's kind, of another product, of none."""
    world = await make_world(store, tenant)
    async with world.on("2026-01-01") as uow:
        cdn = await create_product(uow, NewProduct(code="cdn", name="Ours"))
        other = await create_product(uow, NewProduct(code="other", name="Apples"))
        ids = {
            "Zeta": await feature(uow, "Zeta", other.id),
            "Alpha": await feature(uow, "Alpha", cdn.id),
            "beta": await feature(uow, "beta"),
        }
        prices = [replace(FEE, code=name.lower(), feature_id=id_) for name, id_ in ids.items()]
        for name in ("C", "A", "B"):
            customer = await create_customer(uow, NewCustomer(name, currency="EUR"))
            ids[name] = customer.id
            await create_subscription(uow, NewSubscription(customer.id, prices=prices))
    return world, ids


async def test_names_are_ordered_by_code_points_and_known_products_by_the_given_names(
    shelf: tuple[World, dict[str, UUID]],
) -> None:
    world, ids = shelf
    names = {id_: name for name, id_ in ids.items()}
    async with world.on("2026-01-01") as uow:
        by_feature = await found(uow, SortKey(SortBy.FEATURE_NAME))
        assert [names[one] for _, one in by_feature[::3]] == ["Alpha", "Zeta", "beta"]
        product = SortKey(SortBy.PRODUCT_NAME)
        # Apples before Delivery, which is the given name of ours; without a product comes last.
        by_product = await found(uow, product, numbering=NUMBERING)
        assert [names[one] for _, one in by_product[::3]] == ["Zeta", "Alpha", "beta"]
        turned = await found(
            uow, replace(product, descending=True), SortKey(SortBy.CUSTOMER), numbering=NUMBERING
        )
        assert [names[one] for one, _ in turned[:3]] == ["C", "A", "B"]
        assert await found(uow, product_contains="DELIV", numbering=NUMBERING) == [
            (ids[name], ids["Alpha"]) for name in ("C", "A", "B")
        ]
        assert await found(uow, product_contains="ours", numbering=NUMBERING) == []
        assert len(await found(uow, product_contains="ours")) == 3


async def test_an_order_by_numbers_numbers_all_first_in_few_statements(
    shelf: tuple[World, dict[str, UUID]], store: Store
) -> None:
    world, ids = shelf
    async with world.on("2026-01-01") as uow:
        # Somebody was shown before: theirs is number 1, whoever was made first.
        assert await numbers_of(uow, "face", "client", [ids["B"]]) == {ids["B"]: 1}
        order = [SortKey(SortBy.CUSTOMER), SortKey(SortBy.FEATURE, descending=True)]
        numbered = await found(uow, *order, numbering=NUMBERING)
        assert numbered == [
            (ids[customer], ids[name]) for customer in ("B", "C", "A") for name in ("beta", "Alpha", "Zeta")
        ]
        with statements(store) as seen:
            assert await found(uow, *order, numbering=NUMBERING) == numbered
        # The page's ids, between two settings of the planner; its rows; and how many there are.
        assert len(seen) == 5
        product = await found(uow, SortKey(SortBy.PRODUCT), numbering=NUMBERING)
        assert [one for _, one in product[::3]] == [ids["Alpha"], ids["Zeta"], ids["beta"]]


async def test_pages_by_offset_do_not_overlap_in_any_order(shelf: tuple[World, dict[str, UUID]]) -> None:
    world, _ = shelf
    async with world.on("2026-01-01") as uow:
        for by in SortBy:
            seen = []
            for offset in range(0, 12, 2):
                query = OffsetQuery(2, offset)
                page = await list_customer_features(
                    uow, CustomerFeatureFilter(), [SortKey(by)], query, NUMBERING
                )
                assert page.total == 9
                seen += [one.id for one in page.items]
            assert len(seen) == len(set(seen)) == 9


async def test_another_tenant_finds_nothing(
    shelf: tuple[World, dict[str, UUID]], store: Store, other_tenant: Tenant
) -> None:
    world, ids = shelf
    async with world.on("2026-01-01") as uow:
        rows = (await page_of_customer_features(uow, PageQuery())).items
    async with store.unit(other_tenant.scope) as theirs:
        assert await found(theirs, customer_ids=[ids["A"]]) == []
        assert (await page_of_customer_features(theirs, PageQuery())).items == []
        assert [one for group in (await charges_of(theirs, rows)).values() for one in group] == []
