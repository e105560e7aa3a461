"""What a Reevit user sees when a call is wrong: always the four fields, the status and a request id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from reevit import Reevit, ReevitAPIError

from counterfoil.core.ids import show_id
from tests.conftest import Tenant
from tests.faces.reevit.asked import gold

Ask = Callable[..., Awaitable[httpx.Response]]


def reason(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and field, of a refusal that is whole."""
    told = answer.json()
    assert told.keys() == {"error", "code", "message", "details"}
    assert all(isinstance(told[name], str) for name in ("error", "code", "message"))
    assert all(isinstance(text, str) for text in told["details"].values())
    assert answer.headers["x-request-id"]
    return answer.status_code, told["code"], told["details"].get("field")


async def test_a_key_and_its_organization_open_the_door_together(
    served: str, seller: Tenant, other_tenant: Tenant
) -> None:
    own = {"X-Reevit-Key": seller.key, "X-Org-Id": str(seller.organization.id)}
    calls: list[tuple[dict[str, str], tuple[int, str, str | None]]] = [
        ({"X-Org-Id": own["X-Org-Id"]}, (401, "invalid_api_key", "X-Reevit-Key")),
        (own | {"X-Reevit-Key": "pfk_live_1.secret"}, (401, "invalid_api_key", "X-Reevit-Key")),
        ({"X-Reevit-Key": seller.key}, (400, "validation_error", "X-Org-Id")),
        (own | {"X-Org-Id": str(other_tenant.organization.id)}, (403, "forbidden", "X-Org-Id")),
        (own | {"X-Org-Id": "org_1"}, (403, "forbidden", "X-Org-Id")),
        (own | {"X-Org-Id": "nobody"}, (403, "forbidden", "X-Org-Id")),
    ]
    async with httpx.AsyncClient(base_url=f"{served}/reevit/v1") as http:
        for headers, expected in calls:
            assert reason(await http.get("/subscriptions", headers=headers)) == expected
        shown = {"X-Reevit-Key": seller.key, "X-Org-Id": show_id("organization", seller.organization.id)}
        for headers in (own, shown, {"Authorization": f"Bearer {seller.key}", "X-Org-Id": own["X-Org-Id"]}):
            assert (await http.get("/subscriptions", headers=headers)).json() == []


def test_the_client_tells_a_merchant_what_was_wrong(served: str, seller: Tenant) -> None:
    client = Reevit("ck_test_none", org_id=str(seller.organization.id), base_url=f"{served}/reevit")
    with pytest.raises(ReevitAPIError, match="this key opens nothing") as error:
        client.subscriptions.list()
    assert (error.value.status_code, error.value.code) == (401, "invalid_api_key")
    assert error.value.request_id


