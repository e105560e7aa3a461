"""A subscription rests and goes on, and ends at a date: what is billed for which time."""

from __future__ import annotations

import pytest

from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.modules.subscriptions import (
    CancelWhen,
    PriceOverride,
    Subscription,
    cancel_subscription,
    get_subscription,
    pause_subscription,
    reactivate_subscription,
    resume_subscription,
)
from tests.modules.subscriptions.test_own_prices import billed, items, subscribe
from tests.modules.subscriptions.world import FEE, World, at, tokens

JUNE = "2026-05-31T22:00:00Z"  # 1 June in Berlin
JULY = "2026-06-30T22:00:00Z"


def june(day: int) -> str:
    """Noon of a day in June."""
    return f"2026-06-{day:02}T10:00:00Z"


async def paused(world: World, one: Subscription, now: str) -> Subscription:
    async with world.on(now) as uow:
        return await pause_subscription(uow, one.id)


async def resumed(world: World, one: Subscription, now: str) -> Subscription:
    async with world.on(now) as uow:
        return await resume_subscription(uow, one.id)


async def current(world: World, one: Subscription) -> Subscription:
    async with world.on("2020-01-01") as uow:
        return await get_subscription(uow, one.id)


async def test_usage_is_billed_up_to_the_pause_and_again_from_its_end(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    made = await subscribe(world, JUNE, plan_id=version.plan_id)
    resting = await paused(world, made, june(10))
    assert (resting.status, resting.paused_at) == ("paused", at(june(10)))
    assert resting.next_billing_at == at(june(10))
    assert [line[1:3] for line in await billed(world, june(11))] == [("2026-05-31", "2026-06-10")]
    assert (await current(world, made)).next_billing_at is None
    going_on = await resumed(world, made, june(20))
    assert (going_on.status, going_on.paused_at) == ("active", None)
    assert going_on.next_billing_at == at(JULY)
    assert [line[1:3] for line in await billed(world, JULY)] == [("2026-06-20", "2026-06-30")]


async def test_what_was_paid_ahead_is_not_paid_again_when_resumed_within_it(world: World) -> None:
    version = await world.plan(FEE)
    made = await subscribe(world, JUNE, plan_id=version.plan_id)
    assert len(await billed(world, JUNE)) == 1
    await paused(world, made, june(10))
    await resumed(world, made, june(20))
    await paused(world, made, june(21))
    await resumed(world, made, june(25))
    assert await billed(world, june(26)) == []
    assert await billed(world, JULY) == [("50", "2026-06-30", "2026-07-31", "1")]


async def test_resumed_after_what_was_paid_ahead_the_rest_of_the_period_is_paid(world: World) -> None:
    version = await world.plan(FEE)
    made = await subscribe(world, JUNE, plan_id=version.plan_id)
    await billed(world, JUNE)
    await paused(world, made, june(10))
    assert await billed(world, "2026-07-15") == []
    await resumed(world, made, "2026-07-20T10:00:00Z")
    # 20 to 31 July: 12 days of 31.
    assert await billed(world, "2026-07-21") == [("50", "2026-07-20", "2026-07-31", "12/31")]


async def test_what_no_run_had_billed_before_the_pause_is_billed_all_the_same(world: World) -> None:
    version = await world.plan(FEE)
    made = await subscribe(world, JUNE, plan_id=version.plan_id)
    await paused(world, made, june(10))
    await resumed(world, made, june(10))  # in the same instant: nothing happened
    assert [item.ended_at for item, _ in await items(world, made)] == [None]
    await paused(world, made, june(11))
    await resumed(world, made, june(21))
    # 1 to 10 June, and 21 to 30 June: 10 days of 30 each.
    assert await billed(world, june(22)) == [
        ("50", "2026-05-31", "2026-06-11", "1/3"),
        ("50", "2026-06-21", "2026-06-30", "1/3"),
    ]


async def test_an_override_that_falls_into_a_pause_begins_with_its_end_or_never(world: World) -> None:
    version = await world.plan(FEE)
    overrides = [
        PriceOverride("fee", {"amount": "10"}, starts_at=at(june(10)), ends_at=at(june(15))),
        PriceOverride("fee", {"amount": "20"}, starts_at=at(june(15)), ends_at=at(JULY)),
    ]
    made = await subscribe(world, JUNE, plan_id=version.plan_id, overrides=overrides)
    await paused(world, made, june(6))
    assert [line[:3] for line in await billed(world, june(20))] == [("50", "2026-05-31", "2026-06-06")]
    await resumed(world, made, june(21))
    # 5 days at 50 before the pause; 21 to 30 June at 20; July at 50.
    assert await billed(world, JULY) == [
        ("20", "2026-06-21", "2026-06-30", "1/3"),
        ("50", "2026-06-30", "2026-07-31", "1"),
    ]


async def test_only_what_runs_can_be_paused_and_only_what_is_paused_resumed(world: World) -> None:
    version = await world.plan(FEE)
    draft = await subscribe(world, "2026-01-01", plan_id=version.plan_id, started_at=at(JUNE))
    with pytest.raises(WrongState, match="draft"):
        await paused(world, draft, "2026-01-02")
    with pytest.raises(WrongState, match="active"):
        await resumed(world, draft, june(1))
    await paused(world, draft, june(2))
    with pytest.raises(WrongState, match="paused"):
        await paused(world, draft, june(3))
    async with world.on(june(4)) as uow:
        ended = await cancel_subscription(uow, draft.id, CancelWhen.NOW)
    assert (ended.status, ended.ended_at, ended.paused_at) == ("cancelled", at(june(4)), at(june(2)))
    with pytest.raises(WrongState, match="final"):
        await resumed(world, draft, june(5))
    assert [line[1:3] for line in await billed(world, june(5))] == [("2026-05-31", "2026-06-02")]


async def test_an_end_that_comes_during_a_pause_ends_it(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    made = await subscribe(world, JUNE, plan_id=version.plan_id)
    async with world.on(june(1)) as uow:
        ending = await cancel_subscription(uow, made.id, CancelWhen.AT, at=at(june(20)))
    assert (ending.status, ending.cancel_at) == ("active", at(june(20)))
    await paused(world, made, june(10))
    assert [line[1:3] for line in await billed(world, june(25))] == [("2026-05-31", "2026-06-10")]
    ended = await current(world, made)
    assert (ended.status, ended.ended_at, ended.next_billing_at) == ("cancelled", at(june(20)), None)


async def test_an_end_at_a_date_cuts_the_running_period_and_can_be_taken_back(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id))
    overrides = [PriceOverride("fee", {"amount": "20"}, starts_at=at(JULY))]
    made = await subscribe(world, JUNE, plan_id=version.plan_id, overrides=overrides)
    await billed(world, JUNE)
    before = await items(world, made)
    async with world.on(june(2)) as uow:
        await cancel_subscription(uow, made.id, CancelWhen.AT, at=at(june(20)))
    async with world.on(june(3)) as uow:
        back = await reactivate_subscription(uow, made.id)
    assert (back.cancel_at, back.next_billing_at) == (None, at(JULY))
    assert await items(world, made) == before
    async with world.on(june(4)) as uow:
        await cancel_subscription(uow, made.id, CancelWhen.AT, at=at(june(16)))
    assert [line[1:3] for line in await billed(world, june(30))] == [("2026-05-31", "2026-06-16")]


async def test_an_end_that_cannot_be_is_refused(world: World) -> None:
    version = await world.plan(FEE)
    made = await subscribe(world, JUNE, plan_id=version.plan_id)
    impossible = [
        (CancelWhen.AT, None),
        (CancelWhen.NOW, at(june(20))),
        (CancelWhen.AT, at(june(1))),
        (CancelWhen.AT, at("2040-01-01")),
    ]
    for when, instant in impossible:
        async with world.on(june(1)) as uow:
            with pytest.raises(InvalidInput) as error:
                await cancel_subscription(uow, made.id, when, at=instant)
            assert error.value.field == "at"
