"""What a developer does with ``/v1/credit-grants``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.wallets.world import World, make_world

MONTHLY = {
    "name": "Included",
    "credits": "100.5",
    "cadence": "recurring",
    "period": "month",
    "period_count": 1,
}
WELCOME = {"name": "Welcome", "credits": "25", "cadence": "one_time"}


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    return await make_world(store, tenant)


def subscription(world: World, **fields: Any) -> dict[str, Any]:
    return {
        "customer_id": show_id("customer", world.customer_id),
        "plan_id": show_id("plan", world.plan_id),
        "started_at": "2026-01-31T09:00:00Z",
        **fields,
    }


async def made(api: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await api.post(f"/v1/{path}", json=body)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


async def listed(api: httpx.AsyncClient, path: str, **query: str) -> list[dict[str, Any]]:
    answer = await api.get(f"/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def test_a_plans_grant_is_copied_to_its_subscriptions_which_show_what_they_get_next(
    api: httpx.AsyncClient, world: World
) -> None:
    plan_id = show_id("plan", world.plan_id)
    body = {"plan_id": plan_id, **MONTHLY, "expiration": "billing_cycle", "metadata": {"a": 1}}
    template = await made(api, "credit-grants", body)
    assert template | body == template
    assert (template["scope"], template["starts_at"], template["version"]) == ("plan", None, 1)
    contract = await made(api, "subscriptions", subscription(world))
    (copied,) = await listed(api, "credit-grants", subscription_id=contract["id"])
    assert copied["id"] != template["id"]
    assert (copied["template_id"], copied["scope"]) == (template["id"], "subscription")
    assert (copied["credits"], copied["currency"]) == ("100.5", "EUR")
    (upcoming,) = await listed(api, f"subscriptions/{contract['id']}/credit-grants/upcoming")
    expected = {
        "credit_grant_id": copied["id"],
        "subscription_id": contract["id"],
        "period_start": "2026-01-31T09:00:00Z",
        "period_end": "2026-02-28T09:00:00Z",
        "due_at": "2026-01-31T09:00:00Z",
        "expires_at": "2026-02-28T09:00:00Z",
        "credits": "100.5",
        "status": "pending",
    }
    assert upcoming | expected == upcoming
    assert [one["id"] for one in await listed(api, "credit-grants", plan_id=plan_id)] == [template["id"]]


async def test_a_subscription_is_made_together_with_grants_of_its_own(
    api: httpx.AsyncClient, world: World
) -> None:
    own = [WELCOME | {"external_id": "w-1"}, MONTHLY | {"anchor_at": "2026-02-01T00:00:00Z"}]
    contract = await made(api, "subscriptions", subscription(world, credit_grants=own))
    monthly, welcome = await listed(api, "credit-grants", subscription_id=contract["id"])
    assert (welcome["name"], welcome["starts_at"]) == ("Welcome", contract["started_at"])
    assert monthly["anchor_at"] == "2026-02-01T00:00:00Z"
    assert [one["id"] for one in await listed(api, "credit-grants", external_id="w-1")] == [welcome["id"]]
    refused = await api.post(
        "/v1/subscriptions", json=subscription(world, credit_grants=[WELCOME, WELCOME | {"credits": "0"}])
    )
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "credit_grants.1.credits")
    assert len(await listed(api, "subscriptions")) == 1, "nothing is half-written"


async def test_a_grant_is_changed_as_it_was_seen_and_its_end_taken_back(
    api: httpx.AsyncClient, world: World
) -> None:
    contract = await made(api, "subscriptions", subscription(world))
    grant = await made(api, "credit-grants", MONTHLY | {"subscription_id": contract["id"]})
    path = f"/v1/credit-grants/{grant['id']}"
    first = await api.patch(path, json={"ends_at": "2100-01-01T00:00:00Z"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.headers["ETag"]) == (200, '"2"')
    stale = await api.patch(path, json={"name": "Mine"}, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["error"]["code"]) == (412, "version_mismatch")
    again = await api.patch(path, json={"name": "Mine", "metadata": {"b": 2}, "ends_at": None})
    shown = again.json()
    assert (shown["name"], shown["metadata"], shown["ends_at"]) == ("Mine", {"b": 2}, None)
    for name in ("credits", "period", "scope"):
        unknown = await api.patch(path, json={name: "1"})
        assert (unknown.status_code, unknown.json()["error"]["field"]) == (400, name)


async def test_deleting_archives_a_plans_grant_and_ends_a_subscriptions(
    api: httpx.AsyncClient, world: World
) -> None:
    template = await made(api, "credit-grants", MONTHLY | {"plan_id": show_id("plan", world.plan_id)})
    contract = await made(api, "subscriptions", subscription(world))
    (copied,) = await listed(api, "credit-grants", subscription_id=contract["id"])
    archived = await api.delete(f"/v1/credit-grants/{template['id']}")
    assert archived.status_code == 200
    assert archived.json()["archived_at"] is not None
    ended = await api.delete(f"/v1/credit-grants/{copied['id']}", params={"at": "2100-01-01T00:00:00Z"})
    assert (ended.json()["ends_at"], ended.json()["archived_at"]) == ("2100-01-01T00:00:00Z", None)
    assert len(await listed(api, "credit-grants")) == 2, "both stay readable"
    dated = await api.delete(f"/v1/credit-grants/{template['id']}", params={"at": "2100-01-01T00:00:00Z"})
    assert (dated.status_code, dated.json()["error"]["field"]) == (400, "at")


async def test_cancelling_a_subscription_ends_its_grants(api: httpx.AsyncClient, world: World) -> None:
    contract = await made(api, "subscriptions", subscription(world, credit_grants=[MONTHLY]))
    cancelled = await api.post(f"/v1/subscriptions/{contract['id']}/cancel", json={"when": "now"})
    assert cancelled.status_code == 200, cancelled.text
    (grant,) = await listed(api, "credit-grants", subscription_id=contract["id"])
    assert grant["ends_at"] == cancelled.json()["ended_at"]
    late = await api.post("/v1/credit-grants", json=WELCOME | {"subscription_id": contract["id"]})
    assert (late.status_code, late.json()["error"]["field"]) == (409, "subscription_id")


async def test_a_grant_belongs_to_one_thing(api: httpx.AsyncClient, world: World) -> None:
    contract = await made(api, "subscriptions", subscription(world))
    both = {"plan_id": contract["plan_id"], "subscription_id": contract["id"]}
    for owner in ({}, both):
        answer = await api.post("/v1/credit-grants", json=WELCOME | owner)
        error = answer.json()["error"]
        assert (answer.status_code, error["field"]) == (400, "subscription_id"), answer.text
        assert error["allowed"]


async def test_somebody_elses_grants_are_not_found(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, world: World
) -> None:
    contract = await made(api, "subscriptions", subscription(world, credit_grants=[WELCOME]))
    (grant,) = await listed(api, "credit-grants")
    for path in (f"credit-grants/{grant['id']}", f"subscriptions/{contract['id']}/credit-grants/upcoming"):
        assert (await other_api.get(f"/v1/{path}")).status_code == 404
    assert (await other_api.delete(f"/v1/credit-grants/{grant['id']}")).status_code == 404
    assert await listed(other_api, "credit-grants") == []
    (kept,) = await listed(api, "credit-grants")
    assert kept == grant
