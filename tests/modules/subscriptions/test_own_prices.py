"""Prices of a subscription's own: with a plan or without, in the place of a plan's, always or for a time."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from counterfoil.core.errors import Conflict, CounterfoilError, InvalidInput, WrongState
from counterfoil.core.ids import show_id
from counterfoil.core.proration import ProrationBehavior
from counterfoil.modules.catalog import NewPrice, Price, prices_by_ids
from counterfoil.modules.subscriptions import (
    CancelWhen,
    NewSubscription,
    PriceOverride,
    Subscription,
    SubscriptionItem,
    advance_items,
    cancel_subscription,
    change_quantity,
    create_subscription,
    due_subscriptions,
    get_subscription,
    items_of,
    plan_item,
    reprice_item,
)
from tests.modules.subscriptions.world import FEE, SEATS, World, at, seats, tokens

NONE = ProrationBehavior.NONE
GOLD = NewPrice(code="gold", model="flat", params={"GHS": {"amount": "49.90"}})


async def subscribe(world: World, now: str, **fields: Any) -> Subscription:
    async with world.on(now) as uow:
        return await create_subscription(uow, NewSubscription(world.customer_id, **fields))


async def items(world: World, one: Subscription) -> list[tuple[SubscriptionItem, Price]]:
    async with world.on("2020-01-01") as uow:
        found = (await items_of(uow, [one.id]))[one.id]
        prices = await prices_by_ids(uow, {item.price_id for item in found})
        return [(item, prices[item.price_id]) for item in found]


async def billed(world: World, now: str) -> list[tuple[str, str, str, str]]:
    """What a run bills: each price's parameters, the days from and to, the share."""
    async with world.on(now) as uow:
        due = await due_subscriptions(uow, 10)
        prices = await prices_by_ids(uow, {item.price_id for one in due for item in one.items})
        plans = [
            (one.subscription.currency, prices[item.price_id], item, one.subscription)
            for one in due
            for item in one.items
        ]
        lines = []
        advances = []
        for currency, price, item, subscription in plans:
            plan = plan_item(subscription, item, price, uow.now)
            if plan.periods:
                advances.append(plan.advance)
            [amount, *_] = price.params[currency].values()
            lines += [
                (amount, p.start.date().isoformat(), p.end.date().isoformat(), str(p.proration))
                for p in plan.periods
            ]
        await advance_items(uow, due, advances)
        return sorted(lines, key=lambda line: line[1])


async def refused(world: World, now: str, **fields: Any) -> CounterfoilError:
    with pytest.raises(CounterfoilError) as error:
        await subscribe(world, now, **fields)
    return error.value


async def test_a_subscription_needs_no_plan_if_it_has_a_price_of_its_own(world: World) -> None:
    made = await subscribe(
        world,
        "2026-03-05",
        prices=[GOLD],
        currency="GHS",
        plan_reference="gold-2026",
        payment_method="mobile_money",
    )
    assert (made.plan_id, made.plan_version_id, made.plan_reference) == (None, None, "gold-2026")
    assert (made.payment_method, made.currency, made.status) == ("mobile_money", "GHS", "active")
    [(item, price)] = await items(world, made)
    assert (price.code, price.plan_id, item.due_at) == ("gold", None, at("2026-03-05"))
    assert await billed(world, "2026-03-05") == [
        ("49.9", "2026-03-05", "2026-04-04", "1")
    ]  # 23:00 there: summer time


async def test_own_prices_stand_beside_those_of_a_plan(world: World) -> None:
    version = await world.plan(FEE)
    extra = NewPrice(code="extra", model="flat", params={"EUR": {"amount": "5"}})
    made = await subscribe(world, "2026-01-01", plan_id=version.plan_id, prices=[extra])
    assert [(price.code, price.plan_id) for _, price in await items(world, made)] == [
        ("fee", version.plan_id),
        ("extra", None),
    ]


