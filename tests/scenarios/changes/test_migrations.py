"""The subscribers of a plan's old version move to its new one: looked at before, some of them, or all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.store import Store
from tests.support.contracts import FEE, SEATS, Contracts, opened


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-06-01T00:00:00Z") as contracts:
        yield contracts


async def two_versions(seller: Contracts) -> str:
    """A plan at 30.00, whose second version costs 36.00 and keeps the price of seats."""
    plan = await seller.plan(FEE, SEATS)
    listed = (await seller.ask("GET", f"/prices?plan_id={plan}"))["data"]
    [seats] = [price["id"] for price in listed if price["code"] == "seats"]
    dearer = FEE | {"params": {"EUR": {"amount": "36"}}}
    await seller.ask("POST", f"/plans/{plan}/versions", keep=[seats], prices=[dearer])
    return plan


async def migrated(seller: Contracts, plan: str, *, preview: bool = False, **fields: Any) -> Any:
    query = "?preview=true" if preview else ""
    body = {"from_version": 1, "to_version": 2, **fields}
    operation = await seller.ask("POST", f"/plans/{plan}/migrations{query}", **body)
    await make_worker(seller.store).drain()
    done = await seller.ask("GET", f"/operations/{operation['id']}")
    assert done["status"] == "succeeded", done
    return done["result"]


async def test_the_money_is_told_before_and_moves_then(seller: Contracts) -> None:
    plan = await two_versions(seller)
    contracts = [await seller.subscribe(plan, quantities={"seats": str(seats)}) for seats in (1, 2)]
    own = [{"code": "fee", "params": {"amount": "20"}}]
    contracts.append(await seller.subscribe(plan, overrides=own))
    await seller.ask("POST", f"/plans/{plan}/versions/2/publish")
    await seller.until("2026-06-16")
    told = await migrated(seller, plan, preview=True, when="now", behavior="always_invoice")
    # 15 of 30 days: 18.00 - 15.00 at once, and 6.00 more from July on; whose own price holds pays as before.
    assert told["totals"] == [
        {
            "currency": "EUR",
            "at_once": "6.00",
            "next": "132.00",
            "next_without": "120.00",
            "difference": "18.00",
        }
    ]
    assert [(one["at_once"], one["next"], one["difference"]) for one in told["subscriptions"]] == [
        ("3.00", "46.00", "9.00"),
        ("3.00", "56.00", "9.00"),
        ("0.00", "30.00", "0.00"),
    ]
    assert len((await seller.ask("GET", "/invoices"))["data"]) == 3  # nothing moved
    done = await migrated(seller, plan, when="now", behavior="always_invoice")
    assert (done["moved"], done["refused"], done["failures"]) == (3, 0, [])
    await seller.until("2026-07-02")
    totals = [[total for _, total, _ in await seller.statements(one)] for one in contracts]
    assert totals == [["40.00", "3.00", "46.00"], ["50.00", "3.00", "56.00"], ["30.00", "30.00"]]
    assert (await migrated(seller, plan))["moved"] == 0


async def test_with_the_period_each_moves_at_its_own_end_and_others_stay(seller: Contracts) -> None:
    plan = await two_versions(seller)
    first = await seller.subscribe(plan)
    other = (await seller.ask("POST", "/customers", name="Bee", currency="EUR", zone="UTC"))["id"]
    stays = (await seller.ask("POST", "/subscriptions", customer_id=other, plan_id=plan))["id"]
    await seller.ask("POST", f"/plans/{plan}/versions/2/publish")
    done = await migrated(seller, plan, customer_ids=[seller.customer])
    assert done["moved"] == 1
    again = await migrated(seller, plan, customer_ids=[seller.customer])
    assert (again["moved"], again["waiting_already"]) == (0, 1)
    await seller.until("2026-07-02")
    assert [total for _, total, _ in await seller.statements(first)] == ["40.00", "46.00"]
    assert [total for _, total, _ in await seller.statements(stays)] == ["40.00", "40.00"]


async def test_who_cannot_move_is_told_and_stops_no_other(seller: Contracts) -> None:
    plan = await two_versions(seller)
    rests = await seller.subscribe(plan)
    moves = await seller.subscribe(plan)
    await seller.ask("POST", f"/subscriptions/{rests}/pause")
    await seller.ask("POST", f"/plans/{plan}/versions/2/publish")
    done = await migrated(seller, plan, when="now", behavior="none")
    assert (done["moved"], done["refused"]) == (1, 1)
    [failure] = done["failures"]
    assert failure["subscription_id"] == rests
    assert "paused" in failure["message"]
    assert (await seller.get(moves))["plan_version_id"] != (await seller.get(rests))["plan_version_id"]


async def test_what_cannot_be_asked_is_refused_by_name(seller: Contracts) -> None:
    plan = await two_versions(seller)
    path = f"/plans/{plan}/migrations"
    assert await seller.refused("POST", path, from_version=1, to_version=1) == (400, "to_version")
    assert await seller.refused("POST", path, from_version=1, to_version=2) == (409, "to_version")
    assert await seller.refused("POST", path, from_version=1, to_version=9) == (404, "to_version")
    assert await seller.refused("POST", path, from_version=9, to_version=1) == (404, "from_version")
    await seller.ask("POST", f"/plans/{plan}/versions/2/publish")
    past = {"from_version": 1, "to_version": 2, "when": "at", "at": "2026-01-01T00:00:00Z"}
    assert await seller.refused("POST", path, **past) == (400, "at")
