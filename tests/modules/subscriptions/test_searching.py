"""Subscriptions found as vendors' lists ask for them, and what they renew with."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.core.states import SubscriptionState
from counterfoil.modules.subscriptions import (
    CancelWhen,
    PriceOverride,
    Renewal,
    Subscription,
    SubscriptionFilter,
    cancel_subscription,
    current_period,
    list_renewals,
    pause_subscription,
    search_subscriptions,
)
from counterfoil.store import OffsetQuery
from tests.modules.subscriptions.test_own_prices import GOLD, billed, items, subscribe
from tests.modules.subscriptions.world import FEE, SEATS, SUPPORT, World, at, seats, tokens


async def found(world: World, *page: Any, **wanted: Any) -> list[str | None]:
    async with world.on("2026-06-01") as uow:
        answer = await search_subscriptions(
            uow, SubscriptionFilter(**wanted), OffsetQuery(*page), count=False
        )
        counted = await search_subscriptions(uow, SubscriptionFilter(**wanted), OffsetQuery(1), count=True)
        assert answer.total is None
        if not page:
            assert counted.total == len(answer.items)
    return [one.external_id for one in answer.items]


async def renewal(world: World, one: Subscription, now: str) -> Renewal:
    async with world.on(now) as uow:
        [(listed, found)] = await list_renewals(uow, SubscriptionFilter(ids=[one.id]), OffsetQuery(1))
    assert listed.id == one.id
    return found


def told(found: Renewal) -> tuple[str | None, str | None, str | None]:
    interval = None if found.interval is None else f"{found.interval.count} {found.interval.unit}"
    return (
        None if found.at is None else found.at.date().isoformat(),
        interval,
        None if found.amount is None else str(found.amount),
    )


@pytest.fixture
async def three(world: World) -> list[Subscription]:
    version = await world.plan(FEE)
    one = await subscribe(world, "2026-01-01", plan_id=version.plan_id, external_id="one")
    two = await subscribe(
        world, "2026-01-02", prices=[GOLD], currency="GHS", plan_reference="gold", external_id="two"
    )
    three = await subscribe(
        world, "2026-01-03", prices=[GOLD], currency="GHS", plan_reference="gold", external_id="three"
    )
    async with world.on("2026-01-04") as uow:
        three = await cancel_subscription(uow, three.id, CancelWhen.NOW)
    return [one, two, three]


async def test_all_that_is_asked_narrows_what_is_found(world: World, three: list[Subscription]) -> None:
    one, two, _ = three
    assert one.plan_id is not None
    active, cancelled = SubscriptionState.ACTIVE, SubscriptionState.CANCELLED
    assert await found(world) == ["three", "two", "one"]
    assert await found(world, 2) == ["three", "two"]
    assert await found(world, 2, 2) == ["one"]
    assert await found(world, 2, 0, True) == ["one", "two"]
    assert await found(world, ids=[one.id, two.id]) == ["two", "one"]
    assert await found(world, ids=[]) == []
    assert await found(world, customer_ids=[world.customer_id], statuses=[active]) == ["two", "one"]
    assert await found(world, customer_ids=[one.id]) == []
    assert await found(world, statuses=[cancelled, active]) == ["three", "two", "one"]
    assert await found(world, plan_ids=[one.plan_id]) == ["one"]
    assert await found(world, plan_reference="gold") == ["three", "two"]
    assert await found(world, plan_reference="gold", plan_ids=[one.plan_id]) == ["three", "two", "one"]
    assert await found(world, plan_reference="gold", plan_ids=[one.plan_id], statuses=[cancelled]) == [
        "three"
    ]
    assert await found(world, external_ids=["one", "three", "four"]) == ["three", "one"]


async def test_both_bounds_of_creation_count_in(world: World, three: list[Subscription]) -> None:
    assert await found(world, created_from=at("2026-01-02")) == ["three", "two"]
    assert await found(world, created_to=at("2026-01-02")) == ["two", "one"]
    assert await found(world, created_from=at("2026-01-02"), created_to=at("2026-01-02")) == ["two"]
    assert await found(world, 1, 1, True, created_from=at("2026-01-01")) == ["two"]


async def test_it_renews_at_the_end_of_what_is_paid_or_runs(world: World, three: list[Subscription]) -> None:
    _, two, three_ = three
    assert told(await renewal(world, two, "2026-01-10")) == ("2026-02-02", "1 month", "49.90 GHS")
    await billed(world, "2026-01-10")
    assert told(await renewal(world, two, "2026-01-10")) == ("2026-02-02", "1 month", "49.90 GHS")
    assert told(await renewal(world, three_, "2026-01-10")) == (None, "1 month", "49.90 GHS")
    async with world.on("2026-01-11") as uow:
        await pause_subscription(uow, two.id)
    assert told(await renewal(world, two, "2026-01-12")) == (None, "1 month", "49.90 GHS")


async def test_the_longest_interval_is_the_renewal_and_usage_has_no_amount_ahead(world: World) -> None:
    version = await world.plan(FEE, SEATS, code="a")
    one = await subscribe(world, "2026-01-10", plan_id=version.plan_id, quantities=seats("3"))
    assert told(await renewal(world, one, "2026-01-20")) == ("2026-02-10", "1 month", "80.00 EUR")
    metered = await world.plan(FEE, tokens(world.meter_id), code="b")
    two = await subscribe(world, "2026-01-10", plan_id=metered.plan_id)
    assert told(await renewal(world, two, "2026-01-20")) == ("2026-02-10", "1 month", None)
    yearly = await world.plan(tokens(world.meter_id), SUPPORT, code="c")
    three = await subscribe(world, "2026-01-10", plan_id=yearly.plan_id, shared_usage=True)
    assert told(await renewal(world, three, "2026-01-20")) == ("2027-01-10", "1 year", "600.00 EUR")


async def test_it_renews_with_what_holds_then(world: World) -> None:
    version = await world.plan(FEE)
    overrides = [PriceOverride("fee", {"amount": "20"}, starts_at=at("2026-03-01"))]
    one = await subscribe(world, "2026-02-01", plan_id=version.plan_id, overrides=overrides)
    await billed(world, "2026-02-01")
    assert told(await renewal(world, one, "2026-02-10")) == ("2026-03-01", "1 month", "20.00 EUR")
    async with world.on("2026-02-11") as uow:
        await cancel_subscription(uow, one.id, CancelWhen.PERIOD_END)
    assert told(await renewal(world, one, "2026-02-12"))[0] is None
    ahead = await subscribe(
        world, "2026-02-01", plan_id=version.plan_id, started_at=at("2026-05-01"), external_id="ahead"
    )
    assert told(await renewal(world, ahead, "2026-02-12")) == ("2026-05-01", "1 month", "50.00 EUR")


async def test_the_current_period_is_that_of_the_longest_interval_within_the_subscriptions_time(
    world: World,
) -> None:
    version = await world.plan(FEE, SUPPORT)
    one = await subscribe(
        world, "2026-01-10", plan_id=version.plan_id, anchor_at=at("2026-01-20"), started_at=at("2026-01-10")
    )
    prices = [price for _, price in await items(world, one)]
    fee = prices[:1]
    assert current_period(one, fee, at("2026-01-09")) is None
    first = current_period(one, fee, at("2026-01-10"))
    assert first is not None
    assert (first.start, first.end) == (at("2026-01-10"), at("2026-01-20"))
    whole = current_period(one, prices, at("2026-01-25"))
    assert whole is not None
    assert (whole.start, whole.end) == (at("2026-01-20"), at("2027-01-20"))
    async with world.on("2026-01-26") as uow:
        ending = await cancel_subscription(uow, one.id, CancelWhen.AT, at=at("2026-02-01"))
    cut = current_period(ending, prices, at("2026-01-27"))
    assert cut is not None
    assert (cut.start, cut.end) == (at("2026-01-20"), at("2026-02-01"))
    assert current_period(ending, prices, at("2026-02-01")) is None
