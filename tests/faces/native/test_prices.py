"""What a developer does with prices: made with a version of a plan, read under ``/v1/prices``."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from tests.faces.native.test_features import meter
from tests.faces.native.test_plans import FEE, plan
from tests.faces.native.test_products import expect_refusal, post

TIERS = [{"up_to": "10", "unit_amount": "1"}, {"up_to": "100", "unit_amount": "0.5"}]
GRADUATED: dict[str, Any] = {"code": "u", "model": "graduated", "params": {"EUR": {"tiers": TIERS}}}
SEATS = GRADUATED | {"quantity_source": "item"}


def usage(meter_id: str, **change: Any) -> dict[str, Any]:
    """A usage price."""
    body = {"quantity_source": "usage", "meter_id": meter_id, "cadence": "in_arrears"}
    return GRADUATED | body | change


async def test_prices_are_read_alone_and_by_their_version(api: httpx.AsyncClient) -> None:
    one = await plan(api, prices=[FEE, SEATS], publish=True)
    two = await plan(api, code="two", prices=[FEE], publish=True)
    first, second = one["published_version"]["prices"]
    assert [first["code"], second["code"]] == ["fee", "u"]
    assert (await api.get(f"/v1/prices/{first['id']}")).json() == first
    for search in ({"plan_version_id": one["published_version"]["id"]}, {"plan_id": one["id"]}):
        assert (await api.get("/v1/prices", params=search)).json()["data"] == [second, first]
    assert (await api.get("/v1/prices")).json()["data"] == [
        *two["published_version"]["prices"],
        second,
        first,
    ]


async def test_a_usage_price_keeps_what_it_measures_and_bears(api: httpx.AsyncClient) -> None:
    tokens = (await meter(api))["id"]
    rate = {"code": "vat", "name": "VAT", "percent": "19"}
    vat = (await api.post("/v1/tax-rates", json=rate)).json()["id"]
    body = usage(
        tokens,
        name="Tokens",
        filters={"model": ["large", 4]},
        tax_rate_ids=[vat],
        interval={"unit": "quarter", "count": 2},
        external_id="x",
        metadata={"gl": "4400"},
    )
    [price] = (await plan(api, prices=[body], publish=True))["published_version"]["prices"]
    kept = body | {
        "filters": {"model": ["large", "4"]},
        "params": price["params"],
        "plan_id": price["plan_id"],
    }
    assert price | kept == price
    assert price["params"]["EUR"]["tiers"][1] == {
        "up_to": "100",
        "unit_amount": "0.5",
        "flat_amount": "0",
        "package_size": None,
    }
    assert (await api.get("/v1/prices", params={"external_id": "x"})).json()["data"] == [price]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "magic"}, "model"),
        ({"params": {}}, "params"),
        ({"params": {"EUR": None}}, "params.EUR"),
        ({"params": {"EUR": []}}, "params.EUR"),
        ({"params": {"XYZ": {"tiers": TIERS}}}, "params.XYZ"),
        ({"params": {"eur": {"tiers": TIERS}}}, "params.eur"),
        ({"params": {"\u0000": {"tiers": TIERS}}}, "params"),
        ({"params": {"E" * 50: {"tiers": TIERS}}}, "params"),
        ({"params": {"EUR": {"tiers": []}}}, "params.EUR.tiers"),
        ({"params": {"EUR": {"tiers": TIERS, "model": 1}}}, "params.EUR.model"),
        ({"params": {"EUR": {"tiers": TIERS, "\ud800": 1}}}, "params.EUR.\ud800"),
        ({"params": {"EUR": {"tiers": [TIERS[0], TIERS[0]]}}}, "params.EUR.tiers.1.up_to"),
        ({"params": {"EUR": {"tiers": TIERS}, "USD": {"tiers": [{}]}}}, "params.USD.tiers.0.flat_amount"),
        ({"params": {"EUR": {"tiers": [{"unit_amount": "-1"}]}}}, "params.EUR.tiers.0.unit_amount"),
        ({"params": {"EUR": {"tiers": [{"unit_amount": "NaN"}]}}}, "params.EUR.tiers.0.unit_amount"),
        ({"params": {"EUR": {"tiers": [{"unit_amount": "1e400"}]}}}, "params.EUR.tiers.0.unit_amount"),
        ({"params": {"EUR": {"tiers": [{"unit_amount": "1" + "0" * 30}]}}}, "params.EUR"),
        ({"interval": {"unit": "fortnight"}}, "interval.unit"),
        ({"interval": {"unit": "month", "count": 0}}, "interval.count"),
        ({"interval": {"unit": "month", "count": 1001}}, "interval.count"),
        ({"interval": {"unit": "month", "count": 10**30}}, "interval.count"),
        ({"interval": {"unit": "month", "count": 1.5}}, "interval.count"),
        ({"cadence": "sometimes"}, "cadence"),
        ({"quantity_source": "magic"}, "quantity_source"),
        ({"quantity_source": "usage", "cadence": "in_arrears"}, "meter_id"),
        ({"meter_id": "mtr_01jd3v8x9mf2k7t0r5w4y6z1ab"}, "meter_id"),
        ({"meter_id": "cus_01jd3v8x9mf2k7t0r5w4y6z1ab"}, "meter_id"),
        ({"filters": {"a": ["x"]}}, "filters"),
        ({"filters": {"a": []}}, "filters.a"),
        ({"tax_rate_ids": ["txr_01jd3v8x9mf2k7t0r5w4y6z1ab"] * 2}, "tax_rate_ids.1"),
        ({"tax_rate_ids": ["txr_01jd3v8x9mf2k7t0r5w4y6z1ab"] * 11}, "tax_rate_ids"),
        ({"code": "Not a code"}, "code"),
        ({"name": "\u0000"}, "name"),
        ({"external_id": ""}, "external_id"),
        ({"metadata": {"a": "\u0000"}}, "metadata"),
        ({"amount": 5}, "amount"),
    ],
    ids=lambda value: ascii(value)[:60],
)
async def test_an_impossible_price_is_refused_naming_its_field(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    made = await plan(api)
    body = {"prices": [FEE, GRADUATED | change]}
    answer = await post(api, f"/v1/plans/{made['id']}/versions", body)
    assert expect_refusal(answer, 400, f"prices.1.{field}")["allowed"]
    whole = await post(api, "/v1/plans", body | {"code": "whole", "name": "W"})
    expect_refusal(whole, 400, f"prices.1.{field}")
    assert (await api.get("/v1/prices")).json()["data"] == []
    assert [found["id"] for found in (await api.get("/v1/plans")).json()["data"]] == [made["id"]]


async def test_usage_is_billed_in_arrears_only(api: httpx.AsyncClient) -> None:
    body = usage((await meter(api))["id"], cadence="in_advance")
    answer = await api.post("/v1/plans", json={"code": "p", "name": "P", "prices": [body]})
    assert expect_refusal(answer, 400, "prices.0.cadence")["allowed"] == "in_arrears"


async def test_two_prices_of_a_version_have_codes_of_their_own(api: httpx.AsyncClient) -> None:
    body = {"code": "p", "name": "P", "prices": [FEE, FEE]}
    expect_refusal(await api.post("/v1/plans", json=body), 400, "prices.1.code")


async def test_too_many_prices_are_refused(api: httpx.AsyncClient) -> None:
    prices = [FEE | {"code": f"c{n}"} for n in range(201)]
    expect_refusal(
        await api.post("/v1/plans", json={"code": "p", "name": "P", "prices": prices}), 400, "prices"
    )
    made = await plan(api, prices=prices[:200], publish=True)
    assert [price["code"] for price in made["published_version"]["prices"]] == [f"c{n}" for n in range(200)]


async def test_an_external_id_of_a_price_is_taken_once(api: httpx.AsyncClient) -> None:
    await plan(api, prices=[FEE | {"external_id": "x"}])
    body = {"code": "q", "name": "Q", "prices": [FEE | {"external_id": "x"}]}
    assert (await api.post("/v1/plans", json=body)).status_code == 409
    assert len((await api.get("/v1/plans")).json()["data"]) == 1


async def test_meters_and_rates_must_exist_here_and_not_be_archived(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    rate = {"code": "vat", "name": "VAT", "percent": "19"}
    ids: dict[str, list[str]] = {"meter_id": [], "tax_rate_ids": []}
    for client in (api, other_api):
        ids["meter_id"].append((await meter(client))["id"])
        ids["tax_rate_ids"].append((await client.post("/v1/tax-rates", json=rate)).json()["id"])
    await api.post(f"/v1/meters/{ids['meter_id'][0]}/archive")
    await api.post(f"/v1/tax-rates/{ids['tax_rate_ids'][0]}/archive")
    for own, status in ((0, 409), (1, 404)):
        plans = {"code": "p", "name": "P"}
        metered = plans | {"prices": [usage(ids["meter_id"][own])]}
        expect_refusal(await post(api, "/v1/plans", metered), status, "prices.0.meter_id")
        taxed = plans | {"prices": [FEE | {"tax_rate_ids": [ids["tax_rate_ids"][own]]}]}
        expect_refusal(await post(api, "/v1/plans", taxed), status, "prices.0.tax_rate_ids.0")
    assert (await api.get("/v1/plans")).json()["data"] == []


async def test_a_price_cannot_both_include_and_exclude_tax(api: httpx.AsyncClient) -> None:
    ids = []
    for inclusive in (True, False):
        rate = {"code": str(inclusive).lower(), "name": "T", "percent": "5", "inclusive": inclusive}
        ids.append((await api.post("/v1/tax-rates", json=rate)).json()["id"])
    body = {"code": "p", "name": "P", "prices": [FEE | {"tax_rate_ids": ids}]}
    expect_refusal(await api.post("/v1/plans", json=body), 400, "prices.0.tax_rate_ids")


async def test_a_price_keeps_every_digit_however_it_is_written(api: httpx.AsyncClient) -> None:
    price = json.dumps(FEE).replace('"99"', "0.10000000000000000000000000000000000001")
    made = await post(api, "/v1/plans", f'{{"code":"p","name":"P","publish":true,"prices":[{price}]}}')
    [shown] = made.json()["published_version"]["prices"]
    assert shown["params"]["EUR"]["amount"] == "0.10000000000000000000000000000000000001"
    assert (await api.get(f"/v1/prices/{shown['id']}")).json() == shown


async def test_another_organizations_price_is_unknown(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = await plan(api, prices=[FEE], publish=True)
    [price] = made["published_version"]["prices"]
    assert (await other_api.get(f"/v1/prices/{price['id']}")).status_code == 404
    assert (await other_api.get("/v1/prices")).json()["data"] == []
    search = {"plan_version_id": made["published_version"]["id"]}
    assert (await other_api.get("/v1/prices", params=search)).json()["data"] == []
    assert (await api.get("/v1/prices/price_01jd3v8x9mf2k7t0r5w4y6z1ab")).status_code == 404
    assert (await api.get("/v1/prices/cus_01jd3v8x9mf2k7t0r5w4y6z1ab")).status_code == 400
    expect_refusal(await api.get("/v1/prices", params={"external_id": "\u0000"}), 400, "external_id")


async def test_a_price_is_added_changed_and_removed_and_each_version_shows_what_it_lists(
    api: httpx.AsyncClient,
) -> None:
    made = await plan(api, prices=[FEE], publish=True)
    path = f"/v1/plans/{made['id']}"
    added = await api.post(f"{path}/prices", json=SEATS | {"unit": "seat", "description": "A chair"})
    assert (added.status_code, added.headers["etag"]) == (201, '"1"')
    seats = added.json()
    assert (seats["plan_id"], seats["unit"], seats["ended_at"]) == (made["id"], "seat", None)
    second = (await api.get(path)).json()["published_version"]
    assert (second["number"], [price["code"] for price in second["prices"]]) == (2, ["fee", "u"])

    price = f"/v1/prices/{seats['id']}"
    change = {"name": "Seats", "external_id": "erp-1", "metadata": {"gl": "4400"}}
    changed = await api.patch(price, json=change, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert changed.json() == seats | change | {"version": 2, "updated_at": changed.json()["updated_at"]}
    assert (await api.patch(price, json=change, headers={"If-Match": '"1"'})).status_code == 412
    expect_refusal(await api.patch(price, json={"params": {}}), 400, "params")

    removed = await api.delete(price)
    assert (removed.status_code, removed.json()["ended_at"] is not None) == (200, True)
    assert (await api.delete(price)).json() == removed.json()
    assert (await api.get(price)).json() == removed.json()
    third = (await api.get(path)).json()["published_version"]
    assert (third["number"], third["prices"]) == (3, made["published_version"]["prices"])
    assert (await api.get(f"{path}/versions/2")).json()["prices"][1] == removed.json()


async def test_a_version_keeps_prices_of_earlier_ones(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = await plan(api, prices=[FEE, SEATS], publish=True)
    fee, seats = made["published_version"]["prices"]
    path = f"/v1/plans/{made['id']}/versions"
    body = {"keep": [seats["id"]], "prices": [FEE], "publish": True}
    version = (await api.post(path, json=body)).json()
    assert version["prices"][0] == seats
    assert [price["id"] == fee["id"] for price in version["prices"]] == [False, False]
    alien = (await plan(other_api, prices=[FEE]))["id"]
    [foreign] = (await other_api.get("/v1/prices", params={"plan_id": alien})).json()["data"]
    for keep in ([foreign["id"]], ["price_01jd3v8x9mf2k7t0r5w4y6z1ab"]):
        expect_refusal(await api.post(path, json={"keep": keep}), 404, "keep.0")
    expect_refusal(await api.post(path, json={"keep": [seats["id"]] * 2}), 400, "keep.1")


async def test_anothers_price_is_neither_changed_nor_removed_and_gets_no_company(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    made = await plan(api, prices=[FEE], publish=True)
    [price] = made["published_version"]["prices"]
    for answer in (
        await other_api.patch(f"/v1/prices/{price['id']}", json={"name": "Mine"}),
        await other_api.delete(f"/v1/prices/{price['id']}"),
        await other_api.post(f"/v1/plans/{made['id']}/prices", json=SEATS),
    ):
        assert answer.status_code == 404
    assert (await api.get(f"/v1/plans/{made['id']}")).json() == made


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "fee"}, "code"),
        ({"params": {"EUR": {"tiers": []}}}, "params.EUR.tiers"),
        ({"unit": ""}, "unit"),
        ({"description": "\u0000"}, "description"),
        ({"feature_id": "feat_01jd3v8x9mf2k7t0r5w4y6z1ab"}, "feature_id"),
    ],
    ids=str,
)
async def test_a_price_that_cannot_be_added_is_refused_naming_its_field(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    made = await plan(api, prices=[FEE], publish=True)
    answer = await api.post(f"/v1/plans/{made['id']}/prices", json=SEATS | change)
    expect_refusal(answer, 404 if field == "feature_id" else 400, field)
    assert (await api.get(f"/v1/plans/{made['id']}")).json() == made
