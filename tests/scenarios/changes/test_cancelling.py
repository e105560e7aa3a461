"""A contract ends in mid-period: the last invoice at once, and what of what was paid is given back."""

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


async def cancel(seller: Contracts, contract: str, **fields: Any) -> Any:
    return await seller.ask("POST", f"/subscriptions/{contract}/cancel", **fields)


@pytest.mark.parametrize(
    ("credit", "lines", "total"),
    [
        ("none", ["Tokens 2026-06-01/2026-06-16 10.00"], "10.00"),
        (
            "unused",
            ["credit Fee 2026-06-16/2026-07-01 -15.00", "Tokens 2026-06-01/2026-06-16 10.00"],
            "-5.00",
        ),
        (
            "whole",
            ["credit Fee 2026-06-01/2026-07-01 -30.00", "Tokens 2026-06-01/2026-06-16 10.00"],
            "-20.00",
        ),
    ],
)
async def test_the_last_invoice_comes_at_once_with_what_is_given_back(
    seller: Contracts, credit: str, lines: list[str], total: str
) -> None:
    contract = await seller.subscribe(await seller.plan(FEE, TOKENS))
    await seller.until("2026-06-16")
    await seller.use("2026-06-10T12:00:00Z", 1000)
    ended = await cancel(seller, contract, when="now", credit=credit)
    assert (ended["status"], ended["ended_at"]) == ("cancelled", "2026-06-16T00:00:00Z")
    assert (await seller.statements(contract))[1:] == [("2026-06-16", total, lines)]
    await seller.until("2026-08-02")
    assert len(await seller.statements(contract)) == 2


async def test_by_default_nothing_is_given_back(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-06-16")
    await cancel(seller, contract, when="now")
    assert [total for _, total, _ in await seller.statements(contract)] == ["30.00"]


async def test_an_end_at_a_date_gives_back_what_is_billed_beyond_it(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-06-10")
    await cancel(seller, contract, when="at", at="2026-06-21T00:00:00Z", credit="unused")
    await seller.until("2026-07-02")
    assert (await seller.statements(contract))[1:] == [
        ("2026-06-21", "-10.00", ["credit Fee 2026-06-21/2026-07-01 -10.00"])
    ]


async def test_a_later_period_is_cut_at_an_end_that_is_known_and_given_back_whole(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-06-10")
    await cancel(seller, contract, when="at", at="2026-07-11T12:00:00Z", credit="whole")
    await seller.until("2026-08-02")
    assert (await seller.statements(contract))[1:] == [
        ("2026-07-01", "9.68", ["Fee 2026-07-01/2026-07-11 9.68"]),  # 10 of 31 days of 30.00
        ("2026-07-11", "-9.68", ["credit Fee 2026-07-01/2026-07-11 -9.68"]),
    ]


async def test_an_end_that_is_taken_back_gives_nothing_back(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    await seller.until("2026-06-10")
    ending = await cancel(seller, contract, when="at", at="2026-06-21T00:00:00Z", credit="unused")
    assert ending["items"][0]["give_back_from"] == "2026-06-21T00:00:00Z"
    going_on = await seller.ask("POST", f"/subscriptions/{contract}/reactivate")
    assert (going_on["cancel_at"], going_on["items"][0]["give_back_from"]) == (None, None)
    await seller.until("2026-07-02")
    assert [total for _, total, _ in await seller.statements(contract)] == ["30.00", "30.00"]


async def test_the_credit_of_an_end_can_be_agreed_anew(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    end = "2026-06-21T00:00:00Z"
    first = await cancel(seller, contract, when="at", at=end)
    again = await cancel(seller, contract, when="at", at=end, credit="unused")
    same = await cancel(seller, contract, when="at", at=end, credit="unused")
    assert (again["version"], same["version"]) == (first["version"] + 1, first["version"] + 1)


async def test_what_waits_for_the_next_invoice_is_on_the_last_one(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    pro = await seller.plan(FEE | {"params": {"EUR": {"amount": "90"}}}, code="more")
    await seller.until("2026-06-11")
    await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=pro)
    await seller.until("2026-06-21")
    await cancel(seller, contract, when="now")
    assert (await seller.statements(contract))[1:] == [
        (
            "2026-06-21",
            "10.00",
            [
                "credit Fee 2026-06-11/2026-07-01 -20.00",
                "Fee 2026-06-11/2026-06-21 30.00",  # 10 of 30 days of 90.00: up to the end
            ],
        )
    ]


async def test_two_moments_of_an_unpaid_stub_are_paid_once(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE))
    pro = await seller.plan(FEE | {"params": {"EUR": {"amount": "90"}}}, code="more")
    await seller.until("2026-06-11")
    await seller.ask("POST", f"/subscriptions/{contract}/change-plan", plan_id=pro)
    await cancel(seller, contract, when="at", at="2026-06-21T00:00:00Z", credit="whole")
    await seller.until("2026-08-02")
    # 30.00 for June is given back from the 11th on; what took its place would be whole, so is never charged.
    assert (await seller.statements(contract))[1:] == [
        ("2026-06-21", "-20.00", ["credit Fee 2026-06-11/2026-07-01 -20.00"])
    ]


async def test_what_waits_and_is_given_back_whole_leaves_nothing_to_pay(seller: Contracts) -> None:
    contract = await seller.subscribe(await seller.plan(FEE, SEATS))
    [seats] = [one for one in (await seller.get(contract))["items"] if one["quantity"] == "1"][1:]
    await seller.until("2026-06-11")
    await seller.ask("PATCH", f"/subscriptions/{contract}/items/{seats['id']}", quantity="9")
    await seller.until("2026-06-21")
    shown = await seller.ask(
        "POST", f"/subscriptions/{contract}/cancel?preview=true", when="now", credit="whole"
    )
    assert [one["invoice"]["total"] for one in shown["invoices"]] == ["-36.67"]
    await cancel(seller, contract, when="now", credit="whole")
    assert (await seller.statements(contract))[1:] == [
        (
            "2026-06-21",
            "-36.67",
            [
                "credit Fee 2026-06-01/2026-07-01 -30.00",
                "credit Seats 2026-06-11/2026-07-01 -6.67",  # 20 of 30 days of 10.00
            ],
        )
    ]
