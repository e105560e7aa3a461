"""Which customer pays which price for which feature, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

START = "2026-01-01T00:00:00Z"


async def post(api: httpx.AsyncClient, path: str, **body: Any) -> Any:
    answer = await api.post(f"/v1{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


async def listed(api: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await api.get("/v1/customer-features", params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


@pytest.fixture
async def made(api: httpx.AsyncClient) -> dict[str, Any]:
    """A customer with a plan whose two prices charge two features, one of a product."""
    product = await post(api, "/products", code="cdn", name="CDN")
    traffic = await post(
        api, "/features", code="traffic", name="Traffic", kind="boolean", product_id=product["id"]
    )
    support = await post(api, "/features", code="support", name="Support", kind="boolean")
    prices = [
        {
            "code": one["code"],
            "model": "flat",
            "params": {"EUR": {"amount": "5"}},
            "interval": {"unit": "month"},
            "feature_id": one["id"],
        }
        for one in (traffic, support)
    ]
    plan = await post(api, "/plans", code="edge", name="Edge", prices=prices, publish=True)
    customer = await post(api, "/customers", name="Nordwind", currency="EUR")
    subscription = await post(
        api, "/subscriptions", customer_id=customer["id"], plan_id=plan["id"], started_at=START
    )
    return {
        "product": product["id"],
        "traffic": traffic["id"],
        "support": support["id"],
        "plan": plan["id"],
        "customer": customer["id"],
        "subscription": subscription,
    }


async def test_a_seller_sees_what_a_customer_pays_for_a_feature(
    api: httpx.AsyncClient, made: dict[str, Any]
) -> None:
    [traffic] = await listed(api, feature_id=made["traffic"])
    [item] = [one for one in made["subscription"]["items"] if one["price_id"] == _price(traffic)]
    assert traffic["id"].startswith("cf_")
    assert {name: value for name, value in traffic.items() if name not in ("id", "created_at")} == {
        "customer_id": made["customer"],
        "feature_id": made["traffic"],
        "product_id": made["product"],
        "charges": [
            {
                "subscription_id": made["subscription"]["id"],
                "item_id": item["id"],
                "price_id": item["price_id"],
                "plan_id": made["plan"],
                "quantity": "1",
                "currency": "EUR",
                "started_at": START,
                "ended_at": None,
            }
        ],
    }


def _price(row: dict[str, Any]) -> Any:
    return row["charges"][0]["price_id"]


async def test_the_list_is_filtered_by_customer_feature_and_product(
    api: httpx.AsyncClient, made: dict[str, Any]
) -> None:
    both = [made["traffic"], made["support"]]
    assert sorted(one["feature_id"] for one in await listed(api)) == sorted(both)
    assert len(await listed(api, customer_id=made["customer"])) == 2
    assert [one["feature_id"] for one in await listed(api, product_id=made["product"])] == both[:1]
    nobody = await post(api, "/customers", name="Nobody")
    assert await listed(api, customer_id=nobody["id"]) == []


async def test_pages_follow_each_other(api: httpx.AsyncClient, made: dict[str, Any]) -> None:
    first = (await api.get("/v1/customer-features?limit=1")).json()
    second = (await api.get(f"/v1/customer-features?limit=1&cursor={first['next_cursor']}")).json()
    seen = [first["data"][0]["feature_id"], second["data"][0]["feature_id"]]
    assert sorted(seen) == sorted([made["traffic"], made["support"]])
    assert second["next_cursor"] is None


async def test_another_seller_sees_nothing_of_it(other_api: httpx.AsyncClient, made: dict[str, Any]) -> None:
    assert await listed(other_api) == []
    assert await listed(other_api, customer_id=made["customer"]) == []
