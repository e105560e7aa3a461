"""Terms over HTTP under a test clock: renewed as often as was agreed, or the contract expires with them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, TOKENS, Contracts, opened

YEAR = {"unit": "year"}


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-01-15T00:00:00Z") as contracts:
        yield contracts


async def test_a_term_without_renewal_expires_and_bills_the_usage_up_to_its_end(seller: Contracts) -> None:
    plan = await seller.plan(FEE, TOKENS)
    contract = await seller.subscribe(plan, term={"interval": {"unit": "month", "count": 2}})
    made = await seller.get(contract)
    assert (made["expires_at"], made["term"]["ends_at"]) == ("2026-03-15T00:00:00Z",) * 2
    await seller.until("2026-03-01")
    await seller.use("2026-03-01T00:00:00Z", 500)
    await seller.until("2026-12-31")
    assert await seller.bills() == [
        ("2026-01-15", "30.00", {"Fee 2026-01-15/2026-02-15": "30.00"}),
        (
            "2026-02-15",
            "30.00",
            {"Fee 2026-02-15/2026-03-15": "30.00", "Tokens 2026-01-15/2026-02-15": "0.00"},
        ),
        ("2026-03-15", "5.00", {"Tokens 2026-02-15/2026-03-15": "5.00"}),
    ]
    ended = await seller.get(contract)
    assert (ended["status"], ended["ended_at"], ended["cancel_at"]) == (
        "expired",
        "2026-03-15T00:00:00Z",
        None,
    )
    assert await seller.told(contract) == [("2026-01-15", "created"), ("2026-03-15", "expired")]


async def test_a_term_renews_as_often_as_was_agreed_and_says_so_each_time(seller: Contracts) -> None:
    plan = await seller.plan(FEE | {"interval": YEAR, "params": {"EUR": {"amount": "120"}}})
    term = {"interval": YEAR, "auto_renew": True, "renewals": 2}
    contract = await seller.subscribe(plan, term=term)
    assert (await seller.get(contract))["expires_at"] == "2029-01-15T00:00:00Z"
    await seller.until("2027-06-01")
    assert (await seller.get(contract))["term"] == {
        "interval": {"unit": "year", "count": 1},
        "ends_at": "2028-01-15T00:00:00Z",
        "auto_renew": True,
        "renewals_left": 1,
    }
    await seller.until("2031-01-01")
    assert [(day, total) for day, total, _ in await seller.bills()] == [
        ("2026-01-15", "120.00"),
        ("2027-01-15", "120.00"),
        ("2028-01-15", "120.00"),
    ]
    assert await seller.told(contract) == [
        ("2026-01-15", "created"),
        ("2027-01-15", "renewed"),
        ("2028-01-15", "renewed"),
        ("2029-01-15", "expired"),
    ]


async def test_a_fixed_end_cuts_the_last_period(seller: Contracts) -> None:
    plan = await seller.plan(FEE)
    contract = await seller.subscribe(plan, term={"ends_at": "2026-03-01T00:00:00Z"})
    await seller.until("2026-06-01")
    # 15 February to 1 March: 14 of 28 days.
    assert await seller.bills() == [
        ("2026-01-15", "30.00", {"Fee 2026-01-15/2026-02-15": "30.00"}),
        ("2026-02-15", "15.00", {"Fee 2026-02-15/2026-03-01": "15.00"}),
    ]
    assert (await seller.get(contract))["status"] == "expired"


async def test_the_first_term_begins_where_the_trial_ends(seller: Contracts) -> None:
    plan = await seller.plan(FEE, trial_days=17)
    contract = await seller.subscribe(plan, term={"interval": YEAR, "auto_renew": True})
    assert (await seller.get(contract))["term"]["ends_at"] == "2027-02-01T00:00:00Z"
    await seller.until("2026-01-20")
    ended = await seller.ask("POST", f"/subscriptions/{contract}/trial/end")
    assert ended["term"]["ends_at"] == "2027-01-20T00:00:00Z"
    assert ended["expires_at"] is None


async def test_terms_remember_the_31st(seller: Contracts) -> None:
    await seller.until("2026-01-31")
    plan = await seller.plan(FEE)
    term = {"interval": {"unit": "month"}, "auto_renew": True}
    contract = await seller.subscribe(plan, term=term)
    await seller.until("2026-05-15")
    assert [day for day, event in await seller.told(contract) if event == "renewed"] == [
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


async def test_that_it_does_not_renew_is_agreed_while_it_runs(seller: Contracts) -> None:
    plan = await seller.plan(FEE)
    contract = await seller.subscribe(plan, term={"interval": YEAR, "auto_renew": True})
    path = f"/subscriptions/{contract}/term"
    await seller.until("2026-11-20")
    last = await seller.ask("PUT", path, interval=YEAR, auto_renew=False)
    assert (last["expires_at"], last["status"]) == ("2027-01-15T00:00:00Z", "active")
    version = last["version"]
    assert (await seller.ask("PUT", path, interval=YEAR, auto_renew=False))["version"] == version
    on = await seller.ask("PUT", path, interval=YEAR, auto_renew=True, renewals=1)
    assert on["expires_at"] == "2028-01-15T00:00:00Z"
    fixed = await seller.ask("PUT", path, ends_at="2026-12-31T00:00:00Z")
    assert (fixed["term"]["interval"], fixed["expires_at"]) == (None, "2026-12-31T00:00:00Z")
    free = await seller.ask("PUT", path, auto_renew=False)
    assert (free["term"], free["expires_at"]) == (None, None)
    await seller.ask("PUT", path, ends_at="2026-11-30T00:00:00Z")
    await seller.until("2026-12-31")
    assert (await seller.get(contract))["ended_at"] == "2026-11-30T00:00:00Z"
    assert (await seller.refused("PUT", path, auto_renew=False))[0] == 409
    assert [event for _, event in await seller.told(contract)] == [
        "created",
        *["term_changed"] * 5,
        "expired",
    ]


async def test_a_term_that_ends_in_a_pause_expires_or_renews_when_it_goes_on(seller: Contracts) -> None:
    plan = await seller.plan(FEE)
    month = {"interval": {"unit": "month"}}
    ending = await seller.subscribe(plan, term=month)
    renewing = await seller.subscribe(plan, term=month | {"auto_renew": True})
    await seller.until("2026-02-01")
    for contract in (ending, renewing):
        await seller.ask("POST", f"/subscriptions/{contract}/pause")
    await seller.until("2026-03-20")
    assert [(await seller.get(one))["status"] for one in (ending, renewing)] == ["expired", "paused"]
    await seller.ask("POST", f"/subscriptions/{renewing}/resume")
    await seller.until("2026-03-21")
    # 20 March to 15 April: 26 of 31 days at 30 are 25.16.
    assert (await seller.bills(renewing))[1:] == [
        ("2026-03-20", "25.16", {"Fee 2026-03-20/2026-04-15": "25.16"})
    ]
    assert (await seller.get(renewing))["term"]["ends_at"] == "2026-04-15T00:00:00Z"
    assert [event for _, event in await seller.told(renewing)] == [
        *("created", "paused", "resumed", "renewed", "renewed"),
    ]


async def test_another_contract_may_begin_where_the_term_ends_and_not_before(seller: Contracts) -> None:
    plan = await seller.plan(TOKENS)
    first = await seller.subscribe(plan, term={"ends_at": "2026-06-01T00:00:00Z"})
    body = {"customer_id": seller.customer, "plan_id": plan}
    early = await seller.refused("POST", "/subscriptions", **body, started_at="2026-05-01T00:00:00Z")
    assert early == (409, "plan_id")
    await seller.subscribe(plan, started_at="2026-06-01T00:00:00Z")
    path = f"/subscriptions/{first}/term"
    assert (await seller.refused("PUT", path, ends_at="2026-07-01T00:00:00Z"))[0] == 409
    await seller.ask("PUT", path, ends_at="2026-07-01T00:00:00Z", shared_usage=True)


@pytest.mark.parametrize(
    ("term", "field"),
    [
        ({"interval": YEAR, "ends_at": "2027-01-01T00:00:00Z"}, "ends_at"),
        ({"ends_at": "2026-01-15T00:00:00Z"}, "ends_at"),
        ({"auto_renew": True}, "auto_renew"),
        ({"interval": YEAR, "renewals": 2}, "renewals"),
        ({"interval": YEAR, "auto_renew": True, "renewals": -1}, "renewals"),
        ({"interval": {"unit": "year", "count": 0}}, "interval.count"),
        ({"interval": {"unit": "year", "count": 1000}, "auto_renew": True, "renewals": 900}, "interval"),
        ({"interval": {"unit": "moon"}}, "interval.unit"),
    ],
)
async def test_terms_that_contradict_themselves_are_refused_by_their_field(
    seller: Contracts, term: dict[str, Any], field: str
) -> None:
    plan = await seller.plan(FEE)
    body = {"customer_id": seller.customer, "plan_id": plan, "term": term}
    assert await seller.refused("POST", "/subscriptions", **body) == (400, f"term.{field}")
    contract = await seller.subscribe(plan)
    assert await seller.refused("PUT", f"/subscriptions/{contract}/term", **term) == (400, field)
    assert (await seller.get(contract))["version"] == 1
