"""What a developer does with ``/v1/plans`` and their versions; ``test_products`` has what all kinds share."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.faces.native.test_features import meter
from tests.faces.native.test_products import expect_refusal, post

FEE: dict[str, Any] = {"code": "fee", "model": "flat", "params": {"EUR": {"amount": "99"}}}


async def plan(api: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """A plan that was made."""
    answer = await api.post("/v1/plans", json={"code": "team", "name": "Team"} | body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def feature(api: httpx.AsyncClient, **body: Any) -> str:
    """The id of a feature that was made."""
    made = (await api.post("/v1/features", json={"code": "f", "name": "F", "kind": "boolean"} | body)).json()
    id_: str = made["id"]
    return id_


async def test_one_body_makes_a_plan_that_can_be_subscribed_to(api: httpx.AsyncClient) -> None:
    product = (await api.post("/v1/products", json={"code": "p", "name": "P"})).json()["id"]
    sso = await feature(api)
    features = [{"feature_id": sso, "value": True}]
    made = await plan(api, product_id=product, features=features, prices=[FEE], publish=True)
    version = made["published_version"]
    assert (made["product_id"], made["latest_number"]) == (product, 1)
    assert (version["number"], version["status"], version["currencies"]) == (1, "published", ["EUR"])
    assert (version["plan_id"], version["features"]) == (made["id"], features)
    assert version["published_at"] is not None
    [price] = version["prices"]
    assert (price["code"], price["name"], price["params"]) == ("fee", "fee", {"EUR": {"amount": "99"}})
    assert (price["quantity_source"], price["cadence"]) == ("one", "in_advance")
    assert price["interval"] == {"unit": "month", "count": 1}
    assert (await api.get(f"/v1/plans/{made['id']}")).json() == made
    assert (await api.get("/v1/plans")).json()["data"] == [made]


async def test_a_draft_is_not_what_new_subscriptions_get(api: httpx.AsyncClient) -> None:
    made = await plan(api, prices=[FEE])
    assert (made["latest_number"], made["published_version"]) == (1, None)
    draft = (await api.get(f"/v1/plans/{made['id']}/versions/1")).json()
    assert (draft["status"], draft["published_at"]) == ("draft", None)
    bare = await plan(api, code="bare")
    assert (bare["latest_number"], bare["published_version"]) == (None, None)


async def test_a_new_version_takes_over_once_published_and_the_old_one_stays(api: httpx.AsyncClient) -> None:
    first = await plan(api, prices=[FEE], publish=True)
    path = f"/v1/plans/{first['id']}"
    dearer = FEE | {"params": {"EUR": {"amount": "119"}}}
    second = (await api.post(f"{path}/versions", json={"prices": [dearer]})).json()
    assert (second["number"], second["status"]) == (2, "draft")
    assert (await api.get(path)).json()["published_version"]["number"] == 1
    published = await api.post(f"{path}/versions/2/publish")
    assert (published.status_code, published.headers["etag"]) == (200, '"2"')
    assert (await api.get(path)).json()["published_version"] == published.json()
    assert (await api.post(f"{path}/versions/2/publish")).json() == published.json()
    old = first["published_version"]
    [price] = (await api.get("/v1/prices", params={"plan_version_id": old["id"]})).json()["data"]
    assert price["ended_at"] == published.json()["published_at"]
    assert (await api.get(f"{path}/versions/1")).json() == old | {"prices": [price]}
    listed = (await api.get(f"{path}/versions")).json()["data"]
    assert listed == [published.json(), old | {"prices": [price]}]
    page = (await api.get(f"{path}/versions", params={"limit": 1})).json()
    rest = (await api.get(f"{path}/versions", params={"cursor": page["next_cursor"]})).json()
    assert page["data"] + rest["data"] == listed


async def test_a_version_before_the_published_one_cannot_be_published(api: httpx.AsyncClient) -> None:
    made = await plan(api, prices=[FEE])
    path = f"/v1/plans/{made['id']}/versions"
    assert (await api.post(path, json={"prices": [FEE], "publish": True})).json()["number"] == 2
    assert expect_refusal(await api.post(f"{path}/1/publish"), 409, "number")["code"] == "wrong_state"
    assert (await api.get(f"{path}/1")).json()["status"] == "draft"


async def test_whoever_subscribes_takes_the_prices_of_one_currency_and_interval(
    api: httpx.AsyncClient,
) -> None:
    both = {"EUR": {"amount": "1"}, "USD": {"amount": "2"}}
    dollars = {"code": "d", "model": "flat", "params": {"USD": {"amount": "3"}}, "interval": {"unit": "year"}}
    shared = await plan(api, prices=[FEE | {"params": both}, dollars], publish=True)
    assert shared["published_version"]["currencies"] == ["USD"]
    apart = await plan(api, code="apart", prices=[FEE, dollars], publish=True)
    assert apart["published_version"]["currencies"] == []
    customer = (await api.post("/v1/customers", json={"name": "Acme"})).json()
    body = {"customer_id": customer["id"], "plan_id": apart["id"], "currency": "USD"}
    expect_refusal(await api.post("/v1/subscriptions", json=body), 400, "currency")
    unknown = body | {"price_codes": ["d", "fees"]}
    refused = expect_refusal(await api.post("/v1/subscriptions", json=unknown), 400, "price_codes")
    assert refused["allowed"] == "fee, d"
    made = (await api.post("/v1/subscriptions", json=body | {"price_codes": ["d"]})).json()
    yearly = apart["published_version"]["prices"][1]
    assert [item["price_id"] for item in made["items"]] == [yearly["id"]]
    unplanned = {"customer_id": customer["id"], "price_codes": ["d"], "prices": [FEE], "currency": "EUR"}
    expect_refusal(await api.post("/v1/subscriptions", json=unplanned), 400, "price_codes")
    none = {"customer_id": customer["id"], "plan_id": apart["id"], "price_codes": []}
    refused = expect_refusal(
        await api.post("/v1/subscriptions", json=none | {"currency": "EUR"}), 400, "price_codes"
    )
    assert "one or more of fee, d" in refused["allowed"]
    own = none | {"currency": "EUR", "prices": [FEE | {"code": "own"}]}
    assert len((await api.post("/v1/subscriptions", json=own)).json()["items"]) == 1


async def test_a_plan_without_its_last_price_is_free(api: httpx.AsyncClient) -> None:
    sold = await plan(api, prices=[FEE], publish=True)
    [price] = sold["published_version"]["prices"]
    assert (await api.delete(f"/v1/prices/{price['id']}")).status_code == 200
    customer = (await api.post("/v1/customers", json={"name": "Acme", "currency": "EUR"})).json()
    body = {"customer_id": customer["id"], "plan_id": sold["id"]}
    made = (await api.post("/v1/subscriptions", json=body)).json()
    assert (made["status"], made["items"], made["next_billing_at"]) == ("active", [], None)


async def test_a_plan_may_give_features_and_cost_nothing(api: httpx.AsyncClient) -> None:
    free = await plan(api, features=[{"feature_id": await feature(api), "value": False}], publish=True)
    assert free["published_version"]["prices"] == []


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ({"kind": "boolean"}, "true", True),
        ({"kind": "numeric"}, "1.50", "1.5"),
        ({"kind": "numeric"}, '"-3"', "-3"),
        ({"kind": "metered"}, "5e6", "5000000"),
        ({"kind": "metered"}, "null", None),
        ({"kind": "enum", "options": ["a", "b"]}, '"b"', "b"),
        ({"kind": "config"}, '{"region": ["eu"]}', {"region": ["eu"]}),
    ],
    ids=str,
)
async def test_a_features_value_has_the_form_of_its_kind(
    api: httpx.AsyncClient, kind: dict[str, Any], value: str, kept: object
) -> None:
    if kind["kind"] == "metered":
        kind = kind | {"meter_id": (await meter(api))["id"]}
    id_ = await feature(api, **kind)
    body = f'{{"code":"p","name":"P","publish":true,"features":[{{"feature_id":"{id_}","value":{value}}}]}}'
    made = (await post(api, "/v1/plans", body)).json()
    assert made["published_version"]["features"] == [{"feature_id": id_, "value": kept}]
    assert (await api.get(f"/v1/plans/{made['id']}")).json() == made


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ({"kind": "boolean"}, "1"),
        ({"kind": "boolean"}, "null"),
        ({"kind": "numeric"}, '"many"'),
        ({"kind": "numeric"}, '"NaN"'),
        ({"kind": "numeric"}, "1e400"),
        ({"kind": "numeric"}, "true"),
        ({"kind": "numeric"}, "null"),
        ({"kind": "metered"}, "-1"),
        ({"kind": "enum", "options": ["a", "b"]}, '"c"'),
        ({"kind": "enum", "options": ["a", "b"]}, "[]"),
        ({"kind": "config"}, "[]"),
        ({"kind": "config"}, '{"a":"\\u0000"}'),
    ],
    ids=str,
)
async def test_a_features_value_of_another_form_is_refused(
    api: httpx.AsyncClient, kind: dict[str, Any], value: str
) -> None:
    if kind["kind"] == "metered":
        kind = kind | {"meter_id": (await meter(api))["id"]}
    id_ = await feature(api, **kind)
    body = f'{{"code":"p","name":"P","features":[{{"feature_id":"{id_}","value":{value}}}]}}'
    assert expect_refusal(await post(api, "/v1/plans", body), 400, "features.0.value")["allowed"]
    assert (await api.get("/v1/plans")).json()["data"] == []


async def test_a_version_names_each_feature_once(api: httpx.AsyncClient) -> None:
    twice = [{"feature_id": await feature(api), "value": True}] * 2
    body = {"code": "p", "name": "P", "features": twice}
    expect_refusal(await api.post("/v1/plans", json=body), 400, "features.1")


async def test_what_is_unknown_foreign_or_archived_cannot_be_named(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    foreign = (await other_api.post("/v1/products", json={"code": "p", "name": "P"})).json()["id"]
    archived = (await api.post("/v1/products", json={"code": "p", "name": "P"})).json()["id"]
    await api.post(f"/v1/products/{archived}/archive")
    for id_, status in ((foreign, 404), ("prod_01jd3v8x9mf2k7t0r5w4y6z1ab", 404), (archived, 409)):
        body = {"code": "t", "name": "T", "product_id": id_}
        expect_refusal(await api.post("/v1/plans", json=body), status, "product_id")
    gone, alien = await feature(api), await feature(other_api)
    await api.post(f"/v1/features/{gone}/archive")
    for id_, status in ((alien, 404), (gone, 409)):
        body = {"code": "t", "name": "T", "features": [{"feature_id": id_, "value": True}]}
        expect_refusal(await api.post("/v1/plans", json=body), status, "features.0.feature_id")
    assert (await api.get("/v1/plans")).json()["data"] == []


async def test_a_draft_that_names_what_was_archived_since_is_not_published(api: httpx.AsyncClient) -> None:
    sso = await feature(api)
    made = await plan(api, features=[{"feature_id": sso, "value": True}])
    await api.post(f"/v1/features/{sso}/archive")
    path = f"/v1/plans/{made['id']}/versions/1/publish"
    expect_refusal(await api.post(path), 409, "features.0.feature_id")


async def test_an_archived_plan_gets_no_new_version(api: httpx.AsyncClient) -> None:
    made = await plan(api, prices=[FEE])
    path = f"/v1/plans/{made['id']}"
    await api.post(f"{path}/archive")
    for answer in (
        await api.post(f"{path}/versions", json={"prices": [FEE]}),
        await api.post(f"{path}/versions/1/publish"),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "wrong_state")
    assert (await api.get(path)).json()["latest_number"] == 1


async def test_versions_of_nothing_and_numbers_of_no_version_are_not_found(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = await plan(api, prices=[FEE])
    path = f"/v1/plans/{made['id']}/versions"
    for client, url in (
        (api, "/v1/plans/plan_01jd3v8x9mf2k7t0r5w4y6z1ab/versions"),
        (other_api, path),
        (api, f"{path}/2"),
        (other_api, f"{path}/1"),
    ):
        assert (await client.get(url)).status_code == 404, url
    assert (await api.post(f"{path}/2/publish")).status_code == 404
    assert (await other_api.post(f"{path}/1/publish")).status_code == 404
    assert (await other_api.post(path, json={})).status_code == 404
    for number in ("0", "-1", "x", str(10**20)):
        expect_refusal(await api.get(f"{path}/{number}"), 400, "number")


async def test_versions_made_at_the_same_time_have_numbers_of_their_own(api: httpx.AsyncClient) -> None:
    path = f"/v1/plans/{(await plan(api))['id']}/versions"
    answers = await asyncio.gather(*(api.post(path, json={"prices": [FEE]}) for _ in range(8)))
    assert sorted(answer.json()["number"] for answer in answers) == [1, 2, 3, 4, 5, 6, 7, 8]


async def test_a_name_changes_without_a_new_version(api: httpx.AsyncClient) -> None:
    made = await plan(api, prices=[FEE], publish=True)
    path = f"/v1/plans/{made['id']}"
    changed = (await api.patch(path, json={"name": "Crew", "description": "New"})).json()
    assert (changed["name"], changed["description"], changed["version"]) == ("Crew", "New", 2)
    assert changed["published_version"] == made["published_version"]
    for field in ("prices", "features", "publish", "product_id"):
        expect_refusal(await api.patch(path, json={field: None}), 400, field)


async def test_a_plan_says_who_sees_it_and_how_many_may_sit_in_it(api: httpx.AsyncClient) -> None:
    said = {
        "visibility": "private",
        "position": 2,
        "kind": "coming_soon",
        "min_seats": 2,
        "max_seats": 10,
        "trial_days": 14,
        "evaluation_days": 30,
    }
    made = await plan(api, **said)
    assert made | said == made
    changed = (await api.patch(f"/v1/plans/{made['id']}", json={"max_seats": None, "kind": "bespoke"})).json()
    assert changed | said | {"max_seats": None, "kind": "bespoke"} == changed
    bare = await plan(api, code="bare")
    assert [bare[name] for name in said] == ["public", 0, "standard", 1, None, None, None]


@pytest.mark.parametrize(
    "change",
    [
        {"visibility": "hidden"},
        {"visibility": None},
        {"kind": "odd"},
        {"position": -1},
        {"position": 1.5},
        {"position": 2**31},
        {"min_seats": None},
        {"min_seats": True},
        {"max_seats": 0},
        {"trial_days": 3654},
        {"evaluation_days": "7"},
    ],
    ids=str,
)
async def test_a_plan_with_impossible_seats_or_days_is_refused(
    api: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    made = await plan(api)
    [field] = change
    body = {"code": "other", "name": "Other"} | change
    assert expect_refusal(await api.post("/v1/plans", json=body), 400, field)["allowed"]
    assert expect_refusal(await api.patch(f"/v1/plans/{made['id']}", json=change), 400, field)["allowed"]
    assert (await api.get("/v1/plans")).json()["data"] == [made]


async def test_a_plan_without_a_code_is_called_by_its_id(api: httpx.AsyncClient) -> None:
    answer = await api.post("/v1/plans", json={"name": "Team"})
    assert answer.json()["code"] == answer.json()["id"]