async def test_an_override_takes_the_place_of_a_plans_price_for_good(world: World) -> None:
    version = await world.plan(FEE, SEATS)
    made = await subscribe(
        world,
        "2026-01-01",
        plan_id=version.plan_id,
        quantities=seats("3"),
        overrides=[PriceOverride("seats", {"unit_amount": "8"})],
    )
    [_, (item, price)] = await items(world, made)
    assert (price.code, price.name, price.quantity_source) == ("seats", "seats", "item")
    assert price.params == {"EUR": {"unit_amount": "8"}}
    assert (str(item.quantity), item.started_at, item.ended_at) == ("3", at("2026-01-01"), None)


async def test_an_override_for_a_time_cuts_the_periods_where_it_begins_and_ends(world: World) -> None:
    version = await world.plan(FEE)
    made = await subscribe(
        world,
        "2026-01-31T23:00:00Z",  # 1 February in Berlin
        plan_id=version.plan_id,
        overrides=[
            PriceOverride(
                "fee",
                {"amount": "20"},
                starts_at=at("2026-02-14T23:00:00Z"),
                ends_at=at("2026-03-31T22:00:00Z"),
            )
        ],
    )
    chain = [(item.started_at, item.ended_at) for item, _ in await items(world, made)]
    assert chain == [
        (at("2026-01-31T23:00:00Z"), at("2026-02-14T23:00:00Z")),
        (at("2026-02-14T23:00:00Z"), at("2026-03-31T22:00:00Z")),
        (at("2026-03-31T22:00:00Z"), None),
    ]
    # 14 days of February at 50, 14 at 20, March at 20, April at 50 again.
    assert await billed(world, "2026-04-10") == [
        ("50", "2026-01-31", "2026-02-14", "1/2"),
        ("20", "2026-02-14", "2026-02-28", "1/2"),
        ("20", "2026-02-28", "2026-03-31", "1"),
        ("50", "2026-03-31", "2026-04-30", "1"),
    ]


async def test_an_override_may_bring_another_model_and_a_currency_that_the_plan_lacks(world: World) -> None:
    version = await world.plan(FEE)
    made = await subscribe(
        world,
        "2026-01-01",
        plan_id=version.plan_id,
        currency="GHS",
        overrides=[PriceOverride("fee", {"unit_amount": "7"}, model="per_unit")],
    )
    [(_, price)] = await items(world, made)
    assert (price.model, price.params, made.currency) == ("per_unit", {"GHS": {"unit_amount": "7"}}, "GHS")


async def test_another_quantity_holds_on_through_overrides_to_come(world: World) -> None:
    version = await world.plan(SEATS)
    made = await subscribe(
        world,
        "2026-01-01",
        plan_id=version.plan_id,
        overrides=[PriceOverride("seats", {"unit_amount": "8"}, starts_at=at("2026-03-01"))],
    )
    [(first, _), _] = await items(world, made)
    async with world.on("2026-02-10") as uow:
        await change_quantity(uow, made.id, first.id, Decimal(5))
    # One seat up to the change, five from then on, and five at the override's price.
    assert [item.quantity for item, _ in await items(world, made)] == [1, 5, 5]
    async with world.on("2026-03-02") as uow:
        with pytest.raises(WrongState, match="the item has ended"):
            await change_quantity(uow, made.id, first.id, Decimal(6))


