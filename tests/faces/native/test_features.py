"""What a developer does with ``/v1/features``; ``test_products`` has what all kinds share."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.faces.native.test_products import expect_refusal


async def meter(api: httpx.AsyncClient, code: str = "tokens") -> dict[str, Any]:
    """A meter that counts."""
    body = {"code": code, "name": "Tokens", "event_name": "e", "aggregation": "count"}
    made: dict[str, Any] = (await api.post("/v1/meters", json=body)).json()
    return made


async def test_a_metered_feature_names_its_meter(api: httpx.AsyncClient) -> None:
    id_ = (await meter(api))["id"]
    body = {"code": "f", "name": "F", "kind": "metered", "meter_id": id_}
    made = (await api.post("/v1/features", json=body)).json()
    assert (made["kind"], made["meter_id"], made["options"]) == ("metered", id_, [])


async def test_an_enum_feature_has_options(api: httpx.AsyncClient) -> None:
    body = {"code": "f", "name": "F", "kind": "enum", "options": ["email", "phone"]}
    made = (await api.post("/v1/features", json=body)).json()
    assert (made["kind"], made["options"]) == ("enum", ["email", "phone"])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "metered"}, "meter_id"),
        ({"kind": "boolean", "meter_id": "mtr_01jd3v8x9mf2k7t0r5w4y6z1ab"}, "meter_id"),
        ({"kind": "metered", "meter_id": "cus_01jd3v8x9mf2k7t0r5w4y6z1ab"}, "meter_id"),
        ({"kind": "enum"}, "options"),
        ({"kind": "numeric", "options": ["a"]}, "options"),
        ({"kind": "enum", "options": ["a", "a"]}, "options.1"),
        ({"kind": "enum", "options": ["a", ""]}, "options.1"),
        ({"kind": "enum", "options": ["\u0000"]}, "options.0"),
        ({"kind": "enum", "options": [str(n) for n in range(101)]}, "options"),
        ({"kind": "other"}, "kind"),
        ({}, "kind"),
    ],
    ids=ascii,
)
async def test_a_feature_that_does_not_fit_its_kind_is_refused(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await api.post("/v1/features", json={"code": "f", "name": "F"} | body)
    assert expect_refusal(answer, 400, field)["allowed"]
    assert (await api.get("/v1/features")).json()["data"] == []


async def test_a_feature_cannot_name_an_unknown_archived_or_foreign_meter(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    foreign = (await meter(other_api))["id"]
    archived = (await meter(api))["id"]
    await api.post(f"/v1/meters/{archived}/archive")
    for id_, status in ((foreign, 404), ("mtr_01jd3v8x9mf2k7t0r5w4y6z1ab", 404), (archived, 409)):
        body = {"code": "f", "name": "F", "kind": "metered", "meter_id": id_}
        expect_refusal(await api.post("/v1/features", json=body), status, "meter_id")
