"""A refusal names the field at fault as Flexprice's user wrote it, and what is allowed in the same words."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.faces.flexprice.asked import grant, price, subscribed

_NOBODY = "0" * 26


def _details(answer: httpx.Response, status: int) -> dict[str, str]:
    assert answer.status_code == status, answer.text
    found: dict[str, str] = answer.json()["details"]
    return found


async def test_a_wrong_key_is_named_by_its_header(http: httpx.AsyncClient) -> None:
    for headers, field in (
        ({"x-api-key": "ck_test_wrong"}, "x-api-key"),
        ({"x-api-key": "ck_operator_wrong"}, "x-api-key"),
        ({"x-api-key": "", "authorization": "Bearer ck_test_wrong"}, "Authorization"),
    ):
        assert _details(await http.get("/plans", headers=headers), 401)["field"] == field


async def test_a_key_that_two_prices_have_is_named_by_its_item(client: Any, http: httpx.AsyncClient) -> None:
    plan = client.plans.create_plan(name="Pro")
    client.prices.create_price(**price(plan.id, lookup_key="there"))
    for keys, number in ((["one", "two", "one"], 2), (["one", "there"], 1)):
        items = [price(plan.id, lookup_key=key) for key in keys]
        body = {"items": [{**one, "type": one.pop("type_")} for one in items]}
        refused = _details(await http.post("/prices/bulk", json=body), 409)
        assert refused["field"] == f"items.{number}.lookup_key"
    assert client.prices.query_price().pagination.total == 1


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("PUT", "/customers?external_customer_id=nobody", "external_customer_id"),
        ("PUT", f"/customers?id=cust_{_NOBODY}", "id"),
        ("PUT", f"/customers/cust_{_NOBODY}", "id"),
        ("GET", f"/customers/cust_{_NOBODY}", "id"),
        ("DELETE", f"/customers/cust_{_NOBODY}", "id"),
        ("GET", f"/customers/cust_{_NOBODY}/grants/upcoming", "id"),
        ("GET", f"/plans/plan_{_NOBODY}", "id"),
        ("GET", f"/plans/plan_{_NOBODY}/creditgrants", "id"),
        ("PUT", f"/prices/price_{_NOBODY}", "id"),
        ("DELETE", f"/features/feat_{_NOBODY}", "id"),
        ("GET", f"/subscriptions/subs_{_NOBODY}", "id"),
        ("PUT", f"/creditgrants/cg_{_NOBODY}", "id"),
    ],
)
async def test_an_id_that_nobody_has_is_named(
    http: httpx.AsyncClient, method: str, path: str, field: str
) -> None:
    body = {"name": "x"} if method == "PUT" else None
    refused = _details(await http.request(method, path, json=body), 404)
    assert refused["field"] == field
    assert refused["allowed"].startswith(("the id of a", "the external id of a"))


async def test_an_unknown_address_names_no_field(http: httpx.AsyncClient) -> None:
    assert "field" not in _details(await http.get("/nowhere"), 404)


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("customers", {"external_ids": ["\0"]}, "external_ids"),
        ("customers", {"email": "\0"}, "email"),
        ("customers", {"external_id": "\ud800"}, "external_id"),
        ("features", {"lookup_keys": ["a", "\0"]}, "lookup_keys"),
        ("features", {"name_contains": "\0"}, "name_contains"),
        ("plans", {"lookup_key": "\0"}, "lookup_key"),
        ("subscriptions", {"external_customer_id": "\0"}, "external_customer_id"),
    ],
)
async def test_a_text_that_nothing_can_hold_is_named(
    http: httpx.AsyncClient, kind: str, body: dict[str, Any], field: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = await http.post(f"/{kind}/search", content=json.dumps(body), headers=headers)
    assert _details(answer, 400)["field"] == field


@pytest.mark.parametrize("kind", ["customers", "features", "plans", "prices", "subscriptions"])
async def test_a_condition_that_nothing_can_hold_is_named(http: httpx.AsyncClient, kind: str) -> None:
    for one in (
        {"field": "id", "operator": "eq", "value": {"string": "\0"}},
        {"field": "status", "operator": "in", "value": {"array": ["published", "\0"]}},
    ):
        refused = _details(await http.post(f"/{kind}/search", json={"filters": [one]}), 400)
        assert refused["field"] == "filters.0.value"


async def test_what_is_allowed_is_said_in_flexprices_words(client: Any, http: httpx.AsyncClient) -> None:
    meter = {
        "name": "Calls",
        "event_name": "call",
        "aggregation": {"type": "COUNT"},
        "reset_usage": "BILLING_PERIOD",
    }
    feature = client.features.create_feature(name="Calls", type_="metered", meter=meter)
    plan = client.plans.create_plan(name="Pro")
    asked = price(plan.id)
    fee = {**asked, "type": asked.pop("type_")}
    subscription = subscribed(client, client.plans.create_plan(name="Free").id)
    new = {
        "customer_id": subscription.customer_id,
        "plan_id": subscription.plan_id,
        "currency": "usd",
        "billing_period": "MONTHLY",
    }
    own = grant(subscription_id=subscription.id)
    cases: list[tuple[str, dict[str, Any], str, str]] = [
        ("/prices", {**fee, "type": "USAGE", "meter_id": feature.meter_id}, "invoice_cadence", "ARREAR"),
        ("/prices", {**fee, "meter_id": feature.meter_id}, "meter_id", "none, or type USAGE"),
        ("/prices", {**fee, "filter_values": {"a": ["b"]}}, "filter_values", "none, or type USAGE"),
        ("/creditgrants", {**grant(plan.id), "cadence": "ONETIME"}, "period", "none with ONETIME"),
        (
            "/creditgrants",
            {**grant(plan.id), "expiration_duration": 3},
            "expiration_duration",
            "none unless DURATION",
        ),
        (
            "/creditgrants",
            {**grant(plan.id), "period": None},
            "period",
            "DAILY, WEEKLY, MONTHLY, QUARTERLY, HALF_YEARLY, ANNUAL",
        ),
        (
            "/creditgrants",
            {**grant(plan.id), "expiration_type": "DURATION", "expiration_duration": 3},
            "expiration_duration_unit",
            "DAY, WEEK, MONTH, YEAR",
        ),
        (
            "/creditgrants",
            {**own, "start_date": "2026-03-01T00:00:00Z", "end_date": "2026-02-01T00:00:00Z"},
            "end_date",
            "its start_date or later",
        ),
        (
            "/subscriptions",
            {**new, "billing_cycle": "calendar", "billing_anchor": "2026-01-10T00:00:00Z"},
            "billing_anchor",
            "no billing_anchor with billing_cycle calendar",
        ),
        ("/creditgrants", grant(f"plan_{_NOBODY}"), "plan_id", "the id of a plan"),
    ]
    for path, body, field, allowed in cases:
        answer = await http.post(path, json=body)
        refused = answer.json()["details"]
        assert (answer.status_code // 100, refused["field"], refused["allowed"]) == (4, field, allowed), body
