"""Starts in the past and ahead: what has passed is billed an instant at a time, in order, and once."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, TOKENS, Contracts, opened


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-01-01T00:00:00Z") as contracts:
        yield contracts


async def test_nine_years_back_are_billed_month_by_month_in_order(seller: Contracts) -> None:
    await seller.subscribe(await seller.plan(FEE, TOKENS), started_at="2017-01-31T00:00:00Z")
    await seller.until("2026-01-01T01:00:00Z")
    invoices = []
    cursor: str | None = ""
    while cursor is not None:
        page = await seller.ask("GET", f"/invoices?limit=50{cursor and '&cursor=' + cursor}")
        invoices += page["data"]
        cursor = page["next_cursor"]
    invoices.reverse()
    # 31 January 2017 to 1 January 2026: the first month, and 107 boundaries up to 31 December 2025.
    assert len(invoices) == 108
    assert {one["total"] for one in invoices} == {"30.00"}
    starts = [one["period_end"][:10] for one in invoices]
    assert starts == sorted(starts)
    assert starts[:3] == ["2017-02-28", "2017-03-31", "2017-04-30"]
    assert starts[-1] == "2026-01-31"
    assert [one["drafted_at"][:10] for one in invoices] == ["2026-01-01"] * 108
    numbers = [one["number"] for one in sorted(invoices, key=lambda one: one["number"] or "")]
    assert len(set(numbers)) == 108


async def test_a_past_with_a_trial_phases_and_an_end_is_as_if_it_had_been_made_then(
    seller: Contracts,
) -> None:
    contract = await seller.subscribe(
        await seller.plan(SEATS),
        started_at="2025-06-01T00:00:00Z",
        trial={"days": 30},
        phases=[
            {"quantities": {"seats": "1"}, "ends_at": "2025-09-01T00:00:00Z"},
            {"quantities": {"seats": "4"}, "ends_at": "2025-11-16T00:00:00Z"},
        ],
    )
    await seller.until("2026-01-01T01:00:00Z")
    # The trial ends on 1 July; 15 of 30 days of November at 4 seats of 10 are 20.
    assert [(total, *lines) for _, total, lines in await seller.bills()] == [
        ("10.00", "Seats 2025-07-01/2025-08-01"),
        ("10.00", "Seats 2025-08-01/2025-09-01"),
        ("40.00", "Seats 2025-09-01/2025-10-01"),
        ("40.00", "Seats 2025-10-01/2025-11-01"),
        ("20.00", "Seats 2025-11-01/2025-11-16"),
    ]
    assert [event for _, event in await seller.told(contract)] == [
        *("created", "activated", "phase_began", "expired"),
    ]
    assert (await seller.get(contract))["ended_at"] == "2025-11-16T00:00:00Z"


async def test_a_past_with_terms_renews_through_them(seller: Contracts) -> None:
    term = {"interval": {"unit": "year"}, "auto_renew": True, "renewals": 5}
    contract = await seller.subscribe(await seller.plan(FEE), started_at="2023-03-01T00:00:00Z", term=term)
    await seller.until("2026-01-01T01:00:00Z")
    now = await seller.get(contract)
    assert (now["term"]["ends_at"], now["term"]["renewals_left"]) == ("2026-03-01T00:00:00Z", 3)
    assert [event for _, event in await seller.told(contract)] == ["created", "renewed", "renewed"]


async def test_a_start_ahead_bills_nothing_before_it_and_is_given_up_for_nothing(seller: Contracts) -> None:
    plan = await seller.plan(FEE)
    begun, given_up = [await seller.subscribe(plan, started_at="2026-02-01T00:00:00Z") for _ in range(2)]
    await seller.until("2026-01-20")
    ended = await seller.ask("POST", f"/subscriptions/{given_up}/cancel", when="now")
    assert ended["status"] == "cancelled"
    await seller.until("2026-02-02")
    assert await seller.bills() == [("2026-02-01", "30.00", {"Fee 2026-02-01/2026-03-01": "30.00"})]
    assert await seller.told(begun) == [("2026-01-01", "created"), ("2026-02-01", "activated")]


async def test_years_in_one_call_meet_all_that_was_agreed_in_its_order(seller: Contracts) -> None:
    """A trial, a ramp, a pause with its end, renewals and the expiry: three years in one advance."""
    contract = await seller.subscribe(
        await seller.plan(SEATS),
        trial={"days": 31},
        term={"interval": {"unit": "year"}, "auto_renew": True, "renewals": 1},
        phases=[
            {"quantities": {"seats": "1"}, "ends_at": "2026-07-01T00:00:00Z"},
            {"quantities": {"seats": "2"}},
        ],
    )
    await seller.ask(
        "POST",
        f"/subscriptions/{contract}/pause",
        when="at",
        at="2026-11-01T00:00:00Z",
        resume_at="2027-03-01T00:00:00Z",
    )
    await seller.until("2029-01-01")
    assert await seller.told(contract) == [
        ("2026-01-01", "created"),
        ("2026-01-01", "change_scheduled"),
        ("2026-02-01", "activated"),
        ("2026-07-01", "phase_began"),
        ("2026-11-01", "paused"),
        ("2026-11-01", "change_scheduled"),
        ("2026-11-01", "change_applied"),
        ("2027-03-01", "resumed"),
        ("2027-03-01", "change_applied"),
        ("2027-03-01", "renewed"),
        ("2028-02-01", "expired"),
    ]
    bills = await seller.bills()
    # February to June at 1 seat, July to October and March to January at 2.
    assert [total for _, total, _ in bills] == ["10.00"] * 5 + ["20.00"] * 4 + ["20.00"] * 11
    assert [day for day, _, _ in bills][8:10] == ["2026-10-01", "2027-03-01"]
