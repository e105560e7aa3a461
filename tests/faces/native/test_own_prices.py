"""What a developer does with prices of a subscription's own, pauses and ends over ``/v1/subscriptions``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.modules.catalog import PlanVersion
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.subscriptions.world import FEE, SEATS, World, make_world

OWN = {"code": "gold", "name": "Gold", "model": "flat", "params": {"EUR": {"amount": "49.90"}}}
START = "2026-01-15T09:00:00Z"


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    return await make_world(store, tenant)


@pytest.fixture
async def version(world: World) -> PlanVersion:
    return await world.plan(FEE, SEATS)


async def asked(api: httpx.AsyncClient, world: World, **body: Any) -> httpx.Response:
    customer = show_id("customer", world.customer_id)
    return await api.post("/v1/subscriptions", json={"customer_id": customer, **body})


async def made(api: httpx.AsyncClient, world: World, **body: Any) -> dict[str, Any]:
    answer = await asked(api, world, **body)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def field(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["field"]


async def test_a_subscription_without_a_plan_is_made_and_found_by_its_reference(
    api: httpx.AsyncClient, world: World
) -> None:
    one = await made(api, world, prices=[OWN], plan_reference="gold-2026", payment_method="mobile_money")
    assert (one["plan_id"], one["plan_version_id"]) == (None, None)
    assert (one["plan_reference"], one["payment_method"]) == ("gold-2026", "mobile_money")
    price = (await api.get(f"/v1/prices/{one['items'][0]['price_id']}")).json()
    assert (price["plan_id"], price["name"], price["params"]) == (None, "Gold", {"EUR": {"amount": "49.9"}})
    await made(api, world, prices=[OWN], plan_reference="silver")
    found = await api.get("/v1/subscriptions", params={"plan_reference": "gold-2026"})
    assert found.json()["data"] == [one]


async def test_an_override_makes_an_item_for_each_part_of_the_time(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    plan = show_id("plan", version.plan_id)
    override = {"code": "seats", "params": {"unit_amount": "8"}, "ends_at": "2026-03-01T00:00:00Z"}
    one = await made(
        api, world, plan_id=plan, started_at=START, quantities={"seats": "3"}, overrides=[override]
    )
    assert [(item["started_at"], item["ended_at"], item["quantity"]) for item in one["items"]] == [
        (START, None, "1"),
        (START, "2026-03-01T00:00:00Z", "3"),
        ("2026-03-01T00:00:00Z", None, "3"),
    ]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, (400, "plan_id")),
        ({"prices": [{**OWN, "params": {"EUR": {"amount": "x"}}}]}, (400, "prices.0.params.EUR.amount")),
        ({"prices": [OWN, {**OWN, "model": "magic", "code": "b"}]}, (400, "prices.1.model")),
        ({"prices": [OWN], "currency": "USD"}, (400, "currency")),
        ({"prices": [OWN], "payment_method": "Card"}, (400, "payment_method")),
        ({"prices": [OWN], "plan_reference": ""}, (400, "plan_reference")),
        ({"prices": [OWN], "overrides": [{"code": "fee", "params": {}}]}, (400, "overrides.0.code")),
        ({"prices": [{**OWN, "amount": 1}]}, (400, "prices.0.amount")),
        ({"prices": [OWN], "overrides": [{"code": "a", "starts_at": "soon"}]}, (400, "overrides.0.params")),
    ],
)
async def test_terms_that_cannot_be_are_refused_by_name(
    api: httpx.AsyncClient, world: World, body: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert field(await asked(api, world, **body)) == expected
    assert (await api.get("/v1/prices")).json()["data"] == [], "nothing is half written"


async def test_overrides_that_overlap_name_the_later_ones_start(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    spring = {"code": "fee", "params": {"amount": "1"}, "starts_at": "2026-03-01T00:00:00Z"}
    both = [{**spring, "ends_at": "2026-06-01T00:00:00Z"}, {**spring, "starts_at": "2026-05-31T00:00:00Z"}]
    answer = await asked(
        api, world, plan_id=show_id("plan", version.plan_id), started_at=START, overrides=both
    )
    assert field(answer) == (400, "overrides.1.starts_at")


async def test_labels_are_changed(api: httpx.AsyncClient, world: World) -> None:
    one = await made(api, world, prices=[OWN], plan_reference="gold")
    path = f"/v1/subscriptions/{one['id']}"
    changed = (await api.patch(path, json={"plan_reference": None, "payment_method": "cash"})).json()
    assert (changed["plan_reference"], changed["payment_method"], changed["version"]) == (None, "cash", 2)
    assert field(await api.patch(path, json={"payment_method": "two words"})) == (400, "payment_method")


async def test_it_is_paused_and_resumed_and_neither_twice(api: httpx.AsyncClient, world: World) -> None:
    one = await made(api, world, prices=[OWN])
    path = f"/v1/subscriptions/{one['id']}"
    paused = await api.post(f"{path}/pause", headers={"If-Match": '"1"'})
    assert paused.json()["status"] == "paused"
    assert paused.json()["paused_at"] is not None
    again = await api.post(f"{path}/pause")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")
    assert again.json()["error"]["allowed"] == "resume, schedule cancel, unschedule cancel, cancel"
    resumed = (await api.post(f"{path}/resume")).json()
    assert (resumed["status"], resumed["paused_at"], resumed["version"]) == ("active", None, 3)
    assert (await api.post(f"{path}/resume")).status_code == 409
    late = await api.post(f"{path}/pause", headers={"If-Match": '"1"'})
    assert late.status_code == 412


async def test_it_ends_at_a_date(api: httpx.AsyncClient, world: World) -> None:
    one = await made(api, world, prices=[OWN])
    path = f"/v1/subscriptions/{one['id']}"
    for body in ({"when": "at"}, {"when": "now", "at": "2099-01-01T00:00:00Z"}, {"when": "at", "at": START}):
        assert field(await api.post(f"{path}/cancel", json=body)) == (400, "at")
    soon = "2030-01-01T00:00:00Z"
    ending = (await api.post(f"{path}/cancel", json={"when": "at", "at": soon})).json()
    assert (ending["status"], ending["cancel_at"], ending["items"][0]["ended_at"]) == ("active", soon, soon)
    assert (await api.post(f"{path}/reactivate")).json()["items"][0]["ended_at"] is None


async def test_an_items_price_is_changed(api: httpx.AsyncClient, world: World, version: PlanVersion) -> None:
    one = await made(api, world, plan_id=show_id("plan", version.plan_id), started_at=START)
    path = f"/v1/subscriptions/{one['id']}/items/{one['items'][0]['id']}/reprice"
    gold = {"model": "flat", "params": {"EUR": {"amount": "45"}}, "behavior": "none"}
    changed = (await api.post(path, json=gold)).json()
    # The period that was due is billed first, at the old price; another item goes on where it ends.
    known = [item["id"] for item in one["items"]]
    [following] = [item for item in changed["items"] if item["id"] not in known]
    first = next(item for item in changed["items"] if item["id"] == known[0])
    assert first["ended_at"] == first["billed_to"] == following["started_at"]
    path = f"/v1/subscriptions/{one['id']}/items/{following['id']}/reprice"
    price = (await api.get(f"/v1/prices/{following['price_id']}")).json()
    assert (price["code"], price["params"], price["plan_id"]) == ("fee", {"EUR": {"amount": "45"}}, None)
    assert field(await api.post(path, json={"model": "flat", "params": {"USD": {"amount": "45"}}})) == (
        400,
        "params",
    )
    assert field(await api.post(path, json={"model": "flat", "params": {"EUR": {}}})) == (
        400,
        "params.EUR.amount",
    )
    nowhere = path.replace(following["id"], "si_01kahgp1g0edgrx4zm6byashwh")
    answer = await api.post(nowhere, json={"model": "flat", "params": {"EUR": {"amount": "45"}}})
    assert field(answer) == (404, "item_id")


async def test_another_organization_knows_none_of_it(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, world: World
) -> None:
    one = await made(api, world, prices=[OWN], plan_reference="gold")
    path = f"/v1/subscriptions/{one['id']}"
    for call in ("pause", "resume", "cancel"):
        answer = await other_api.post(f"{path}/{call}", json={} if call == "cancel" else None)
        assert answer.status_code == 404
    found = await other_api.get("/v1/subscriptions", params={"plan_reference": "gold"})
    assert found.json()["data"] == []
