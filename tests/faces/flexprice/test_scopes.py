"""A key shows and changes what its scopes name, also where one resource stands in another."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.modules.identity import NewApiClient, create_api_client
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.faces.flexprice.asked import grant, price, subscribed

_WITHOUT = {
    "customers:read": "customer",
    "catalog:read": "plan",
    "credit_grants:read": "credit_grants",
}


@pytest.fixture
async def limited(http: httpx.AsyncClient, store: Store, tenant: Tenant) -> Any:
    """Calls with a key that has these scopes only."""

    async def call(scopes: tuple[str, ...], method: str, path: str, **asked: Any) -> httpx.Response:
        async with store.unit(tenant.scope) as uow:
            _, key = await create_api_client(uow, tenant.environment, NewApiClient("limited", scopes))
        return await http.request(method, path, headers={"x-api-key": key}, **asked)

    return call


@pytest.mark.parametrize("missing", _WITHOUT)
async def test_a_subscription_shows_what_the_key_may_read(client: Any, limited: Any, missing: str) -> None:
    plan = client.plans.create_plan(name="Pro")
    client.prices.create_price(**price(plan.id))
    client.credit_grants.create_credit_grant(**grant(plan.id))
    made = subscribed(client, plan.id)
    assert made.customer.external_id == "acme"
    scopes = ("subscriptions:read", *(set(_WITHOUT) - {missing}))
    one = (await limited(scopes, "GET", f"/subscriptions/{made.id}")).json()
    asked = {"expand": "customer,plan,line_items,credit_grants"}
    [found] = (await limited(scopes, "POST", "/subscriptions/search", json=asked)).json()["items"]
    path = "/customers/external/acme/subscriptions"
    [theirs] = (await limited(scopes, "GET", path, params=asked)).json()["items"]
    for shown in (one, found, theirs):
        assert {part for part in _WITHOUT.values() if shown.get(part)} == set(_WITHOUT.values()) - {
            _WITHOUT[missing]
        }
        [line] = shown["line_items"]
        assert (line["price"]["amount"], line["entity_id"]) == ("10", plan.id)
        assert line.get("plan_display_name") == (None if missing == "catalog:read" else "Pro")


async def test_a_plan_shows_its_grants_to_a_key_that_may_read_grants(client: Any, limited: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    made = client.credit_grants.create_credit_grant(**grant(plan.id))
    for scopes, seen in (
        (("catalog:read",), None),
        (("catalog:read", "credit_grants:read"), [made.id]),
    ):
        one = (await limited(scopes, "GET", f"/plans/{plan.id}")).json()
        [found] = (await limited(scopes, "GET", "/plans?expand=credit_grants")).json()["items"]
        for shown in (one, found):
            grants = shown.get("credit_grants")
            assert (None if grants is None else [each["id"] for each in grants]) == seen


async def test_grants_of_a_new_subscription_need_their_own_scope(client: Any, limited: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    customer = client.customers.create_customer(external_id="acme", name="Acme")
    asked = {
        "customer_id": customer.id,
        "plan_id": plan.id,
        "currency": "usd",
        "billing_period": "MONTHLY",
        "credit_grants": [grant()],
    }
    refused = await limited(("subscriptions:write",), "POST", "/subscriptions", json=asked)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert refused.json()["details"]["allowed"] == "credit_grants:write"
    scopes = ("subscriptions:write", "credit_grants:write")
    made = await limited(scopes, "POST", "/subscriptions", json=asked)
    assert made.status_code == 201
    assert "customer" not in made.json()
