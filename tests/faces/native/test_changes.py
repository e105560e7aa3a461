"""What a developer reads from ``/v1/changes`` and ``/v1/audit-records``."""

from __future__ import annotations

import httpx
import pytest

from counterfoil.store import Store
from counterfoil.store.feed import relay_changes


async def relay(store: Store) -> None:
    placed = 1
    while placed:
        async with store.system() as uow:
            placed = await relay_changes(uow)


async def test_the_feed_is_read_to_its_end_by_position(api: httpx.AsyncClient, store: Store) -> None:
    made = [(await api.post("/v1/customers", json={"name": str(n)})).json()["id"] for n in range(5)]
    assert (await api.get("/v1/changes")).json() == {"data": [], "next_after": 0}, "not placed yet"
    await relay(store)
    seen: list[tuple[int, str]] = []
    after = 0
    while True:
        part = (await api.get("/v1/changes", params={"after": after, "limit": 2})).json()
        seen += [(one["position"], one["object_id"]) for one in part["data"]]
        after = part["next_after"]
        if not part["data"]:
            break
    assert seen == list(zip(range(1, 6), made, strict=True))
    assert after == 5


async def test_a_change_says_what_happened_to_what_and_by_whom(api: httpx.AsyncClient, store: Store) -> None:
    key = (await api.get("/v1/api-clients")).json()["data"][0]["id"]
    customer = (await api.post("/v1/customers", json={"name": "A", "external_id": "n1"})).json()
    await relay(store)
    change = (await api.get("/v1/changes")).json()["data"][0]
    assert change["id"].startswith("chg_")
    assert {
        name: change[name] for name in ("event", "object_kind", "object_id", "object_version", "actor")
    } == {
        "event": "customer.created",
        "object_kind": "customer",
        "object_id": customer["id"],
        "object_version": 1,
        "actor": f"api_client:{key}",
    }


async def test_what_happens_in_another_organization_is_not_in_the_feed(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, store: Store
) -> None:
    await other_api.post("/v1/customers", json={"name": "A"})
    await relay(store)
    assert (await api.get("/v1/changes")).json()["data"] == []
    assert len((await other_api.get("/v1/changes")).json()["data"]) == 1


@pytest.mark.parametrize(
    "parameters", [{"after": -1}, {"after": 10**20}, {"after": "x"}, {"limit": 0}, {"limit": 1001}]
)
async def test_a_position_that_cannot_be_is_refused(
    api: httpx.AsyncClient, parameters: dict[str, int]
) -> None:
    refused = await api.get("/v1/changes", params=parameters)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, next(iter(parameters)))


async def test_the_audit_says_who_did_what_in_which_request(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    own = (await api.get("/v1/api-clients")).json()["data"][0]["id"]
    made = await api.post("/v1/api-clients", json={"name": "a", "scopes": ["events:write"]})
    revoked = await api.post(f"/v1/api-clients/{made.json()['id']}/revoke")
    page = (await api.get("/v1/audit-records", params={"limit": 1})).json()
    rest = await api.get("/v1/audit-records", params={"limit": 1, "cursor": page["next_cursor"]})
    last, first = page["data"][0], rest.json()["data"][0]
    assert (last["action"], last["request_id"]) == ("api_client.revoked", revoked.headers["x-request-id"])
    assert (first["action"], first["request_id"]) == ("api_client.created", made.headers["x-request-id"])
    assert last["actor"] == first["actor"] == f"api_client:{own}"
    assert last["object_id"] == first["object_id"] == made.json()["id"]
    assert first["data"] == {"name": "a", "scopes": ["events:write"], "expires_at": None}
    others = (await other_api.get("/v1/audit-records")).json()["data"]
    assert {one["object_id"] for one in others}.isdisjoint({made.json()["id"], own})
