"""How faces refuse calls: in their own words, counted towards the key's limit, quoting what was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from counterfoil.bootstrap import http_app
from counterfoil.faces.vendors.suger import products
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.support.faces import FACES

OTHERS = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
async def client(store: Store, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    settings = Settings.model_validate({"faces": FACES, "rate_limit": 100})
    transport = httpx.ASGITransport(http_app(settings, store), raise_app_exceptions=False)
    headers = {
        "Authorization": f"Bearer {tenant.key}",
        "x-api-key": tenant.key,
        "x-reevit-key": tenant.key,
        "x-org-id": str(tenant.organization.id),
    }
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test", headers=headers) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "headers", "limit", "status"),
    [
        (f"/suger/org/{OTHERS}/product", {}, "ratelimit", 404),
        ("/salable/products", {"version": "v2"}, "ratelimit", 400),
        ("/reevit/v1/subscriptions", {"x-org-id": OTHERS}, "x-ratelimit", 403),
        ("/reevit/v1/subscriptions", {"x-org-id": ""}, "x-ratelimit", 400),
    ],
)
async def test_what_a_face_refuses_a_known_key_counts_and_says_so(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], limit: str, status: int
) -> None:
    answers = [await client.get(path, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [status, status]
    assert [answer.headers.get(f"{limit}-remaining") for answer in answers] == ["99", "98"]


@pytest.mark.parametrize(
    ("path", "headers", "challenge"),
    [
        ("/suger/org/x/product", {"authorization": ""}, "Key"),
        ("/gcore/billing/org/v1/subscriptions", {"authorization": ""}, "apikey"),
        ("/flexprice/v1/plans/x", {"authorization": "", "x-api-key": ""}, "Bearer"),
        ("/salable/products", {"x-api-key": ""}, None),
        ("/reevit/v1/subscriptions", {"authorization": "", "x-reevit-key": "x"}, None),
    ],
)
async def test_a_call_without_a_key_is_challenged_in_the_vendors_words(
    client: httpx.AsyncClient, path: str, headers: dict[str, str], challenge: str | None
) -> None:
    answer = await client.get(path, headers=headers)
    assert (answer.status_code, answer.headers.get("www-authenticate")) == (401, challenge)


async def test_a_nul_in_a_parameter_that_nobody_reads_is_ignored(
    client: httpx.AsyncClient, tenant: Tenant
) -> None:
    path = f"/suger/org/{tenant.organization.id}/product"
    assert (await client.get(f"{path}?x=%00")).status_code == 200
    assert (await client.get("/v1/customers?x=%00")).status_code == 200
    refused = await client.get(f"{path}?partner=%00")
    assert (refused.status_code, refused.json()) == (
        400,
        "partner holds characters that cannot be stored (allowed: a text without NUL)",
    )


async def test_a_refused_word_is_quoted_as_it_was_sent(client: httpx.AsyncClient, tenant: Tenant) -> None:
    path = f"/suger/org/{tenant.organization.id}/product"
    answer = await client.post(path, json={"name": "a", "partner": "OPENAI"})
    assert answer.status_code == 400
    assert answer.json().startswith('partner: OPENAI is none of its values (allowed: "", ADYEN, ')


async def test_two_who_change_at_once_conflict_and_no_version_is_spoken_of(
    client: httpx.AsyncClient, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/suger/org/{tenant.organization.id}/product"
    made = (await client.post(path, json={"name": "a"})).json()["id"]
    found = products._kept

    async def meanwhile(*asked: Any) -> Any:
        read = await found(*asked)
        monkeypatch.setattr(products, "_kept", found)
        other = await client.patch(f"{path}/{made}", json={"name": "b"})
        assert other.status_code == 200
        return read

    monkeypatch.setattr(products, "_kept", meanwhile)
    late = await client.patch(f"{path}/{made}", json={"name": "c"})
    assert late.status_code == 409
    assert late.json() == "somebody else changed it at the same time; read it and try again"


async def test_a_key_that_is_used_with_another_query_is_told_so(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "a"}
    path = f"/salable/subscriptions/{OTHERS}/cancel"
    first = await client.put(f"{path}?when=now", headers=headers)
    assert first.status_code == 404
    again = await client.put(f"{path}?when=end", headers=headers)
    assert "this Idempotency-Key was used with another request" in again.text
    assert "body" not in again.text
