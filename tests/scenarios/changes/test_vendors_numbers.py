"""Changes over HTTP come to what other vendors' published tests say, under the convention that each has.

The numbers and their sources are those of the worked examples of kind proration (``tests/golden/proration``
has the same, of the core alone); here they are lines of invoices.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from counterfoil.store import Store
from tests.support.contracts import opened


@dataclass(frozen=True)
class Case:
    """One published example: a monthly price in dollars gives way to another."""

    source: str
    start: str
    change_at: str
    old: str
    new: str
    credit: str
    charge: str
    net: str
    interval: tuple[str, int] = ("month", 1)
    day_count: str = "local_days"
    seats: tuple[int, int] | None = None


CASES = [
    Case(
        "polarsource/polar@c6c3645 test_service_prorations.py, mid June",
        *("2025-06-01", "2025-06-16", "100.00", "300.00", "50.00", "150.00", "100.00"),
    ),
    Case(
        "polarsource/polar@c6c3645 test_service_prorations.py, a third of June",
        *("2025-06-01", "2025-06-11", "100.00", "300.00", "66.67", "200.00", "133.33"),
    ),
    Case(
        "polarsource/polar@c6c3645 test_service_prorations.py, a year",
        *("2024-08-01", "2024-10-01", "1000.00", "3000.00", "832.88", "2498.63", "1665.75"),
        interval=("year", 1),
    ),
    Case(
        "meteroid-oss/meteroid@6a27ef6 proration.rs, at the period's start",
        *("2025-01-01", "2025-01-01", "100.00", "200.00", "100.00", "200.00", "100.00"),
        interval=("day", 30),
    ),
    Case(
        "meteroid-oss/meteroid@6a27ef6 proration.rs, on the last day",
        *("2025-01-01", "2025-01-30", "300.00", "600.00", "10.00", "20.00", "10.00"),
        interval=("day", 30),
    ),
    Case(
        "flexprice/flexprice@e4b5303 calculator_test.go, an upgrade: 17 of 31 days, with both ends",
        *("2024-03-01", "2024-03-15", "10.00", "20.00", "5.48", "10.97", "5.49"),
        interval=("day", 30),
        day_count="inclusive_end",
    ),
    Case(
        "flexprice/flexprice@e4b5303 calculator_test.go, from 5 seats to 10",
        *("2024-03-01", "2024-03-15", "10.00", "10.00", "27.42", "54.84", "27.42"),
        interval=("day", 30),
        day_count="inclusive_end",
        seats=(5, 10),
    ),
]


def price(amount: str, interval: tuple[str, int], *, of_seats: bool = False) -> dict[str, Any]:
    if of_seats:
        costs = {"model": "per_unit", "params": {"USD": {"unit_amount": amount}}, "quantity_source": "item"}
    else:
        costs = {"model": "flat", "params": {"USD": {"amount": amount}}}
    unit, count = interval
    return {"code": "base", "name": "Base", "interval": {"unit": unit, "count": count}, **costs}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source.rpartition(", ")[2])
async def test_a_change_in_mid_period_is_a_credit_and_a_charge(store: Store, case: Case) -> None:
    async with opened(store, f"{case.start}T00:00:00Z") as seller:
        of_seats = case.seats is not None
        old = await seller.plan(price(case.old, case.interval, of_seats=of_seats), code="old")
        new = await seller.plan(price(case.new, case.interval, of_seats=of_seats), code="new")
        policy = {"day_count": case.day_count, "behavior": "always_invoice"}
        quantities = {} if case.seats is None else {"base": str(case.seats[0])}
        contract = await seller.subscribe(old, currency="USD", policy=policy, quantities=quantities)
        if case.change_at != case.start:
            await seller.until(case.change_at)
        path = f"/subscriptions/{contract}"
        if case.seats is None:
            await seller.ask("POST", f"{path}/change-plan", plan_id=new)
        else:
            [item] = (await seller.get(contract))["items"]
            await seller.ask("PATCH", f"{path}/items/{item['id']}", quantity=str(case.seats[1]))
        [_, (day, total, [credit, charge])] = await seller.statements(contract)
        assert (day, total) == (case.change_at, case.net)
        assert (credit.split()[0], credit.split()[-1]) == ("credit", f"-{case.credit}")
        assert charge.split()[-1] == case.charge


async def test_another_interval_begins_a_new_cycle_with_a_whole_period(store: Store) -> None:
    # polarsource/polar@c6c3645 test_service_prorations.py, month to year in a leap February:
    # 22 of 29 days of 100.00 are given back, and the year costs 1000.00 from the change on.
    async with opened(store, "2024-02-18T00:00:00Z") as seller:
        monthly = await seller.plan(price("100.00", ("month", 1)), code="monthly")
        yearly = await seller.plan(price("1000.00", ("year", 1)), code="yearly")
        contract = await seller.subscribe(monthly, currency="USD")
        await seller.until("2024-02-25")
        changed = await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=yearly)
        assert changed["anchor_at"] == "2024-02-25T00:00:00Z"
        [_, (_, total, lines)] = await seller.statements(contract)
        assert lines == [
            "credit Base 2024-02-25/2024-03-18 -75.86",
            "Base 2024-02-25/2025-02-25 1000.00",
        ]
        assert total == "924.14"


async def test_or_keeps_the_anchor_and_has_a_stub(store: Store) -> None:
    # getlago/lago-api@1b1c24a spec/scenarios/subscriptions/upgrade_spec.rb: one of 31 days of 10.00 is given
    # back, and 275 of the 366 days to 29 June 2024 are charged at 120.00.
    async with opened(store, "2023-06-29T00:00:00Z") as seller:
        monthly = await seller.plan(price("10.00", ("month", 1)), code="monthly")
        yearly = await seller.plan(price("120.00", ("year", 1)), code="yearly")
        policy = {"interval_change": "keep_anchor", "behavior": "always_invoice"}
        contract = await seller.subscribe(monthly, currency="USD", policy=policy)
        await seller.until("2023-09-28T05:00:00Z")
        await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=yearly)
        *_, (_, total, lines) = await seller.statements(contract)
        assert lines == ["credit Base 2023-09-28/2023-09-29 -0.32", "Base 2023-09-28/2024-06-29 90.16"]
        assert total == "89.84"


async def test_an_item_that_is_added_pays_for_the_rest_of_the_period(store: Store) -> None:
    # flexprice/flexprice@e4b5303 calculator_test.go, add item: 17 of 31 days of 25.00.
    async with opened(store, "2024-03-01T00:00:00Z") as seller:
        base = price("10.00", ("day", 30))
        old = await seller.plan(base, code="old")
        new = await seller.plan(
            base, {**price("25.00", ("day", 30)), "code": "more", "name": "More"}, code="new"
        )
        policy = {"day_count": "inclusive_end", "behavior": "always_invoice"}
        contract = await seller.subscribe(old, currency="USD", policy=policy)
        await seller.until("2024-03-15")
        preview = await seller.ask("POST", f"/subscriptions/{contract}/change-plan?preview=true", plan_id=new)
        assert "13.71" in {line["amount"] for one in preview["invoices"] for line in one["lines"]}
        await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=new)
        *_, (_, _, lines) = await seller.statements(contract)
        assert "More 2024-03-15/2024-03-31 13.71" in lines


async def test_a_stub_of_the_calendar_counts_the_day_on_which_it_starts(store: Store) -> None:
    # getlago/lago-api@1b1c24a spec/scenarios/subscriptions/upgrade_spec.rb: 13 of 31 days of 10.00 and 15.00.
    async with opened(store, "2023-07-19T12:12:00Z") as seller:
        first = price("10.00", ("month", 1))
        plan = await seller.plan(first, {**price("15.00", ("month", 1)), "code": "b", "name": "B"})
        contract = await seller.subscribe(plan, currency="USD", alignment="calendar")
        await seller.until("2023-07-20")
        [(_, _, lines)] = await seller.bills(contract)
        assert list(lines.values()) == ["4.19", "6.29"]


async def test_seats_are_prorated_at_todays_price_and_a_scheduled_price_survives(store: Store) -> None:
    # polarsource/polar@c6c3645 test_service_prorations.py, immediate seats with a pending product change: two
    # more seats at 20.00 for half of June, then twelve at 10.00.
    async with opened(store, "2025-06-01T00:00:00Z") as seller:
        dear = await seller.plan(price("20.00", ("month", 1), of_seats=True), code="dear")
        cheap = await seller.plan(price("10.00", ("month", 1), of_seats=True), code="cheap")
        contract = await seller.subscribe(
            dear, currency="USD", quantities={"base": "10"}, policy={"behavior": "always_invoice"}
        )
        path = f"/subscriptions/{contract}"
        await seller.until("2025-06-05")
        await seller.ask("POST", f"{path}/change-plan", plan_id=cheap, when="period_end")
        await seller.until("2025-06-16")
        [item] = (await seller.get(contract))["items"]
        await seller.ask("PATCH", f"{path}/items/{item['id']}", quantity="12")
        await seller.until("2025-07-02")
        assert [(day, total) for day, total, _ in await seller.bills(contract)] == [
            ("2025-06-01", "200.00"),
            ("2025-06-16", "20.00"),  # 12 × 20.00 × 15/30 - 10 × 20.00 × 15/30
            ("2025-07-01", "120.00"),
        ]


@pytest.mark.parametrize("day_count", ["local_days", "thirty_360", "fixed_30"])
async def test_a_part_is_counted_as_the_policy_says(store: Store, day_count: str) -> None:
    # docs.zuora.com, proration by actual days, 30/360 and actual/360: 21 to 29 April 2021 are 9/30 by each.
    async with opened(store, "2021-04-21T00:00:00Z") as seller:
        plan = await seller.plan(price("30.00", ("month", 1)))
        contract = await seller.subscribe(
            plan, currency="USD", anchor_at="2021-04-01T00:00:00Z", policy={"day_count": day_count}
        )
        await seller.until("2021-04-30")
        await seller.ask("POST", f"/subscriptions/{contract}/cancel", when="now", credit="unused")
        bills = await seller.statements(contract)
        assert [total for _, total, _ in bills] == ["10.00", "-1.00"]
