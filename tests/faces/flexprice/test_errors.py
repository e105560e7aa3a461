"""Whatever fails has Flexprice's form: code, message and http_status_code."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flexprice.models import errors

from counterfoil.modules.identity import NewApiClient, create_api_client
from counterfoil.store import Store
from tests.conftest import Tenant


def test_the_client_reads_a_refusal_as_its_own(client: Any) -> None:
    with pytest.raises(errors.ErrorResponse) as refused:
        client.plans.get_plan(id="plan_00000000000000000000000000")
    data = refused.value.data
    assert (refused.value.status_code, data.http_status_code, data.code) == (404, 404, "not_found")
    assert data.message == "id: no such plan (allowed: the id of a plan)"


async def test_a_key_goes_in_either_header_and_a_wrong_one_opens_nothing(served: str, tenant: Tenant) -> None:
    async with httpx.AsyncClient(base_url=f"{served}/flexprice/v1") as http:
        for headers in ({"x-api-key": tenant.key}, {"authorization": f"Bearer {tenant.key}"}):
            assert (await http.get("/plans", headers=headers)).status_code == 200
        for headers in ({}, {"x-api-key": "sk_live_1"}, {"authorization": "Basic x"}):
            answer = await http.get("/plans", headers=headers)
            refusal = answer.json()
            assert (answer.status_code, refusal["http_status_code"], refusal["code"]) == (
                401,
                401,
                "permission_denied",
            )


async def test_a_key_without_the_scope_is_told_so(served: str, store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        _, key = await create_api_client(uow, tenant.environment, NewApiClient("r", ("catalog:read",)))
    async with httpx.AsyncClient(base_url=f"{served}/flexprice/v1", headers={"x-api-key": key}) as http:
        assert (await http.get("/plans")).status_code == 200
        answer = await http.post("/plans", json={"name": "Pro"})
        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("method", "path", "content", "status", "code"),
    [
        ("GET", "/nowhere", b"", 404, "not_found"),
        ("GET", "/invoices", b"", 404, "not_found"),
        ("DELETE", "/plans", b"", 405, "invalid_operation"),
        ("POST", "/plans", b"{", 400, "validation_error"),
        ("POST", "/plans", b'{"name": NaN}', 400, "validation_error"),
        ("POST", "/plans", b'{"name": "a", "name": "b"}', 400, "validation_error"),
        ("POST", "/plans", b"[]", 400, "validation_error"),
        ("POST", "/plans", b"", 400, "validation_error"),
        ("POST", "/plans", b'{"name": "P", "display_order": 1e400}', 400, "validation_error"),
        ("POST", "/plans", b'{"name": "P", "display_order": 99999999999}', 400, "validation_error"),
    ],
)
async def test_what_cannot_be_read_or_found_has_the_same_form(
    http: httpx.AsyncClient, method: str, path: str, content: bytes, status: int, code: str
) -> None:
    headers = {"content-type": "application/json"}
    answer = await http.request(method, path, content=content, headers=headers)
    refusal = answer.json()
    assert (answer.status_code, refusal["http_status_code"], refusal["code"]) == (status, status, code)
    assert refusal["message"]
    assert refusal["details"]["request_id"] == answer.headers["x-request-id"]
    assert (await http.get("/plans")).json()["items"] == []


async def test_a_call_with_an_idempotency_key_is_made_once(http: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "one"}
    first, second = [await http.post("/plans", json={"name": "Pro"}, headers=headers) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    other = await http.post("/plans", json={"name": "Other"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (400, "invalid_operation")
    assert (await http.get("/plans")).json()["pagination"]["total"] == 1
