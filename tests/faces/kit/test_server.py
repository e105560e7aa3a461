"""What watches the server and what explains it: health, metrics, the OpenAPI document, the reference page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

from counterfoil.modules.identity import PERMISSIONS
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant, client_for
from tests.support.faces import FACES


async def test_health_needs_no_key(store: Store) -> None:
    async with client_for(store, "") as client:
        client.headers.pop("authorization")
        assert (await client.get("/v1/healthz")).json() == {"status": "ok"}
        assert (await client.get("/v1/readyz")).json() == {"status": "ok"}


async def test_without_its_database_a_server_is_alive_and_not_ready() -> None:
    store = Store("postgresql://nobody@127.0.0.1:1/nothing")
    async with client_for(store, "") as client:
        assert (await client.get("/v1/healthz")).status_code == 200
        answer = await client.get("/v1/readyz")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    await store.close()


async def test_with_another_schema_a_server_is_not_ready(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("counterfoil.store.schema.HEAD", "9999")
    async with client_for(store, "") as client:
        answer = await client.get("/v1/readyz")
    assert answer.status_code == 503
    assert "9999" in answer.json()["error"]["message"]


async def figures(client: httpx.AsyncClient) -> dict[str, float]:
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_requests_are_counted_by_template_and_never_by_path(store: Store, tenant: Tenant) -> None:
    async with client_for(store, tenant.key) as client:
        made = (await client.post("/v1/customers", json={"name": "A"})).json()
        for _ in range(3):
            await client.get(f"/v1/customers/{made['id']}")
        await client.get("/v1/customers/nonsense")
        for path in ("/v1/nothing", "/v1/nothing/else", "/wp-admin"):
            await client.get(path)
        await client.request("BREW", "/v1/customers")
        await client.put("/v1/customers")
        counted = await figures(client)
        text = (await client.get("/metrics")).text

    def requests(method: str, route: str, status: int) -> float:
        labels = f'method="{method}",route="{route}",status="{status}"'
        return counted[f"counterfoil_http_requests_total{{{labels}}}"]

    assert requests("POST", "/v1/customers", 201) == 1
    assert requests("GET", "/v1/customers/{customer_id}", 200) == 3
    assert requests("GET", "/v1/customers/{customer_id}", 400) == 1
    assert requests("GET", "unmatched", 404) == 3
    assert requests("other", "/v1/customers", 405) == 1
    seconds = 'counterfoil_http_request_seconds_count{method="GET",route="/v1/customers/{customer_id}"}'
    assert counted[seconds] == 4
    assert counted["counterfoil_database_connections_in_use"] == 0
    assert counted["process_resident_memory_bytes"] > 0
    assert made["id"] not in text
    assert "wp-admin" not in text


async def document(client: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get("/v1/openapi.json")).json()
    return found


def operations(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, operation)
        for path, methods in found["paths"].items()
        for method, operation in methods.items()
    ]


async def test_operations_have_readable_ids_each_its_own(api: httpx.AsyncClient) -> None:
    found = await document(api)
    ids = [operation["operationId"] for _, _, operation in operations(found)]
    assert len(ids) == len(set(ids))
    assert all(re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", one) for one in ids), ids
    assert found["paths"]["/v1/customers"]["post"]["operationId"] == "customers.create"
    assert found["paths"]["/v1/api-clients/{client_id}/revoke"]["post"]["operationId"] == "api_clients.revoke"


async def test_the_document_says_which_key_each_call_needs(api: httpx.AsyncClient) -> None:
    found = await document(api)
    assert found["openapi"].startswith("3.1.")
    assert set(found["components"]["securitySchemes"]) == {"apiKey", "operatorKey"}
    for method, path, operation in operations(found):
        [wanted] = operation["security"] or [{}]
        if path in ("/v1/healthz", "/v1/readyz", "/metrics"):
            assert wanted == {}
        elif path.startswith("/v1/organizations"):
            assert wanted == {"operatorKey": []}
        else:
            assert set(wanted) == {"apiKey"}, (method, path)
            assert set(wanted["apiKey"]) <= PERMISSIONS
            assert wanted["apiKey"], f"{method} {path} names no scope"


async def test_the_document_says_what_every_call_shares(api: httpx.AsyncClient) -> None:
    for method, path, operation in operations(await document(api)):
        assert operation["summary"], (method, path)
        assert operation["tags"], (method, path)
        refused = operation["responses"]["4XX"]["content"]["application/json"]["schema"]
        assert refused == {"$ref": "#/components/schemas/ErrorBody"}
        assert "422" not in operation["responses"], (method, path)
        names = [one["name"] for one in operation.get("parameters", [])]
        unsafe = method in ("post", "put", "patch", "delete")
        assert ("Idempotency-Key" in names) == unsafe, (method, path)
        assert len(names) == len(set(names))


async def test_bodies_have_examples(api: httpx.AsyncClient) -> None:
    found = await document(api)
    for resource in ("organizations", "environments", "api-clients", "roles", "users", "test-clocks"):
        content = found["paths"][f"/v1/{resource}"]["post"]["requestBody"]["content"]
        name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert found["components"]["schemas"][name]["examples"], name


async def test_the_reference_page_loads_nothing_from_elsewhere(api: httpx.AsyncClient) -> None:
    page = await api.get("/v1/docs")
    assert page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"https?://|<script>|style=", page.text)


@pytest.mark.parametrize(("at", "base"), [("/v1", ""), *((f"/{name}", f"/{name}") for name in FACES)])
async def test_the_reference_page_works_behind_any_path(store: Store, at: str, base: str) -> None:
    outside = "https://bill.example.com/api"
    async with client_for(store, "", Settings.model_validate({"faces": FACES})) as http:

        async def shown(link: str) -> httpx.Response:
            """What a browser gets that follows a link of the page; the proxy takes its own path away."""
            url = urljoin(f"{outside}{at}/docs", link)
            assert url.startswith(f"{outside}/")
            return (await http.get(url.removeprefix(outside))).raise_for_status()

        links = re.findall(r'(?:src|href)="((?!data:)[^"]+)"', (await shown("docs")).text)
        assert len(links) >= 5
        for link in links:
            assert (await shown(link)).content, link
        assert (await shown("docs/page.js")).text.startswith('SwaggerUIBundle({"url": "openapi.json"')
        [server] = (await shown("openapi.json")).json()["servers"]
    assert urljoin(f"{outside}{at}/openapi.json", server["url"]).rstrip("/") == f"{outside}{base}"
