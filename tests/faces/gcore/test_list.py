"""How a user of Gcore's billing filters, orders and pages the list, and what is refused."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from gcore import AuthenticationError, BadRequestError, PermissionDeniedError

from counterfoil.faces.vendors.gcore.wire import ClientFeatureQuery
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.identity import NewApiClient, create_api_client
from counterfoil.modules.subscriptions import NewSubscription, create_subscription
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Database, Tenant, client_for
from tests.faces.gcore.seller import PATH, Seller, listed, make_seller, names, rows
from tests.support import serving
from tests.support.observe import statements

EDGE = ["CDN traffic", "CDN requests", "Web shield"]
NORD = [("Nordwind GmbH", feature) for feature in EDGE]
SOUTH = [("Südwind AG", feature) for feature in EDGE]
EAST = [("Ostwind", "CDN traffic"), ("Ostwind", "Rack space")]
ALL = [*NORD, *SOUTH, *EAST]


def of_feature(*wanted: str) -> list[tuple[str, str]]:
    return [(client, feature) for client, feature in ALL if feature in wanted]


def asked(url: str, seller: Seller, **params: Any) -> list[tuple[str, str]]:
    """Client and feature of the rows that are found."""
    return names(rows(url, seller.tenant.key, **params))


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({}, ALL),
        ({"company_name": "NORDw"}, NORD),
        ({"company_name": "südWIND"}, SOUTH),
        ({"company_name": "wind"}, ALL),
        ({"company_name": "%"}, []),
        ({"client_id": -1, "id": -1}, []),
        ({"calc_rule_type": [None]}, ALL),  # Gcore's client sends none
        ({"feature_name": "cdn"}, of_feature("CDN traffic", "CDN requests")),
        ({"feature_erp_sku_id": "CDN-TRF"}, of_feature("CDN traffic")),
        ({"feature_erp_sku_id": "cdn-trf"}, []),
        ({"feature_erp_sku_id": "CDN"}, []),
        ({"metric_ext_name": "TRAFF"}, of_feature("CDN traffic")),
        ({"product_name": "security"}, of_feature("Web shield")),
        ({"product_name": "Shield"}, []),  # what the seller calls Gcore's Web Security
        ({"product_name": "power"}, of_feature("Rack space")),
        ({"product_id": 1}, of_feature("CDN traffic", "CDN requests")),
        ({"product_id": [3, 23]}, of_feature("Web shield")),
        ({"product_id": 9}, []),
        ({"product_id": [24, 1000, 10**15, 0, -1]}, []),
        ({"product_id": 9_223_372_036_854_775_807}, []),
        ({"product_internal_name": "RACKS"}, of_feature("Rack space")),
        ({"product_internal_name": ["DDOS", "RACKS"]}, [NORD[2], SOUTH[2], EAST[1]]),
        ({"product_internal_name": ["cdn", "racks", "NOTHING", "%"]}, []),
        ({"product_internal_name": "DDOS"}, of_feature("Web shield")),
        ({"product_internal_name": ["DDOS", "CDN"]}, [*NORD, *SOUTH, EAST[0]]),
        ({"product_internal_name": "CDN", "product_id": 3}, []),
        ({"calc_rule_type": "staged"}, [NORD[0], SOUTH[0]]),
        ({"calc_rule_type": "unit"}, of_feature("CDN requests")),
        ({"calc_rule_type": ["commit", "stepped"]}, EAST),
        ({"calc_rule_type": "overcommit"}, EAST[:1]),
        ({"calc_rule_type": "post_invoice"}, of_feature("Web shield")),
        ({"calc_rule_type": "null"}, []),
        ({"provider_id": 1}, ALL),
        ({"reseller_id": [1, 2]}, ALL),
        ({"provider_id": 2}, []),
        ({"reseller_id": 7, "provider_id": 1}, []),
        ({"client_id": 0}, []),
        ({"client_id": -1}, []),
        ({"feature_id": 9_223_372_036_854_775_807}, []),
        ({"company_name": "nord", "feature_name": "requests", "product_id": 1}, [NORD[1]]),
        ({"nonsense": "x", "sort": "y"}, ALL),
    ],
)
def test_a_filter_finds_what_it_says(
    served: str, seller: Seller, params: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    assert asked(served, seller, **params) == found
    assert listed(served, seller.tenant.key, **params)["count"] == len(found)


def test_clients_features_metrics_and_subscriptions_are_found_by_their_numbers(
    served: str, seller: Seller
) -> None:
    everything = rows(served, seller.tenant.key)
    by_name = dict(zip(names(everything), everything, strict=True))
    nord, east = by_name[NORD[0]], by_name[EAST[0]]
    assert asked(served, seller, client_id=nord["client_id"]) == NORD
    assert asked(served, seller, client_id=[nord["client_id"], east["client_id"]]) == [*NORD, *EAST]
    assert asked(served, seller, feature_id=nord["feature"]["id"]) == of_feature("CDN traffic")
    requests = by_name[NORD[1]]
    features = [requests["feature"]["id"], nord["feature"]["id"]]
    assert asked(served, seller, feature_id=features) == of_feature("CDN traffic", "CDN requests")
    assert asked(served, seller, metric_id=requests["metric_id"]) == of_feature("CDN requests")
    assert asked(served, seller, id=east["prices"][0]["subscription"]["id"]) == EAST
    both = {"client_id": nord["client_id"], "feature_id": nord["feature"]["id"]}
    assert asked(served, seller, **both) == NORD[:1]


def test_a_product_is_found_by_the_number_that_its_row_shows(served: str, seller: Seller) -> None:
    [racks] = rows(served, seller.tenant.key, product_internal_name="RACKS")
    number = racks["product"]["id"]
    assert asked(served, seller, product_id=number) == of_feature("Rack space")
    assert asked(served, seller, product_id=[1, number]) == [*NORD[:2], *SOUTH[:2], *EAST]
    assert asked(served, seller, product_id=number, product_internal_name="CDN") == []


@pytest.mark.parametrize("name", sorted(ClientFeatureQuery.model_fields))
def test_a_parameter_that_is_sent_empty_asks_nothing(served: str, seller: Seller, name: str) -> None:
    headers = {"Authorization": f"apikey {seller.tenant.key}"}
    for sent in (f"{name}=", f"{name}=&{name}="):
        answer = httpx.get(f"{served}/gcore{PATH}?{sent}", headers=headers)
        assert answer.status_code == 200, answer.text
        assert names(answer.json()["results"]) == ALL


def keys(row: dict[str, Any]) -> dict[str, Any]:
    product = row["product"]
    return {
        "client_id": row["client_id"],
        "feature_id": row["feature"]["id"],
        "feature_name": row["feature"]["name"],
        "product_name": product["name"],
        "product_id": product["id"],
    }


@pytest.mark.parametrize(
    "ordering",
    [
        "client_id",
        "-client_id",
        "feature_id",
        "-feature_id",
        "feature_name",
        "-feature_name",
        "product_name",
        "-product_name",
        "product_id",
        "-product_id",
        "-client_id,feature_name",
        "product_name,-client_id",
        "feature_id,-product_id,-client_id",
        "-product_id,feature_name,client_id",
    ],
)
def test_an_ordering_by_one_or_several_keys_is_kept(served: str, seller: Seller, ordering: str) -> None:
    found = [keys(row) for row in rows(served, seller.tenant.key, ordering=ordering)]
    expected = list(found)
    for key in reversed(ordering.split(",")):
        expected.sort(key=lambda row: row[key.removeprefix("-")], reverse=key.startswith("-"))
    assert len(found) == len(ALL)
    assert found == expected


def test_an_ordering_may_be_repeated_instead_of_joined_and_names_the_rows_themselves(
    served: str, seller: Seller
) -> None:
    joined = asked(served, seller, ordering="product_name,-client_id")
    assert asked(served, seller, ordering=["product_name", "-client_id"]) == joined
    assert asked(served, seller, ordering="id") == ALL
    assert asked(served, seller, ordering="-id") == ALL[::-1]
    assert asked(served, seller, ordering="") == ALL
    assert asked(served, seller, ordering="feature_name,-feature_name") == asked(
        served, seller, ordering="feature_name"
    )


@pytest.mark.parametrize("ordering", ["", "-client_id,feature_name", "product_id"])
def test_following_the_links_gives_every_row_once(served: str, seller: Seller, ordering: str) -> None:
    first = f"{served}/gcore{PATH}?limit=3&ordering={ordering}&product_internal_name=CDN&feature_name=&x=%26"
    headers = {"Authorization": f"apikey {seller.tenant.key}"}
    seen: list[tuple[str, str]] = []
    pages: list[dict[str, Any]] = []
    url: str | None = first
    while url is not None:
        pages.append(httpx.get(url, headers=headers).raise_for_status().json())
        seen += names(pages[-1]["results"])
        url = pages[-1]["next"]
    assert [len(page["results"]) for page in pages] == [3, 2]
    assert sorted(seen) == sorted(of_feature("CDN traffic", "CDN requests"))
    assert {page["count"] for page in pages} == {5}
    assert pages[0]["previous"] is None
    back = httpx.get(pages[1]["previous"], headers=headers).json()
    assert (back["results"], back["next"]) == (pages[0]["results"], pages[0]["next"])
    kept = [pair for pair in parse_qsl(urlsplit(pages[0]["next"]).query, True) if pair[0] != "offset"]
    assert sorted(kept) == sorted(parse_qsl(urlsplit(first).query, True))


async def test_a_page_is_a_hundred_rows_at_most(served: str, store: Store, tenant: Tenant) -> None:
    seller = await make_seller(store, tenant)
    async with store.unit(tenant.scope) as uow:
        for number in range(40):
            customer = await create_customer(uow, NewCustomer(f"Client {number}", currency="EUR"))
            await create_subscription(uow, NewSubscription(customer.id, plan_id=seller.plans["Edge"].id))
    page = listed(served, tenant.key)
    assert (page["count"], len(page["results"])) == (128, 100)
    assert page["next"] == f"{served}/gcore{PATH}?limit=100&offset=100"
    more = listed(served, tenant.key, limit=1000)
    assert (more["results"], more["next"]) == (page["results"], page["next"])
    end = listed(served, tenant.key, offset=120)
    assert (len(end["results"]), end["next"]) == (8, None)
    assert end["previous"] == f"{served}/gcore{PATH}?limit=100&offset=20"
    beyond = listed(served, tenant.key, offset=500, ordering="-client_id")
    assert (beyond["results"], beyond["count"], beyond["next"]) == ([], 128, None)


async def test_who_was_not_seen_yet_is_numbered_before_the_list_is_ordered(
    served: str, store: Store, tenant: Tenant
) -> None:
    seller = await make_seller(store, tenant)
    last = rows(served, tenant.key, ordering="client_id", limit=2, offset=6)
    assert names(last) == EAST  # the third client that was made has the third number
    async with store.unit(tenant.scope) as uow:
        customer = await create_customer(uow, NewCustomer("Westwind", currency="EUR"))
        await create_subscription(uow, NewSubscription(customer.id, plan_id=seller.plans["Edge"].id))
    newest = rows(served, tenant.key, ordering="-client_id", limit=3)
    assert {row["client"]["company_name"] for row in newest} == {"Westwind"}
    assert {row["client_id"] for row in newest} == {4}


@pytest.mark.parametrize(
    ("params", "field", "allowed"),
    [
        ({"client_id": "abc"}, "client_id", "a whole number"),
        ({"feature_id": ["1", "1.5"]}, "feature_id", "a whole number"),
        ({"metric_id": "9223372036854775808"}, "metric_id", "a whole number"),
        ({"id": "1,2"}, "id", "a whole number"),
        ({"client_id": 2**63}, "client_id", f"from {1 - 2**63} to {2**63 - 1}"),
        ({"id": -(2**63)}, "id", f"from {1 - 2**63} to {2**63 - 1}"),
        ({"product_id": "CDN"}, "product_id", f"from {1 - 2**63} to {2**63 - 1}"),
        ({"product_internal_name": "a\0b"}, "product_internal_name", "without NUL"),
        ({"calc_rule_type": "flat"}, "calc_rule_type", "commit, overcommit, stepped"),
        ({"ordering": "client_id,price"}, "ordering", "client_id, -client_id"),
        ({"limit": 0}, "limit", f"from 1 to {2**63 - 1}"),
        ({"limit": -5}, "limit", "from 1"),
        ({"limit": "many"}, "limit", "from 1"),
        ({"offset": -1}, "offset", "from 0"),
        ({"offset": 10**30}, "offset", "from 0"),
        ({"company_name": "a\0b"}, "company_name", "without NUL"),
        ({"provider_id": "x"}, "provider_id", "a whole number"),
        ({"reseller_id": "x"}, "reseller_id", "a whole number"),
    ],
)
def test_a_bad_value_is_refused_under_its_name_with_what_is_allowed(
    served: str, seller: Seller, params: dict[str, Any], field: str, allowed: str
) -> None:
    with pytest.raises(BadRequestError) as refused:
        listed(served, seller.tenant.key, **params)
    assert isinstance(refused.value.body, dict)
    assert list(refused.value.body) == [field]
    [message] = refused.value.body[field]
    assert allowed in message


@pytest.mark.parametrize("scheme", ["apikey", "APIKey", "ApiKey", "APIKEY"])
def test_the_scheme_may_be_written_in_any_case(served: str, seller: Seller, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {seller.tenant.key}"}
    answer = httpx.get(f"{served}/gcore{PATH}", headers=headers)
    assert answer.json()["count"] == len(ALL)


@pytest.mark.parametrize("sent", ["", "apikey", "Bearer {key}", "{key}", "apikey 12$34", "apikey x y"])
def test_what_is_no_key_opens_nothing(served: str, seller: Seller, sent: str) -> None:
    headers = {"Authorization": sent.format(key=seller.tenant.key)}
    answer = httpx.get(f"{served}/gcore{PATH}", headers=headers)
    assert (answer.status_code, list(answer.json())) == (401, ["detail"])


def test_gcores_client_says_that_a_token_with_a_dollar_is_not_known(served: str) -> None:
    with pytest.raises(AuthenticationError) as refused:
        listed(served, "1234$abcdef")
    assert "detail" in str(refused.value.body)


async def test_a_key_needs_the_rights_to_all_that_a_row_shows(
    served: str, store: Store, tenant: Tenant
) -> None:
    scopes = ("subscriptions:read", "customers:read", "catalog:read")
    async with store.unit(tenant.scope) as uow:
        _, all_of_them = await create_api_client(uow, tenant.environment, NewApiClient("a", scopes))
        _, two = await create_api_client(uow, tenant.environment, NewApiClient("b", scopes[:2]))
    assert listed(served, all_of_them) == {"count": 0, "next": None, "previous": None, "results": []}
    with pytest.raises(PermissionDeniedError) as refused:
        listed(served, two)
    assert refused.value.body == {"detail": "this key may not do this; it lacks the scope catalog:read"}


async def test_another_sellers_numbers_find_nothing_and_name_ones_own(
    served: str, store: Store, seller: Seller, other_tenant: Tenant
) -> None:
    assert rows(served, other_tenant.key, client_id=[1, 2, 3]) == []
    assert rows(served, other_tenant.key, ordering="client_id,-product_id") == []
    theirs = await make_seller(store, other_tenant)
    found = rows(served, theirs.tenant.key, client_id=[1, 2, 3, 4, 5, 6])
    assert names(found) == []  # nothing has a number yet
    assert names(rows(served, theirs.tenant.key)) == ALL
    assert asked(served, seller) == ALL


def test_what_is_not_there_is_answered_in_gcores_form(served: str, seller: Seller) -> None:
    headers = {"Authorization": f"apikey {seller.tenant.key}"}
    unknown = httpx.get(f"{served}/gcore/billing/org/v1/plans", headers=headers)
    wrong = httpx.post(f"{served}/gcore{PATH}", headers=headers)
    assert (unknown.status_code, list(unknown.json())) == (404, ["detail"])
    assert (wrong.status_code, list(wrong.json())) == (405, ["detail"])


def test_links_lead_where_the_operator_says(
    database: Database, seller: Seller, tmp_path_factory: pytest.TempPathFactory
) -> None:
    public = "https://billing.example/api"
    directory = tmp_path_factory.mktemp("public")
    with serving.served(database, directory, faces='["gcore"]', public_url=public) as url:
        page = listed(url, seller.tenant.key, limit=2, offset=2)
    assert page["next"] == f"{public}/gcore{PATH}?limit=2&offset=4"
    assert page["previous"] == f"{public}/gcore{PATH}?limit=2"


def test_links_lead_where_a_trusted_proxy_was_asked(
    database: Database, seller: Seller, tmp_path_factory: pytest.TempPathFactory
) -> None:
    asked = "company_name=W%C3%AFnd&company_name=wind"
    headers = {
        "Authorization": f"apikey {seller.tenant.key}",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "api.gcore.example",
    }
    directory = tmp_path_factory.mktemp("proxied")
    with serving.served(database, directory, faces='["gcore"]', trusted_proxies='["127.0.0.1"]') as url:
        page = httpx.get(
            f"{url}/gcore{PATH}?limit=2&company_name=W%C3%AFnd&company_name=wind", headers=headers
        )
    asked = "company_name=W%C3%AFnd&company_name=wind"
    assert page.json()["next"] == f"https://api.gcore.example/gcore{PATH}?{asked}&limit=2&offset=2"


async def test_the_list_asks_the_database_the_same_number_of_things_for_any_page(
    store: Store, seller: Seller
) -> None:
    counted = []
    async with client_for(store, "", Settings(faces=("gcore",), rate_limit=0)) as http:
        http.headers["Authorization"] = f"apikey {seller.tenant.key}"
        for limit in (1, 8):
            for _ in range(2):  # the first one may have to number
                with statements(store) as seen:
                    await http.get(f"/gcore{PATH}?limit={limit}&ordering=-client_id,product_id")
            counted.append(len(seen))
    assert counted[0] > 10, "the statements are seen"
    assert max(counted) <= 16
