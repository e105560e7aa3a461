"""A plan gives way to another in mid-period: what goes on, what ends, what begins, on which invoice.

June has 30 days; the contract begins on the 1st, and the change is on the 16th, so halves are easy to see.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, TOKENS, Contracts, opened

PRO_FEE = FEE | {"params": {"EUR": {"amount": "90"}}}
PRO_TOKENS = TOKENS | {"params": {"EUR": {"unit_amount": "0.02"}}}


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-06-01T00:00:00Z") as contracts:
        yield contracts


def path(contract: str) -> str:
    return f"/subscriptions/{contract}"


async def change(seller: Contracts, contract: str, plan: str, **fields: Any) -> Any:
    return await seller.ask("POST", f"{path(contract)}/change-plan", plan_id=plan, **fields)


async def test_by_default_the_credit_and_the_charge_are_on_the_next_invoice(seller: Contracts) -> None:
    basic = await seller.plan(FEE, SEATS, code="basic")
    pro = await seller.plan(PRO_FEE, SEATS, code="pro")
    contract = await seller.subscribe(basic, quantities={"seats": "3"})
    await seller.until("2026-06-16")
    changed = await change(seller, contract, pro)
    assert (changed["plan_id"], changed["next_billing_at"]) == (pro, "2026-07-01T00:00:00Z")
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        ("2026-06-01", "60.00", ["Fee 2026-06-01/2026-07-01 30.00", "Seats 2026-06-01/2026-07-01 30.00"]),
        (
            "2026-07-01",
            "150.00",
            [
                "credit Fee 2026-06-16/2026-07-01 -15.00",  # 15 of 30 days of 30.00
                "credit Seats 2026-06-16/2026-07-01 -15.00",  # each plan has its own price of seats
                "Fee 2026-06-16/2026-07-01 45.00",
                "Fee 2026-07-01/2026-08-01 90.00",
                "Seats 2026-06-16/2026-07-01 15.00",
                "Seats 2026-07-01/2026-08-01 30.00",
            ],
        ),
    ]


async def test_a_credit_explains_itself_and_can_be_worked_out_again(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic)
    await seller.until("2026-06-16")
    await change(seller, contract, pro, behavior="always_invoice")
    [second, first] = (await seller.ask("GET", "/invoices"))["data"]
    line = (await seller.ask("GET", f"/invoices/{second['id']}/lines"))["data"][0]
    told = await seller.ask("GET", f"/invoices/{second['id']}/lines/{line['position']}/explain")
    assert told["redone"] == {"amount": "-15.00", "matches": True}
    texts = [step["text"] for step in told["steps"]]
    assert texts == [
        f"Billed on line 1 of invoice {first['number']}: 30.00 EUR",
        "Not used (15 of 30 days): 30 × 1/2 = 15",
        "Given back: 15.00 EUR",
    ]


async def test_a_price_that_both_plans_have_goes_on_untouched(seller: Contracts) -> None:
    plan = await seller.ask("POST", "/plans", code="team", name="Team", publish=True, prices=[FEE, SEATS])
    first = plan["versions"][0] if "versions" in plan else None
    contract = await seller.subscribe(plan["id"], quantities={"seats": "2"})
    await seller.until("2026-06-16")
    version = await second_version(seller, plan["id"], keep="seats", prices=[PRO_FEE])
    before = {item["price_id"]: item["id"] for item in (await seller.get(contract))["items"]}
    changed = await seller.ask("POST", f"{path(contract)}/change-plan", plan_version_id=version)
    assert changed["plan_version_id"] == version != first
    kept = [item for item in changed["items"] if before.get(item["price_id"]) == item["id"]]
    assert [item["ended_at"] for item in kept] == ["2026-06-16T00:00:00Z", None]
    await seller.until("2026-07-02")
    *_, (_, total, lines) = await seller.statements(contract)
    assert lines == [
        "credit Fee 2026-06-16/2026-07-01 -15.00",
        "Seats 2026-07-01/2026-08-01 20.00",
        "Fee 2026-06-16/2026-07-01 45.00",
        "Fee 2026-07-01/2026-08-01 90.00",
    ]
    assert total == "140.00"


async def second_version(seller: Contracts, plan: str, *, keep: str, prices: list[dict[str, Any]]) -> str:
    """Another version of a plan, published, which has one of its prices still."""
    listed = (await seller.ask("GET", f"/prices?plan_id={plan}"))["data"]
    [kept] = [price["id"] for price in listed if price["code"] == keep]
    made = await seller.ask("POST", f"/plans/{plan}/versions", keep=[kept], prices=prices, publish=True)
    return str(made["id"])


async def test_the_usage_of_each_piece_is_rated_by_its_own_price(seller: Contracts) -> None:
    basic = await seller.plan(FEE, TOKENS, code="basic")
    pro = await seller.plan(PRO_FEE, PRO_TOKENS, code="pro")
    contract = await seller.subscribe(basic)
    await seller.until("2026-06-16")
    await seller.use("2026-06-15T12:00:00Z", 1000)
    await change(seller, contract, pro, behavior="always_invoice")
    await seller.until("2026-06-20")
    await seller.use("2026-06-19T12:00:00Z", 500)
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        ("2026-06-01", "30.00", ["Fee 2026-06-01/2026-07-01 30.00"]),
        (
            "2026-06-16",
            "40.00",
            [
                "credit Fee 2026-06-16/2026-07-01 -15.00",
                "Tokens 2026-06-01/2026-06-16 10.00",  # 1,000 at 0.01
                "Fee 2026-06-16/2026-07-01 45.00",
            ],
        ),
        (
            "2026-07-01",
            "100.00",
            ["Fee 2026-07-01/2026-08-01 90.00", "Tokens 2026-06-16/2026-07-01 10.00"],  # 500 at 0.02
        ),
    ]


async def test_without_proration_the_running_period_stays_as_it_was_sold(seller: Contracts) -> None:
    basic = await seller.plan(FEE, TOKENS, code="basic")
    pro = await seller.plan(PRO_FEE, PRO_TOKENS, code="pro")
    contract = await seller.subscribe(basic)
    await seller.until("2026-06-16")
    await change(seller, contract, pro, behavior="none")
    await seller.use("2026-06-15T12:00:00Z", 1000)
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        ("2026-06-01", "30.00", ["Fee 2026-06-01/2026-07-01 30.00"]),
        (
            "2026-07-01",
            "100.00",
            ["Tokens 2026-06-01/2026-07-01 10.00", "Fee 2026-07-01/2026-08-01 90.00"],
        ),
    ]


async def test_a_downgrade_gives_back_more_than_it_charges(seller: Contracts) -> None:
    pro = await seller.plan(PRO_FEE, code="pro")
    basic = await seller.plan(FEE, code="basic")
    contract = await seller.subscribe(pro)
    await seller.until("2026-06-16")
    await change(seller, contract, basic, behavior="always_invoice")
    [_, (_, total, lines)] = await seller.statements(contract)
    assert lines == ["credit Fee 2026-06-16/2026-07-01 -45.00", "Fee 2026-06-16/2026-07-01 15.00"]
    assert total == "-30.00"


async def test_several_changes_in_one_period_give_back_each_moment_once(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic)
    await seller.until("2026-06-11")
    await change(seller, contract, pro)
    await seller.until("2026-06-16")
    await change(seller, contract, basic, behavior="always_invoice")
    await seller.until("2026-06-21")
    await change(seller, contract, pro)
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        ("2026-06-01", "30.00", ["Fee 2026-06-01/2026-07-01 30.00"]),
        (
            "2026-06-16",
            "10.00",
            [
                "credit Fee 2026-06-11/2026-07-01 -20.00",  # it waited, and comes with what it paid for
                "Fee 2026-06-11/2026-06-16 15.00",  # 5 of 30 days of 90.00
                "Fee 2026-06-16/2026-07-01 15.00",
            ],
        ),
        (
            "2026-07-01",
            "110.00",
            [
                "credit Fee 2026-06-21/2026-07-01 -10.00",
                "Fee 2026-06-21/2026-07-01 30.00",
                "Fee 2026-07-01/2026-08-01 90.00",
            ],
        ),
    ]
    # 10 days of 30.00, 5 of 90.00, 5 of 30.00 and 10 of 90.00 come to 60.00 for June.
    assert sum(float(total) for _, total, _ in await seller.statements(contract)) == 150.0


async def test_an_invoice_at_once_brings_what_waited_of_a_year_and_bills_none_of_it_twice(
    seller: Contracts,
) -> None:
    year = {"interval": {"unit": "year"}}
    basic = await seller.plan(FEE | year | {"params": {"EUR": {"amount": "365"}}}, code="basic")
    pro = await seller.plan(FEE | year | {"params": {"EUR": {"amount": "730"}}}, SEATS | year, code="pro")
    contract = await seller.subscribe(basic, quantities={})
    await seller.until("2026-06-11")
    await change(seller, contract, pro)
    await seller.until("2026-06-21")
    [seats] = [
        one for one in (await seller.get(contract))["items"] if one["started_at"][:10] == "2026-06-11"
    ][1:]
    path_of_item = f"{path(contract)}/items/{seats['id']}"
    await seller.ask("PATCH", path_of_item, quantity="2", behavior="always_invoice")
    [_, (day, total, lines)] = await seller.statements(contract)
    assert (day, lines) == (
        "2026-06-21",
        [
            "credit Fee 2026-06-11/2027-06-01 -355.00",  # 355 of 365 days of 365.00
            "Fee 2026-06-11/2027-06-01 710.00",  # of 730.00
            "Seats 2026-06-11/2026-06-21 0.27",  # 10 of 365 days of 10.00
            "Seats 2026-06-21/2027-06-01 18.90",  # 345 of 365 days of 20.00
        ],
    )
    assert total == "374.17"


async def test_overrides_end_with_their_plan_and_hold_within_it(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    own = [{"code": "fee", "params": {"amount": "15"}}]
    contract = await seller.subscribe(basic, overrides=own)
    await seller.until("2026-06-16")
    version = await second_version_of_all(seller, basic)
    within = await seller.ask("POST", f"{path(contract)}/change-plan?preview=true", plan_version_id=version)
    assert [one["invoice"]["total"] for one in within["next_invoices"]] == ["15.00"]
    kept = await seller.ask(
        "POST", f"{path(contract)}/change-plan?preview=true", plan_id=pro, keep_overrides=True
    )
    assert [one["invoice"]["total"] for one in kept["next_invoices"]] == ["15.00"]
    await change(seller, contract, pro)
    await seller.until("2026-07-02")
    *_, (_, total, _) = await seller.statements(contract)
    assert total == "127.50"  # 90.00 + 45.00 - 7.50


async def second_version_of_all(seller: Contracts, plan: str) -> str:
    dearer = FEE | {"params": {"EUR": {"amount": "33"}}}
    made = await seller.ask("POST", f"/plans/{plan}/versions", prices=[dearer], publish=True)
    return str(made["id"])


async def test_an_own_price_instead_of_the_new_plans_comes_with_the_change(seller: Contracts) -> None:
    basic = await seller.plan(FEE, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic)
    own = [{"code": "fee", "params": {"amount": "60"}, "ends_at": "2026-07-01T00:00:00Z"}]
    await change(seller, contract, pro, overrides=own)
    await seller.until("2026-07-02")
    assert await seller.statements(contract) == [
        ("2026-06-01", "30.00", ["Fee 2026-06-01/2026-07-01 30.00"]),
        (
            "2026-07-01",
            "120.00",
            [
                "credit Fee 2026-06-01/2026-07-01 -30.00",
                "Fee 2026-06-01/2026-07-01 60.00",
                "Fee 2026-07-01/2026-08-01 90.00",
            ],
        ),
    ]


async def test_a_contract_that_has_not_begun_is_only_agreed_anew(seller: Contracts) -> None:
    basic = await seller.plan(FEE, SEATS, code="basic")
    pro = await seller.plan(PRO_FEE, code="pro")
    contract = await seller.subscribe(basic, started_at="2026-06-10T00:00:00Z")
    await change(seller, contract, pro)
    await seller.until("2026-06-11")
    assert await seller.statements(contract) == [("2026-06-10", "90.00", ["Fee 2026-06-10/2026-07-10 90.00"])]


async def test_what_cannot_be_is_refused_by_name_and_changes_nothing(seller: Contracts) -> None:
    basic = await seller.plan(FEE, SEATS, code="basic")
    dollars = await seller.plan(FEE | {"params": {"USD": {"amount": "30"}}}, code="dollars")
    small = await seller.plan(SEATS, code="small", min_seats=2, max_seats=5)
    contract = await seller.subscribe(basic, quantities={"seats": "9"})
    own = [FEE | {"code": "own"}]
    with_own = await seller.subscribe(basic, prices=own)
    clash = await seller.plan(FEE | {"code": "own"}, code="clash")
    before = await seller.get(contract)
    there = f"{path(contract)}/change-plan"
    assert await seller.refused("POST", there, behavior="none") == (400, "plan_id")
    assert await seller.refused("POST", there, plan_id=dollars) == (400, "plan_id")
    assert await seller.refused("POST", there, plan_id=small) == (400, "quantities.seats")
    assert await seller.refused("POST", there, plan_id=small, quantities={"seats": "1"}) == (
        400,
        "quantities.seats",
    )
    assert await seller.refused("POST", there, plan_id=small, quantities={"fee": "1"}) == (400, "quantities")
    assert await seller.refused("POST", there, plan_id=small, price_codes=["fee"]) == (400, "price_codes")
    assert await seller.refused("POST", there, plan_id=basic, at="2026-07-01T00:00:00Z") == (400, "at")
    assert await seller.refused("POST", f"{path(with_own)}/change-plan", plan_id=clash) == (400, "plan_id")
    assert await seller.get(contract) == before
    assert (await seller.ask("POST", there, plan_id=basic))["version"] == before["version"]
