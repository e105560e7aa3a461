"""What a developer does with ``/v1/environments``."""

from __future__ import annotations

import httpx

from counterfoil.core.ids import parse_id
from counterfoil.store import Store
from tests.conftest import client_for


async def test_a_sandbox_is_made_with_a_key_that_opens_it_and_nothing_else(
    api: httpx.AsyncClient, store: Store
) -> None:
    await api.post("/v1/customers", json={"name": "A"})
    made = await api.post("/v1/environments", json={"name": "price trial"})
    assert made.status_code == 201
    environment = made.json()
    assert environment["kind"] == "sandbox"
    assert environment["key"].startswith("ck_test_")
    async with client_for(store, environment["key"]) as inside:
        assert (await inside.get("/v1/customers")).json()["data"] == []
        assert (await inside.post("/v1/customers", json={"name": "B"})).status_code == 201
        keys = (await inside.get("/v1/api-clients")).json()["data"]
        assert [key["name"] for key in keys] == ["first key"]
    read = (await api.get(f"/v1/environments/{environment['id']}")).json()
    known = {name: environment[name] for name in ("id", "name", "kind", "created_at")}
    organization = parse_id("organization", read["organization_id"])
    told = {"organization_id": read["organization_id"], "organization_uuid": str(organization)}
    assert read == known | told
    assert len((await api.get("/v1/customers")).json()["data"]) == 1
    # The rest of this transaction's environment is the caller's again: the audit and the feed are here.
    actions = [one["action"] for one in (await api.get("/v1/audit-records")).json()["data"]]
    assert actions[:2] == ["api_client.created", "environment.created"]


async def test_a_name_is_taken_once_in_its_organization(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    assert (await api.post("/v1/environments", json={"name": "staging"})).status_code == 201
    twice = await api.post("/v1/environments", json={"name": "staging"})
    assert (twice.status_code, twice.json()["error"]["field"]) == (409, "name")
    assert (await other_api.post("/v1/environments", json={"name": "staging"})).status_code == 201
    for name in ("", " ", "a\x00", "x" * 101):
        refused = await api.post("/v1/environments", json={"name": name})
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "name")


async def test_the_environments_of_an_organization_are_listed_to_it_alone(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    listed = (await api.get("/v1/environments")).json()["data"]
    assert [(one["name"], one["kind"]) for one in listed] == [
        ("tests", "sandbox"),
        ("test", "sandbox"),
        ("live", "live"),
    ]
    for one in listed:
        assert (await other_api.get(f"/v1/environments/{one['id']}")).status_code == 404


async def test_the_first_key_of_a_sandbox_may_do_no_more_than_the_key_that_made_it(
    api: httpx.AsyncClient, store: Store
) -> None:
    scopes = ["environments:write", "customers:read"]
    limited = (await api.post("/v1/api-clients", json={"name": "l", "scopes": scopes})).json()["secret"]
    async with client_for(store, limited) as client:
        key = (await client.post("/v1/environments", json={"name": "small"})).json()["key"]
    async with client_for(store, key) as inside:
        assert (await inside.get("/v1/customers")).status_code == 200
        assert (await inside.post("/v1/customers", json={"name": "A"})).status_code == 403
