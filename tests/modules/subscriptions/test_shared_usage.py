"""Usage of one customer is not billed on two subscriptions by accident, nor a quantity that none can pay."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from counterfoil.core.errors import Conflict, InvalidInput, TooLarge
from counterfoil.core.ids import show_id
from counterfoil.core.rating import Aggregation
from counterfoil.modules.catalog import NewMeter, PlanVersion, create_meter
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import (
    CancelWhen,
    NewSubscription,
    Subscription,
    cancel_subscription,
    change_quantity,
    create_subscription,
    reactivate_subscription,
)
from tests.modules.subscriptions.world import FEE, SEATS, World, at, seats, tokens


async def refused(world: World, version: PlanVersion, now: str, start: str | None = None) -> Conflict:
    with pytest.raises(Conflict) as caught:
        await world.subscribe(version, now, started_at=at(start or now))
    return caught.value


async def cancelled(world: World, subscription: Subscription, now: str, when: CancelWhen) -> Subscription:
    async with world.on(now) as uow:
        return await cancel_subscription(uow, subscription.id, when)


async def test_a_second_plan_that_reads_the_same_meter_is_refused_and_told_why(world: World) -> None:
    first = await world.subscribe(await world.plan(FEE, tokens(world.meter_id)), "2026-01-01")
    other = await world.plan(tokens(world.meter_id), code="other")
    error = await refused(world, other, "2026-01-10")
    assert "meter tokens" in error.message
    assert show_id("subscription", first.id) in error.message
    assert error.field == "plan_version_id"
    assert "shared_usage true" in (error.allowed or "")


async def test_shared_usage_says_that_it_is_meant(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    await world.subscribe(version, "2026-01-01")
    second = await world.subscribe(version, "2026-01-01", shared_usage=True)
    assert second.status == "active"
    await refused(world, version, "2026-01-02")  # what was said of one is not said of the next


async def test_other_customers_other_meters_and_plans_without_usage_do_not_meet(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    await world.subscribe(version, "2026-01-01")
    async with world.on("2026-01-01") as uow:
        another = await create_customer(uow, NewCustomer("Südwind", currency="EUR"))
        calls = await create_meter(
            uow, NewMeter(code="calls", name="Calls", event_name="used", aggregation=Aggregation.COUNT)
        )
    fees = await world.plan(FEE, SEATS, code="fees")
    made = [
        await replace(world, customer_id=another.id).subscribe(version, "2026-01-01"),
        await world.subscribe(await world.plan(tokens(calls.id), code="calls"), "2026-01-01"),
        await world.subscribe(fees, "2026-01-01"),
        await world.subscribe(fees, "2026-01-01"),
    ]
    assert {one.status for one in made} == {"active"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": ["large"]}, {"model": ["small"]}),
        ({"model": ["large"], "region": ["eu"]}, {"model": ["small", "tiny"]}),
        ({"model": ["large"], "region": ["eu"]}, {"model": ["large"], "region": ["us"]}),
    ],
)
async def test_prices_that_want_other_values_of_a_property_never_count_the_same_event(
    world: World, one: dict[str, list[str]], other: dict[str, list[str]]
) -> None:
    price = tokens(world.meter_id)
    await world.subscribe(await world.plan(replace(price, filters=one), code="one"), "2026-01-01")
    version = await world.plan(replace(price, filters=other), code="other")
    assert (await world.subscribe(version, "2026-01-01")).status == "active"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"model": ["large"]}, {}),
        ({}, {"model": ["large"]}),
        ({"model": ["large"]}, {"region": ["eu"]}),
        ({"model": ["large", "small"]}, {"model": ["small", "tiny"]}),
    ],
)
async def test_prices_that_may_count_the_same_event_are_refused(
    world: World, one: dict[str, list[str]], other: dict[str, list[str]]
) -> None:
    price = tokens(world.meter_id)
    await world.subscribe(await world.plan(replace(price, filters=one), code="one"), "2026-01-01")
    version = await world.plan(replace(price, filters=other), code="other")
    assert "meter tokens" in (await refused(world, version, "2026-01-01")).message


async def test_one_may_follow_the_other_without_a_gap_and_not_a_second_earlier(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    first = await world.subscribe(version, "2026-01-15")
    await cancelled(world, first, "2026-01-20", CancelWhen.PERIOD_END)  # the period ends on 15 February
    await refused(world, version, "2026-01-21", "2026-02-14T23:59:59Z")
    second = await world.subscribe(version, "2026-01-21", started_at=at("2026-02-15"))
    await cancelled(world, second, "2026-03-01", CancelWhen.NOW)
    assert (await world.subscribe(version, "2026-03-01")).status == "active"
    await refused(world, version, "2026-03-02", "2026-02-20")  # the past is billed too


async def test_a_cancellation_is_not_taken_back_or_moved_into_the_time_of_the_next(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id))
    first = await world.subscribe(version, "2026-08-01")
    async with world.on("2026-09-01") as uow:
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-09-10"))
    second = await world.subscribe(version, "2026-09-02", started_at=at("2026-09-10"))
    async with world.on("2026-09-03") as uow:
        with pytest.raises(Conflict, match=show_id("subscription", second.id)) as taken_back:
            await reactivate_subscription(uow, first.id)
        with pytest.raises(Conflict, match="meter tokens") as moved:
            await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-10-10"))
        assert (taken_back.value.field, moved.value.field) == (None, "at")
        assert "shared_usage true" in str(moved.value.allowed)
    async with world.on("2026-09-04") as uow:
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-09-05"))
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-09-10"))  # up to its beginning
        october = at("2026-10-10")
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=october, shared_usage=True)
        back = await reactivate_subscription(uow, first.id, shared_usage=True)
    assert (back.status, back.cancel_at) == ("active", None)


async def test_a_cancellation_is_taken_back_where_nothing_else_bills_the_usage(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id))
    first = await world.subscribe(version, "2026-08-01")
    async with world.on("2026-09-01") as uow:
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-09-10"))
        assert (await reactivate_subscription(uow, first.id)).cancel_at is None
        await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-09-10"))
    later = await world.subscribe(version, "2026-09-02", started_at=at("2026-12-01"))
    async with world.on("2026-09-03") as uow:
        # What begins in December bills nothing before it, so the end may move up to then.
        moved = await cancel_subscription(uow, first.id, CancelWhen.AT, at=at("2026-12-01"))
        assert moved.cancel_at == at("2026-12-01")
        await cancel_subscription(uow, later.id, CancelWhen.NOW)
        assert (await reactivate_subscription(uow, first.id)).cancel_at is None


async def test_one_that_begins_later_counts_unless_it_was_given_up(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    later = await world.subscribe(version, "2026-01-01", started_at=at("2027-01-01"))
    await refused(world, version, "2026-01-01")
    await cancelled(world, later, "2026-06-01", CancelWhen.NOW)
    assert (await world.subscribe(version, "2026-06-02", started_at=at("2026-01-01"))).status == "active"


async def test_of_two_made_at_the_same_time_only_one_is_made(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    new = NewSubscription(world.customer_id, plan_id=version.plan_id)
    async with world.on("2026-01-01") as uow:
        await create_subscription(uow, new)
        second = asyncio.create_task(world.subscribe(version, "2026-01-01"))
        done, _ = await asyncio.wait([second], timeout=0.3)
        assert not done  # it waits for what the first does with the customer
    with pytest.raises(Conflict, match="meter tokens"):
        await second


async def test_a_quantity_that_no_invoice_could_state_is_refused(world: World) -> None:
    version = await world.plan(FEE, SEATS)
    with pytest.raises(TooLarge, match="more than can be billed") as caught:
        await world.subscribe(version, "2026-01-01", quantities=seats("1e30"))
    assert caught.value.field == "quantities.seats"
    assert "at most" in (caught.value.allowed or "")
    made = await world.subscribe(version, "2026-01-01", quantities=seats("1e6"))
    item = (await world.items(version, made))["seats"]
    async with world.on("2026-01-02") as uow:
        with pytest.raises(TooLarge) as changed:
            await change_quantity(uow, made.id, item.id, Decimal("1e30"))
    assert changed.value.field == "quantity"
    assert (await world.items(version, made))["seats"].quantity == 1_000_000


async def test_a_quantity_above_a_table_that_ends_is_refused_given_or_not(world: World) -> None:
    tiers = [{"up_to": "0.5", "unit_amount": "10"}]
    table = replace(SEATS, model="graduated", params={"EUR": {"tiers": tiers, "above_last_tier": "refuse"}})
    version = await world.plan(table)
    for quantities in (seats("2"), {}):  # one seat, if nothing is said
        with pytest.raises(InvalidInput) as caught:
            await world.subscribe(version, "2026-01-01", quantities=quantities)
        assert caught.value.field == "quantities.seats"
    made = await world.subscribe(version, "2026-01-01", quantities=seats("0.5"))
    item = (await world.items(version, made))["seats"]
    async with world.on("2026-01-02") as uow:
        with pytest.raises(InvalidInput) as changed:
            await change_quantity(uow, made.id, item.id, Decimal(2))
    assert changed.value.field == "quantity"