async def test_a_running_item_that_is_paid_to_its_end_gives_its_quantity_to_those_after_it(
    world: World,
) -> None:
    version = await world.plan(SEATS)
    made = await subscribe(
        world,
        "2026-01-31T23:00:00Z",  # 1 February in Berlin
        plan_id=version.plan_id,
        overrides=[PriceOverride("seats", {"unit_amount": "8"}, starts_at=at("2026-02-28T23:00:00Z"))],
    )
    assert await billed(world, "2026-02-10") == [("10", "2026-01-31", "2026-02-28", "1")]
    [(first, _), (second, _)] = await items(world, made)
    assert first.billed_to == first.ended_at
    async with world.on("2026-02-10") as uow:
        await change_quantity(uow, made.id, first.id, Decimal(5), behavior=NONE)
        with pytest.raises(WrongState, match="billed to its end") as refused:
            await reprice_item(uow, made.id, first.id, replace(SEATS, code=None), behavior=NONE)
        assert show_id("subscription_item", second.id) in str(refused.value.allowed)
        nine = replace(SEATS, code=None, params={"EUR": {"unit_amount": "9"}})
        await reprice_item(uow, made.id, second.id, nine)
    assert await billed(world, "2026-03-01") == [("9", "2026-02-28", "2026-03-31", "1")]
    assert [item.quantity for item, _ in await items(world, made)] == [1, 5]


async def test_a_quantity_that_nothing_would_be_billed_by_is_refused(world: World) -> None:
    version = await world.plan(SEATS)
    made = await subscribe(world, "2026-01-01", plan_id=version.plan_id)
    await billed(world, "2026-01-01")
    [(first, _)] = await items(world, made)
    async with world.on("2026-01-10") as uow:
        await reprice_item(uow, made.id, first.id, replace(SEATS, code="other"), behavior=NONE)
        with pytest.raises(WrongState, match="billed to its end"):
            await change_quantity(uow, made.id, first.id, Decimal(5), behavior=NONE)


OVERLAPPING = PriceOverride("fee", {"amount": "1"}, starts_at=at("2026-05-31"), ends_at=at("2026-09-01"))
SPRING = PriceOverride("fee", {"amount": "2"}, starts_at=at("2026-03-01"), ends_at=at("2026-06-01"))


@pytest.mark.parametrize(
    ("overrides", "field"),
    [
        ([SPRING, OVERLAPPING], "overrides.1.starts_at"),
        ([OVERLAPPING, SPRING], "overrides.1.starts_at"),
        ([PriceOverride("fee", {"amount": "1"}), SPRING], "overrides.1.starts_at"),
        ([replace(SPRING, ends_at=at("2026-03-01"))], "overrides.0.ends_at"),
        ([replace(SPRING, starts_at=None, ends_at=at("2025-06-01"))], "overrides.0.ends_at"),
        ([replace(SPRING, code="fees")], "overrides.0.code"),
        ([SPRING, replace(SPRING, code="seats")], "overrides.1.params.amount"),
        ([replace(SPRING, params={"amount": "-x"})], "overrides.0.params.amount"),
        ([replace(SPRING, model="magic")], "overrides.0.model"),
    ],
)
async def test_overrides_that_cannot_hold_are_refused_by_name(
    world: World, overrides: list[PriceOverride], field: str
) -> None:
    version = await world.plan(FEE, SEATS)
    error = await refused(world, "2026-01-01", plan_id=version.plan_id, overrides=overrides)
    assert isinstance(error, InvalidInput)
    assert error.field == field


async def test_prices_of_its_own_that_cannot_be_are_refused_by_name(world: World) -> None:
    version = await world.plan(FEE)
    euro = replace(GOLD, params={"EUR": {"amount": "1"}})
    assert (await refused(world, "2026-01-01")).field == "plan_id"
    assert (await refused(world, "2026-01-01", prices=[GOLD])).field == "currency"  # the customer pays euros
    assert (await refused(world, "2026-01-01", prices=[euro, euro])).field == "prices.1.code"
    taken = [replace(euro, code="fee")]
    assert (
        await refused(world, "2026-01-01", plan_id=version.plan_id, prices=taken)
    ).field == "prices.0.code"
    broken = [euro, replace(euro, code="b", params={"EUR": {}})]
    assert (await refused(world, "2026-01-01", prices=broken)).field == "prices.1.params.EUR.amount"
    word = await refused(world, "2026-01-01", prices=[euro], payment_method="Mobile money")
    assert word.field == "payment_method"
    long = await refused(world, "2026-01-01", prices=[euro], plan_reference="x" * 256)
    assert long.field == "plan_reference"


