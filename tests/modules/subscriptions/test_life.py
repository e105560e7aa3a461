"""The life of a subscription: begun, billed as time passes, cancelled, taken back."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import text

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.subscriptions import (
    Alignment,
    CancelWhen,
    Subscription,
    cancel_subscription,
    change_quantity,
    earliest_due,
    get_subscription,
    items_of,
    reactivate_subscription,
)
from counterfoil.store import Store
from tests.modules.subscriptions.world import FEE, SEATS, SUPPORT, World, at, seats, tokens


async def cancelled(world: World, subscription: Subscription, now: str, when: CancelWhen) -> Subscription:
    async with world.on(now) as uow:
        return await cancel_subscription(uow, subscription.id, when)


async def current(world: World, subscription: Subscription) -> Subscription:
    async with world.on("2020-01-01") as uow:
        return await get_subscription(uow, subscription.id)


async def events(world: World, subscription: Subscription) -> list[tuple[str, int]]:
    async with world.on("2020-01-01") as uow:
        rows = await uow.execute(
            text("select event, object_version from changes where object_id = :id order by id"),
            {"id": subscription.id},
        )
        return [(row.event, row.object_version) for row in rows]


async def test_a_new_subscription_has_an_item_for_each_price_with_its_due_date(world: World) -> None:
    version = await world.plan(FEE, SEATS, tokens(world.meter_id), SUPPORT)
    made = await world.subscribe(version, "2026-01-15T09:00:00Z", quantities=seats("12"))
    assert (made.status, made.currency, made.zone) == ("active", "EUR", "Europe/Berlin")
    assert made.anchor_at == made.started_at == made.next_billing_at == at("2026-01-15T09:00:00Z")
    items = await world.items(version, made)
    assert [(code, str(item.quantity), item.due_at) for code, item in items.items()] == [
        ("fee", "1", at("2026-01-15T09:00:00Z")),
        ("seats", "12", at("2026-01-15T09:00:00Z")),
        ("tokens", "1", at("2026-02-15T09:00:00Z")),
        ("support", "1", at("2026-01-15T09:00:00Z")),
    ]
    assert await current(world, made) == made


async def test_time_passes_and_each_period_is_billed_once(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id))
    made = await world.subscribe(version, "2026-01-31")
    first = await world.bill(version, "2026-01-31")
    assert [period.end for period in first["fee"].periods] == [at("2026-02-28")]
    assert "tokens" not in first
    assert await world.bill(version, "2026-01-31") == {}
    assert (await current(world, made)).next_billing_at == at("2026-02-28")
    second = await world.bill(version, "2026-02-28")
    assert [(p.start, p.end) for p in second["tokens"].periods] == [(at("2026-01-31"), at("2026-02-28"))]
    assert [(p.start, p.end) for p in second["fee"].periods] == [
        (at("2026-02-28"), at("2026-03-30T23:00:00Z"))  # 01:00 in Berlin again, in summer now
    ]
    assert await events(world, made) == [("subscription.created", 1)]  # the invoices tell the rest


async def test_prices_of_other_intervals_recur_from_the_same_anchor(world: World) -> None:
    version = await world.plan(FEE, SUPPORT)
    made = await world.subscribe(version, "2026-01-31", alignment=Alignment.CALENDAR)
    assert made.anchor_at == at("2025-12-31T23:00:00Z")  # 1 January in Berlin
    plans = await world.bill(version, "2026-02-01")
    # 31 January to the month's end is 1 day of 31, to the year's end 335 of 365; then February begins.
    assert [str(p.proration) for p in plans["fee"].periods] == ["1/31", "1"]
    assert [(p.end, str(p.proration)) for p in plans["support"].periods] == [
        (at("2026-12-31T23:00:00Z"), "67/73")
    ]
    assert (await current(world, made)).next_billing_at == at("2026-02-28T23:00:00Z")


async def test_weeks_and_months_both_follow_the_calendar(world: World) -> None:
    weekly = type(FEE)(code="weekly", model="flat", params={"EUR": {"amount": "5"}}, interval_unit="week")
    version = await world.plan(FEE, weekly)
    # Wednesday 14 January 2026; the next Monday is the 19th, which is 18 January 23:00 in UTC.
    await world.subscribe(version, "2026-01-14", alignment=Alignment.CALENDAR)
    plans = await world.bill(version, "2026-01-14")
    assert [p.end for p in plans["weekly"].periods] == [at("2026-01-18T23:00:00Z")]
    assert [p.end for p in plans["fee"].periods] == [at("2026-01-31T23:00:00Z")]


async def test_an_anchor_of_its_own_makes_the_first_period_a_stub(world: World) -> None:
    version = await world.plan(FEE)
    await world.subscribe(version, "2026-06-10", anchor_at=at("2026-06-20"))
    [stub] = (await world.bill(version, "2026-06-10"))["fee"].periods
    # 20 May to 20 June has 31 days; 10 to 20 June is 10 of them.
    assert (stub.end, str(stub.proration)) == (at("2026-06-20"), "10/31")


async def test_a_start_in_the_past_is_billed_up_to_now_in_order(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    made = await world.subscribe(version, "2026-03-10", started_at=at("2023-11-01"))
    assert made.status == SubscriptionState.ACTIVE
    assert made.next_billing_at == at("2023-12-01")
    periods = (await world.bill(version, "2026-03-10"))["tokens"].periods
    assert len(periods) == 28  # November 2023 to February 2026
    # 1 November 2023, 01:00 in Berlin; 01:00 on 1 April is in summer time.
    assert (await current(world, made)).next_billing_at == at("2026-03-31T23:00:00Z")


async def test_a_start_ahead_is_a_draft_until_the_run_after_it_begins(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    made = await world.subscribe(version, "2026-01-01", started_at=at("2026-02-01"))
    assert (made.status, made.next_billing_at) == ("draft", at("2026-02-01"))
    assert await world.bill(version, "2026-01-31") == {}
    assert (await current(world, made)).status == "draft"
    assert await world.bill(version, "2026-02-01") == {}  # nothing is used yet, but it begins
    begun = await current(world, made)
    assert (begun.status, begun.next_billing_at, begun.version) == ("active", at("2026-03-01"), 2)
    assert await events(world, made) == [("subscription.created", 1), ("subscription.activated", 2)]


async def test_a_draft_that_is_given_up_is_never_billed(world: World) -> None:
    version = await world.plan(FEE)
    made = await world.subscribe(version, "2026-01-01", started_at=at("2026-02-01"))
    with pytest.raises(WrongState, match="draft"):
        await cancelled(world, made, "2026-01-10", CancelWhen.PERIOD_END)
    ended = await cancelled(world, made, "2026-01-10", CancelWhen.NOW)
    assert (ended.status, ended.ended_at, ended.next_billing_at) == ("cancelled", at("2026-01-10"), None)
    assert await world.bill(version, "2027-01-01") == {}


async def test_cancelling_now_bills_the_usage_up_to_now_and_gives_nothing_back(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id))
    made = await world.subscribe(version, "2026-06-01")
    await world.bill(version, "2026-06-01")
    ended = await cancelled(world, made, "2026-06-20", CancelWhen.NOW)
    assert (ended.status, ended.ended_at, ended.next_billing_at) == (
        "cancelled",
        at("2026-06-20"),
        at("2026-06-20"),
    )
    final = await world.bill(version, "2026-06-20")
    assert list(final) == ["tokens"]
    assert [(p.start, p.end) for p in final["tokens"].periods] == [(at("2026-06-01"), at("2026-06-20"))]
    assert (await current(world, made)).next_billing_at is None
    with pytest.raises(WrongState, match="final"):
        await cancelled(world, made, "2026-06-21", CancelWhen.NOW)
    assert await events(world, made) == [("subscription.created", 1), ("subscription.cancelled", 2)]


async def test_at_the_periods_end_means_the_longest_period(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id), SUPPORT)
    made = await world.subscribe(version, "2026-01-15")
    ending = await cancelled(world, made, "2026-03-01", CancelWhen.PERIOD_END)
    assert (ending.status, ending.cancel_at) == ("active", at("2027-01-15"))
    assert await cancelled(world, made, "2026-04-01", CancelWhen.PERIOD_END) == ending
    assert (await world.bill(version, "2027-01-15"))["tokens"].periods[-1].end == at("2027-01-15")
    ended = await current(world, made)
    assert (ended.status, ended.ended_at, ended.cancelled_at) == (
        "cancelled",
        at("2027-01-15"),
        at("2026-03-01"),
    )
    assert ended.next_billing_at is None
    assert await events(world, made) == [
        ("subscription.created", 1),
        ("subscription.cancel_scheduled", 2),
        ("subscription.ended", 3),
    ]


async def test_an_end_comes_even_if_nothing_is_to_be_billed_then(world: World) -> None:
    version = await world.plan(FEE)
    made = await world.subscribe(version, "2026-01-15")
    await world.bill(version, "2026-01-15")
    await cancelled(world, made, "2026-01-20", CancelWhen.PERIOD_END)
    async with world.on("2026-01-20") as uow:
        assert await earliest_due(uow) == at("2026-02-15")
    assert await world.bill(version, "2026-02-15") == {}
    assert (await current(world, made)).status == "cancelled"


async def test_a_cancellation_taken_back_leaves_everything_as_it_was(world: World) -> None:
    version = await world.plan(FEE, tokens(world.meter_id))
    made = await world.subscribe(version, "2026-01-15")
    before = await world.items(version, made)
    await cancelled(world, made, "2026-01-20", CancelWhen.PERIOD_END)
    async with world.on("2026-01-21") as uow:
        back = await reactivate_subscription(uow, made.id)
    assert (back.cancel_at, back.cancelled_at, back.next_billing_at) == (None, None, made.next_billing_at)
    assert await world.items(version, made) == before
    async with world.on("2026-01-22") as uow:
        with pytest.raises(WrongState, match="no cancellation"):
            await reactivate_subscription(uow, made.id)
    assert [event for event, _ in await events(world, made)] == [
        "subscription.created",
        "subscription.cancel_scheduled",
        "subscription.cancel_unscheduled",
    ]


async def test_a_cancellation_whose_date_has_come_cannot_be_taken_back(world: World) -> None:
    version = await world.plan(FEE)
    made = await world.subscribe(version, "2026-01-15")
    await cancelled(world, made, "2026-01-20", CancelWhen.PERIOD_END)
    async with world.on("2026-02-15") as uow:  # no run has been here yet
        with pytest.raises(WrongState, match="final"):
            await reactivate_subscription(uow, made.id)


async def test_cancelling_now_overrules_a_scheduled_end(world: World) -> None:
    version = await world.plan(tokens(world.meter_id))
    made = await world.subscribe(version, "2026-01-01")
    await cancelled(world, made, "2026-01-10", CancelWhen.PERIOD_END)
    ended = await cancelled(world, made, "2026-01-20", CancelWhen.NOW)
    assert (ended.status, ended.cancel_at, ended.ended_at) == ("cancelled", None, at("2026-01-20"))
    [last] = (await world.bill(version, "2026-01-20"))["tokens"].periods
    assert last.end == at("2026-01-20")


async def test_another_quantity_ends_an_item_and_begins_one(world: World) -> None:
    version = await world.plan(SEATS)
    made = await world.subscribe(version, "2026-01-01", quantities=seats("3"))
    item = (await world.items(version, made))["seats"]
    async with world.on("2026-01-05") as uow:
        changed = await change_quantity(uow, made.id, item.id, Decimal("4.5"))
        ended, begun = (await items_of(uow, [made.id]))[made.id]
    assert changed.version == 2
    assert (ended.id, ended.quantity, ended.ended_at) == (item.id, Decimal(3), at("2026-01-05"))
    assert (begun.quantity, begun.started_at, begun.ended_at) == (Decimal("4.5"), at("2026-01-05"), None)
    async with world.on("2026-01-06") as uow:
        assert (await change_quantity(uow, made.id, begun.id, Decimal("4.50"))).version == 2
        with pytest.raises(WrongState, match="the item has ended"):
            await change_quantity(uow, made.id, item.id, Decimal(5))
    assert await events(world, made) == [("subscription.created", 1), ("subscription.updated", 2)]


async def test_a_quantity_is_refused_where_it_has_no_place(world: World, store: Store) -> None:
    version = await world.plan(SEATS, FEE)
    made = await world.subscribe(version, "2026-01-01")
    items = await world.items(version, made)
    async with world.on("2026-01-02") as uow:
        with pytest.raises(InvalidInput, match="takes no quantity"):
            await change_quantity(uow, made.id, items["fee"].id, Decimal(2))
        with pytest.raises(InvalidInput, match="below zero"):
            await change_quantity(uow, made.id, items["seats"].id, Decimal(-1))
        with pytest.raises(NotFound):
            await change_quantity(uow, made.id, made.id, Decimal(1))
    await cancelled(world, made, "2026-01-03", CancelWhen.NOW)
    async with world.on("2026-01-04") as uow:
        with pytest.raises(WrongState):
            await change_quantity(uow, made.id, items["seats"].id, Decimal(2))
