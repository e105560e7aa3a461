"""Pauses over HTTP under a test clock: at once, at the period's end, for a time; resumed by hand or date."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, TOKENS, Contracts, opened


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-01-01T00:00:00Z") as contracts:
        yield contracts


async def test_a_pause_at_the_periods_end_costs_nothing_more_until_its_date(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE, TOKENS))
    await seller.until("2026-01-10")
    planned = await seller.ask(
        "POST", f"/subscriptions/{contract}/pause", when="period_end", resume_at="2026-03-16T00:00:00Z"
    )
    assert (planned["status"], planned["paused_at"]) == ("active", None)
    await seller.use("2026-01-10T00:00:00Z", 700)
    await seller.until("2026-02-02")
    resting = await seller.get(contract)
    assert (resting["status"], resting["paused_at"]) == ("paused", "2026-02-01T00:00:00Z")
    await seller.use("2026-02-02T00:00:00Z", 900)  # kept, and not billed
    await seller.until("2026-04-02")
    assert (await seller.get(contract))["status"] == "active"
    # 16 of 31 days of March at 30 are 15.48.
    assert await seller.bills() == [
        ("2026-01-01", "30.00", {"Fee 2026-01-01/2026-02-01": "30.00"}),
        ("2026-02-01", "7.00", {"Tokens 2026-01-01/2026-02-01": "7.00"}),
        ("2026-03-16", "15.48", {"Fee 2026-03-16/2026-04-01": "15.48"}),
        (
            "2026-04-01",
            "30.00",
            {"Fee 2026-04-01/2026-05-01": "30.00", "Tokens 2026-03-16/2026-04-01": "0.00"},
        ),
    ]
    assert [pair for pair in await seller.told(contract) if pair[1] in ("paused", "resumed")] == [
        ("2026-02-01", "paused"),
        ("2026-03-16", "resumed"),
    ]


async def test_a_pause_for_a_time_begins_at_once_and_ends_by_itself(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-01-11")
    paused = await seller.ask(
        "POST", f"/subscriptions/{contract}/pause", when="now", resume_at="2026-02-15T00:00:00Z"
    )
    assert (paused["status"], paused["paused_at"]) == ("paused", "2026-01-11T00:00:00Z")
    await seller.until("2026-03-02")
    # 14 of 28 days of February; what was paid for January stays paid.
    assert [(day, total) for day, total, _ in await seller.bills()] == [
        ("2026-01-01", "30.00"),
        ("2026-02-15", "15.00"),
        ("2026-03-01", "30.00"),
    ]


async def test_resuming_by_hand_takes_the_place_of_the_date(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    path = f"/subscriptions/{contract}"
    await seller.until("2026-01-11")
    await seller.ask("POST", f"{path}/pause", when="now", resume_at="2026-06-01T00:00:00Z")
    await seller.until("2026-02-01")
    await seller.ask("POST", f"{path}/resume", at="2026-03-01T00:00:00Z")
    await seller.until("2026-02-15")
    resumed = await seller.ask("POST", f"{path}/resume")
    assert (resumed["status"], resumed["next_change_at"]) == ("active", None)
    await seller.until("2026-07-01")
    assert [event for _, event in await seller.told(contract)].count("resumed") == 1
    assert [day for day, _, _ in await seller.bills()] == [
        *("2026-01-01", "2026-02-15", "2026-03-01", "2026-04-01", "2026-05-01", "2026-06-01", "2026-07-01"),
    ]


async def test_a_planned_pause_is_taken_back(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-01-11")
    await seller.ask(
        "POST",
        f"/subscriptions/{contract}/pause",
        when="at",
        at="2026-01-20T00:00:00Z",
        resume_at="2026-02-20T00:00:00Z",
    )
    (planned,) = (await seller.ask("GET", f"/subscriptions/{contract}/changes"))["data"]
    assert (planned["kind"], planned["due_at"], planned["status"]) == (
        "pause",
        "2026-01-20T00:00:00Z",
        "scheduled",
    )
    await seller.ask("POST", f"/subscriptions/{contract}/changes/{planned['id']}/cancel")
    await seller.until("2026-03-02")
    assert [total for _, total, _ in await seller.bills()] == ["30.00"] * 3
    assert (await seller.get(contract))["status"] == "active"


async def test_what_is_paused_ends_at_its_date(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-01-11")
    await seller.ask("POST", f"/subscriptions/{contract}/pause")
    await seller.ask("POST", f"/subscriptions/{contract}/cancel", when="at", at="2026-02-01T00:00:00Z")
    await seller.until("2026-02-02")
    ended = await seller.get(contract)
    assert (ended["status"], ended["ended_at"]) == ("cancelled", "2026-02-01T00:00:00Z")


async def test_an_impossible_pause_is_refused_by_its_field(seller: Contracts) -> None:
    plan = await seller.plan(FEE)
    contract = await seller.subscribe(plan, term={"ends_at": "2026-06-01T00:00:00Z"})
    trialing = await seller.subscribe(plan, trial={"days": 30})
    await seller.until("2026-01-11")
    path = f"/subscriptions/{contract}/pause"
    before = await seller.get(contract)
    for body, field in (
        ({"when": "at"}, "at"),
        ({"when": "now", "at": "2026-02-01T00:00:00Z"}, "at"),
        ({"when": "at", "at": "2026-01-01T00:00:00Z"}, "at"),
        ({"when": "at", "at": "2026-07-01T00:00:00Z"}, "at"),
        ({"when": "now", "resume_at": "2026-01-11T00:00:00Z"}, "resume_at"),
        ({"when": "period_end", "resume_at": "2026-01-20T00:00:00Z"}, "resume_at"),
        ({"when": "now", "resume_at": "2026-06-01T00:00:00Z"}, "resume_at"),
    ):
        assert await seller.refused("POST", path, **body) == (400, field)
    assert await seller.get(contract) == before
    assert (await seller.refused("POST", f"/subscriptions/{contract}/resume"))[0] == 409
    assert (await seller.refused("POST", f"/subscriptions/{trialing}/pause"))[0] == 409


async def test_what_was_paid_ahead_of_two_pauses_is_given_back_when_it_ends(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    for day, verb in (("05", "pause"), ("07", "resume"), ("10", "pause"), ("12", "resume")):
        await seller.until(f"2026-01-{day}")
        await seller.ask("POST", f"/subscriptions/{contract}/{verb}")
    await seller.until("2026-01-21")
    await seller.ask("POST", f"/subscriptions/{contract}/cancel", when="now", credit="unused")
    await seller.until("2026-01-22")
    # 11 of 31 days of January at 30 are 10.645.
    assert await seller.bills() == [
        ("2026-01-01", "30.00", {"Fee 2026-01-01/2026-02-01": "30.00"}),
        ("2026-01-21", "-10.65", {"Fee 2026-01-21/2026-02-01": "-10.65"}),
    ]
