"""Every failure has the one form, and says what would have been accepted."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest

from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant, client_for
from tests.faces.kit.conftest import Probe


def expect_error(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The error of an answer, whose form is checked here."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == ["error"]
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"code", "message", "field", "allowed", "request_id"}
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    assert len(error["request_id"]) == 24
    return error


async def post(client: httpx.AsyncClient, content: str | bytes) -> httpx.Response:
    return await client.post("/v1/customers", content=content, headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/customers/", "/v2/customers", "/v1/docs/nothing"]
)
async def test_an_unknown_address(api: httpx.AsyncClient, path: str) -> None:
    expect_error(await api.get(path), 404, "not_found")


async def test_a_method_that_is_not_taken(api: httpx.AsyncClient) -> None:
    answer = await api.put("/v1/customers", json={})
    expect_error(answer, 405, "method_not_allowed")
    assert answer.headers["allow"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", "body"),
        ("{", "body"),
        ("nothing", "body"),
        (b'{"name": "\xff"}', "body"),
        ("[" * 100_000, "body"),
        ('{"metadata": ' + '{"a":' * 500 + "1" + "}" * 500 + ', "name": "A"}', "body"),
        ('{"metadata": {"a": [' + "[" * 64 + "]" * 64 + ']}, "name": "A"}', "body"),
        ("[]", "body"),
        ("null", "body"),
        ('"A"', "body"),
        ('{"name": NaN}', "name"),
        ('{"name": "A", "metadata": {"a": [1, -Infinity]}}', "metadata.a.1"),
        ('{"name": "A", "metadata": {"a": [0, 1e400]}}', "metadata.a.1"),
        ('{"name": "A", "metadata": {"a": 1e-400}}', "metadata.a"),
        ('{"name": "A", "metadata": {"a": 0e999999999}}', "metadata.a"),
        ('{"name": "A", "metadata": {"a": 1' + "0" * 400 + "}}", "metadata.a"),
        ('{"name": "A", "metadata": {"a": 0.' + "1" * 400 + "}}", "metadata.a"),
        ('{"name": "A", "name": "B"}', "name"),
        ('{"name": "A", "metadata": {"b": [{"a": 1, "a": 1}]}}', "metadata.b.0.a"),
        ('{"name": "\\ud800"}', "name"),
        ('{"name": "a\\u0000b"}', "name"),
        ('{"name": "A", "metadata": {"a": "\\u0000"}}', "metadata"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_body_that_cannot_be_read(api: httpx.AsyncClient, body: str | bytes, field: str) -> None:
    answer = await post(api, body)
    assert answer.status_code == 400, answer.text
    error = expect_error(answer, 400, answer.json()["error"]["code"])
    assert (error["field"], bool(error["allowed"])) == (field, True), error
    assert (await api.get("/v1/customers")).json()["data"] == []


async def test_a_deep_document_that_is_deep_enough_for_anyone_is_read(api: httpx.AsyncClient) -> None:
    answer = await post(api, '{"name": "A", "metadata": {"a": ' + "[" * 60 + "]" * 60 + "}}")
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("body", "field", "allowed"),
    [
        ({}, "name", "this field is required"),
        ({"name": 5}, "name", "a text"),
        ({"name": "A", "tax_exempt": "perhaps"}, "tax_exempt", "true or false"),
        ({"name": "A", "metadata": 5}, "metadata", "an object"),
        ({"name": "A", "address": []}, "address", "an object"),
        ({"name": "A", "address": {"line1": "x" * 201}}, "address.line1", "at most 200 characters"),
        (
            {"name": "A", "address": {"street": "x"}},
            "address.street",
            "the fields line1, line2, city, region, postal_code, country",
        ),
        (
            {"name": "A", "nmae": "B"},
            "nmae",
            "the fields name, external_id, email, currency, zone, address, tax_number, tax_exempt,"
            " tax_exemption, parent_id, billed_to, metadata",
        ),
    ],
)
async def test_a_wrong_field_says_what_is_allowed(
    api: httpx.AsyncClient, body: dict[str, Any], field: str, allowed: str
) -> None:
    error = expect_error(await api.post("/v1/customers", json=body), 400, "invalid")
    assert (error["field"], error["allowed"]) == (field, allowed)
    assert "instance of" not in error["message"], "names of classes are the inside"


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [("0", "at least 1"), ("201", "at most 200"), ("x", "a whole number"), ("1" * 5000, "a whole number")],
)
async def test_a_wrong_parameter_says_what_is_allowed(
    api: httpx.AsyncClient, limit: str, allowed: str
) -> None:
    error = expect_error(await api.get("/v1/customers", params={"limit": limit}), 400, "invalid")
    assert (error["field"], error["allowed"]) == ("limit", allowed)


@pytest.mark.parametrize("value", ["\x00", "a\x00b"])
async def test_a_nul_in_a_search_is_the_callers_fault(api: httpx.AsyncClient, value: str) -> None:
    answer = await api.get("/v1/customers", params={"external_id": value})
    expect_error(answer, 400, "invalid")


async def test_a_body_that_is_too_large_is_refused_while_it_arrives(store: Store, tenant: Tenant) -> None:
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while sent < 1_000_000:
            sent += 1024
            yield b"x" * 1024

    async with client_for(store, tenant.key, Settings(rate_limit=0, max_body=4096)) as client:
        error = expect_error(await client.post("/v1/customers", content=endless()), 413, "too_large")
        assert error["allowed"] == "at most 4096 bytes"
        assert (await client.post("/v1/customers", json={"name": "A"})).status_code == 201
    assert sent <= 8192, "the rest is not waited for"


async def test_what_nobody_expected_says_nothing_of_the_inside(
    probing: httpx.AsyncClient, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, logger="counterfoil.http"):
        answer = await probing.post("/v1/probe/crash", json={})
    error = expect_error(answer, 500, "error")
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    [record] = caplog.records
    assert error["request_id"] in record.getMessage()
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "the secret of the inside"
    assert (await probing.get("/v1/customers")).json()["data"] == []


async def test_what_fails_outside_of_a_transaction_has_the_form_too(
    store: Store, tenant: Tenant, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("the secret of the inside")

    monkeypatch.setattr("counterfoil.faces.native.health.check_ready", broken)
    async with client_for(store, tenant.key) as client:
        answer = await client.get("/v1/readyz")
    error = expect_error(answer, 500, "error")
    assert "secret" not in answer.text
    assert any(error["request_id"] in record.getMessage() for record in caplog.records)


async def test_a_database_that_does_not_answer_is_503(tenant: Tenant) -> None:
    store = Store("postgresql://nobody@127.0.0.1:1/nothing")
    async with client_for(store, tenant.key) as client:
        expect_error(await client.get("/v1/customers"), 503, "unavailable")
    await store.close()


async def test_every_answer_carries_its_request_id(api: httpx.AsyncClient) -> None:
    ids = {
        (await api.get(path)).headers["x-request-id"]
        for path in (
            "/v1/customers",
            "/v1/nothing",
            "/v1/healthz",
            "/metrics",
            "/v1/docs",
            "/v1/openapi.json",
        )
    }
    assert len(ids) == 6
