"""Prices that need more of usage than how much it was, on invoices that are worked out by hand.

Payments of January, by region (eu, us, none) and day, sum to 1,180: 40 and 60 in eu on the 2nd at 09:00 and
at 09:30, 1,000 in us on the 3rd, 80 without a region on the 31st in the last hour of Berlin's month.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from sqlalchemy import event as sqlalchemy_event

from counterfoil.core.money import unit_of
from counterfoil.core.pricing import Detail, Measured, WindowUsage, parse_pricing
from counterfoil.core.rating import RatingInput, rate_line, redo
from counterfoil.core.tax import TaxMode
from counterfoil.modules.invoicing import document
from counterfoil.modules.usage import service
from counterfoil.store import Store
from tests.conftest import client_for, make_tenant
from tests.modules.billing.test_billing_run import Shop

PAYMENTS = [
    ("2026-01-02T08:00:00Z", 40, "eu"),
    ("2026-01-02T08:30:00Z", 60, "eu"),
    ("2026-01-03T12:00:00Z", 1000, "us"),
    ("2026-01-31T22:30:00Z", 80, None),
]
DAYS = {"tiers": [{"up_to": "90", "unit_amount": "0.01"}, {"unit_amount": "0.10"}]}
BUCKETED = {"model": "graduated", "params": DAYS}
MATRIX = {
    "properties": ["region"],
    "prices": [{"values": ["eu"], "unit_amount": "0.02"}, {"values": [None], "unit_amount": "0.5"}],
    "default_unit_amount": "0.03",
}
CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    # eu 100 × 0.02, us 1,000 × 0.03, without a region 80 × 0.5.
    "regions": ("matrix", MATRIX, "72.00"),
    # 2.9 % of 1,180 and 4 fees of 0.25.
    "fees": ("percentage", {"rate_percent": "2.9", "fixed_per_event": "0.25"}, "35.22"),
    # 1 % of 40 and of 60 would be below 0.75, of 1,000 above 5; of 80 it is 0.80.
    "bounded": ("percentage", {"rate_percent": "1", "min_per_event": "0.75", "max_per_event": "5"}, "7.30"),
    # The first two events are free: 1 % of 1,000 and of 80.
    "free": ("percentage", {"rate_percent": "1", "free_events": 2}, "10.80"),
    # 1 % of 1,000 and 2 % of 180.
    "tiers": (
        "graduated_percentage",
        {"tiers": [{"up_to": "1000", "rate_percent": "1"}, {"rate_percent": "2"}]},
        "13.60",
    ),
    "passed on": ("dynamic", {"multiplier": "1.1"}, "1298.00"),
    "resold": ("cost_plus", {"markup_percent": "20"}, "1416.00"),
    # The 2nd: 90 × 0.01 + 10 × 0.1; the 3rd: 0.9 + 91; the 31st: 0.8.
    "days": ("bucketed", {"window": {"unit": "day"}, **BUCKETED}, "94.60"),
    # Each of the hours from 09:00 and its half at 09:30 of Berlin's time: together as above.
    "hours": ("bucketed", {"window": {"unit": "hour"}, **BUCKETED}, "94.60"),
    # Half an hour apart, 40 and 60 stay below 90: 0.4 + 0.6 + 91.9 + 0.8.
    "halves": ("bucketed", {"window": {"unit": "minute", "count": 30}, **BUCKETED}, "93.70"),
    # Week from 29 December: 1,100 in all; week from 26 January: 80.
    "weeks": ("bucketed", {"window": {"unit": "week"}, **BUCKETED}, "102.70"),
    # 90 × 0.01 + 1,090 × 0.1.
    "months": ("bucketed", {"window": {"unit": "month"}, **BUCKETED}, "109.90"),
}


class Payments(Shop):
    """A seller whose customers take payments."""

    async def set_up(self) -> None:
        self.clock = (await self.post("/test-clocks", {"name": "main", "now_at": "2025-12-31T23:00:00Z"}))[
            "id"
        ]
        meter = {"event_name": "payment", "aggregation": "sum", "property": "amount", "group_by": ["region"]}
        self.meter = (await self.post("/meters", {"code": "paid", "name": "Payments", **meter}))["id"]

    async def sell(self, names: list[str]) -> None:
        prices = [
            {
                "code": name.replace(" ", "-"),
                "name": name,
                "model": CASES[name][0],
                "params": {"EUR": CASES[name][1]},
                "quantity_source": "usage",
                "cadence": "in_arrears",
                "meter_id": self.meter,
            }
            for name in names
        ]
        self.plan = await self.post(
            "/plans", {"code": "pay", "name": "Pay", "prices": prices, "publish": True}
        )

    async def subscribed(self) -> tuple[str, str]:
        customer = await self.customer(zone="Europe/Berlin")
        body = {"customer_id": customer, "plan_id": self.plan["id"], "alignment": "calendar"}
        return customer, (await self.post("/subscriptions", body))["id"]

    async def pay(self, customer: str, id: str = "p") -> None:
        for number, (at, amount, region) in enumerate(PAYMENTS):
            properties = {"amount": amount} | ({} if region is None else {"region": region})
            event = {"id": f"{id}{number}", "name": "payment", "customer": customer, "at": at}
            await self.post("/events", event | {"properties": properties})


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Payments]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Payments(api, store)
        await shop.set_up()
        yield shop


async def test_a_price_of_each_model_is_previewed_billed_and_worked_out_again(shop: Payments) -> None:
    await shop.sell(list(CASES))
    customer, subscription = await shop.subscribed()
    await shop.advance("2026-01-31T22:45:00Z")
    await shop.pay(customer)
    [preview] = (await shop.get(f"/subscriptions/{subscription}/preview"))["data"]
    previewed = {line["description"]: line["amount"] for line in preview["lines"]}
    assert previewed == {name: amount for name, (_, _, amount) in CASES.items()}
    await shop.advance("2026-02-01T02:00:00Z")
    [invoice] = await shop.invoices()
    assert invoice["status"] == "open"
    lines = await shop.lines(invoice)
    assert {line["description"]: line["amount"] for line in lines} == previewed
    for line in lines:
        told = await shop.get(f"/invoices/{invoice['id']}/lines/{line['position']}/explain")
        assert told["redone"] == {"amount": line["amount"], "matches": True}
        assert redo(told["explanation"], unit_of("EUR")).amount_text() == line["amount"]
        assert (line["quantity"], told["explanation"]["origin"]["events"]) == ("1180", 4)
    assert (await shop.api.get(f"/v1/invoices/{invoice['id']}/pdf")).status_code == 200


async def test_who_uses_nothing_pays_nothing_by_usage(shop: Payments) -> None:
    await shop.sell(list(CASES))
    await shop.subscribed()
    await shop.advance("2026-02-01T02:00:00Z")
    [invoice] = await shop.invoices()
    assert (invoice["total"], len(await shop.lines(invoice))) == ("0.00", len(CASES))


def test_of_many_hours_the_paper_prints_some_and_says_how_many_follow() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [WindowUsage(start + timedelta(hours=hour), Decimal(1)) for hour in range(744)]
    params = {"window": {"unit": "hour"}, "model": "per_unit", "params": {"unit_amount": "0.10"}}
    pricing = parse_pricing("bucketed", params, given=tuple(Detail))
    line = RatingInput(pricing=pricing, quantity=Measured.of_windows(hours), unit=unit_of("EUR"))
    told = rate_line(line).explanation
    stored = SimpleNamespace(explanation=told.to_json(), tax_mode=TaxMode.EXCLUSIVE, tax=0)
    steps = document._steps(stored)  # type: ignore[arg-type]
    assert steps[-2:] == ["and 713 more, which the line's explanation lists", "Sum: 74.4"]
    assert len(steps) == 31 + 2


async def test_more_events_than_are_priced_one_by_one_hold_the_subscription_alone(
    shop: Payments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_AMOUNTS", 3)
    await shop.sell(["bounded"])
    busy, held = await shop.subscribed()
    _, quiet = await shop.subscribed()
    await shop.advance("2026-01-31T22:45:00Z")
    await shop.pay(busy)
    await shop.advance("2026-02-01T02:00:00Z")
    assert "4 events" in (await shop.get(f"/subscriptions/{held}"))["billing_error"]
    assert (await shop.get(f"/subscriptions/{quiet}"))["billing_error"] is None
    [invoice] = await shop.invoices()
    assert invoice["total"] == "0.00"


async def test_statements_grow_with_prices_and_not_with_subscriptions(shop: Payments) -> None:
    await shop.sell(["regions", "bounded", "days", "months"])
    customers = [await shop.subscribed() for _ in range(6)]
    await shop.advance("2026-01-31T22:45:00Z")
    for number, (customer, _) in enumerate(customers):
        await shop.pay(customer, f"p{number}-")
    seen: list[str] = []

    def count(*args: Any) -> None:
        seen.append(args[2])

    engine = shop.store.engine.sync_engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", count)
    try:
        await shop.advance("2026-02-01T00:00:00Z")
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", count)
    read = [statement for statement in seen if "join events" in statement]
    # Drafting reads groups, days and months once each, and amounts twice: how many, and then which.
    assert len(read) % 5 == 0
    assert len(read) <= 10


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"params": {"EUR": MATRIX | {"properties": ["country"]}}}, "params.EUR.properties"),
        ({"model": "dynamic", "params": {"EUR": {}}, "meter_id": "count"}, "meter_id"),
        (
            {"model": "cost_plus", "params": {"EUR": {"markup_percent": "5"}}, "meter_id": "count"},
            "meter_id",
        ),
        ({"quantity_source": "one", "meter_id": None}, "params.EUR"),
        ({"terms": {"included": "5"}}, "terms.included"),
        ({"params": {"EUR": MATRIX | {"properties": ["re\x00gion"]}}}, "params.EUR.properties.0"),
    ],
)
async def test_a_price_that_needs_more_than_its_meter_tells_is_refused(
    shop: Payments, change: dict[str, Any], field: str
) -> None:
    body = {"code": "count", "name": "C", "event_name": "payment", "aggregation": "count"}
    counting = (await shop.post("/meters", body))["id"]
    price = {
        "code": "regions",
        "model": "matrix",
        "params": {"EUR": MATRIX},
        "quantity_source": "usage",
        "cadence": "in_arrears",
        "meter_id": shop.meter,
    } | change
    if price["meter_id"] == "count":
        price["meter_id"] = counting
    answer: httpx.Response = await shop.api.post(
        "/v1/plans", json={"code": "p", "name": "P", "prices": [price]}
    )
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, f"prices.0.{field}"), answer.text
