"""What a developer does with ``/v1/customers``."""

from __future__ import annotations

import httpx


async def test_a_customer_is_made_and_read_back(api: httpx.AsyncClient) -> None:
    made = await api.post(
        "/v1/customers", json={"name": "Nordwind", "zone": "Europe/Berlin", "external_id": "n1"}
    )
    assert made.status_code == 201
    assert made.headers["etag"] == '"1"'
    read = await api.get(f"/v1/customers/{made.json()['id']}")
    assert read.json() == made.json()
    assert (await api.get("/v1/customers", params={"external_id": "n1"})).json()["data"] == [made.json()]


async def test_an_external_id_is_taken_once(api: httpx.AsyncClient) -> None:
    await api.post("/v1/customers", json={"name": "A", "external_id": "x"})
    twice = await api.post("/v1/customers", json={"name": "B", "external_id": "x"})
    assert twice.status_code == 409
    assert twice.json()["error"]["code"] == "already_exists"
    assert twice.json()["error"]["field"] == "external_id"


async def test_a_change_needs_the_present_version(api: httpx.AsyncClient) -> None:
    customer = (await api.post("/v1/customers", json={"name": "A"})).json()
    path = f"/v1/customers/{customer['id']}"
    assert (await api.patch(path, json={"name": "B"}, headers={"If-Match": '"1"'})).json()["version"] == 2
    late = await api.patch(path, json={"name": "C"}, headers={"If-Match": '"1"'})
    assert late.status_code == 412
    assert (await api.get(path)).json()["name"] == "B"


async def test_pages_follow_each_other_without_gap(api: httpx.AsyncClient) -> None:
    made = [(await api.post("/v1/customers", json={"name": str(n)})).json()["id"] for n in range(5)]
    seen: list[str] = []
    cursor = None
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/customers", params=parameters)).json()
        seen += [customer["id"] for customer in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[::-1]


async def test_another_organizations_customer_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    customer = (await api.post("/v1/customers", json={"name": "A"})).json()
    assert (await other_api.get(f"/v1/customers/{customer['id']}")).status_code == 404
    assert (await other_api.get("/v1/customers")).json()["data"] == []


async def test_a_wrong_zone_names_the_field_and_what_is_allowed(api: httpx.AsyncClient) -> None:
    refused = await api.post("/v1/customers", json={"name": "A", "zone": "Europe/Atlantis"})
    assert refused.status_code == 400
    error = refused.json()["error"]
    assert error["field"] == "zone"
    assert "Europe/Berlin" in error["allowed"]
    assert (await api.get("/v1/customers")).json()["data"] == []
