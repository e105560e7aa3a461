"""Trials over HTTP under a test clock: what is billed from when, and what each end of a trial does."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, TOKENS, Contracts, opened


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-01-01T09:00:00Z") as contracts:
        yield contracts


async def test_a_trial_of_the_plan_is_free_and_converts_by_itself(seller: Contracts) -> None:
    plan = await seller.plan(FEE, TOKENS, trial_days=14)
    contract = await seller.subscribe(plan)
    begun = await seller.get(contract)
    assert (begun["status"], begun["trial_ends_at"]) == ("trialing", "2026-01-15T09:00:00Z")
    assert begun["trial_end_behavior"] == "convert"
    await seller.until("2026-01-15T08:59:59Z")
    await seller.use("2026-01-05T12:00:00Z", 1000)  # in the trial: free
    assert await seller.bills() == []
    await seller.until("2026-01-16")
    await seller.use("2026-01-15T12:00:00Z", 300)
    await seller.until("2026-02-15T10:00:00Z")
    # The anchor is the trial's end: the first month is whole, from 15 January to 15 February.
    assert await seller.bills() == [
        ("2026-01-15", "30.00", {"Fee 2026-01-15/2026-02-15": "30.00"}),
        (
            "2026-02-15",
            "33.00",
            {"Fee 2026-02-15/2026-03-15": "30.00", "Tokens 2026-01-15/2026-02-15": "3.00"},
        ),
    ]
    assert (await seller.get(contract))["status"] == "active"
    assert await seller.told(contract) == [("2026-01-01", "created"), ("2026-01-15", "activated")]


async def test_a_calendar_month_after_a_trial_is_paid_for_its_rest(seller: Contracts) -> None:
    plan = await seller.plan(FEE | {"params": {"EUR": {"amount": "31"}}})
    await seller.subscribe(plan, trial={"ends_at": "2026-01-11T00:00:00Z"}, alignment="calendar")
    await seller.until("2026-02-01T01:00:00Z")
    assert await seller.bills() == [
        ("2026-01-11", "21.00", {"Fee 2026-01-11/2026-02-01": "21.00"}),  # 21 of 31 days at 31
        ("2026-02-01", "31.00", {"Fee 2026-02-01/2026-03-01": "31.00"}),
    ]


async def test_an_anchor_of_its_own_stays_where_it_is(seller: Contracts) -> None:
    plan = await seller.plan(FEE | {"params": {"EUR": {"amount": "31"}}})
    await seller.subscribe(plan, trial={"days": 10}, anchor_at="2026-01-20T09:00:00Z")
    await seller.until("2026-01-20T10:00:00Z")
    # The trial ends on 11 January; 9 of the 31 days from 20 December to 20 January are left.
    assert await seller.bills() == [
        ("2026-01-11", "9.00", {"Fee 2026-01-11/2026-01-20": "9.00"}),
        ("2026-01-20", "31.00", {"Fee 2026-01-20/2026-02-20": "31.00"}),
    ]


async def test_an_evaluation_ends_without_a_bill(seller: Contracts) -> None:
    plan = await seller.plan(FEE, TOKENS, evaluation_days=7)
    contract = await seller.subscribe(plan, trial={"at_end": "expire"})
    assert (await seller.get(contract))["expires_at"] == "2026-01-08T09:00:00Z"
    await seller.until("2026-01-06")
    await seller.use("2026-01-05T12:00:00Z", 1000)
    await seller.until("2026-06-01")
    ended = await seller.get(contract)
    assert (ended["status"], ended["ended_at"], ended["next_billing_at"]) == (
        "expired",
        "2026-01-08T09:00:00Z",
        None,
    )
    assert await seller.bills() == []
    assert await seller.told(contract) == [("2026-01-01", "created"), ("2026-01-08", "expired")]


async def test_an_evaluation_that_is_converted_goes_on(seller: Contracts) -> None:
    plan = await seller.plan(FEE, evaluation_days=7)
    contract = await seller.subscribe(plan, trial={"at_end": "expire"})
    await seller.until("2026-01-05T09:00:00Z")
    converted = await seller.ask("POST", f"/subscriptions/{contract}/trial/end")
    assert (converted["status"], converted["expires_at"], converted["trial_ends_at"]) == (
        "active",
        None,
        "2026-01-05T09:00:00Z",
    )
    await seller.until("2026-02-05T10:00:00Z")
    assert await seller.bills() == [
        ("2026-01-05", "30.00", {"Fee 2026-01-05/2026-02-05": "30.00"}),
        ("2026-02-05", "30.00", {"Fee 2026-02-05/2026-03-05": "30.00"}),
    ]
    assert [event for _, event in await seller.told(contract)] == ["created", "activated"]


@pytest.mark.parametrize("in_time", [True, False])
async def test_without_a_payment_method_such_a_trial_ends_the_contract(
    seller: Contracts, in_time: bool
) -> None:
    plan = await seller.plan(FEE)
    contract = await seller.subscribe(plan, trial={"days": 14, "at_end": "need_payment_method"})
    assert await seller.refused("POST", f"/subscriptions/{contract}/trial/end") == (409, "payment_method")
    await seller.until("2026-01-14")
    if in_time:
        await seller.ask("PATCH", f"/subscriptions/{contract}", payment_method="card")
    await seller.until("2026-01-20")
    bill = ("2026-01-15", "30.00", {"Fee 2026-01-15/2026-02-15": "30.00"})
    assert await seller.bills() == ([bill] if in_time else [])
    assert (await seller.get(contract))["status"] == ("active" if in_time else "expired")
    assert (await seller.told(contract))[-1] == ("2026-01-15", "activated" if in_time else "expired")


async def test_a_trial_is_made_longer_and_the_paid_time_moves_with_it(seller: Contracts) -> None:
    plan = await seller.plan(FEE, trial_days=14)
    contract = await seller.subscribe(plan)
    path = f"/subscriptions/{contract}/trial"
    await seller.until("2026-01-10")
    assert await seller.refused("PATCH", path, ends_at="2026-01-09T00:00:00Z") == (400, "ends_at")
    longer = await seller.ask("PATCH", path, ends_at="2026-01-31T00:00:00Z")
    assert (longer["trial_ends_at"], longer["anchor_at"]) == ("2026-01-31T00:00:00Z",) * 2
    await seller.until("2026-03-01")
    # An anchor of the 31st: 31 January, 28 February, 31 March.
    assert await seller.bills() == [
        ("2026-01-31", "30.00", {"Fee 2026-01-31/2026-02-28": "30.00"}),
        ("2026-02-28", "30.00", {"Fee 2026-02-28/2026-03-31": "30.00"}),
    ]
    assert (await seller.refused("PATCH", path, ends_at="2026-04-01T00:00:00Z"))[0] == 409
    assert [event for _, event in await seller.told(contract)] == ["created", "trial_changed", "activated"]


async def test_a_trial_is_cancelled_at_its_end_and_taken_back(seller: Contracts) -> None:
    plan = await seller.plan(FEE, trial_days=14)
    staying, leaving, gone = [await seller.subscribe(plan) for _ in range(3)]
    for contract in (staying, leaving):
        ending = await seller.ask("POST", f"/subscriptions/{contract}/cancel", when="period_end")
        assert (ending["status"], ending["cancel_at"]) == ("trialing", "2026-01-15T09:00:00Z")
    await seller.until("2026-01-05")
    await seller.ask("POST", f"/subscriptions/{staying}/reactivate")
    ended = await seller.ask("POST", f"/subscriptions/{gone}/cancel", when="now")
    assert (ended["status"], ended["ended_at"]) == ("cancelled", "2026-01-05T00:00:00Z")
    await seller.until("2026-01-20")
    assert [(await seller.get(one))["status"] for one in (staying, leaving, gone)] == [
        "active",
        "cancelled",
        "cancelled",
    ]
    assert len(await seller.bills()) == 1
    assert await seller.told(leaving) == [
        ("2026-01-01", "created"),
        ("2026-01-01", "cancel_scheduled"),
        ("2026-01-15", "ended"),
    ]


async def test_plan_and_quantity_are_changed_in_a_trial_without_charge(seller: Contracts) -> None:
    small = await seller.plan(FEE, SEATS, trial_days=14)
    large = await seller.plan(FEE | {"params": {"EUR": {"amount": "90"}}}, SEATS, code="large")
    contract = await seller.subscribe(small, quantities={"seats": "2"})
    await seller.until("2026-01-06")
    seats = (await seller.get(contract))["items"][1]["id"]
    await seller.ask("PATCH", f"/subscriptions/{contract}/items/{seats}", quantity="5")
    await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=large)
    assert (await seller.get(contract))["status"] == "trialing"
    await seller.until("2026-01-16")
    assert await seller.bills() == [
        (
            "2026-01-15",
            "140.00",  # 90, and 5 seats at 10
            {"Fee 2026-01-15/2026-02-15": "90.00", "Seats 2026-01-15/2026-02-15": "50.00"},
        )
    ]


async def test_a_start_ahead_begins_with_its_trial(seller: Contracts) -> None:
    plan = await seller.plan(FEE, trial_days=14)
    contract = await seller.subscribe(plan, started_at="2026-02-01T00:00:00Z")
    assert (await seller.get(contract))["status"] == "draft"
    await seller.until("2026-02-02")
    assert (await seller.get(contract))["status"] == "trialing"
    await seller.until("2026-03-20")  # in one step over the trial's end and a renewal
    assert [day for day, _, _ in await seller.bills()] == ["2026-02-15", "2026-03-15"]
    assert await seller.told(contract) == [
        ("2026-01-01", "created"),
        ("2026-02-01", "trial_started"),
        ("2026-02-15", "activated"),
    ]


@pytest.mark.parametrize(
    ("trial", "field"),
    [
        ({"days": 7, "ends_at": "2026-02-01T00:00:00Z"}, "trial.days"),
        ({"ends_at": "2025-12-31T00:00:00Z"}, "trial.ends_at"),
        ({"ends_at": "2046-12-31T00:00:00Z"}, "trial.ends_at"),
        ({"days": -1}, "trial.days"),
        ({"days": 4000}, "trial.days"),
        ({"at_end": "expire"}, "trial.days"),
        ({"at_end": "bill"}, "trial.at_end"),
    ],
)
async def test_a_trial_that_cannot_be_is_refused_by_its_field(
    seller: Contracts, trial: dict[str, object], field: str
) -> None:
    plan = await seller.plan(FEE, trial_days=14)
    body = {"customer_id": seller.customer, "plan_id": plan, "trial": trial}
    assert await seller.refused("POST", "/subscriptions", **body) == (400, field)
    assert (await seller.ask("GET", "/subscriptions"))["data"] == []


async def test_the_plans_trial_is_declined(seller: Contracts) -> None:
    plan = await seller.plan(FEE, trial_days=14)
    contract = await seller.subscribe(plan, trial={"days": 0})
    assert (await seller.get(contract))["status"] == "active"
    await seller.until("2026-01-02")
    assert len(await seller.bills()) == 1
