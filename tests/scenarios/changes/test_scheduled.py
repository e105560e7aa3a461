"""Changes that wait for their date: in their order, each by itself, told where one cannot be made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, Contracts, opened

PRO_FEE = FEE | {"params": {"EUR": {"amount": "90"}}}


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-06-01T00:00:00Z") as contracts:
        yield contracts


async def change_plan(seller: Contracts, contract: str, plan: str, **fields: Any) -> Any:
    return await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=plan, **fields)


async def changes(seller: Contracts, contract: str) -> list[Any]:
    return list((await seller.ask("GET", f"/subscriptions/{contract}/changes"))["data"])


async def seats_of(seller: Contracts, contract: str, **fields: Any) -> Any:
    items = (await seller.get(contract))["items"]
    [item] = [one["id"] for one in items if one["ended_at"] is None and one["quantity"] != "1"]
    return await seller.ask("PATCH", f"/subscriptions/{contract}/items/{item}", **fields)


async def test_a_change_at_the_periods_end_comes_before_the_renewal(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic)
    await seller.until("2026-06-16")
    waiting = await change_plan(seller, contract, pro, when="period_end")
    assert (waiting["plan_id"], waiting["next_change_at"]) == (basic, "2026-07-01T00:00:00Z")
    [change] = await changes(seller, contract)
    assert (change["kind"], change["status"]) == ("plan", "scheduled")
    assert change["command"]["plan_id"] == pro
    await seller.until("2026-08-02")
    assert await seller.statements(contract) == [
        ("2026-06-01", "30.00", ["Fee 2026-06-01/2026-07-01 30.00"]),
        ("2026-07-01", "90.00", ["Fee 2026-07-01/2026-08-01 90.00"]),
        ("2026-08-01", "90.00", ["Fee 2026-08-01/2026-09-01 90.00"]),
    ]
    [change] = await changes(seller, contract)
    assert (change["status"], change["applied_at"]) == ("applied", "2026-07-01T00:00:00Z")
    after = await seller.get(contract)
    assert (after["plan_id"], after["next_change_at"]) == (pro, None)


async def test_changes_are_made_in_their_order_whenever_the_clock_comes(seller: Contracts) -> None:
    plan = await seller.plan(SEATS)
    contract = await seller.subscribe(plan, quantities={"seats": "2"})
    for day, quantity in (("21", "6"), ("11", "4"), ("11", "5")):
        await seats_of(seller, contract, quantity=quantity, when="at", at=f"2026-06-{day}T00:00:00Z")
    assert (await seller.get(contract))["next_change_at"] == "2026-06-11T00:00:00Z"
    await seller.until("2026-07-02")  # in one step
    first, (day, total, lines) = await seller.statements(contract)
    assert first == ("2026-06-01", "20.00", ["Seats 2026-06-01/2026-07-01 20.00"])
    # 10 days at 2 are paid; 20 days of 2 are given back, 10 days at 5 and 10 at 6 charged, and July at 6.
    assert lines == [
        "credit Seats 2026-06-11/2026-07-01 -13.33",
        "Seats 2026-06-11/2026-06-21 16.67",
        "Seats 2026-06-21/2026-07-01 20.00",
        "Seats 2026-07-01/2026-08-01 60.00",
    ]
    assert (day, total) == ("2026-07-01", "83.34")
    made = await changes(seller, contract)
    assert [(one["applied_at"][8:10], one["command"]["quantity"]) for one in made] == [
        ("11", "5"),
        ("11", "4"),
        ("21", "6"),
    ]


async def test_a_year_in_one_step_is_as_day_by_day(store: Store) -> None:
    bills = []
    for steps in (
        ["2026-09-15"],
        [f"2026-{month:02}-{day:02}" for month in (6, 7, 8, 9) for day in (5, 14, 27)],
    ):
        async with opened(store, "2026-06-01T00:00:00Z") as seller:
            plan = await seller.plan(FEE, SEATS)
            pro = await seller.plan(PRO_FEE, SEATS, code="more")
            contract = await seller.subscribe(plan, quantities={"seats": "2"})
            await change_plan(seller, contract, pro, when="at", at="2026-07-11T00:00:00Z")
            await seats_of(seller, contract, quantity="7", when="period_end")
            await change_plan(seller, contract, plan, when="at", at="2026-08-21T00:00:00Z", behavior="none")
            for day in steps:
                await seller.until(day)
            bills.append(await seller.statements(contract))
    assert bills[0] == bills[1]


async def test_a_change_can_be_taken_back(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic)
    await change_plan(seller, contract, pro, when="period_end")
    [change] = await changes(seller, contract)
    path = f"/subscriptions/{contract}/changes/{change['id']}"
    assert (await seller.ask("POST", f"{path}/cancel"))["status"] == "cancelled"
    assert (await seller.get(contract))["next_change_at"] is None
    assert (await seller.refused("POST", f"{path}/cancel"))[0] == 409
    await seller.until("2026-07-02")
    assert [total for _, total, _ in await seller.statements(contract)] == ["30.00", "30.00"]
    assert (await seller.ask("GET", path))["status"] == "cancelled"


async def test_a_change_that_cannot_be_made_is_told_and_holds_nothing(seller: Contracts) -> None:
    basic = await seller.plan(FEE, SEATS, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic, quantities={"seats": "3"})
    await change_plan(seller, contract, pro, when="at", at="2026-06-20T00:00:00Z", behavior="none")
    await seats_of(seller, contract, quantity="4", when="at", at="2026-06-10T00:00:00Z")
    # Before its date the price of seats goes: with the plan it is changed to now.
    await change_plan(seller, contract, await seller.plan(FEE, code="plain"))
    await seller.until("2026-07-02")
    by_kind = {one["kind"]: one for one in await changes(seller, contract)}
    failed = by_kind["quantity"]
    assert (failed["status"], failed["applied_at"]) == ("failed", None)
    assert failed["reason"] == "the subscription has no price seats any more"
    assert by_kind["plan"]["status"] == "applied"
    told = [event for _, event in await seller.told(contract)]
    assert ("change_failed" in told, "change_applied" in told) == (True, True)
    assert (await seller.get(contract))["billing_error"] is None


async def test_dates_that_contradict_are_refused_by_name(seller: Contracts) -> None:
    basic = await seller.plan(FEE, SEATS, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic, quantities={"seats": "3"})
    draft = await seller.subscribe(basic, started_at="2026-07-15T00:00:00Z")
    there = f"/subscriptions/{contract}/change-plan"
    past, ahead = "2026-05-01T00:00:00Z", "2026-06-20T00:00:00Z"
    assert await seller.refused("POST", there, plan_id=pro, when="at", at=past) == (400, "at")
    assert await seller.refused("POST", there, plan_id=pro, when="at") == (400, "at")
    assert await seller.refused("POST", there, plan_id=pro, when="period_end", at=ahead) == (400, "at")
    assert await seller.refused("POST", there, plan_id=pro, when="at", at="2040-01-01T00:00:00Z") == (
        400,
        "at",
    )
    before_start = f"/subscriptions/{draft}/change-plan"
    assert await seller.refused("POST", before_start, plan_id=pro, when="at", at=ahead) == (400, "at")
    await seller.ask("POST", f"/subscriptions/{contract}/cancel", when="period_end")
    late = "2026-07-20T00:00:00Z"
    assert await seller.refused("POST", there, plan_id=pro, when="at", at=late) == (400, "at")
    assert await seller.refused("POST", there, plan_id=pro, when="at", at=ahead, quantities={"x": "1"}) == (
        400,
        "quantities",
    )
    assert await changes(seller, contract) == []


async def test_changes_to_come_go_with_the_subscription(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic)
    await change_plan(seller, contract, pro, when="period_end")
    ended = await seller.ask("POST", f"/subscriptions/{contract}/cancel", when="now")
    assert ended["next_change_at"] is None
    [change] = await changes(seller, contract)
    assert (change["status"], change["reason"]) == ("cancelled", "the subscription was cancelled")


async def test_another_sellers_changes_are_not_found(seller: Contracts, store: Store) -> None:
    contract = await seller.subscribe(await seller.plan(FEE, code="basic"))
    await change_plan(seller, contract, await seller.plan(PRO_FEE, code="pro"), when="period_end")
    [change] = await changes(seller, contract)
    async with opened(store, "2026-06-01T00:00:00Z") as other:
        path = f"/v1/subscriptions/{contract}/changes"
        assert (await other.api.get(path)).status_code == 404
        assert (await other.api.get(f"{path}/{change['id']}")).status_code == 404
        assert (await other.api.post(f"{path}/{change['id']}/cancel")).status_code == 404
