"""What is deleted gives its external id or lookup key free: it names one thing among the published."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.faces.flexprice.asked import price, subscribed


async def test_a_deleted_customers_external_id_is_free(client: Any, http: httpx.AsyncClient) -> None:
    first = client.customers.create_customer(external_id="acme", name="First")
    client.customers.delete_customer(id=first.id)
    gone = await http.get("/customers/external/acme")
    assert (gone.status_code, gone.json()["details"]["field"]) == (404, "external_id")
    second = client.customers.create_customer(external_id="acme", name="Second")
    assert client.customers.get_customer_by_external_id(external_id="acme").id == second.id
    read = client.customers.get_customer(id=first.id)
    assert (read.name, read.status, read.external_id) == ("First", "archived", "")
    assert (await http.delete(f"/customers/{first.id}")).status_code == 204, "twice is the same as once"
    assert client.customers.get_customer_by_external_id(external_id="acme").id == second.id


@pytest.mark.parametrize("kind", ["plans", "features"])
async def test_a_deleted_objects_lookup_key_is_free(http: httpx.AsyncClient, kind: str) -> None:
    body = {"name": "One", "lookup_key": "one", **({"type": "boolean"} if kind == "features" else {})}
    first, second = "", ""
    for _ in range(2):
        first, second = second, (await http.post(f"/{kind}", json=body)).json()["id"]
        found = (await http.post(f"/{kind}/search", json={"lookup_key": "one"})).json()["items"]
        assert [one["id"] for one in found] == [second]
        assert (await http.post(f"/{kind}", json=body)).status_code == 409
        assert (await http.delete(f"/{kind}/{second}")).status_code == 200
    assert first != second
    assert (await http.get(f"/{kind}/{first}")).json()["status"] == "archived"


async def test_a_deleted_prices_lookup_key_is_free(client: Any, http: httpx.AsyncClient) -> None:
    plan = client.plans.create_plan(name="Pro")
    first = client.prices.create_price(**price(plan.id, lookup_key="fee"))
    sold = subscribed(client, plan.id)
    client.prices.delete_price(id=first.id)
    assert (await http.get("/prices/lookup/fee")).status_code == 404
    second = client.prices.create_price(**price(plan.id, "12", lookup_key="fee"))
    assert (await http.get("/prices/lookup/fee")).json()["id"] == second.id
    [line] = client.subscriptions.get_subscription(id=sold.id).line_items
    assert (line.price_id, line.price.amount) == (first.id, "10"), "who has it keeps it"
