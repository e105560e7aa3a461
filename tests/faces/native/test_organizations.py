"""What an operator does with ``/v1/organizations``."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from counterfoil.modules.identity import create_operator_key
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import client_for


@pytest.fixture
async def operator(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    async with store.system() as uow:
        key = await create_operator_key(uow, "tests")
    async with client_for(store, key) as client:
        yield client


def as_client(client: httpx.AsyncClient, key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def test_a_new_organization_gets_a_key_to_each_of_its_two_worlds(operator: httpx.AsyncClient) -> None:
    made = await operator.post("/v1/organizations", json={"name": "Café Nord GmbH"})
    assert made.status_code == 201
    organization = made.json()
    assert organization["slug"].startswith("cafe-nord-gmbh")
    assert organization["live_key"].startswith("ck_live_")
    assert organization["test_key"].startswith("ck_test_")
    for kind in ("live", "test"):
        headers = as_client(operator, organization[f"{kind}_key"])
        customer = await operator.post("/v1/customers", json={"name": kind}, headers=headers)
        assert customer.status_code == 201
    read = await operator.get(f"/v1/organizations/{organization['id']}")
    assert read.json()["status"] == "active"
    assert "live_key" not in read.json()
    await operator.post(f"/v1/organizations/{organization['id']}/suspend")


async def test_the_live_world_and_the_sandbox_share_nothing(operator: httpx.AsyncClient) -> None:
    made = (await operator.post("/v1/organizations", json={"name": "A", "slug": "shares-nothing"})).json()
    live, test = (as_client(operator, made[f"{kind}_key"]) for kind in ("live", "test"))
    customer = (await operator.post("/v1/customers", json={"name": "A"}, headers=live)).json()
    assert (await operator.get(f"/v1/customers/{customer['id']}", headers=test)).status_code == 404


async def test_a_suspended_organizations_key_opens_nothing_until_it_is_resumed(
    operator: httpx.AsyncClient,
) -> None:
    made = (await operator.post("/v1/organizations", json={"name": "A", "slug": "to-suspend"})).json()
    headers = as_client(operator, made["test_key"])
    assert (await operator.get("/v1/customers", headers=headers)).status_code == 200
    suspended = await operator.post(f"/v1/organizations/{made['id']}/suspend")
    assert (suspended.json()["status"], suspended.json()["version"]) == ("suspended", 2)
    refused = await operator.get("/v1/customers", headers=headers)
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "this organization is suspended"
    again = await operator.post(f"/v1/organizations/{made['id']}/suspend")
    assert again.json()["version"] == 2, "twice is the same as once"
    assert (await operator.post(f"/v1/organizations/{made['id']}/resume")).json()["status"] == "active"
    assert (await operator.get("/v1/customers", headers=headers)).status_code == 200


async def test_a_slug_is_taken_once_and_has_a_form(operator: httpx.AsyncClient) -> None:
    assert (await operator.post("/v1/organizations", json={"name": "A", "slug": "once"})).status_code == 201
    twice = await operator.post("/v1/organizations", json={"name": "B", "slug": "once"})
    assert (twice.status_code, twice.json()["error"]["field"]) == (409, "slug")
    for slug in ("", "Upper", "a b", "-a", "a--b", "x" * 64, "ü"):
        refused = await operator.post("/v1/organizations", json={"name": "A", "slug": slug})
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "slug"), slug
    for name in ("", "   ", "a\x00b", "x" * 201):
        refused = await operator.post("/v1/organizations", json={"name": name})
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "name"), name


async def test_a_repeated_call_makes_one_organization_and_repeats_no_key(operator: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "make-it-once"}
    body = {"name": "Once", "slug": "made-once"}
    first = await operator.post("/v1/organizations", json=body, headers=headers)
    second = await operator.post("/v1/organizations", json=body, headers=headers)
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotent-replayed"] == "true"
    assert second.json() == first.json() | {"live_key": None, "test_key": None}


async def test_organizations_are_listed_newest_first(operator: httpx.AsyncClient) -> None:
    made = [(await operator.post("/v1/organizations", json={"name": f"Listed {n}"})).json() for n in range(3)]
    assert made[0]["slug"] == "listed-0"
    page = (await operator.get("/v1/organizations", params={"limit": 2})).json()
    assert [one["id"] for one in page["data"]] == [made[2]["id"], made[1]["id"]]
    rest = await operator.get("/v1/organizations", params={"limit": 1, "cursor": page["next_cursor"]})
    assert rest.json()["data"][0]["id"] == made[0]["id"]


async def test_only_an_operator_may(
    api: httpx.AsyncClient, operator: httpx.AsyncClient, store: Store
) -> None:
    assert (await api.post("/v1/organizations", json={"name": "A"})).status_code == 403
    assert (await api.get("/v1/organizations")).status_code == 403
    assert (await operator.get("/v1/customers")).status_code == 401
    async with client_for(store, "ck_operator_" + "0" * 64) as nobody:
        assert (await nobody.get("/v1/organizations")).status_code == 401
    unknown = await operator.get("/v1/organizations/org_01jd3v8x9mf2k7t0r5w4y6z1ab")
    assert unknown.status_code == 404


async def test_an_operators_calls_are_counted_too(store: Store) -> None:
    async with store.system() as uow:
        key = await create_operator_key(uow, "hasty")
    async with client_for(store, key, Settings(rate_limit=1)) as client:
        assert (await client.get("/v1/organizations")).headers["ratelimit-remaining"] == "0"
        assert (await client.get("/v1/organizations")).status_code == 429