async def test_a_meter_is_billed_once_also_by_a_price_of_its_own(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    first = await subscribe(world, "2026-01-01", plan_id=version.plan_id)
    own = replace(tokens(world.meter_id), code="mine")
    error = await refused(world, "2026-02-01", prices=[own])
    assert isinstance(error, Conflict)
    assert error.field == "prices.0.meter_id"
    async with world.on("2026-03-01") as uow:
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-04-01"))
    await subscribe(world, "2026-04-01", prices=[own])


async def test_a_price_in_advance_is_changed_from_the_next_renewal_on(world: World) -> None:
    made = await subscribe(world, "2026-06-10", prices=[GOLD], currency="GHS")
    assert await billed(world, "2026-06-10") == [("49.9", "2026-06-10", "2026-07-10", "1")]
    [(item, _)] = await items(world, made)
    dearer = NewPrice(model="flat", params={"GHS": {"amount": "60"}})
    async with world.on("2026-06-20") as uow:
        changed = await reprice_item(uow, made.id, item.id, dearer, behavior=NONE)
    assert changed.version == 2
    [(old, _), (new, price)] = await items(world, made)
    assert (old.ended_at, new.started_at, price.code) == (at("2026-07-10"), at("2026-07-10"), "gold")
    assert await billed(world, "2026-07-10") == [("60", "2026-07-10", "2026-08-10", "1")]


async def test_a_price_that_was_never_billed_is_changed_in_its_place(world: World) -> None:
    made = await subscribe(world, "2026-06-10", prices=[GOLD], currency="GHS")
    [(item, _)] = await items(world, made)
    async with world.on("2026-06-10") as uow:
        await reprice_item(uow, made.id, item.id, replace(GOLD, params={"GHS": {"amount": "60"}}))
    [(same, price)] = await items(world, made)
    assert (same.id, price.params) == (item.id, {"GHS": {"amount": "60"}})
    assert await billed(world, "2026-06-10") == [("60", "2026-06-10", "2026-07-10", "1")]


async def test_another_interval_begins_whole_at_the_next_renewal(world: World) -> None:
    made = await subscribe(world, "2026-06-10", prices=[GOLD], currency="GHS")
    await billed(world, "2026-06-10")
    [(item, _)] = await items(world, made)
    yearly = replace(GOLD, params={"GHS": {"amount": "500"}}, interval_unit="year")
    async with world.on("2026-06-20") as uow:
        changed = await reprice_item(uow, made.id, item.id, yearly, behavior=NONE)
    assert changed.anchor_at == at("2026-07-10")
    assert await billed(world, "2026-07-10") == [("500", "2026-07-10", "2027-07-10", "1")]


async def test_a_price_that_cannot_take_an_items_place_is_refused(world: World) -> None:
    version = await world.plan(SEATS, tokens(world.meter_id))
    made = await subscribe(world, "2026-01-01", plan_id=version.plan_id, quantities=seats("9000000"))
    [(item, _), _] = await items(world, made)
    async with world.on("2026-01-02") as uow:
        with pytest.raises(InvalidInput) as error:
            await reprice_item(uow, made.id, item.id, GOLD)
        assert error.value.field == "params"
        vast = replace(SEATS, params={"EUR": {"unit_amount": "1000000000000"}})
        with pytest.raises(InvalidInput) as error:
            await reprice_item(uow, made.id, item.id, vast)
        assert error.value.field == "quantity"
    async with world.on("2026-01-03") as uow:
        await cancel_subscription(uow, made.id, CancelWhen.NOW)
        with pytest.raises(WrongState):
            await reprice_item(uow, made.id, item.id, SEATS)
    async with world.on("2026-01-03") as uow:
        assert (await get_subscription(uow, made.id)).version == 2
