"""A cancellation is not taken back or moved into the time in which another subscription bills the usage."""

from __future__ import annotations

import httpx
import pytest

from counterfoil.modules.catalog import PlanVersion
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.faces.native.test_subscriptions import made
from tests.modules.subscriptions.world import FEE, World, make_world, tokens

MARCH, APRIL = "2030-03-01T00:00:00Z", "2030-04-01T00:00:00Z"


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    return await make_world(store, tenant)


@pytest.fixture
async def version(world: World) -> PlanVersion:
    return await world.plan(FEE, tokens(world.meter_id))


async def test_a_later_end_and_none_need_shared_usage_where_the_next_one_bills_it(
    api: httpx.AsyncClient, world: World, version: PlanVersion
) -> None:
    first = await made(api, world, version)
    path = f"/v1/subscriptions/{first['id']}"
    april = {"when": "at", "at": APRIL}
    assert (await api.post(f"{path}/cancel", json={"when": "at", "at": MARCH})).status_code == 200
    second = await made(api, world, version, started_at=MARCH)
    for call, body, field in (("cancel", april, "at"), ("reactivate", None, None)):
        refused = await api.post(f"{path}/{call}", json=body)
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], error.get("field")) == (409, "conflict", field)
        assert second["id"] in error["message"]
        assert "shared_usage true" in error["allowed"]
    later = await api.post(f"{path}/cancel", json=april | {"shared_usage": True})
    assert (later.status_code, later.json()["cancel_at"]) == (200, APRIL)
    assert (await api.post(f"{path}/cancel", json={"when": "at", "at": MARCH})).status_code == 200
    back = await api.post(f"{path}/reactivate", params={"shared_usage": True})
    assert (back.status_code, back.json()["cancel_at"]) == (200, None)
