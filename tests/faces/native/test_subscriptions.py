"""What a developer does with ``/v1/subscriptions``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.modules.catalog import PlanVersion, archive_plan
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.subscriptions.world import FEE, SEATS, World, make_world, tokens

START = "2026-01-15T09:00:00Z"


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    return await make_world(store, tenant)


@pytest.fixture
async def version(world: World) -> PlanVersion:
    return await world.plan(FEE, SEATS, tokens(world.meter_id))


def body(world: World, version: PlanVersion, **fields: Any) -> dict[str, Any]:
    plan = {
        "customer_id": show_id("customer", world.customer_id),
        "plan_id": show_id("plan", version.plan_id),
    }
    return {key: value for key, value in {**plan, "started_at": START, **fields}.items() if value is not ...}


async def made(api: httpx.AsyncClient, world: World, version: PlanVersion, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/v1/subscriptions", json=body(world, version, **fields))
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def test_a_subscription_is_made_and_read_back(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    subscription = await made(
        api,
        world,
        version,
        quantities={"seats": "12.50"},
        alignment="calendar",
        external_id="c-17",
        metadata={"sold_by": "partner"},
    )
    assert subscription["plan_version_id"] == show_id("plan_version", version.id)
    assert (subscription["currency"], subscription["zone"]) == ("EUR", "Europe/Berlin")
    assert (subscription["status"], subscription["version"]) == ("active", 1)
    assert subscription["anchor_at"] == "2025-12-31T23:00:00Z"
    assert subscription["metadata"] == {"sold_by": "partner"}
    assert [(item["quantity"], item["due_at"]) for item in subscription["items"]] == [
        ("1", START),
        ("12.5", START),
        ("1", "2026-01-31T23:00:00Z"),
    ]
    read = await api.get(f"/v1/subscriptions/{subscription['id']}")
    assert read.json() == subscription
    assert read.headers["etag"] == '"1"'


async def test_lists_filter_by_customer_status_and_external_id(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    one = await made(api, world, version, external_id="one")
    two = await made(api, world, version, currency="USD", shared_usage=True)
    draft = await made(api, world, version, started_at="2030-01-01T00:00:00Z", shared_usage=True)

    async def found(**parameters: str) -> list[dict[str, Any]]:
        answer = await api.get("/v1/subscriptions", params=parameters)
        data: list[dict[str, Any]] = answer.json()["data"]
        return data

    assert await found() == [draft, two, one]
    assert await found(status="active") == [two, one]
    assert await found(status="draft") == [draft]
    assert await found(external_id="one") == [one]
    assert await found(customer_id=one["customer_id"]) == [draft, two, one]
    assert await found(customer_id="cus_01kahgp1g0edgrx4zm6byashwh") == []
    first = (await api.get("/v1/subscriptions", params={"limit": 2})).json()
    assert await found(cursor=first["next_cursor"]) == [one]


async def test_an_items_quantity_is_changed(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    subscription = await made(api, world, version)
    path = f"/v1/subscriptions/{subscription['id']}/items/{subscription['items'][1]['id']}"
    changed = await api.patch(path, json={"quantity": "20"}, headers={"If-Match": '"1"'})
    assert [item["quantity"] for item in changed.json()["items"]].count("20") == 1
    assert changed.json()["version"] == 2
    late = await api.patch(path, json={"quantity": "21"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    fee = f"/v1/subscriptions/{subscription['id']}/items/{subscription['items'][0]['id']}"
    refused = await api.patch(fee, json={"quantity": "2"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "quantity")


async def test_cancelled_at_the_periods_end_and_taken_back(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    subscription = await made(api, world, version)
    path = f"/v1/subscriptions/{subscription['id']}"
    ending = (await api.post(f"{path}/cancel", json={"when": "period_end"})).json()
    assert ending["status"] == "active"
    assert ending["cancel_at"] > ending["cancelled_at"]
    assert {item["ended_at"] for item in ending["items"]} == {ending["cancel_at"]}
    back = (await api.post(f"{path}/reactivate")).json()
    assert (back["cancel_at"], back["version"]) == (None, 3)
    assert back["items"] == subscription["items"]
    again = await api.post(f"{path}/reactivate")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")


async def test_cancelled_now_is_final(api: httpx.AsyncClient, world: World, version: PlanVersion) -> None:
    subscription = await made(api, world, version)
    path = f"/v1/subscriptions/{subscription['id']}"
    ended = (await api.post(f"{path}/cancel", json={"when": "now"})).json()
    assert (ended["status"], ended["ended_at"]) == ("cancelled", ended["cancelled_at"])
    for call in ("cancel", "reactivate"):
        refused = await api.post(f"{path}/{call}", json={} if call == "cancel" else None)
        assert refused.status_code == 409
        assert "final" in refused.json()["error"]["allowed"]


async def test_metadata_and_external_id_are_changed_and_taken_once(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    await made(api, world, version, external_id="taken")
    other = await made(api, world, version, shared_usage=True)
    path = f"/v1/subscriptions/{other['id']}"
    changed = await api.patch(path, json={"external_id": "free", "metadata": {"a": 1}})
    assert (changed.json()["external_id"], changed.json()["metadata"]) == ("free", {"a": 1})
    for refused in (
        await api.patch(path, json={"external_id": "taken"}),
        await api.post(
            "/v1/subscriptions", json=body(world, version, external_id="taken", shared_usage=True)
        ),
    ):
        assert refused.status_code == 409
        assert refused.json()["error"]["field"] == "external_id"


@pytest.mark.parametrize(
    ("fields", "status", "field"),
    [
        ({"customer_id": "cus_01kahgp1g0edgrx4zm6byashwh"}, 404, "customer_id"),
        ({"customer_id": "plan_01kahgp1g0edgrx4zm6byashwh"}, 400, "customer_id"),
        ({"plan_id": "plan_01kahgp1g0edgrx4zm6byashwh"}, 404, "plan_id"),
        ({"plan_id": ...}, 400, "plan_id"),
        ({"plan_version_id": "plv_01kahgp1g0edgrx4zm6byashwh"}, 400, "plan_id"),
        ({"plan_id": ..., "plan_version_id": "plv_01kahgp1g0edgrx4zm6byashwh"}, 404, "plan_version_id"),
        ({"currency": "JPY"}, 400, "currency"),
        ({"currency": "XXX"}, 400, "currency"),
        ({"currency": "EU\x00"}, 400, "currency"),
        ({"quantities": {"seats": "-1"}}, 400, "quantities.seats"),
        ({"quantities": {"seats": "NaN"}}, 400, "quantities.seats"),
        ({"quantities": {"seats": "1e400"}}, 400, "quantities.seats"),
        ({"quantities": {"seats": None}}, 400, "quantities.seats"),
        ({"quantities": {"seats": "1e30"}}, 400, "quantities.seats"),
        ({"quantities": {"tokens": "5"}}, 400, "quantities"),
        ({"quantities": {"\x00": "5"}}, 400, "quantities"),
        ({"started_at": "2026-01-15"}, 400, "started_at"),
        ({"started_at": "1969-12-31T23:59:59Z"}, 400, "started_at"),
        ({"started_at": "9998-01-01T00:00:00Z"}, 400, "started_at"),
        ({"anchor_at": "9998-01-01T00:00:00Z"}, 400, "anchor_at"),
        ({"anchor_at": START, "alignment": "calendar"}, 400, "anchor_at"),
        ({"alignment": "lunar"}, 400, "alignment"),
        ({"external_id": "\x00"}, 400, "external_id"),
        ({"external_id": ""}, 400, "external_id"),
        ({"metadata": {"a": "\x00"}}, 400, "metadata"),
        ({"shared_usage": "perhaps"}, 400, "shared_usage"),
        ({"shared_usage": None}, 400, "shared_usage"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
async def test_what_cannot_be_subscribed_names_its_field_and_writes_nothing(
    api: httpx.AsyncClient,
    world: World,
    version: PlanVersion,
    fields: dict[str, Any],
    status: int,
    field: str,
) -> None:
    refused = await api.post("/v1/subscriptions", json=body(world, version, **fields))
    assert (refused.status_code, refused.json()["error"]["field"]) == (status, field), refused.text
    assert (await api.get("/v1/subscriptions")).json()["data"] == []


async def test_a_customer_or_plan_that_was_put_away_gets_nothing_new(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    other = await world.plan(FEE, code="other")
    async with world.on("2026-01-01") as uow:
        await archive_plan(uow, other.plan_id)
    refused = await api.post("/v1/subscriptions", json=body(world, other))
    assert (refused.status_code, refused.json()["error"]["field"]) == (409, "plan_id")
    await api.post(f"/v1/customers/{show_id('customer', world.customer_id)}/archive")
    refused = await api.post("/v1/subscriptions", json=body(world, version))
    assert (refused.status_code, refused.json()["error"]["field"]) == (409, "customer_id")


async def test_without_a_currency_the_customers_is_taken_or_one_is_asked_for(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    customer = (await api.post("/v1/customers", json={"name": "No currency"})).json()["id"]
    refused = await api.post("/v1/subscriptions", json=body(world, version, customer_id=customer))
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "currency")
    assert refused.json()["error"]["allowed"] == "EUR, USD"
    assert (await made(api, world, version, customer_id=customer, currency="USD"))["currency"] == "USD"


async def test_another_organization_can_neither_see_nor_touch_it(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    subscription = await made(api, world, version)
    path = f"/v1/subscriptions/{subscription['id']}"
    item = f"{path}/items/{subscription['items'][1]['id']}"
    assert (await other_api.get("/v1/subscriptions")).json()["data"] == []
    for answer in (
        await other_api.get(path),
        await other_api.patch(path, json={"metadata": {}}),
        await other_api.patch(item, json={"quantity": "1"}),
        await other_api.post(f"{path}/cancel", json={"when": "now"}),
        await other_api.post(f"{path}/reactivate"),
    ):
        assert answer.status_code == 404
    stolen = await other_api.post("/v1/subscriptions", json=body(world, version))
    assert (stolen.status_code, stolen.json()["error"]["field"]) == (404, "customer_id")
    assert (await api.get(path)).json() == subscription


@pytest.mark.parametrize(
    "quantity", ["-1", "NaN", "Infinity", "1e30", "1e400", 10**400, True, None, "", "1\x00", "0x10", [], {}]
)
async def test_an_impossible_quantity_changes_nothing(
    api: httpx.AsyncClient, world: World, version: PlanVersion, quantity: Any
) -> None:
    subscription = await made(api, world, version)
    path = f"/v1/subscriptions/{subscription['id']}"
    refused = await api.patch(f"{path}/items/{subscription['items'][1]['id']}", json={"quantity": quantity})
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] in {"quantity", "body"}
    assert (await api.get(path)).json() == subscription


async def test_an_item_of_another_subscription_is_unknown(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    one = await made(api, world, version)
    two = await made(api, world, version, shared_usage=True)
    path = f"/v1/subscriptions/{one['id']}/items/{two['items'][1]['id']}"
    refused = await api.patch(path, json={"quantity": "2"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (404, "item_id")


async def test_the_same_usage_is_billed_on_two_subscriptions_only_if_that_is_said(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    first = await made(api, world, version)
    refused = await api.post("/v1/subscriptions", json=body(world, version))
    error = refused.json()["error"]
    assert (refused.status_code, error["code"], error["field"]) == (409, "conflict", "plan_id")
    assert "meter tokens" in error["message"]
    assert first["id"] in error["message"]
    assert "shared_usage" in error["allowed"]
    assert (await api.get("/v1/subscriptions")).json()["data"] == [first]
    both = await made(api, world, version, shared_usage=True)
    assert "shared_usage" not in both
    assert (await api.get("/v1/subscriptions")).json()["data"] == [both, first]
