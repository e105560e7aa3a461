"""What a developer does with ``/v1/test-clocks`` and ``/v1/operations``."""

from __future__ import annotations

import httpx
import pytest

from counterfoil.modules.identity import (
    NewApiClient,
    create_api_client,
    environments_of,
    finish_operation,
    progress_operation,
    start_operation,
)
from counterfoil.store import Store
from tests.conftest import Tenant, client_for


async def test_business_time_stands_where_the_clock_stands(api: httpx.AsyncClient) -> None:
    made = await api.post("/v1/test-clocks", json={"name": "y1", "now_at": "2024-02-29T12:00:00+01:00"})
    assert made.status_code == 201
    assert made.json()["now_at"] == "2024-02-29T11:00:00Z"
    customer = (await api.post("/v1/customers", json={"name": "A"})).json()
    assert customer["created_at"] == "2024-02-29T11:00:00Z"
    assert (await api.get("/v1/test-clocks")).json() == {"data": [made.json()], "next_cursor": None}
    assert (await api.get(f"/v1/test-clocks/{made.json()['id']}")).json() == made.json()


async def test_a_sandbox_has_one_clock_and_keeps_it(api: httpx.AsyncClient) -> None:
    body = {"now_at": "2024-01-01T00:00:00Z"}
    made = (await api.post("/v1/test-clocks", json=body)).json()
    assert (await api.post("/v1/test-clocks", json=body)).status_code == 409
    assert (await api.delete(f"/v1/test-clocks/{made['id']}")).status_code == 405
    assert (await api.get("/v1/test-clocks")).json()["data"] == [made]


async def test_a_live_environment_runs_in_real_time(store: Store, tenant: Tenant) -> None:
    async with store.system() as uow:
        live = (await environments_of(uow, tenant.organization.id))[0]
        _, key = await create_api_client(uow, live, NewApiClient("live"))
    async with client_for(store, key) as client:
        refused = await client.post("/v1/test-clocks", json={"now_at": "2024-01-01T00:00:00Z"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")
        assert (await client.get("/v1/test-clocks")).json()["data"] == []


@pytest.mark.parametrize(
    "now_at", ["2024-01-01", "2024-01-01T00:00:00", "1969-12-31T23:59:59Z", 5, None, "NaN"]
)
async def test_a_time_that_is_none_is_refused(api: httpx.AsyncClient, now_at: object) -> None:
    refused = await api.post("/v1/test-clocks", json={"now_at": now_at})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "now_at")


async def test_another_organizations_clock_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = (await api.post("/v1/test-clocks", json={"now_at": "2024-01-01T00:00:00Z"})).json()
    assert (await other_api.get(f"/v1/test-clocks/{made['id']}")).status_code == 404
    assert (await other_api.get("/v1/test-clocks")).json()["data"] == []


async def test_whoever_waits_for_an_operation_sees_how_far_it_is(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        operation = await start_operation(uow, "test_clock.advance", {"to": "2024-03-01T00:00:00Z"})
    listed = (await api.get("/v1/operations")).json()["data"]
    assert [(one["status"], one["input"]) for one in listed] == [("pending", {"to": "2024-03-01T00:00:00Z"})]
    path = f"/v1/operations/{listed[0]['id']}"
    async with store.unit(tenant.scope) as uow:
        await progress_operation(uow, operation.id, {"now_at": "2024-02-01T00:00:00Z"})
    running = (await api.get(path)).json()
    assert (running["status"], running["progress"]) == ("running", {"now_at": "2024-02-01T00:00:00Z"})
    async with store.unit(tenant.scope) as uow:
        await finish_operation(uow, operation.id, result={"invoices": 2})
    ended = (await api.get(path)).json()
    assert (ended["status"], ended["result"], ended["error"]) == ("succeeded", {"invoices": 2}, None)
    assert ended["finished_at"] is not None
    assert (await other_api.get(path)).status_code == 404
