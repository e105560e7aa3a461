"""What a developer may agree on a price besides its model, and how it is refused."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.faces.native.test_plans import FEE, plan
from tests.faces.native.test_products import expect_refusal

PRICE: dict[str, Any] = FEE | {"params": {"EUR": {"amount": "9"}, "USD": {"amount": "10"}}}


async def test_terms_are_shown_as_they_hold_in_each_currency(api: httpx.AsyncClient) -> None:
    terms = {
        "conversion": {"divide_by": 60, "unit": "minute"},
        "rounding": {"step": "0.50"},
        "included": 3,
        "minimum": {"amount": {"USD": "6", "EUR": 5.50}},
        "maximum": {"amount": {"USD": "60", "EUR": "50"}, "prorated": False},
        "discounts": "after_minimum",
    }
    made = await plan(api, prices=[PRICE | {"terms": terms}], publish=True)
    [price] = made["published_version"]["prices"]
    assert price["terms"] == {
        "conversion": {"multiply_by": "1", "divide_by": "60", "unit": "minute"},
        "rounding": {"step": "0.5", "mode": "ceil", "unit": None},
        "included": "3",
        "minimum": {"amount": {"EUR": "5.5", "USD": "6"}, "prorated": True},
        "maximum": {"amount": {"EUR": "50", "USD": "60"}, "prorated": False},
        "discounts": "after_minimum",
    }
    assert (await api.get(f"/v1/prices/{price['id']}")).json() == price
    again = await plan(api, code="two", prices=[PRICE | {"terms": price["terms"]}], publish=True)
    assert again["published_version"]["prices"][0]["terms"] == price["terms"]


async def test_a_price_without_terms_says_so(api: httpx.AsyncClient) -> None:
    made = await plan(api, prices=[FEE, FEE | {"code": "b", "terms": {"minimum": {}}}], publish=True)
    assert [price["terms"] for price in made["published_version"]["prices"]] == [{}, {}]


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"free": "1"}, "terms.free"),
        ({"included": "-1"}, "terms.included"),
        ({"minimum": {"amount": "5"}}, "terms.minimum.amount"),
        ({"minimum": {"amount": {"EUR": "5"}}}, "terms.minimum.amount.USD"),
        ({"minimum": {"amount": {"EUR": "5", "USD": "5", "GBP": "5"}}}, "terms.minimum.amount"),
        ({"minimum": {"amount": {"EUR": "5", "USD": []}}}, "terms.minimum.amount.USD"),
        (
            {
                "minimum": {"amount": {"EUR": "5", "USD": "5"}},
                "maximum": {"amount": {"EUR": "9", "USD": "4"}},
            },
            "terms.maximum.amount.USD",
        ),
        ({"conversion": {"divide_by": "0"}}, "terms.conversion.divide_by"),
        ({"conversion": {"unit": "a\x00"}}, "terms.conversion.unit"),
        ({"rounding": {"step": "1", "unit": "\u202e"}}, "terms.rounding.unit"),
        ({"rounding": {"mode": "ceil"}}, "terms.rounding.step"),
        ({"minimum": []}, "terms.minimum"),
        ({"discounts": "never"}, "terms.discounts"),
    ],
)
async def test_impossible_terms_are_refused_naming_their_field(
    api: httpx.AsyncClient, terms: dict[str, Any], field: str
) -> None:
    body = {"code": "pro", "name": "Pro", "prices": [PRICE | {"terms": terms}]}
    answer = await api.post("/v1/plans", json=body)
    expect_refusal(answer, 400, f"prices.0.{field}")
    assert (await api.get("/v1/plans")).json()["data"] == []


async def test_a_least_amount_that_no_invoice_could_state_is_refused(api: httpx.AsyncClient) -> None:
    body = {"code": "p", "name": "P", "prices": [FEE | {"terms": {"minimum": {"amount": "1e30"}}}]}
    assert (await api.post("/v1/plans", json=body)).status_code in (400, 413)


async def test_an_override_keeps_the_terms_of_the_price_that_it_replaces(api: httpx.AsyncClient) -> None:
    terms = {"minimum": {"amount": {"EUR": "5", "USD": "6"}}}
    made = await plan(api, prices=[PRICE | {"terms": terms}], publish=True)
    customer = (await api.post("/v1/customers", json={"name": "A", "currency": "USD"})).json()["id"]
    code = made["published_version"]["prices"][0]["code"]
    body = {
        "customer_id": customer,
        "plan_id": made["id"],
        "overrides": [{"code": code, "params": {"amount": "4"}}],
    }
    answer = await api.post("/v1/subscriptions", json=body)
    assert answer.status_code == 201, answer.text
    [item] = answer.json()["items"]
    own = (await api.get(f"/v1/prices/{item['price_id']}")).json()
    assert own["terms"] == {"minimum": {"amount": {"USD": "6"}, "prorated": True}}
