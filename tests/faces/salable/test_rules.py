"""What holds of every call: the key, the version, the form and the statuses of refusals, the media type."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.modules.identity import EnvironmentKind, NewApiClient, create_api_client, environments_of
from counterfoil.store import Store
from tests.conftest import Database, Tenant
from tests.faces.salable.calls import ask, put, read
from tests.faces.salable.shop import Shop, make_shop, subscribe_to_team
from tests.support import serving

NOBODY = "00000000-0000-0000-0000-000000000000"
GLOBAL = "globalSuccessUrl=&globalCancelUrl=&globalGranteeId="


async def key_with(store: Store, tenant: Tenant, *scopes: str) -> str:
    async with store.unit(tenant.scope) as uow:
        _, key = await create_api_client(uow, tenant.environment, NewApiClient("narrow", scopes))
    return key


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"Authorization": "Bearer ck_test_x"}])
async def test_a_call_without_a_key_is_told_where_it_belongs(salable: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(base_url=salable, headers=headers) as http:
        answer = await http.get("/products")
    assert (answer.status_code, answer.json()) == (
        401,
        {"error": "this call needs an API key in the header x-api-key"},
    )
    assert "www-authenticate" not in answer.headers


@pytest.mark.parametrize("key", ["ck_test_wrong", "test_key", "ck_operator_x", NOBODY])
async def test_a_wrong_key_opens_nothing(salable: str, key: str) -> None:
    async with httpx.AsyncClient(base_url=salable, headers={"x-api-key": key}) as http:
        answer = await http.get("/products")
    assert (answer.status_code, list(answer.json())) == (401, ["error"])


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/products", "catalog:read"),
        ("GET", "/products/{id}", "catalog:read"),
        ("GET", "/products/{id}/plans", "catalog:read"),
        (
            "GET",
            f"/products/{{id}}/pricingtable?{GLOBAL}",
            "catalog:read",
        ),
        ("GET", "/products/{id}/features", "catalog:read"),
        ("GET", "/products/{id}/currencies", "catalog:read"),
        ("GET", "/products/{id}/capabilities", "catalog:read"),
        ("GET", "/plans/{id}", "catalog:read"),
        ("GET", "/plans/{id}/features", "catalog:read"),
        ("GET", "/plans/{id}/currencies", "catalog:read"),
        ("GET", "/plans/{id}/capabilities", "catalog:read"),
        ("GET", "/plans/{id}/checkoutlink", "catalog:read"),
        ("GET", f"/pricing-tables/{{id}}?{GLOBAL}&member=", "catalog:read"),
        ("GET", "/subscriptions/{id}", "subscriptions:read"),
        ("PUT", "/subscriptions/{id}/cancel", "subscriptions:write"),
    ],
)
async def test_a_key_needs_the_scope_of_the_operation(
    salable: str, store: Store, tenant: Tenant, method: str, path: str, scope: str
) -> None:
    without = await key_with(store, tenant, "customers:read")
    with_it = await key_with(store, tenant, scope)
    async with httpx.AsyncClient(base_url=salable) as http:
        path = path.replace("{id}", NOBODY)
        refused = await http.request(method, path, headers={"x-api-key": without})
        allowed = await http.request(method, path, headers={"x-api-key": with_it})
    assert refused.status_code == 403
    assert refused.json() == {"error": f"this key may not do this; it lacks the scope {scope}"}
    assert allowed.status_code in (200, 404)


async def test_live_and_test_keys_see_worlds_of_their_own(
    salable: str, http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.system() as uow:
        environments = await environments_of(uow, shop.tenant.organization.id)
        live = next(one for one in environments if one.kind is EnvironmentKind.LIVE)
        _, key = await create_api_client(uow, live, NewApiClient("live"))
    selling = Tenant(shop.tenant.organization, live, key)
    real = await make_shop(store, selling)
    async with httpx.AsyncClient(base_url=salable, headers={"x-api-key": key}) as other:
        [product] = (await other.get("/products")).json()
        plan = (await other.get(f"/plans/{real['team']}")).json()
        theirs = await other.get(f"/plans/{shop['team']}")
    assert (product["uuid"], product["isTest"]) == (real["planner"], False)
    assert (plan["isTest"], plan["environment"]) == (False, "live")
    assert theirs.status_code == 404
    [own] = read(http, "/products")
    assert (own["isTest"], own["organisation"]) == (True, product["organisation"])


@pytest.mark.parametrize("version", ["v1", "V1", ""])
def test_version_1_may_be_asked_for_by_name(http: httpx.Client, version: str) -> None:
    assert http.get("/products", headers={"version": version}).status_code == 200


@pytest.mark.parametrize("version", ["v2", "v3", "1"])
def test_any_other_version_is_refused(http: httpx.Client, version: str) -> None:
    answer = http.get("/products", headers={"version": version})
    assert answer.status_code == 400
    assert answer.json() == {
        "validationErrors": [
            {
                "property": "version",
                "error": f"version {version} of the API is not served here (allowed: v1, or no header)",
            }
        ]
    }


def test_the_media_type_has_no_charset_on_success_and_on_refusal(http: httpx.Client) -> None:
    # Some versions of Salable's client read no body of any other type.
    for path in ("/products", "/products/x", "/nowhere"):
        assert ask(http, path).headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/products/{id}",
        "/products/{id}/plans",
        "/products/{id}/features",
        "/products/{id}/currencies",
        "/products/{id}/capabilities",
        "/plans/{id}",
        "/plans/{id}/features",
        "/plans/{id}/currencies",
        "/plans/{id}/capabilities",
        "/plans/{id}/checkoutlink",
        "/subscriptions/{id}",
        "/nowhere",
    ],
)
@pytest.mark.parametrize("unknown", [NOBODY, "not-a-uuid", "%00"])
def test_what_is_not_there_is_404_whatever_it_is_called(http: httpx.Client, path: str, unknown: str) -> None:
    answer = ask(http, path.replace("{id}", unknown))
    assert (answer.status_code, list(answer.json())) == (404, ["error"])


async def test_an_object_is_known_by_the_id_of_the_native_api_and_by_its_uuid_in_any_case(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    own = await subscribe_to_team(store, shop)
    for path, kind, id_ in (
        ("/products/{id}", "product", shop.ids["planner"]),
        ("/products/{id}/plans", "product", shop.ids["planner"]),
        ("/plans/{id}", "plan", shop.ids["team"]),
        (f"/pricing-tables/{{id}}?{GLOBAL}&member=", "pricing_table", shop.ids["table"]),
        ("/subscriptions/{id}", "subscription", own),
    ):
        shown = read(http, path.replace("{id}", str(id_)))
        for same in (str(id_).upper(), show_id(kind, id_)):
            assert read(http, path.replace("{id}", same)) == shown
    assert ask(http, f"/products/{show_id('plan', shop.ids['planner'])}").status_code == 404
    assert put(http, f"/subscriptions/{show_id('subscription', own)}/cancel").status_code == 200


async def test_another_sellers_objects_are_not_there(salable: str, shop: Shop, other_tenant: Tenant) -> None:
    paths = [f"/products/{shop['planner']}", f"/plans/{shop['team']}", f"/plans/{shop['team']}/checkoutlink"]
    async with httpx.AsyncClient(base_url=salable, headers={"x-api-key": other_tenant.key}) as http:
        answers = [await http.get(path) for path in paths]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_unknown_parameters_are_ignored(http: httpx.Client, shop: Shop) -> None:
    plan = read(http, f"/plans/{shop['team']}", limit="many", successUrl="x", promoCode="SALE")
    assert plan["name"] == "Team"


def test_only_statuses_that_the_clients_know_are_answered(http: httpx.Client, shop: Shop) -> None:
    assert http.post("/products", json={}).status_code == 404
    big = http.put(f"/subscriptions/{NOBODY}/cancel", content=b"x" * (11 << 20))
    assert (big.status_code, list(big.json())) == (400, ["error"])


async def test_too_many_calls_are_refused_with_400_and_told_when_to_come_back(
    database: Database, tmp_path: Path, tenant: Tenant
) -> None:

    with serving.served(database, tmp_path, faces='["salable"]', rate_limit="1") as url:
        async with httpx.AsyncClient(base_url=f"{url}/salable", headers={"x-api-key": tenant.key}) as http:
            answers = [await http.get("/products") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]
    assert answers[1].json() == {"error": "too many calls"}
    assert int(answers[1].headers["retry-after"]) > 0