async def test_a_key_that_may_only_read_sells_nothing(
    native: httpx.AsyncClient, http: httpx.AsyncClient
) -> None:
    body = {"name": "reader", "scopes": ["subscriptions:read"]}
    key = (await native.post("/api-clients", json=body)).json()["secret"]
    headers = {"X-Reevit-Key": key}
    assert (await http.get("/v1/subscriptions", headers=headers)).json() == []
    assert reason(await http.post("/v1/subscriptions", headers=headers, json=gold()))[:2] == (
        403,
        "forbidden",
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=-1", "limit"),
        ("limit=many", "limit"),
        ("limit=1.5", "limit"),
        ("offset=-1", "offset"),
        ("offset=99999999999999999999", "offset"),
        ("status=cancelled", "status"),
        ("status=ACTIVE", "status"),
        ("created_after=yesterday", "created_after"),
        ("created_before=2026-01-01", "created_before"),
        ("created_after=2026-01-01T00:00:00", "created_after"),
        ("customer_id=%00", "customer_id"),
        ("plan_id=a%00", "plan_id"),
    ],
)
async def test_a_list_that_cannot_be_is_refused_by_name(
    http: httpx.AsyncClient, query: str, field: str
) -> None:
    assert reason(await http.get(f"/v1/subscriptions?{query}")) == (400, "validation_error", field)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"customer_id": None}, "validation_error", "customer_id"),
        ({"customer_id": ""}, "validation_error", "customer_id"),
        ({"customer_id": "x" * 256}, "validation_error", "customer_id"),
        ({"customer_id": "a\x00b"}, "validation_error", "customer_id"),
        ({"plan_id": ""}, "validation_error", "plan_id"),
        ({"plan_id": "x" * 256}, "validation_error", "plan_id"),
        ({"plan_id": "a\u202eb"}, "validation_error", "plan_id"),
        ({"amount": -1}, "invalid_amount", "amount"),
        ({"amount": 49.9}, "invalid_amount", "amount"),
        ({"amount": "4990"}, "invalid_amount", "amount"),
        ({"amount": True}, "invalid_amount", "amount"),
        ({"amount": 10**30}, "invalid_amount", "amount"),
        ({"amount": 2**63 - 1}, "ok", None),
        ({"currency": "GHC"}, "invalid_currency", "currency"),
        ({"currency": "ghs"}, "invalid_currency", "currency"),
        ({"currency": ""}, "invalid_currency", "currency"),
        ({"method": "mobile money"}, "validation_error", "method"),
        ({"method": ""}, "validation_error", "method"),
        ({"interval": "weekly"}, "validation_error", "interval"),
        ({"interval": None}, "validation_error", "interval"),
        ({"metadata": ["a"]}, "validation_error", "metadata"),
        ({"metadata": {"a": "b" * 20_000}}, "validation_error", "metadata"),
    ],
)
async def test_an_order_that_cannot_be_is_refused_by_name_and_leaves_nothing(
    http: httpx.AsyncClient, native: httpx.AsyncClient, changes: dict[str, Any], code: str, field: str | None
) -> None:
    answer = await http.post("/v1/subscriptions", json=gold(**changes))
    if code == "ok":
        assert answer.status_code == 201
        return
    assert reason(answer) == (400, code, field)
    assert (await native.get("/customers")).json()["data"] == []


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"amount": -5}, "invalid_amount", "amount"),
        ({"amount": 10**30}, "invalid_amount", "amount"),
        ({"interval": "daily"}, "validation_error", "interval"),
        ({"plan_id": ""}, "validation_error", "plan_id"),
        ({"method": "a b"}, "validation_error", "method"),
        ({"currency": "USD"}, "invalid_currency", "currency"),
        ({"customer_id": "kofi"}, "validation_error", "customer_id"),
        ({"status": "paused"}, "validation_error", "status"),
        ({"next_renewal_at": "2030-01-01T00:00:00Z"}, "validation_error", "next_renewal_at"),
        ({"amount": 1, "metadata": {"a": "b" * 20_000}}, "validation_error", "metadata"),
    ],
)
async def test_a_change_that_cannot_be_is_refused_by_name_and_changes_nothing(
    http: httpx.AsyncClient, change: dict[str, Any], code: str, field: str
) -> None:
    made = (await http.post("/v1/subscriptions", json=gold())).json()
    assert reason(await http.patch(f"/v1/subscriptions/{made['id']}", json=change)) == (400, code, field)
    assert (await http.get(f"/v1/subscriptions/{made['id']}")).json() == made


async def test_what_is_no_json_is_said_so(http: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    for content in (b'{"amount": 4990,', b"\xff", b'{"amount": NaN}', b"[]", b""):
        answer = await http.post("/v1/subscriptions", content=content, headers=headers)
        assert reason(answer)[:2] == (400, "validation_error" if b"NaN" not in content else "invalid_amount")


async def test_what_is_not_there_is_not_found(http: httpx.AsyncClient, seller: Tenant) -> None:
    for id_ in (
        str(seller.organization.id),
        "sub_1",
        "sub%2F1",
        show_id("subscription", seller.organization.id),
    ):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"amount": 1}),
            ("POST", "/cancel", {}),
            ("POST", "/resume", {}),
        ):
            answer = await http.request(method, f"/v1/subscriptions/{id_}{path}", json=body)
            assert reason(answer)[:2] == (404, "not_found")
    assert reason(await http.get("/v1/payments"))[:2] == (404, "not_found")
    assert reason(await http.delete("/v1/subscriptions"))[0] == 405


async def test_an_archived_customer_gets_nothing_new(
    http: httpx.AsyncClient, native: httpx.AsyncClient
) -> None:
    await http.post("/v1/subscriptions", json=gold())
    [customer] = (await native.get("/customers")).json()["data"]
    assert (await native.post(f"/customers/{customer['id']}/archive")).is_success
    answer = await http.post("/v1/subscriptions", json=gold())
    assert reason(answer) == (400, "invalid_request", "customer_id")
