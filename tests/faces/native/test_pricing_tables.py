"""What a developer does with ``/v1/pricing-tables``, and with what a product's listing and a feature say."""

from __future__ import annotations

from typing import Any

import httpx

from tests.faces.native.test_products import expect_refusal


async def make(api: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    """A new object of the catalog."""
    answer = await api.post(f"/v1/{path}", json={"name": "N"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def test_a_pricing_table_is_made_read_changed_and_put_away(api: httpx.AsyncClient) -> None:
    product = (await make(api, "products"))["id"]
    plans = [(await make(api, "plans", product_id=product))["id"] for _ in range(2)]
    made = await make(
        api, "pricing-tables", product_id=product, plan_ids=plans, featured_plan_id=plans[1], code="web"
    )
    path = f"/v1/pricing-tables/{made['id']}"
    assert (await api.get(path)).json() == made
    for search in ({"code": "web"}, {"product_id": product}):
        assert (await api.get("/v1/pricing-tables", params=search)).json()["data"] == [made]
    other = (await make(api, "products"))["id"]
    assert (await api.get("/v1/pricing-tables", params={"product_id": other})).json()["data"] == []
    changed = await api.patch(path, json={"theme": "dark"}, headers={"If-Match": '"1"'})
    assert changed.json() == made | {
        "theme": "dark",
        "version": 2,
        "updated_at": changed.json()["updated_at"],
    }
    expect_refusal(await api.patch(path, json={"plan_ids": plans[:1]}), 400, "featured_plan_id")
    expect_refusal(await api.patch(path, json={"product_id": product}), 400, "product_id")
    assert (await api.get(path)).json() == changed.json()
    assert (await api.post(f"{path}/archive")).json()["archived_at"] is not None


async def test_another_organizations_pricing_table_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    product = (await make(api, "products"))["id"]
    made = await make(api, "pricing-tables", product_id=product)
    path = f"/v1/pricing-tables/{made['id']}"
    assert (await other_api.get(path)).status_code == 404
    assert (await other_api.patch(path, json={"name": "Mine"})).status_code == 404
    answer = await other_api.post("/v1/pricing-tables", json={"name": "N", "product_id": product})
    expect_refusal(answer, 404, "product_id")


async def test_a_draft_is_published_and_says_where_it_is_listed(api: httpx.AsyncClient) -> None:
    listing = {
        "product_id": "prod-x",
        "fulfillment_url": "https://x.example/a",
        "terms": {"currency": "USD"},
    }
    made = await make(api, "products", draft=True, channel="aws", listing=listing)
    assert (made["published_at"], made["channel"], made["listing"]) == (None, "aws", listing)
    path = f"/v1/products/{made['id']}"
    published = (await api.post(f"{path}/publish")).json()
    assert published["published_at"] is not None
    assert (await api.post(f"{path}/publish")).json() == published
    answer = await api.patch(path, json={"listing": {"terms": []}})
    expect_refusal(answer, 400, "listing.terms")
    assert (await api.get(path)).json() == published
    assert (await api.get("/v1/products", params={"channel": "aws"})).json()["data"] == [published]
    assert (await api.get("/v1/products", params={"channel": "gcp"})).json()["data"] == []


async def test_a_feature_shows_what_was_said_of_it(api: httpx.AsyncClient) -> None:
    body: dict[str, Any] = {
        "kind": "numeric",
        "description": "Cores",
        "sku": "C-1",
        "unit": {"singular": "core", "plural": "cores"},
        "default_value": "2",
        "visibility": "private",
        "position": 7,
        "rounding": {"unit": "core", "step": "0.5", "mode": "half_up"},
        "regions": [{"code": "eu", "name": "Europe"}],
    }
    made = await make(api, "features", **body)
    assert made | body == made
    path = f"/v1/features/{made['id']}"
    changed = (await api.patch(path, json={"unit": None, "default_value": 3, "regions": []})).json()
    assert (changed["unit"], changed["default_value"], changed["regions"]) == (None, "3", [])
    expect_refusal(await api.patch(path, json={"rounding": None}), 400, "rounding")
    expect_refusal(await api.patch(path, json={"default_value": True}), 400, "default_value")
