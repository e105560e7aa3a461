"""Storage and seats that stay from month to month, and calls by begun minutes, from the event to the invoice.

The contract begins on 17 January and follows the calendar, so its first period has 15 of 31 days.  Before it,
on the 12th, 100 GB are stored and 3 seats taken.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.store import Store
from tests.conftest import client_for, make_tenant
from tests.modules.billing.test_billing_run import Shop

MONTHLY = {"interval": {"unit": "month"}, "quantity_source": "usage", "cadence": "in_arrears"}


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store)
        shop.clock = (await shop.post("/test-clocks", {"name": "main", "now_at": "2026-01-10T00:00:00Z"}))[
            "id"
        ]
        yield shop


async def metered(shop: Shop, *prices: tuple[str, dict[str, Any], str, dict[str, Any]]) -> str:
    """A customer of a plan with these prices: code, meter, model, parameters."""
    made: dict[str, str] = {}
    listed = []
    for code, meter, model, params in prices:
        if meter["code"] not in made:
            made[meter["code"]] = (await shop.post("/meters", meter | {"name": meter["code"]}))["id"]
        price = {"code": code, "name": code, "model": model, "params": {"EUR": params}}
        listed.append(MONTHLY | price | {"meter_id": made[meter["code"]]})
    shop.plan = await shop.post("/plans", {"code": "p", "name": "P", "prices": listed, "publish": True})
    customer = await shop.customer()
    await shop.post(
        "/subscriptions",
        {
            "customer_id": customer,
            "plan_id": shop.plan["id"],
            "started_at": "2026-01-17T00:00:00Z",
            "alignment": "calendar",
        },
    )
    return customer


async def send(shop: Shop, customer: str, name: str, *events: tuple[str, dict[str, Any]]) -> None:
    for at, properties in events:
        await shop.post(
            "/events",
            {"id": f"{name}{at}", "name": name, "customer": customer, "at": at, "properties": properties},
        )


async def amounts(shop: Shop) -> list[dict[str, str]]:
    """The lines of each invoice, oldest first, by what they are for."""
    invoices = await shop.invoices()
    return [{line["description"]: line["amount"] for line in await shop.lines(one)} for one in invoices]


STORAGE = {
    "code": "storage",
    "event_name": "stored",
    "aggregation": "weighted_sum",
    "property": "gb",
    "reset": "never",
}
SEATS = {
    "code": "seats",
    "event_name": "seat",
    "aggregation": "sum",
    "property": "seats",
    "reset": "never",
}
MINUTES = {
    "code": "minutes",
    "event_name": "call",
    "aggregation": "expression",
    "expression": "ceil(seconds / 60)",
}


async def test_levels_are_carried_and_a_part_of_a_month_costs_its_share_of_them(shop: Shop) -> None:
    by_the_day = {"window": {"unit": "day"}, "model": "per_unit", "params": {"unit_amount": "0.01"}}
    customer = await metered(
        shop,
        ("storage", STORAGE, "per_unit", {"unit_amount": "1"}),
        ("days", STORAGE, "bucketed", by_the_day),
        ("seats", SEATS, "per_unit", {"unit_amount": "10"}),
        ("minutes", MINUTES, "per_unit", {"unit_amount": "0.10"}),
    )
    await shop.advance("2026-01-13T00:00:00Z")
    await send(shop, customer, "stored", ("2026-01-12T00:00:00Z", {"gb": 100}))
    await send(shop, customer, "seat", ("2026-01-12T00:00:00Z", {"seats": 3}))
    await shop.advance("2026-01-31T00:00:00Z")
    await send(shop, customer, "stored", ("2026-01-27T00:00:00Z", {"gb": 50}))
    await send(
        shop,
        customer,
        "call",
        ("2026-01-20T00:00:00Z", {"seconds": 61}),
        ("2026-01-21T00:00:00Z", {"seconds": "59.5"}),
        ("2026-01-15T00:00:00Z", {"seconds": 600}),  # before the contract
    )
    await shop.advance("2026-02-20T00:00:00Z")
    await send(shop, customer, "stored", ("2026-02-15T00:00:00Z", {"gb": -150}))
    await send(shop, customer, "seat", ("2026-02-10T00:00:00Z", {"seats": 2}))
    await shop.advance("2026-04-02T00:00:00Z")
    january, february, march = await amounts(shop)
    assert january == {
        # the mean of 15 days: 100 + 50 × 5/15 = 350/3; for 15 of 31 days: 350/3 × 15/31 = 1750/31 = 56.4516…
        "storage": "56.45",
        "days": "17.50",  # 10 days × 100 × 0.01 + 5 days × 150 × 0.01: days are days in any period
        "seats": "14.52",  # 3 × 10 × 15/31 = 14.516…
        "minutes": "0.30",  # 2 + 1 begun minutes: what came in a period is never shared out
    }
    assert february == {
        "storage": "75.00",  # 150 × 14/28
        "days": "21.00",  # 14 days × 150 × 0.01
        "seats": "50.00",  # 3 + 2, times 10
        "minutes": "0.00",
    }
    assert march == {"storage": "0.00", "days": "0.00", "seats": "50.00", "minutes": "0.00"}
    (first, *_) = await shop.invoices()
    (storage, *_) = await shop.lines(first)
    told = await shop.get(f"/invoices/{first['id']}/lines/1/explain")
    assert (storage["quantity"], told["explanation"]["quantity"]) == ("116.666666666667", "350/3")
    assert told["explanation"]["proration"] == "15/31"
    assert told["explanation"]["origin"]["events"] == 2  # the one before the contract included
    assert told["redone"] == {"amount": "56.45", "matches": True}


async def test_a_level_that_was_told_late_is_caught_up_in_every_period_that_it_stood(shop: Shop) -> None:
    customer = await metered(shop, ("storage", STORAGE, "per_unit", {"unit_amount": "1"}))
    await send(shop, customer, "stored", ("2026-01-09T00:00:00Z", {"gb": 100}))
    await shop.advance("2026-03-02T00:00:00Z")
    await send(shop, customer, "stored", ("2026-01-27T00:00:00Z", {"gb": 50}))
    await shop.advance("2026-04-02T00:00:00Z")
    invoices = await shop.invoices()
    lines = [[(line["kind"], line["amount"]) for line in await shop.lines(one)] for one in invoices]
    assert lines[:2] == [[("charge", "48.39")], [("charge", "100.00")]]  # 100 × 15/31 = 48.387…
    # January: (100 + 50 × 5/15) × 15/31 = 56.45; February: 150, where 100 was billed
    assert sorted(lines[2]) == [("adjustment", "50.00"), ("adjustment", "8.06"), ("charge", "150.00")]


async def test_usage_is_told_for_any_time_as_it_is_billed(shop: Shop) -> None:
    customer = await metered(shop, ("storage", STORAGE, "per_unit", {"unit_amount": "1"}))
    await send(
        shop, customer, "stored", ("2026-01-01T00:00:00Z", {"gb": 8}), ("2026-01-08T00:00:00Z", {"gb": 4})
    )
    asked = {"meter": "storage", "customer": customer}
    january = await shop.get(
        "/usage", **asked, **{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    )
    assert january["total"]["value"] == "11.096774193548"  # (8 × 31 + 4 × 24) ÷ 31 = 344/31
    later = await shop.get(
        "/usage", **asked, **{"from": "2026-03-01T00:00:00Z", "to": "2026-03-02T00:00:00Z"}
    )
    assert (later["total"]["value"], later["total"]["events"]) == ("12", 2)
