"""What a request says and we do not do is refused by its name, also what today's contract does not know."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.faces.flexprice.asked import grant, price, subscribed


def _sent(plan_id: str, **more: Any) -> dict[str, Any]:
    asked = price(plan_id)
    return {**asked, "type": asked.pop("type_"), **more}


async def _refused(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["details"]["field"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("billing_cadence", "ONETIME"),
        ("trial_period", 14),
        ("parent_price_id", "price_x"),
        ("transform_quantity", {"divide_by": 1000}),
    ],
)
async def test_a_price_to_make(client: Any, http: httpx.AsyncClient, field: str, value: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    assert await _refused(await http.post("/prices", json=_sent(plan.id, **{field: value}))) == field
    bulk = {"items": [_sent(plan.id), _sent(plan.id, **{field: value})]}
    assert await _refused(await http.post("/prices/bulk", json=bulk)) == f"items.1.{field}"
    assert client.prices.query_price().pagination.total == 0
    assert (await http.post("/prices", json=_sent(plan.id, billing_cadence="RECURRING"))).status_code == 201


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "eur"),
        ("billing_period", "ANNUAL"),
        ("billing_period_count", 3),
        ("invoice_cadence", "ARREAR"),
        ("meter_id", "meter_x"),
        ("filter_values", {"region": ["eu"]}),
        ("end_date", "2030-01-01T00:00:00Z"),
    ],
)
async def test_a_price_to_change(client: Any, http: httpx.AsyncClient, field: str, value: Any) -> None:
    made = client.prices.create_price(**price(client.plans.create_plan(name="Pro").id))
    path = f"/prices/{made.id}"
    assert await _refused(await http.put(path, json={"amount": "11", field: value})) == field
    read = (await http.get(path)).json()
    assert (await http.put(path, json=read)).json() == read


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trial_start", "2026-03-01T00:00:00Z"),
        ("trial_end", "2026-03-15T00:00:00Z"),
        ("billing_cadence", "ONETIME"),
        ("subscription_type", "parent"),
        ("parent_subscription_id", "subs_x"),
        ("invoicing_customer_id", "cust_x"),
    ],
)
async def test_a_subscription_to_make(client: Any, http: httpx.AsyncClient, field: str, value: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    customer = client.customers.create_customer(external_id="acme", name="Acme")
    asked = {
        "customer_id": customer.id,
        "plan_id": plan.id,
        "currency": "usd",
        "billing_period": "MONTHLY",
    }
    assert await _refused(await http.post("/subscriptions", json={**asked, field: value})) == field


async def test_what_only_looks_changeable(client: Any, http: httpx.AsyncClient) -> None:
    plan = client.plans.create_plan(name="Pro")
    given = client.credit_grants.create_credit_grant(**grant(plan.id))
    feature = client.features.create_feature(name="SSO", type_="boolean", lookup_key="sso")
    made = subscribed(client, plan.id)
    for path, body in (
        (f"/subscriptions/{made.id}", {"currency": "eur"}),
        (f"/subscriptions/{made.id}", {"end_date": "2030-01-01T00:00:00Z"}),
        (f"/creditgrants/{given.id}", {"credits": "5000"}),
        (f"/creditgrants/{given.id}", {"priority": 3}),
        (f"/features/{feature.id}", {"lookup_key": "saml"}),
        (f"/features/{feature.id}", {"type": "static"}),
        (f"/plans/{plan.id}", {"prices": [{"amount": "1"}]}),
        (f"/customers/{made.customer_id}", {"parent_customer_id": "cust_x"}),
    ):
        assert await _refused(await http.put(path, json=body)) == next(iter(body))
    for path in (f"/subscriptions/{made.id}", f"/creditgrants/{given.id}", f"/features/{feature.id}"):
        read = (await http.get(path)).json()
        read.pop("status")
        assert (await http.put(path, json=read)).status_code == 200, path
    answer = await http.post("/plans", json={"name": "P", "prices": [_sent("x")]})
    assert await _refused(answer) == "prices"
    path = f"/subscriptions/{made.id}/cancel"
    ending: dict[str, Any] = {"cancellation_type": "immediate", "cancel_at_period_end": True}
    assert await _refused(await http.post(path, json=ending)) == "cancel_at_period_end"


async def test_a_customer_changes_alike_under_either_id(client: Any, http: httpx.AsyncClient) -> None:
    made = client.customers.create_customer(external_id="acme", name="Acme")
    body = {"billing_currency": "eur", "timezone": "Europe/Vienna", "tax_treatment": "exempt"}
    after = (await http.put(f"/customers/{made.id}", json=body)).json()
    assert {name: after[name] for name in body} == body


@pytest.mark.parametrize(
    "body", [{"amount": ""}, {"amount": "10"}, {"amount": "10.00"}, {"billing_model": "FLAT_FEE"}, {}]
)
async def test_a_price_that_costs_what_it_cost_stays(
    client: Any, http: httpx.AsyncClient, body: dict[str, str]
) -> None:
    made = client.prices.create_price(**price(client.plans.create_plan(name="Pro").id, lookup_key="fee"))
    before = (await http.get(f"/prices/{made.id}")).json()
    assert (await http.put(f"/prices/{made.id}", json=body)).json() == before
    same = {"display_name": made.display_name, "lookup_key": "fee", **body}
    assert (await http.put(f"/prices/{made.id}", json=same)).json() == before
    assert client.prices.query_price(allow_expired_prices=True).pagination.total == 1
    renamed = (await http.put(f"/prices/{made.id}", json={**body, "display_name": "Fee"})).json()
    assert (renamed["id"], renamed["display_name"]) == (made.id, "Fee")


async def test_tiers_that_are_said_again_change_nothing(client: Any, http: httpx.AsyncClient) -> None:
    tiers = [{"up_to": 10, "unit_amount": "1.0"}, {"up_to": 20, "unit_amount": "0.50", "flat_amount": "0"}]
    plan = client.plans.create_plan(name="Pro")
    made = client.prices.create_price(
        **price(plan.id, "0.00", billing_model="TIERED", tier_mode="SLAB", tiers=tiers)
    )
    again = (await http.put(f"/prices/{made.id}", json={"tiers": tiers, "tier_mode": "SLAB"})).json()
    assert again["id"] == made.id
    other = (await http.put(f"/prices/{made.id}", json={"tier_mode": "VOLUME"})).json()
    assert (other["id"] != made.id, other["tier_mode"]) == (True, "VOLUME")
