"""What a developer does with ``/v1/api-clients``, and what a key opens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from counterfoil.bootstrap import http_app
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Database, Tenant, client_for


class Clock:
    """A store whose real time the test sets."""

    def __init__(self, database: Database) -> None:
        self.now = datetime.now(UTC)
        self.store = Store(database.app_url, clock=lambda: self.now)


@pytest.fixture
async def database_clock(database: Database) -> AsyncIterator[Clock]:
    clock = Clock(database)
    yield clock
    await clock.store.close()


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_secret_is_shown_once(api: httpx.AsyncClient) -> None:
    made = await api.post("/v1/api-clients", json={"name": "collector", "scopes": ["events:write"]})
    assert made.status_code == 201
    client = made.json()
    secret = client.pop("secret")
    assert secret.startswith("ck_test_")
    assert secret.endswith(client["hint"].removeprefix("…"))
    assert (await api.get(f"/v1/api-clients/{client['id']}")).json() == client
    listed = await api.get("/v1/api-clients")
    assert secret not in listed.text
    assert client in listed.json()["data"]
    for feed in ("/v1/audit-records", "/v1/changes"):
        assert secret not in (await api.get(feed)).text


async def test_a_replayed_call_shows_no_secret(api: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await api.post("/v1/api-clients", json={"name": "a"}, headers=headers)
    second = await api.post("/v1/api-clients", json={"name": "a"}, headers=headers)
    assert second.status_code == 201
    assert second.json() == first.json() | {"secret": None}
    assert len((await api.get("/v1/api-clients")).json()["data"]) == 2  # this one and the test's own


async def test_a_key_does_what_its_scopes_say(api: httpx.AsyncClient) -> None:
    body = {"name": "reader", "scopes": ["customers:read"]}
    key = (await api.post("/v1/api-clients", json=body)).json()["secret"]
    assert (await api.get("/v1/customers", headers=bearing(key))).status_code == 200
    refused = await api.post("/v1/customers", json={"name": "A"}, headers=bearing(key))
    assert refused.status_code == 403
    assert refused.json()["error"]["allowed"] == "customers:write"


async def test_a_key_cannot_give_away_what_it_lacks(api: httpx.AsyncClient) -> None:
    body = {"name": "maker", "scopes": ["api_clients:write", "customers:read"]}
    maker = bearing((await api.post("/v1/api-clients", json=body)).json()["secret"])
    more = {"name": "more", "scopes": ["customers:read", "customers:write"]}
    refused = await api.post("/v1/api-clients", json=more, headers=maker)
    assert (refused.status_code, refused.json()["error"]["field"]) == (403, "scopes.1")
    same = (await api.post("/v1/api-clients", json={"name": "same"}, headers=maker)).json()
    assert same["scopes"] == ["api_clients:write", "customers:read"]
    less = {"name": "less", "scopes": ["customers:read"]}
    assert (await api.post("/v1/api-clients", json=less, headers=maker)).status_code == 201


async def test_a_revoked_key_opens_nothing_from_the_next_call_on(api: httpx.AsyncClient) -> None:
    made = (await api.post("/v1/api-clients", json={"name": "a"})).json()
    key = bearing(made["secret"])
    assert (await api.get("/v1/customers", headers=key)).status_code == 200
    revoked = await api.post(f"/v1/api-clients/{made['id']}/revoke")
    assert revoked.json()["revoked_at"] is not None
    refused = await api.get("/v1/customers", headers=key)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    again = await api.post(f"/v1/api-clients/{made['id']}/revoke")
    assert again.json() == revoked.json(), "twice is the same as once"


async def test_an_expired_key_opens_nothing(database_clock: Clock, tenant: Tenant) -> None:
    app = http_app(Settings(rate_limit=0), database_clock.store)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test") as client:
        expires = (database_clock.now + timedelta(minutes=1)).isoformat()
        made = await client.post(
            "/v1/api-clients", json={"name": "a", "expires_at": expires}, headers=bearing(tenant.key)
        )
        key = bearing(made.json()["secret"])
        assert (await client.get("/v1/customers", headers=key)).status_code == 200
        database_clock.now += timedelta(minutes=1)
        refused = await client.get("/v1/customers", headers=key)
        assert (refused.status_code, refused.json()["error"]["message"]) == (401, "this key has expired")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"name": "a", "scopes": []}, "scopes"),
        ({"name": "a", "scopes": ["customers:delete"]}, "scopes.0"),
        ({"name": "a", "scopes": "customers:read"}, "scopes"),
        ({"name": "a", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "a", "expires_at": "tomorrow"}, "expires_at"),
        ({"name": "a", "secret": "mine"}, "secret"),
    ],
)
async def test_a_key_that_cannot_be_is_refused(
    api: httpx.AsyncClient, body: dict[str, object], field: str
) -> None:
    refused = await api.post("/v1/api-clients", json=body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)
    assert refused.json()["error"]["allowed"]
    assert len((await api.get("/v1/api-clients")).json()["data"]) == 1


async def test_another_organizations_key_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = (await api.post("/v1/api-clients", json={"name": "a"})).json()
    assert (await other_api.get(f"/v1/api-clients/{made['id']}")).status_code == 404
    assert (await other_api.post(f"/v1/api-clients/{made['id']}/revoke")).status_code == 404
    assert (await api.get("/v1/customers", headers=bearing(made["secret"]))).status_code == 200


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer ck_test_wrong", "ck_test_x"]
)
async def test_what_is_no_key_opens_nothing(store: Store, header: str) -> None:
    async with client_for(store, "x") as client:
        refused = await client.get("/v1/customers", headers={"Authorization": header})
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "unauthenticated"
    assert refused.headers["www-authenticate"] == "Bearer"
