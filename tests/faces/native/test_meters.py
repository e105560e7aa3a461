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
        ({"aggregation": "average"}, "aggregation"),
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


@pytest.mark.parametrize("field", ["event_name", "aggregation", "property", "filters", "group_by"])
async def test_how_a_meter_measures_never_changes(api: httpx.AsyncClient, field: str) -> None:
    made = (await api.post("/v1/meters", json=METER)).json()
    expect_refusal(await api.patch(f"/v1/meters/{made['id']}", json={field: made[field]}), 400, field)
