"""What is agreed on a price besides its model, on invoices that are worked out by hand.

Calls are counted in seconds and sold by the begun minute at 0.10, ten minutes of a month free, at least 20
and at most 50 a month; support costs 30 a month in advance and is never billed below 25.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest

from counterfoil.core.tax import TaxMode
from counterfoil.modules.invoicing import document
from counterfoil.store import Store
from tests.conftest import client_for, make_tenant
from tests.modules.billing.test_billing_run import Shop

CALLS = {
    "conversion": {"divide_by": "60", "unit": "minute"},
    "rounding": {"step": "1"},
    "included": "10",
    "minimum": {"amount": "20"},
    "maximum": {"amount": {"EUR": "50"}},
}
SUPPORT = {"minimum": {"amount": "25", "prorated": False}}


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store)
        await shop.open("2026-01-10T00:00:00Z")
        [meter] = (await shop.get("/meters"))["data"]
        usage = {"quantity_source": "usage", "meter_id": meter["id"], "cadence": "in_arrears"}
        prices: list[Any] = [
            {"code": "support", "model": "flat", "params": {"EUR": {"amount": "30"}}, "terms": SUPPORT},
            {"code": "calls", "model": "per_unit", "params": {"EUR": {"unit_amount": "0.1"}}, "terms": CALLS}
            | usage,
        ]
        shop.plan = await shop.post(
            "/plans", {"code": "calls", "name": "Calls", "prices": prices, "publish": True}
        )
        yield shop


async def subscribed(shop: Shop, **fields: Any) -> tuple[str, str]:
    customer = await shop.customer()
    body = {"customer_id": customer, "plan_id": shop.plan["id"]} | fields
    return customer, (await shop.post("/subscriptions", body))["id"]


async def test_units_rounding_free_units_and_bounds_make_the_amounts(shop: Shop) -> None:
    customer, _ = await subscribed(shop)
    await shop.advance("2026-01-11T00:00:00Z")
    # 12,345 s are 205.75 minutes, 206 begun ones, 196 to charge: 19.60, so 20.00 are owed.
    await shop.use(customer, "2026-01-11T00:00:00Z", 12_345, "a")
    await shop.advance("2026-02-11T00:00:00Z")
    # 24,001 s are 401 begun minutes, 391 to charge: 39.10.
    await shop.use(customer, "2026-02-11T00:00:00Z", 24_001, "b")
    await shop.advance("2026-03-11T00:00:00Z")
    # 60,000 s are 1,000 minutes, 990 to charge: 99.00, so 50.00 are owed.
    await shop.use(customer, "2026-03-11T00:00:00Z", 60_000, "c")
    await shop.advance("2026-05-11T00:00:00Z")
    found = [
        line
        for invoice in await shop.invoices()
        for line in await shop.lines(invoice)
        if line["description"] == "calls"
    ]
    assert [(line["quantity"], line["amount"]) for line in found] == [
        ("12345", "20.00"),
        ("24001", "39.10"),
        ("60000", "50.00"),
        ("0", "20.00"),
    ]
    bounded = (await shop.invoices())[1]
    place = next(one["position"] for one in await shop.lines(bounded) if one["description"] == "calls")
    told = await shop.get(f"/invoices/{bounded['id']}/lines/{place}/explain")
    assert told["redone"] == {"amount": "20.00", "matches": True}
    assert told["explanation"]["counted"] == "206"
    stored = SimpleNamespace(explanation=told["explanation"], tax_mode=TaxMode.EXCLUSIVE, tax=0)
    assert document._steps(stored) == [  # type: ignore[arg-type]
        "Counted from 1 event",
        "12,345 ÷ 60, rounded up to integers: 206 minute counted",
        "10 included free of charge, 196 to charge",
        "196 × 0.1 = 19.6",
        "At least 20 is charged",
    ]


async def test_a_preview_is_what_the_run_then_does(shop: Shop) -> None:
    customer, subscription = await subscribed(shop)
    await shop.advance("2026-01-11T00:00:00Z")
    await shop.use(customer, "2026-01-11T00:00:00Z", 12_345, "a")
    [preview] = (await shop.get(f"/subscriptions/{subscription}/preview"))["data"]
    await shop.advance("2026-02-10T02:00:00Z")
    drafted = (await shop.invoices())[-1]
    assert (preview["invoice"]["total"], drafted["total"]) == ("50.00", "50.00")
    amounts = [(line["description"], line["amount"]) for line in await shop.lines(drafted)]
    assert sorted(amounts) == [("calls", "20.00"), ("support", "30.00")]
    assert [(line["description"], line["amount"]) for line in preview["lines"]] == amounts


async def test_of_usage_in_a_part_of_a_month_only_the_bounds_are_prorated(shop: Shop) -> None:
    customer, _ = await subscribed(shop, alignment="calendar", price_codes=["calls"])
    await shop.advance("2026-01-11T00:00:00Z")
    # 7,200 s are 120 minutes, 110 to charge: 11.00; 22 of 31 days of 20.00 are 14.19, which are owed.
    await shop.use(customer, "2026-01-11T00:00:00Z", 7_200, "a")
    await shop.advance("2026-02-01T02:00:00Z")
    # In the whole of February 11.00 are used, and 20.00 owed.
    await shop.use(customer, "2026-02-01T01:00:00Z", 7_200, "b")
    await shop.advance("2026-03-01T02:00:00Z")
    first, second = await shop.invoices()
    assert (first["total"], second["total"]) == ("14.19", "20.00")
    told = await shop.get(f"/invoices/{first['id']}/lines/1/explain")
    assert told["redone"] == {"amount": "14.19", "matches": True}
    assert told["explanation"]["minimum"]["share"] == "22/31"


async def test_a_minimum_that_is_not_prorated_is_owed_in_full_for_a_part_of_a_month(shop: Shop) -> None:
    await subscribed(shop, alignment="calendar", price_codes=["support"])
    await shop.advance("2026-02-01T02:00:00Z")
    first, second = await shop.invoices()
    # 22 of 31 days of 30.00 are 21.29, and 25.00 are owed at least.
    assert (first["total"], second["total"]) == ("25.00", "30.00")
