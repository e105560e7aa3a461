"""Seats and prices of one contract change in mid-period, and stay within what the plan allows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, TOKENS, Contracts, opened


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-06-01T00:00:00Z") as contracts:
        yield contracts


async def item_of(seller: Contracts, contract: str, quantity: str) -> str:
    """The path of the item that runs at a quantity."""
    items = (await seller.get(contract))["items"]
    [found] = [item["id"] for item in items if item["quantity"] == quantity and item["ended_at"] is None]
    return f"/subscriptions/{contract}/items/{found}"


async def test_more_seats_pay_for_the_rest_of_the_period(seller: Contracts) -> None:
    plan = await seller.plan(FEE, SEATS)
    contract = await seller.subscribe(plan, quantities={"seats": "3"})
    await seller.until("2026-06-16")
    await seller.ask("PATCH", await item_of(seller, contract, "3"), quantity="9")
    await seller.until("2026-07-02")
    *_, (day, total, lines) = await seller.statements(contract)
    assert (day, total) == ("2026-07-01", "150.00")
    assert lines == [
        "credit Seats 2026-06-16/2026-07-01 -15.00",
        "Fee 2026-07-01/2026-08-01 30.00",
        "Seats 2026-06-16/2026-07-01 45.00",
        "Seats 2026-07-01/2026-08-01 90.00",
    ]


async def test_fewer_seats_from_the_next_period_on(seller: Contracts) -> None:
    plan = await seller.plan(SEATS)
    contract = await seller.subscribe(plan, quantities={"seats": "9"})
    await seller.until("2026-06-16")
    await seller.ask("PATCH", await item_of(seller, contract, "9"), quantity="2", behavior="none")
    await seller.until("2026-07-02")
    assert [total for _, total, _ in await seller.statements(contract)] == ["90.00", "20.00"]


async def test_a_quantity_in_arrears_is_charged_piece_by_piece(seller: Contracts) -> None:
    plan = await seller.plan(SEATS | {"cadence": "in_arrears"})
    contract = await seller.subscribe(plan, quantities={"seats": "3"})
    await seller.until("2026-06-16")
    await seller.ask("PATCH", await item_of(seller, contract, "3"), quantity="9")
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        (
            "2026-07-01",
            "60.00",
            ["Seats 2026-06-01/2026-06-16 15.00", "Seats 2026-06-16/2026-07-01 45.00"],
        )
    ]


async def test_the_seats_that_a_plan_allows_are_enforced(seller: Contracts) -> None:
    plan = await seller.plan(SEATS, min_seats=2, max_seats=5)
    assert await seller.refused(
        "POST", "/subscriptions", customer_id=seller.customer, plan_id=plan, quantities={"seats": "6"}
    ) == (400, "quantities.seats")
    assert await seller.refused(
        "POST", "/subscriptions", customer_id=seller.customer, plan_id=plan, quantities={"seats": "1"}
    ) == (400, "quantities.seats")
    fewest = await seller.get(await seller.subscribe(plan))
    assert [one["quantity"] for one in fewest["items"]] == ["2"]  # where none is given
    contract = await seller.subscribe(plan, quantities={"seats": "5"})
    item = await item_of(seller, contract, "5")
    for wrong in ("6", "1", "1.5"):
        assert await seller.refused("PATCH", item, quantity=wrong) == (400, "quantity")
    assert len((await seller.get(contract))["items"]) == 1


async def test_another_price_of_usage_holds_from_the_change_on(seller: Contracts) -> None:
    plan = await seller.plan(TOKENS)
    contract = await seller.subscribe(plan)
    await seller.until("2026-06-16")
    await seller.use("2026-06-10T00:00:00Z", 100)
    [item] = (await seller.get(contract))["items"]
    price: dict[str, Any] = TOKENS | {"params": {"EUR": {"unit_amount": "0.05"}}, "meter_id": seller.meter}
    await seller.ask("POST", f"/subscriptions/{contract}/items/{item['id']}/reprice", **price)
    await seller.until("2026-06-21")
    await seller.use("2026-06-20T00:00:00Z", 100)
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        ("2026-07-01", "6.00", ["Tokens 2026-06-01/2026-06-16 1.00", "Tokens 2026-06-16/2026-07-01 5.00"])
    ]


@pytest.mark.parametrize(
    ("policy", "field"),
    [
        ({"net_rounding": "rounded_sum"}, "policy.net_rounding"),
        ({"day_count": "inclusive_end", "denominator": "plan_year"}, "policy.denominator"),
        ({"day_count": "roughly"}, "policy.day_count"),
    ],
)
async def test_policies_that_cannot_be_are_refused_by_name(
    seller: Contracts, policy: dict[str, str], field: str
) -> None:
    plan = await seller.plan(FEE)
    assert await seller.refused(
        "POST", "/subscriptions", customer_id=seller.customer, plan_id=plan, policy=policy
    ) == (400, field)


async def test_the_policy_is_shown_and_rounds_each_line(seller: Contracts) -> None:
    plan = await seller.plan(FEE | {"params": {"EUR": {"amount": "10"}}})
    policy = {"rounding": "down", "denominator": "plan_year", "behavior": "none"}
    contract = await seller.subscribe(plan, anchor_at="2026-06-16T00:00:00Z", policy=policy)
    shown = (await seller.get(contract))["policy"]
    assert shown == {
        "day_count": "local_days",
        "denominator": "plan_year",
        "interval_change": "reset",
        "behavior": "none",
        "net_rounding": "sum_of_rounded",
        "rounding": "down",
    }
    await seller.until("2026-06-02")
    [(_, total, _)] = await seller.statements(contract)
    assert total == "4.93"  # 15 of the 365 days of the year from 16 June, of 120.00: 4.9315
