"""Prices in a seller's own unit: what one of it is worth in money is kept with the price."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.store import Store
from tests.conftest import Tenant

TIERS = {"tiers": [{"up_to": "1000", "unit_amount": "2"}, {"unit_amount": "1.5", "flat_amount": "100"}]}


async def _post(api: httpx.AsyncClient, path: str, body: Any) -> Any:
    answer = await api.post(f"/v1{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def _shop(api: httpx.AsyncClient) -> str:
    """A clock, a unit of which 100 are 1.00 EUR, and a customer."""
    await _post(api, "/test-clocks", {"name": "main", "now_at": "2026-01-01T00:00:00Z"})
    rates = {"EUR": "0.01", "USD": "0.011"}
    await _post(api, "/pricing-units", {"code": "credits", "name": "AI credits", "rates": rates})
    customer = await _post(api, "/customers", {"name": "Nordwind", "currency": "EUR", "zone": "UTC"})
    return str(customer["id"])


def _price(params: dict[str, Any], model: str = "graduated", **more: Any) -> dict[str, Any]:
    return {
        "code": "seats",
        "name": "Seats",
        "model": model,
        "params": params,
        "quantity_source": "item",
        **more,
    }


async def test_a_line_says_what_it_is_in_credits_and_in_money(
    api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    """1,200 units: 1,000 × 2 + 200 × 1.5 + 100 = 2,400 credits; at 0.01 EUR they are 24.00."""
    customer = await _shop(api)
    body = {
        "customer_id": customer, "prices": [_price({"credits": TIERS})], "quantities": {"seats": "1200"},
    }  # fmt: skip
    made = await _post(api, "/subscriptions", body)
    clocks = (await api.get("/v1/test-clocks")).json()["data"]
    await _post(api, f"/test-clocks/{clocks[0]['id']}/advance", {"to": "2026-01-01T03:00:00Z"})
    await make_worker(store).drain()
    [invoice] = (await api.get("/v1/invoices")).json()["data"]
    assert (invoice["total"], invoice["currency"]) == ("24.00", "EUR")
    told = (await api.get(f"/v1/invoices/{invoice['id']}/lines/1/explain")).json()
    steps = {step["step"]: step["text"] for step in told["steps"]}
    assert steps["pricing_unit"] == "2,400 credits at 0.01 EUR = 24 EUR"
    assert told["redone"]["matches"]
    price = (await api.get(f"/v1/prices/{made['items'][0]['price_id']}")).json()
    assert price["params"]["EUR"]["tiers"][0]["unit_amount"] == "0.02"
    assert price["params"]["USD"]["tiers"][1]["flat_amount"] == "1.1"
    assert price["pricing_unit"]["params"]["tiers"][0]["unit_amount"] == "2"


async def test_a_price_keeps_the_rate_with_which_it_was_made(api: httpx.AsyncClient) -> None:
    await _shop(api)
    plan = {"code": "pro", "name": "Pro", "prices": [_price({"credits": {"unit_amount": "5"}}, "per_unit")]}
    made = await _post(api, "/plans", plan | {"publish": True})
    [unit] = (await api.get("/v1/pricing-units")).json()["data"]
    changed = await api.patch(f"/v1/pricing-units/{unit['id']}", json={"rates": {"EUR": "0.02"}})
    assert changed.json()["rates"] == {"EUR": "0.02"}
    price_id = made["published_version"]["prices"][0]["id"]
    price = (await api.get(f"/v1/prices/{price_id}")).json()
    assert price["params"]["EUR"]["unit_amount"] == "0.05"
    assert price["pricing_unit"]["rates"] == {"EUR": "0.01", "USD": "0.011"}


@pytest.mark.parametrize(
    ("price", "status", "field"),
    [
        (_price({"tokens": {"unit_amount": "5"}}, "per_unit"), 400, "prices.0.params.tokens"),
        (
            _price({"credits": {"unit_amount": "5"}, "EUR": {"unit_amount": "5"}}, "per_unit"),
            400,
            "prices.0.params",
        ),
        (_price({"credits": {"amount": "5"}}, "per_unit"), 400, "prices.0.params.credits.amount"),
        (
            _price({"credits": {"rate_percent": "2"}}, "percentage", quantity_source="one"),
            400,
            "prices.0.model",
        ),
    ],
    ids=["unknown", "two at once", "params", "money"],
)
async def test_units_that_contradict_are_refused_by_name(
    api: httpx.AsyncClient, price: dict[str, Any], status: int, field: str
) -> None:
    await _shop(api)
    answer = await api.post("/v1/plans", json={"code": "pro", "name": "Pro", "prices": [price]})
    error = answer.json()["error"]
    assert (answer.status_code, error["field"]) == (status, field)
    assert error["allowed"]
    assert (await api.get("/v1/plans")).json()["data"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"code": "EUR", "rates": {"EUR": "1"}}, "code"),
        ({"code": "credits", "rates": {}}, "rates"),
        ({"code": "credits", "rates": {"XXQ": "1"}}, "rates.XXQ"),
        ({"code": "credits", "rates": {"EUR": "0"}}, "rates.EUR"),
        ({"code": "credits", "rates": {"EUR": "1"}, "exponent": 10}, "exponent"),
    ],
)
async def test_a_unit_that_is_none_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await api.post("/v1/pricing-units", json={"name": "Credits", **body})
    assert (answer.status_code, answer.json()["error"]["field"]) == (400, field)
