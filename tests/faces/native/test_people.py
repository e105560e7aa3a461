"""What a developer does with ``/v1/roles`` and ``/v1/users``."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from counterfoil.modules.identity import EnvironmentKind, NewApiClient, create_api_client, environments_of
from counterfoil.store import Store
from tests.conftest import Tenant, client_for


@pytest.fixture
async def live(store: Store, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """The API with a key to the live environment of the test's organization."""
    async with store.system() as uow:
        environment = (await environments_of(uow, tenant.organization.id))[0]
        assert environment.kind is EnvironmentKind.LIVE
        _, key = await create_api_client(uow, environment, NewApiClient("live"))
    async with client_for(store, key) as client:
        yield client


async def role_named(client: httpx.AsyncClient, name: str) -> dict[str, object]:
    roles = (await client.get("/v1/roles")).json()["data"]
    return next(role for role in roles if role["name"] == name)


async def test_two_roles_are_there_from_the_start(api: httpx.AsyncClient) -> None:
    administrator = await role_named(api, "administrator")
    reader = await role_named(api, "reader")
    assert "customers:write" in administrator["permissions"]  # type: ignore[operator]
    assert all(one.endswith(":read") for one in reader["permissions"])  # type: ignore[attr-defined]


async def test_a_role_is_made_changed_and_read(live: httpx.AsyncClient) -> None:
    body = {"name": "accounting", "permissions": ["payments:write", "invoices:read", "invoices:read"]}
    made = await live.post("/v1/roles", json=body)
    assert made.status_code == 201
    assert made.json()["permissions"] == ["invoices:read", "payments:write"]
    path = f"/v1/roles/{made.json()['id']}"
    changed = await live.patch(path, json={"name": "books"}, headers={"If-Match": '"1"'})
    assert (changed.json()["name"], changed.json()["version"]) == ("books", 2)
    late = await live.patch(path, json={"name": "late"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await live.get(path)).json() == changed.json()


async def test_a_user_is_added_moved_to_another_role_and_archived(live: httpx.AsyncClient) -> None:
    reader, administrator = await role_named(live, "reader"), await role_named(live, "administrator")
    body = {"email": "Ada@Nordwind.example", "name": "Ada", "role_id": reader["id"]}
    made = await live.post("/v1/users", json=body)
    assert made.status_code == 201
    assert made.json()["email"] == "ada@nordwind.example"
    twice = await live.post("/v1/users", json=body | {"email": "ada@NORDWIND.example"})
    assert (twice.status_code, twice.json()["error"]["field"]) == (409, "email")
    path = f"/v1/users/{made.json()['id']}"
    moved = await live.patch(path, json={"role_id": administrator["id"]})
    assert moved.json()["role_id"] == administrator["id"]
    gone = await live.post(f"{path}/archive")
    assert gone.json()["archived_at"] is not None
    assert (await live.get("/v1/users")).json()["data"] == [gone.json()]
    actions = [one["action"] for one in (await live.get("/v1/audit-records")).json()["data"]]
    assert actions[:3] == ["user.archived", "user.updated", "user.created"]


async def test_a_sandboxs_key_reads_people_and_changes_none(
    api: httpx.AsyncClient, live: httpx.AsyncClient
) -> None:
    reader = await role_named(api, "reader")
    for path, body in (
        ("/v1/roles", {"name": "r", "permissions": ["users:read"]}),
        ("/v1/users", {"email": "a@b.example", "name": "A", "role_id": reader["id"]}),
    ):
        refused = await api.post(path, json=body)
        assert refused.status_code == 403
        assert "ck_live_" in refused.json()["error"]["allowed"]
        assert (await live.post(path, json=body)).status_code == 201
    assert [user["email"] for user in (await api.get("/v1/users")).json()["data"]] == ["a@b.example"]


async def test_nobody_gives_a_role_that_may_do_more_than_they(live: httpx.AsyncClient) -> None:
    scopes = ["users:write", "roles:write", "roles:read", "customers:read"]
    made = await live.post("/v1/api-clients", json={"name": "l", "scopes": scopes})
    limited = {"Authorization": f"Bearer {made.json()['secret']}"}
    administrator = await role_named(live, "administrator")
    user = {"email": "a@b.example", "name": "A", "role_id": administrator["id"]}
    refused = await live.post("/v1/users", json=user, headers=limited)
    assert (refused.status_code, refused.json()["error"]["field"]) == (403, "role_id")
    role = {"name": "more", "permissions": ["customers:write"]}
    refused = await live.post("/v1/roles", json=role, headers=limited)
    assert (refused.status_code, refused.json()["error"]["field"]) == (403, "permissions.0")
    own = await live.post("/v1/roles", json={"name": "own", "permissions": scopes}, headers=limited)
    assert own.status_code == 201
    added = await live.post("/v1/users", json=user | {"role_id": own.json()["id"]}, headers=limited)
    assert added.status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a b@c.example"}, "email"),
        ({"email": "@c.example"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"role_id": "user_01jd3v8x9mf2k7t0r5w4y6z1ab"}, "role_id"),
        ({"role_id": None}, "role_id"),
    ],
)
async def test_a_user_that_cannot_be_is_refused(
    live: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    reader = await role_named(live, "reader")
    body = {"email": "a@b.example", "name": "A", "role_id": reader["id"]} | change
    refused = await live.post("/v1/users", json=body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)
    assert (await live.get("/v1/users")).json()["data"] == []


async def test_another_organizations_role_and_user_are_unknown(
    live: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    reader, foreign = await role_named(live, "reader"), await role_named(other_api, "reader")
    body = {"email": "a@b.example", "name": "A", "role_id": reader["id"]}
    user = (await live.post("/v1/users", json=body)).json()
    assert (await other_api.get(f"/v1/users/{user['id']}")).status_code == 404
    assert (await other_api.get(f"/v1/roles/{reader['id']}")).status_code == 404
    refused = await live.patch(f"/v1/users/{user['id']}", json={"role_id": foreign["id"]})
    assert (refused.status_code, refused.json()["error"]["field"]) == (404, "role_id")
    nobodys = {**body, "email": "b@b.example", "role_id": "role_01jd3v8x9mf2k7t0r5w4y6z1ab"}
    refused = await live.post("/v1/users", json=nobodys)
    assert (refused.status_code, refused.json()["error"]["field"]) == (404, "role_id")
