"""What ``Idempotency-Key`` promises: the same call twice is done once and answered the same."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from counterfoil.bootstrap import http_app
from counterfoil.settings import Settings
from counterfoil.store import Store
from counterfoil.store.idempotency import forget_expired
from tests.conftest import Database, Tenant
from tests.faces.kit.conftest import Probe

KEY = {"Idempotency-Key": "the-key"}


async def customers(client: httpx.AsyncClient) -> list[str]:
    return [one["name"] for one in (await client.get("/v1/customers")).json()["data"]]


async def test_the_same_body_gets_the_first_answer_again(api: httpx.AsyncClient) -> None:
    first = await api.post("/v1/customers", json={"name": "A"}, headers=KEY)
    second = await api.post("/v1/customers", json={"name": "A"}, headers=KEY)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert (second.status_code, second.content) == (201, first.content)
    assert second.headers["content-type"] == first.headers["content-type"]
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert await customers(api) == ["A"]


async def test_another_body_under_the_same_key_is_refused(api: httpx.AsyncClient) -> None:
    await api.post("/v1/customers", json={"name": "A"}, headers=KEY)
    other = await api.post("/v1/customers", json={"name": "B"}, headers=KEY)
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "idempotency_reused"
    assert other.json()["error"]["field"] == "Idempotency-Key"
    assert await customers(api) == ["A"]


async def test_a_key_is_of_one_client_one_method_and_one_path(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = (await api.post("/v1/customers", json={"name": "A"}, headers=KEY)).json()
    assert (await other_api.post("/v1/customers", json={"name": "A"}, headers=KEY)).status_code == 201
    second = (await api.post("/v1/api-clients", json={"name": "A"}, headers=KEY)).json()
    assert second["id"].startswith("key_")
    headers = KEY | {"Authorization": f"Bearer {second['secret']}"}
    theirs = await api.post("/v1/customers", json={"name": "A"}, headers=headers)
    assert theirs.json()["id"] != made["id"]
    patched = await api.patch(f"/v1/customers/{made['id']}", json={"name": "A"}, headers=KEY)
    assert patched.json()["version"] == 2


async def test_a_refusal_is_repeated_as_it_was(api: httpx.AsyncClient) -> None:
    await api.post("/v1/customers", json={"name": "A", "external_id": "x"})
    body = {"name": "B", "external_id": "x"}
    first = await api.post("/v1/customers", json=body, headers=KEY)
    assert first.status_code == 409
    await api.patch(
        f"/v1/customers/{(await api.get('/v1/customers')).json()['data'][0]['id']}",
        json={"external_id": None},
    )
    second = await api.post("/v1/customers", json=body, headers=KEY)
    assert (second.status_code, second.content) == (409, first.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert await customers(api) == ["A"]


async def test_twins_at_the_same_moment_do_it_once(probing: httpx.AsyncClient, probe: Probe) -> None:
    twins = [asyncio.create_task(probing.post("/v1/probe/slow", json={}, headers=KEY)) for _ in range(2)]
    await probe.called.wait()
    await asyncio.sleep(0.1)
    assert not any(twin.done() for twin in twins), "the second waits for the first"
    probe.gate.set()
    answers = await asyncio.gather(*twins)
    assert [(one.status_code, one.content) for one in answers] == [(201, b"made")] * 2
    assert sorted("idempotent-replayed" in one.headers for one in answers) == [False, True]
    assert probe.calls == 1
    assert await customers(probing) == ["A"]


@pytest.mark.parametrize(("path", "status"), [("crash", 500), ("unavailable", 503), ("answers-503", 503)])
async def test_a_failure_of_the_server_is_not_kept(
    probing: httpx.AsyncClient, probe: Probe, path: str, status: int
) -> None:
    for _ in range(2):
        failed = await probing.post(f"/v1/probe/{path}", json={}, headers=KEY)
        assert failed.status_code == status
        assert "idempotent-replayed" not in failed.headers
    assert await customers(probing) == [], "nothing of it is written"
    probe.failing = False
    assert (await probing.post(f"/v1/probe/{path}", json={}, headers=KEY)).status_code == 204
    assert await customers(probing) == ["A"]


async def test_an_expired_key_is_usable_again(database: Database, tenant: Tenant) -> None:
    moment = [datetime.now(UTC)]
    store = Store(database.app_url, clock=lambda: moment[0])
    transport = httpx.ASGITransport(http_app(Settings(rate_limit=0), store))
    headers = {"Authorization": f"Bearer {tenant.key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test", headers=headers) as client:
        await client.post("/v1/customers", json={"name": "A"}, headers=KEY)
        moment[0] += timedelta(hours=24)
        kept = await client.post("/v1/customers", json={"name": "A"}, headers=KEY)
        assert kept.headers["idempotent-replayed"] == "true", "24 hours are kept in full"
        moment[0] += timedelta(seconds=1)
        again = await client.post("/v1/customers", json={"name": "B"}, headers=KEY)
        assert again.status_code == 201
        assert sorted(await customers(client)) == ["A", "B"]
        replayed = await client.post("/v1/customers", json={"name": "B"}, headers=KEY)
        assert replayed.content == again.content
        moment[0] += timedelta(hours=25)
        async with store.system() as uow:
            assert await forget_expired(uow) >= 1
    await store.close()


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
async def test_a_key_that_is_none_is_refused(api: httpx.AsyncClient, key: str) -> None:
    refused = await api.post("/v1/customers", json={"name": "A"}, headers=[("Idempotency-Key", key)])
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "Idempotency-Key")
    assert await customers(api) == []


async def test_reading_needs_no_key_and_keeps_none(api: httpx.AsyncClient) -> None:
    assert (await api.get("/v1/customers", headers=KEY)).json()["data"] == []
    await api.post("/v1/customers", json={"name": "A"})
    assert len((await api.get("/v1/customers", headers=KEY)).json()["data"]) == 1
