"""An id with a slash is one part of an address if it was sent encoded."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant, client_for


@pytest.mark.parametrize(
    "name", ["a/b", "/", "a/b/subscriptions", "a%2Fb", "a/b%2Fc%25", "50%/ü €", "a//b", "a/../b"]
)
async def test_an_id_is_read_as_it_was_given(store: Store, tenant: Tenant, name: str) -> None:
    settings = Settings(faces=("flexprice", "reevit", "suger"), rate_limit=0)
    async with client_for(store, tenant.key, settings) as http:
        base = "http://api.test/flexprice/v1"
        made = await http.post(f"{base}/customers", json={"external_id": name, "name": "N"})
        assert made.status_code == 201, made.text
        path = f"{base}/customers/external/{quote(name, safe='')}"
        read = await http.get(httpx.URL(path))
        assert (read.status_code, read.json().get("external_id")) == (200, name)
        theirs = await http.get(httpx.URL(f"{path}/subscriptions"))
        assert (theirs.status_code, theirs.json()["pagination"]["total"]) == (200, 0)
        nobody = await http.get(f"{base}/customers/external/{quote(name + '?', safe='')}")
        assert nobody.json()["details"]["field"] == "external_id"


async def test_a_slash_in_an_id_is_no_other_address(store: Store, tenant: Tenant) -> None:
    settings = Settings(faces=("reevit", "suger"), rate_limit=0)
    async with client_for(store, tenant.key, settings) as http:
        org = str(tenant.organization.id)
        headers = {"X-Reevit-Key": tenant.key, "X-Org-Id": org}
        base = "http://api.test/reevit/v1/subscriptions"
        answer = await http.get(f"{base}/sub%2F1", headers=headers)
        assert (answer.status_code, answer.json()["details"]["field"]) == (404, "id")
        headers["Idempotency-Key"] = "one"
        first, again = [await http.post(f"{base}/sub%2f1/cancel", headers=headers) for _ in range(2)]
        assert (first.status_code, first.json()) == (again.status_code, again.json())
        assert first.json()["details"]["field"] == "id"
