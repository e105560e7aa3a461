"""What a developer does with ``/v1/events``, and what happens to bad input."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from counterfoil.modules.identity import NewApiClient, create_api_client
from counterfoil.store import Store
from tests.conftest import Tenant, client_for

AT = "2026-01-15T12:00:00Z"


@pytest.fixture
async def seller(api: httpx.AsyncClient) -> httpx.AsyncClient:
    """The API of a seller with the customer ``acme`` and a meter that sums ``tokens`` of ``llm.request``."""
    customer = await api.post("/v1/customers", json={"name": "Acme", "external_id": "acme"})
    meter = {
        "code": "tokens",
        "name": "Tokens",
        "event_name": "llm.request",
        "aggregation": "sum",
        "property": "tokens",
    }
    made = await api.post("/v1/meters", json=meter)
    assert (customer.status_code, made.status_code) == (201, 201)
    return api


def event(id_: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "name": "llm.request",
        "customer": "acme",
        "at": AT,
        "properties": {"tokens": 5},
        **fields,
    }


async def send_raw(api: httpx.AsyncClient, body: bytes | str) -> httpx.Response:
    return await api.post("/v1/events", content=body, headers={"Content-Type": "application/json"})


async def stored(api: httpx.AsyncClient) -> list[str]:
    return [one["id"] for one in (await api.get("/v1/events")).json()["data"]]


@pytest.mark.parametrize("wrap", [lambda one: one, lambda one: [one], lambda one: {"events": [one]}])
async def test_one_event_a_list_and_a_batch_are_taken(seller: httpx.AsyncClient, wrap: Any) -> None:
    answer = await seller.post("/v1/events", json=wrap(event("e1")))
    assert answer.status_code == 202
    assert answer.json() == {
        "received": 1,
        "stored": 1,
        "duplicate": 0,
        "refused": 0,
        "events": [{"id": "e1", "outcome": "accepted"}],
    }


async def test_an_event_is_read_back_as_it_was_sent(seller: httpx.AsyncClient) -> None:
    body = (
        '{"id": "a/b?c", "name": "llm.request", "customer": "acme", "at": "2026-01-15T13:00:00.25+01:00",'
        ' "properties": {"tokens": 12345678901234567890.123456789012345678, "model": "x", "ok": true}}'
    )
    assert (await send_raw(seller, body)).status_code == 202
    read = await seller.get("/v1/events/a%2Fb%3Fc")
    assert read.status_code == 200
    shown = json.loads(read.text, parse_float=Decimal)
    assert shown["at"] == "2026-01-15T12:00:00.250000Z"
    assert shown["properties"] == {
        "tokens": Decimal("12345678901234567890.123456789012345678"),
        "model": "x",
        "ok": True,
    }
    assert shown["customer_id"].startswith("cus_")
    assert shown["subscription_id"] is None


async def test_each_event_of_a_batch_has_its_answer_in_order(seller: httpx.AsyncClient) -> None:
    await seller.post("/v1/events", json=event("old"))
    batch = [
        event("new"),
        event("old"),
        event("old", properties={"tokens": 6}),
        event("who", customer="nobody"),
        event("what", name="unmetered"),
        event("none", properties={}),
        event("late", at="1990-01-01T00:00:00Z"),
        event("early", at=(datetime.now(UTC) + timedelta(hours=2)).isoformat()),
        event("sub", subscription="nothing"),
        event("deep", properties={"tokens": 1, "more": {"a": 1}}),
        {"id": "few"},
        {"name": "llm.request", "customer": "acme"},
        event("when", at="yesterday"),
        event("extra", colour="red"),
        event(7),  # type: ignore[arg-type]
        "text",
        None,
    ]
    answer = (await seller.post("/v1/events", json={"events": batch})).json()
    shown = [(one["id"], one["outcome"], one.get("reason"), one.get("field")) for one in answer["events"]]
    assert shown == [
        ("new", "accepted", None, None),
        ("old", "duplicate", None, None),
        ("old", "refused", "id_reused", "id"),
        ("who", "refused", "unknown_customer", "customer"),
        ("what", "refused", "unknown_meter", "name"),
        ("none", "refused", "invalid", "properties.tokens"),
        ("late", "refused", "time_out_of_range", "at"),
        ("early", "refused", "time_out_of_range", "at"),
        ("sub", "refused", "unknown_subscription", "subscription"),
        ("deep", "refused", "invalid", "properties.more"),
        ("few", "refused", "invalid", "name"),
        (None, "refused", "invalid", "id"),
        ("when", "refused", "invalid", "at"),
        ("extra", "refused", "invalid", "colour"),
        (None, "refused", "invalid", "id"),
        (None, "refused", "invalid", "event"),
        (None, "refused", "invalid", "event"),
    ]
    assert all(one["message"] and one["allowed"] for one in answer["events"] if one["outcome"] == "refused")
    counts = [answer[name] for name in ("received", "stored", "duplicate", "refused")]
    assert counts == [17, 1, 1, 15]
    assert await stored(seller) == ["new", "old"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"customer": "nobody"}, "customer"),
        ({"name": "unmetered"}, "name"),
        ({"properties": {"tokens": "many"}}, "properties.tokens"),
        ({"at": "2026-01-15"}, "at"),
        ({"at": "2026-01-15T12:00:00"}, "at"),
        ({"at": 1768478400}, "at"),
        ({"id": ""}, "id"),
        ({"id": None}, "id"),
        ({"colour": "red"}, "colour"),
        ({"properties": []}, "properties"),
        ({"properties": {"tokens": 1, "a": "\x00"}}, "properties.a"),
    ],
)
async def test_a_single_event_that_is_refused_is_an_error(
    seller: httpx.AsyncClient, fields: dict[str, Any], field: str
) -> None:
    answer = await seller.post("/v1/events", json=event("e1", **fields))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["allowed"]
    assert await stored(seller) == []


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"id": ""}, "invalid"),
        ({"id": "e0", "properties": {"tokens": 2}}, "id_reused"),
        ({"customer": "nobody"}, "unknown_customer"),
        ({"subscription": "none"}, "unknown_subscription"),
        ({"name": "unmetered"}, "unknown_meter"),
        ({"at": "1999-12-31T23:59:59Z"}, "time_out_of_range"),
    ],
)
async def test_the_code_of_a_refused_event_is_the_reason_that_a_batch_gives(
    seller: httpx.AsyncClient, fields: dict[str, Any], code: str
) -> None:
    await seller.post("/v1/events", json=event("e0"))
    sent = event("e1") | fields
    answer = await seller.post("/v1/events", json=sent)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    (of_batch,) = (await seller.post("/v1/events", json=[sent])).json()["events"]
    assert of_batch["reason"] == code


async def test_an_empty_batch_is_invalid_and_not_too_large(seller: httpx.AsyncClient) -> None:
    bodies: list[Any] = [[], {"events": []}]
    for body in bodies:
        answer = await seller.post("/v1/events", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")


async def test_events_of_all_come_by_id_and_a_customers_newest_first(seller: httpx.AsyncClient) -> None:
    customer = (await seller.get("/v1/customers")).json()["data"][0]["id"]
    times = {"b": "2026-01-15T10:00:00Z", "a": "2026-01-15T12:00:00Z", "c": "2026-01-15T11:00:00Z"}
    for name, at in times.items():
        await seller.post("/v1/events", json=event(name, at=at))
    of_all = (await seller.get("/v1/events")).json()["data"]
    assert [one["id"] for one in of_all] == ["a", "b", "c"]
    own = (await seller.get("/v1/events", params={"customer": customer})).json()["data"]
    assert [one["id"] for one in own] == ["a", "c", "b"]


@pytest.mark.parametrize(
    "number",
    ["1e400", "1" + "0" * 400, "9" * 5000, "0." + "1" * 39, "1e99999999999999999999", "-1e39", "1e-39"],
)
async def test_a_number_that_no_decimal_of_38_digits_is_gets_refused_alone(
    seller: httpx.AsyncClient, number: str
) -> None:
    bad = json.dumps(event("bad")).replace('"tokens": 5', f'"tokens": {number}')
    answer = await send_raw(seller, f"[{json.dumps(event('good'))}, {bad}]")
    assert answer.status_code == 202
    good, refused = answer.json()["events"]
    assert good["outcome"] == "accepted"
    assert refused["reason"] == "invalid"
    assert refused["field"].startswith("properties")
    assert await stored(seller) == ["good"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"{", "body"),
        (b"nonsense", "body"),
        (b"null", "body"),
        (b"7", "body"),
        (b'"text"', "body"),
        (b"\xff\xfe", "body"),
        (b'[{"id": NaN}]', "body"),
        (b'[{"id": "\\ud800"}]', "body"),
        (b'{"id": "a", "properties": {"tokens": Infinity}}', "body"),
        (b"[" * 100_000, "body"),
        (b'{"a":' * 100_000, "body"),
        (b'{"events": {}}', "events"),
        (b'{"events": null}', "events"),
        (b'{"events": []}', "events"),
        (b"[]", "events"),
        (b'{"events": [], "more": 1}', "more"),
        (b"{}", "id"),
    ],
)
async def test_a_body_that_is_no_batch_is_refused_as_a_whole(
    seller: httpx.AsyncClient, body: bytes, field: str
) -> None:
    answer = await send_raw(seller, body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["field"] == field
    assert error["allowed"]


async def test_a_thousand_events_are_taken_and_one_more_is_not(seller: httpx.AsyncClient) -> None:
    batch = [event(f"e{n:04}") for n in range(1001)]
    refused = await seller.post("/v1/events", json={"events": batch})
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == "events"
    assert refused.json()["error"]["code"] == "too_large"
    assert await stored(seller) == []
    assert (await seller.post("/v1/events", json=batch[:1000])).json()["stored"] == 1000


async def test_a_text_broken_within_one_event_is_that_events_fault(seller: httpx.AsyncClient) -> None:
    both = json.dumps([event("good"), event("bad", properties={"tokens": 1, "t": "X"})])
    answer = await send_raw(seller, both.encode().replace(b'"X"', b'"\xff"'))
    assert [one["outcome"] for one in answer.json()["events"]] == ["accepted", "refused"]
    assert await stored(seller) == ["good"]


async def test_an_idempotency_key_replays_the_first_answer(seller: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = await seller.post("/v1/events", json=[event("e1")], headers=headers)
    again = await seller.post("/v1/events", json=[event("e1")], headers=headers)
    assert again.status_code == 202
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_same_batch_sent_by_many_at_once_is_stored_once(seller: httpx.AsyncClient) -> None:
    batch = [event(f"e{n}") for n in range(100)]
    answers = await asyncio.gather(
        *(seller.post("/v1/events", json=order) for order in (batch, batch[::-1], batch, batch[::-1]))
    )
    assert [answer.status_code for answer in answers] == [202] * 4
    assert sum(answer.json()["stored"] for answer in answers) == 100
    assert sum(answer.json()["duplicate"] for answer in answers) == 300


async def test_pages_of_a_customers_events_follow_each_other(seller: httpx.AsyncClient) -> None:
    batch = [event(f"e{n}", at=f"2026-01-{n // 2 + 1:02}T00:00:00Z") for n in range(7)]
    await seller.post("/v1/events", json=batch)
    seen: list[str] = []
    parameters: dict[str, str | int] = {"customer": "acme", "limit": 3}
    while True:
        page = (await seller.get("/v1/events", params=parameters)).json()
        seen += [one["id"] for one in page["data"]]
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
    assert seen == ["e6", "e5", "e4", "e3", "e2", "e1", "e0"]
    narrow = {"customer": "acme", "from": "2026-01-02T00:00:00Z", "to": "2026-01-03T00:00:00Z"}
    found = (await seller.get("/v1/events", params={**narrow, "name": "llm.request"})).json()["data"]
    assert [one["id"] for one in found] == ["e3", "e2"]
    everything = (await seller.get("/v1/events", params={"limit": 4})).json()
    rest = await seller.get("/v1/events", params={"cursor": everything["next_cursor"]})
    assert [one["id"] for one in everything["data"] + rest.json()["data"]] == [f"e{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("parameters", "status", "field"),
    [
        ({"customer": "nobody"}, 404, "customer"),
        ({"customer": "a\x00"}, 400, "customer"),
        ({"customer": ""}, 400, "customer"),
        ({"name": "llm.request"}, 400, "customer"),
        ({"from": AT}, 400, "customer"),
        ({"customer": "acme", "name": "x\x00"}, 400, "name"),
        ({"customer": "acme", "from": "yesterday"}, 400, "from"),
        ({"customer": "acme", "from": AT, "to": AT}, 400, "to"),
        ({"limit": "0"}, 400, "limit"),
        ({"limit": "201"}, 400, "limit"),
        ({"cursor": "!"}, 400, "cursor"),
        ({"cursor": "é"}, 400, "cursor"),
        ({"cursor": "e30"}, 400, "cursor"),  # {}
        ({"cursor": "WzFd"}, 400, "cursor"),  # [1]
        ({"cursor": "WyJcdTAwMDAiXQ"}, 400, "cursor"),  # ["\u0000"]
        ({"customer": "acme", "cursor": "WyJhIl0"}, 400, "cursor"),  # ["a"]: of the other list
        ({"customer": "acme", "cursor": "WyJhIiwxXQ"}, 400, "cursor"),  # ["a",1]
    ],
)
async def test_a_bad_question_is_answered_with_the_field(
    seller: httpx.AsyncClient, parameters: dict[str, str], status: int, field: str
) -> None:
    answer = await seller.get("/v1/events", params=parameters)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["field"] == field


@pytest.mark.parametrize(("path", "status"), [("unknown", 404), ("a%00b", 400), ("x" * 256, 400)])
async def test_an_event_that_is_not_there_is_not_found(
    seller: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await seller.get(f"/v1/events/{path}")
    assert answer.status_code == status
    assert answer.json()["error"]["request_id"]


async def test_another_organization_sees_and_disturbs_nothing(
    seller: httpx.AsyncClient, other_api: httpx.AsyncClient
) -> None:
    customer = (await seller.get("/v1/customers")).json()["data"][0]["id"]
    await seller.post("/v1/events", json=event("e1"))
    assert (await other_api.get("/v1/events/e1")).status_code == 404
    assert await stored(other_api) == []
    assert (await other_api.get("/v1/events", params={"customer": customer})).status_code == 404
    refused = await other_api.post("/v1/events", json=event("e1", customer=customer))
    assert refused.json()["error"]["field"] == "customer"


async def test_a_key_without_the_scope_may_not_send(store: Store, tenant: Tenant) -> None:
    async with store.system() as system:
        _, key = await create_api_client(system, tenant.environment, NewApiClient("r", ("events:read",)))
    async with client_for(store, key) as reader:
        assert (await reader.post("/v1/events", json=event("e1"))).status_code == 403
        assert (await reader.get("/v1/events")).status_code == 200


async def test_the_reference_shows_how_events_are_sent(api: httpx.AsyncClient) -> None:
    operation = (await api.get("/v1/openapi.json")).json()["paths"]["/v1/events"]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert set(content["examples"]) == {"one", "batch", "list"}
    assert content["schema"]["anyOf"][0]["required"] == ["id", "name", "customer"]
    assert operation["responses"]["202"]["content"]["application/json"]["example"]["received"] == 3
