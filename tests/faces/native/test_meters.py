"""What a developer does with ``/v1/meters``; ``test_products`` has what all kinds share."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.faces.native.test_products import expect_refusal, post

METER: dict[str, Any] = {
    "code": "m",
    "name": "M",
    "event_name": "call",
    "aggregation": "sum",
    "property": "n",
}


async def test_a_meter_is_shown_as_it_was_made(api: httpx.AsyncClient) -> None:
    body = METER | {"filters": {"status": ["ok", "late"]}, "group_by": ["model", "region"]}
    made = (await api.post("/v1/meters", json=body)).json()
    assert made | body == made


async def test_values_of_filters_are_kept_as_the_text_that_events_are_compared_by(
    api: httpx.AsyncClient,
) -> None:
    # The rule: the number 1.50 and the text "1.5" are one value.
    text = '{"code":"m","name":"M","event_name":"e","aggregation":"count",'
    text += '"filters":{"a":[1.50,true,"x",1e3]}}'
    made = await post(api, "/v1/meters", text)
    assert made.json()["filters"] == {"a": ["1.5", "true", "x", "1000"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"aggregation": "count"}, "property"),
        ({"property": None}, "property"),
        ({"property": ""}, "property"),
        ({"property": "\u0000"}, "property"),
        ({"property": "x" * 101}, "property"),
        ({"aggregation": "median"}, "aggregation"),
        ({"aggregation": "expression"}, "property"),
        ({"aggregation": "expression", "property": None}, "expression"),
        ({"aggregation": "expression", "property": None, "expression": "n +"}, "expression"),
        ({"aggregation": "expression", "property": None, "expression": "n\u202e"}, "expression"),
        ({"expression": "n * 2"}, "expression"),
        ({"aggregation": "sum_with_multiplier"}, "multiplier"),
        ({"aggregation": "sum_with_multiplier", "multiplier": "0"}, "multiplier"),
        ({"aggregation": "sum_with_multiplier", "multiplier": "much"}, "multiplier"),
        ({"multiplier": "2"}, "multiplier"),
        ({"reset": "monthly"}, "reset"),
        ({"aggregation": None}, "aggregation"),
        ({"event_name": ""}, "event_name"),
        ({"event_name": "x" * 256}, "event_name"),
        ({"event_name": "\u0000"}, "event_name"),
        ({"filters": {"a": []}}, "filters.a"),
        ({"filters": {"a": [None]}}, "filters.a.0"),
        ({"filters": {"a": ["x", {}]}}, "filters.a.1"),
        ({"filters": {"a": ["1", 1]}}, "filters.a.1"),
        ({"filters": {"a": ["\u0000"]}}, "filters.a.0"),
        ({"filters": {"a": ["x" * 256]}}, "filters.a.0"),
        ({"filters": {"": ["x"]}}, "filters"),
        ({"filters": {"\ud800": ["x"]}}, "filters"),
        ({"filters": {"a": "x"}}, "filters.a"),
        ({"filters": {"a": [str(n) for n in range(101)]}}, "filters.a"),
        ({"filters": {str(n): ["x"] for n in range(21)}}, "filters"),
        ({"group_by": ["a", "a"]}, "group_by.1"),
        ({"group_by": [""]}, "group_by.0"),
        ({"group_by": [str(n) for n in range(11)]}, "group_by"),
    ],
    ids=lambda value: ascii(value)[:40],
)
async def test_an_impossible_meter_is_refused(
    api: httpx.AsyncClient, change: dict[str, Any], field: str
) -> None:
    assert expect_refusal(await post(api, "/v1/meters", METER | change), 400, field)["allowed"]
    assert (await api.get("/v1/meters")).json()["data"] == []


async def test_where_an_expression_is_wrong_is_said(api: httpx.AsyncClient) -> None:
    body = METER | {"aggregation": "expression", "property": None, "expression": "input + 4 * (output"}
    refused = expect_refusal(await post(api, "/v1/meters", body), 400, "expression")
    assert refused["message"] == "unexpected 'the end' at position 20 of the expression"
    assert refused["allowed"] == '")" for the "(" at position 13'


@pytest.mark.parametrize(
    "change",
    [
        {"aggregation": "average"},
        {"aggregation": "min"},
        {"aggregation": "weighted_sum", "reset": "never"},
        {"aggregation": "sum_with_multiplier", "multiplier": "0.001"},
        {"aggregation": "expression", "property": None, "expression": 'ceil("call-seconds" / 60)'},
        {"aggregation": "count", "property": None, "reset": "never"},
    ],
    ids=lambda change: change["aggregation"],
)
async def test_each_way_to_measure_is_kept_as_it_was_said(
    api: httpx.AsyncClient, change: dict[str, Any]
) -> None:
    made = (await api.post("/v1/meters", json=METER | change)).json()
    assert made | METER | change == made
    assert (await api.get(f"/v1/meters/{made['id']}")).json() == made


async def test_a_price_of_amounts_takes_a_meter_that_sums_anew_in_each_period(
    api: httpx.AsyncClient,
) -> None:
    price = {"code": "p", "name": "P", "model": "percentage", "params": {"EUR": {"rate_percent": "2.5"}}}
    price |= {"interval": {"unit": "month"}, "quantity_source": "usage", "cadence": "in_arrears"}
    summed = {"aggregation": "sum_with_multiplier", "multiplier": "0.01"}
    for code, change, taken in (
        ("cents", summed, True),
        ("running", summed | {"reset": "never"}, False),
        ("mean", {"aggregation": "average"}, False),
    ):
        meter = (await api.post("/v1/meters", json=METER | change | {"code": code})).json()
        body = {"code": code, "name": code, "prices": [price | {"meter_id": meter["id"]}]}
        answer = await post(api, "/v1/plans", body)
        assert answer.status_code == (201 if taken else 400), answer.text
        if not taken:
            assert expect_refusal(answer, 400, "prices.0.meter_id")["allowed"].startswith("a meter that sums")


@pytest.mark.parametrize(
    "field",
    [
        *("event_name", "aggregation", "property", "filters", "group_by"),
        *("multiplier", "expression", "reset"),
    ],
)
async def test_how_a_meter_measures_never_changes(api: httpx.AsyncClient, field: str) -> None:
    made = (await api.post("/v1/meters", json=METER)).json()
    expect_refusal(await api.patch(f"/v1/meters/{made['id']}", json={field: made[field]}), 400, field)
