"""What a developer learns from ``/v1/usage``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

JANUARY = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}


@pytest.fixture
async def used(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """A seller whose customer ``acme`` used 5 and 7.25 tokens of two models in January, and 100 after it."""
    await api.post("/v1/customers", json={"name": "Acme", "external_id": "acme"})
    meter = {
        "code": "tokens",
        "name": "Tokens",
        "event_name": "llm.request",
        "aggregation": "sum",
        "property": "tokens",
        "group_by": ["model"],
    }
    assert (await api.post("/v1/meters", json=meter)).status_code == 201
    rows: list[tuple[str, str, Any]] = [
        ("2026-01-01T00:00:00Z", "small", 5),
        ("2026-01-31T23:59:59.999999Z", "large", "7.25"),
        ("2026-02-01T00:00:00Z", "large", 100),
    ]
    events = [
        {
            "id": f"e{n}",
            "name": "llm.request",
            "customer": "acme",
            "at": at,
            "properties": {"model": model, "tokens": tokens},
        }
        for n, (at, model, tokens) in enumerate(rows)
    ]
    assert (await api.post("/v1/events", json=events)).json()["stored"] == 3
    return api


async def test_a_month_is_read_in_total_and_by_group(used: httpx.AsyncClient) -> None:
    query = {"meter": "tokens", "customer": "acme", "group_by": "model", **JANUARY}
    usage = (await used.get("/v1/usage", params=query)).json()
    assert usage["total"] == {
        "value": "12.25",
        "events": 2,
        "first_at": "2026-01-01T00:00:00Z",
        "last_at": "2026-01-31T23:59:59.999999Z",
    }
    assert [(one["group"], one["value"]) for one in usage["groups"]] == [
        ({"model": "large"}, "7.25"),
        ({"model": "small"}, "5"),
    ]
    assert (usage["from"], usage["to"]) == (JANUARY["from"], JANUARY["to"])
    by_id = (await used.get("/v1/usage", params={**query, "meter": usage["meter_id"]})).json()
    assert by_id == usage


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"meter": "nothing"}, 404, "meter"),
        ({"meter": "mtr_00000000000000000000000000"}, 404, "meter"),
        ({"meter": "a\x00"}, 400, "meter"),
        ({"customer": "nobody"}, 404, "customer"),
        ({"customer": None}, 400, "customer"),
        ({"to": JANUARY["from"]}, 400, "to"),
        ({"from": "2026-01-01"}, 400, "from"),
        ({"group_by": "secret"}, 400, "group_by"),
    ],
)
async def test_a_bad_question_names_the_field(
    used: httpx.AsyncClient, changed: dict[str, str | None], status: int, field: str
) -> None:
    query = {"meter": "tokens", "customer": "acme", **JANUARY, **changed}
    given = {name: value for name, value in query.items() if value is not None}
    answer = await used.get("/v1/usage", params=given)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["field"] == field


async def test_another_organization_reads_nothing(
    used: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    meter = (await used.get("/v1/meters")).json()["data"][0]["id"]
    customer = (await used.get("/v1/customers")).json()["data"][0]["id"]
    answer = await other_api.get("/v1/usage", params={"meter": meter, "customer": customer, **JANUARY})
    assert answer.status_code == 404
