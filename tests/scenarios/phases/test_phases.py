"""Phases and ramps over HTTP under a test clock: each span is billed at what was agreed for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, TOKENS, Contracts, opened


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-01-01T00:00:00Z") as contracts:
        yield contracts


async def test_a_ramp_of_seats_bills_each_phase_at_its_number(seller: Contracts) -> None:
    plan = await seller.plan(FEE, SEATS)
    contract = await seller.subscribe(
        plan,
        phases=[
            {"name": "pilot", "quantities": {"seats": "2"}, "ends_at": "2026-03-01T00:00:00Z"},
            {"name": "team", "quantities": {"seats": "5"}, "ends_at": "2026-04-16T00:00:00Z"},
            {"name": "all", "quantities": {"seats": "10"}},
        ],
    )
    made = await seller.get(contract)
    assert [(one["name"], one["starts_at"][:10], (one["ends_at"] or "")[:10]) for one in made["phases"]] == [
        ("pilot", "2026-01-01", "2026-03-01"),
        ("team", "2026-03-01", "2026-04-16"),
        ("all", "2026-04-16", ""),
    ]
    assert made["phase_id"] == made["phases"][0]["id"]
    # The fee goes on through all of them: one item.  The seats have one for each phase.
    assert len(made["items"]) == 4
    await seller.until("2026-05-02")
    assert await seller.bills() == [
        (
            "2026-01-01",
            "50.00",
            {"Fee 2026-01-01/2026-02-01": "30.00", "Seats 2026-01-01/2026-02-01": "20.00"},
        ),
        (
            "2026-02-01",
            "50.00",
            {"Fee 2026-02-01/2026-03-01": "30.00", "Seats 2026-02-01/2026-03-01": "20.00"},
        ),
        (
            "2026-03-01",
            "80.00",
            {"Fee 2026-03-01/2026-04-01": "30.00", "Seats 2026-03-01/2026-04-01": "50.00"},
        ),
        # 15 of 30 days of April at 5 seats, the other half at 10.
        (
            "2026-04-01",
            "55.00",
            {"Fee 2026-04-01/2026-05-01": "30.00", "Seats 2026-04-01/2026-04-16": "25.00"},
        ),
        ("2026-04-16", "50.00", {"Seats 2026-04-16/2026-05-01": "50.00"}),
        (
            "2026-05-01",
            "130.00",
            {"Fee 2026-05-01/2026-06-01": "30.00", "Seats 2026-05-01/2026-06-01": "100.00"},
        ),
    ]
    now = await seller.get(contract)
    assert now["phase_id"] == now["phases"][2]["id"]
    assert await seller.told(contract) == [
        ("2026-01-01", "created"),
        ("2026-03-01", "phase_began"),
        ("2026-04-16", "phase_began"),
    ]


async def test_phases_have_plans_prices_and_overrides_of_their_own(seller: Contracts) -> None:
    small = await seller.plan(FEE, TOKENS, code="small")
    large = await seller.plan(FEE | {"params": {"EUR": {"amount": "90"}}}, TOKENS, code="large")
    setup = {"code": "setup", "name": "Setup", "model": "flat", "params": {"EUR": {"amount": "7"}}}
    contract = await seller.subscribe(
        small,
        phases=[
            {
                "overrides": [{"code": "fee", "params": {"amount": "15"}}],
                "prices": [setup],
                "ends_at": "2026-02-01T00:00:00Z",
            },
            {"ends_at": "2026-03-01T00:00:00Z"},
            {"plan_id": large},
        ],
    )
    for day, tokens in (("2026-01-11", 100), ("2026-02-11", 200), ("2026-03-11", 300)):
        await seller.until(day)
        await seller.use(f"{day}T00:00:00Z", tokens)
    await seller.until("2026-04-02")
    assert await seller.bills() == [
        (
            "2026-01-01",
            "22.00",
            {"Fee 2026-01-01/2026-02-01": "15.00", "Setup 2026-01-01/2026-02-01": "7.00"},
        ),
        (
            "2026-02-01",
            "31.00",
            {"Fee 2026-02-01/2026-03-01": "30.00", "Tokens 2026-01-01/2026-02-01": "1.00"},
        ),
        (
            "2026-03-01",
            "92.00",
            {"Fee 2026-03-01/2026-04-01": "90.00", "Tokens 2026-02-01/2026-03-01": "2.00"},
        ),
        (
            "2026-04-01",
            "93.00",
            {"Fee 2026-04-01/2026-05-01": "90.00", "Tokens 2026-03-01/2026-04-01": "3.00"},
        ),
    ]
    assert (await seller.get(contract))["plan_id"] == large


async def test_a_yearly_price_after_a_monthly_phase_has_a_whole_first_year(seller: Contracts) -> None:
    yearly = FEE | {"interval": {"unit": "year"}, "params": {"EUR": {"amount": "300"}}}
    await seller.subscribe(
        await seller.plan(FEE),
        phases=[
            {"ends_at": "2026-03-01T00:00:00Z"},
            {"plan_id": await seller.plan(yearly, code="yearly")},
        ],
    )
    await seller.until("2027-03-02")
    assert await seller.bills() == [
        ("2026-01-01", "30.00", {"Fee 2026-01-01/2026-02-01": "30.00"}),
        ("2026-02-01", "30.00", {"Fee 2026-02-01/2026-03-01": "30.00"}),
        ("2026-03-01", "300.00", {"Fee 2026-03-01/2027-03-01": "300.00"}),
        ("2027-03-01", "300.00", {"Fee 2027-03-01/2028-03-01": "300.00"}),
    ]


async def test_a_last_phase_with_an_end_ends_the_contract(seller: Contracts) -> None:
    plan = await seller.plan(FEE, SEATS)
    contract = await seller.subscribe(
        plan,
        phases=[
            {"quantities": {"seats": "1"}, "ends_at": "2026-02-01T00:00:00Z"},
            {"quantities": {"seats": "2"}, "ends_at": "2026-02-15T00:00:00Z"},
        ],
    )
    assert (await seller.get(contract))["expires_at"] == "2026-02-15T00:00:00Z"
    await seller.until("2026-06-01")
    assert await seller.bills() == [
        (
            "2026-01-01",
            "40.00",
            {"Fee 2026-01-01/2026-02-01": "30.00", "Seats 2026-01-01/2026-02-01": "10.00"},
        ),
        # 14 of 28 days of February.
        (
            "2026-02-01",
            "25.00",
            {"Fee 2026-02-01/2026-02-15": "15.00", "Seats 2026-02-01/2026-02-15": "10.00"},
        ),
    ]
    assert await seller.told(contract) == [
        ("2026-01-01", "created"),
        ("2026-02-01", "phase_began"),
        ("2026-02-15", "expired"),
    ]


async def test_a_phase_within_the_trial_is_free(seller: Contracts) -> None:
    plan = await seller.plan(SEATS, trial_days=14)
    await seller.subscribe(
        plan,
        phases=[
            {"quantities": {"seats": "1"}, "ends_at": "2026-01-08T00:00:00Z"},
            {"quantities": {"seats": "2"}, "ends_at": "2026-02-15T00:00:00Z"},
            {"quantities": {"seats": "3"}},
        ],
    )
    await seller.until("2026-02-16")
    assert await seller.bills() == [
        ("2026-01-15", "20.00", {"Seats 2026-01-15/2026-02-15": "20.00"}),
        ("2026-02-15", "30.00", {"Seats 2026-02-15/2026-03-15": "30.00"}),
    ]


async def test_phases_are_agreed_for_a_contract_that_runs_and_agreed_anew(seller: Contracts) -> None:
    plan = await seller.plan(FEE, SEATS)
    contract = await seller.subscribe(plan, quantities={"seats": "2"})
    await seller.until("2026-01-10")
    path = f"/subscriptions/{contract}/phases"
    march, june = "2026-03-01T00:00:00Z", "2026-06-01T00:00:00Z"
    ramp = [
        {"starts_at": march, "quantities": {"seats": "4"}},
        {"starts_at": june, "quantities": {"seats": "8"}},
    ]
    ramped = await seller.ask("POST", path, phases=ramp)
    assert [one["starts_at"][:10] for one in ramped["phases"]] == ["2026-01-01", "2026-03-01", "2026-06-01"]
    assert len(ramped["items"]) == 4  # the fee goes on as it is
    await seller.until("2026-03-02")
    # From April on there shall be 6 seats instead, at 9 each, and no end to that.
    april = "2026-04-01T00:00:00Z"
    cheaper = [{"code": "seats", "params": {"unit_amount": "9"}}]
    again = await seller.ask(
        "POST", path, phases=[{"starts_at": april, "quantities": {"seats": "6"}, "overrides": cheaper}]
    )
    assert [one["starts_at"][:10] for one in again["phases"]] == ["2026-01-01", "2026-03-01", "2026-04-01"]
    await seller.until("2026-07-02")
    # 2 seats, 4 seats, then 6 at 9, besides the fee of 30.
    assert [(day, total) for day, total, _ in await seller.bills()] == [
        ("2026-01-01", "50.00"),
        ("2026-02-01", "50.00"),
        ("2026-03-01", "70.00"),
        ("2026-04-01", "84.00"),
        ("2026-05-01", "84.00"),
        ("2026-06-01", "84.00"),
        ("2026-07-01", "84.00"),
    ]
    assert [event for _, event in await seller.told(contract)] == [
        *("created", "phases_changed", "phase_began", "phases_changed", "phase_began"),
    ]


async def test_a_phase_within_a_paid_year_gives_the_rest_of_it_back(seller: Contracts) -> None:
    yearly = SEATS | {"interval": {"unit": "year"}, "params": {"EUR": {"unit_amount": "365"}}}
    contract = await seller.subscribe(await seller.plan(yearly))
    await seller.until("2026-02-01")
    start = "2026-07-02T00:00:00Z"
    phase = {"starts_at": start, "quantities": {"seats": "3"}}
    await seller.ask("POST", f"/subscriptions/{contract}/phases", phases=[phase])
    await seller.until("2027-01-02")
    # 1 January to 2 July has 182 days, 183 are left: 183 given back, and 3 × 183 = 549 charged.
    found = [(day, total) for day, total, _ in await seller.bills()]
    assert found == [("2026-01-01", "365.00"), ("2026-07-02", "366.00"), ("2027-01-01", "1095.00")]


@pytest.mark.parametrize(
    ("phases", "field"),
    [
        # They overlap, leave a gap, begin before the start or after it, end before they begin, or say no end.
        ([{"ends_at": "2026-03-01T00:00:00Z"}, {"starts_at": "2026-02-01T00:00:00Z"}], "phases.1.starts_at"),
        ([{"ends_at": "2026-03-01T00:00:00Z"}, {"starts_at": "2026-04-01T00:00:00Z"}], "phases.1.starts_at"),
        ([{"starts_at": "2025-12-01T00:00:00Z"}], "phases.0.starts_at"),
        ([{"starts_at": "2026-02-01T00:00:00Z"}], "phases.0.starts_at"),
        ([{"ends_at": "2025-12-01T00:00:00Z"}], "phases.0.ends_at"),
        ([{}, {"starts_at": "2025-12-01T00:00:00Z"}], "phases.1.starts_at"),
        ([{}, {}], "phases.0.ends_at"),
        ([{"ends_at": "2026-02-01T00:00:00Z"}] * 51, "phases"),
        ([{"quantities": {"desks": "1"}}], "phases.0.quantities"),
        ([{"quantities": {"seats": "-1"}}], "phases.0.quantities.seats"),
        ([{"price_codes": ["none"]}], "phases.0.price_codes"),
        ([{"overrides": [{"code": "none", "params": {}}]}], "phases.0.overrides.0.code"),
        ([{"overrides": [{"code": "fee", "params": {"amount": "x"}}]}], "phases.0.overrides.0.params.amount"),
        ([{"prices": [FEE]}], "phases.0.prices.0.code"),
        ([{"plan_id": "plan_01kahgp1g0edgrx4zm6byashwq"}], "phases.0.plan_id"),
    ],
)
async def test_phases_that_contradict_each_other_are_refused_by_their_field(
    seller: Contracts, phases: list[Any], field: str
) -> None:
    plan = await seller.plan(FEE, SEATS)
    body = {"customer_id": seller.customer, "plan_id": plan, "phases": phases}
    status, named = await seller.refused("POST", "/subscriptions", **body)
    assert (status in (400, 404), named) == (True, field)
    assert (await seller.ask("GET", "/subscriptions"))["data"] == []


async def test_phases_are_agreed_ahead_and_before_the_end(seller: Contracts) -> None:
    plan = await seller.plan(FEE, SEATS)
    contract = await seller.subscribe(plan, term={"ends_at": "2026-06-01T00:00:00Z"})
    await seller.until("2026-01-10")
    path = f"/subscriptions/{contract}/phases"
    before = await seller.get(contract)
    for phases, field in (
        ([], "phases"),
        ([{}], "phases.0.starts_at"),
        ([{"starts_at": "2026-01-05T00:00:00Z"}], "phases.0.starts_at"),
        ([{"starts_at": "2026-07-01T00:00:00Z"}], "phases.0.starts_at"),
        ([{"starts_at": "2026-03-01T00:00:00Z", "ends_at": "2026-04-01T00:00:00Z"}], "phases.0.ends_at"),
    ):
        assert await seller.refused("POST", path, phases=phases) == (400, field)
    assert await seller.get(contract) == before


async def test_another_plan_takes_the_place_of_the_phases_to_come(seller: Contracts) -> None:
    small = await seller.plan(SEATS)
    large = await seller.plan(SEATS | {"params": {"EUR": {"unit_amount": "8"}}}, code="large")
    contract = await seller.subscribe(
        small,
        phases=[
            {"quantities": {"seats": "2"}, "ends_at": "2026-03-01T00:00:00Z"},
            {"quantities": {"seats": "5"}, "ends_at": "2026-06-01T00:00:00Z"},
        ],
    )
    await seller.until("2026-02-01T01:00:00Z")
    await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=large, behavior="none")
    changed = await seller.get(contract)
    assert [(one["plan_id"], (one["ends_at"] or "")[:10]) for one in changed["phases"]] == [
        (small, "2026-02-01"),
        (large, "2026-06-01"),
    ]
    await seller.until("2026-07-01")
    # February as it was sold; then 2 seats at 8 until the end that was agreed.
    assert [(day, total) for day, total, _ in await seller.bills()] == [
        ("2026-01-01", "20.00"),
        ("2026-02-01", "20.00"),
        ("2026-03-01", "16.00"),
        ("2026-04-01", "16.00"),
        ("2026-05-01", "16.00"),
    ]
    ended = await seller.get(contract)
    assert (ended["status"], ended["plan_id"]) == ("expired", large)
    assert [event for _, event in await seller.told(contract)] == ["created", "updated", "expired"]


async def test_another_quantity_now_leaves_a_phase_to_come_as_it_was_agreed(seller: Contracts) -> None:
    contract = await seller.subscribe(
        await seller.plan(SEATS),
        phases=[
            {"quantities": {"seats": "2"}, "ends_at": "2026-03-01T00:00:00Z"},
            {"quantities": {"seats": "5"}},
        ],
    )
    await seller.until("2026-01-20")
    seats = (await seller.get(contract))["items"][0]["id"]
    path = f"/subscriptions/{contract}/items/{seats}"
    await seller.ask("PATCH", path, quantity="3", when="period_end")
    await seller.until("2026-04-02")
    assert [(day, total) for day, total, _ in await seller.bills()] == [
        ("2026-01-01", "20.00"),
        ("2026-02-01", "30.00"),
        ("2026-03-01", "50.00"),
        ("2026-04-01", "50.00"),
    ]
