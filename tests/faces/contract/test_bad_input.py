"""Impossible input, planted in every field of every call: refused in the one form, and nothing is written.

The fields come from the OpenAPI document, the rest of each body from the seller's samples; so the planted
value is the only thing wrong with a call that would otherwise be accepted.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx
import pytest

from counterfoil.store import Store
from tests.faces.contract.world import UNSAFE, Operation, World, operations, resolved

ALL: Final = [one for one in operations() if one.security]
BODIES: Final = [one for one in ALL if one.schema is not None]

HUGE: Final = "1" + "0" * 400
NOT_JSON_NUMBERS: Final = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e400",
    "1e-400",
    HUGE,
    f"-{HUGE}",
    f"0.{HUGE}",
]
TEXTS: Final = [r'"a\u0000b"', r'"a\ud800b"', r'"\udfff"', '"' + "x" * 100_000 + '"', r'"\u0001"']
NOT_TEXTS: Final = ["5", "true", "[]", "{}", '["a"]']
DECIMALS: Final = [
    '"NaN"',
    '"Infinity"',
    '"1e400"',
    f'"{HUGE}"',
    '""',
    '"1,5"',
    '"ten"',
    '" "',
    "true",
    "[]",
    "{}",
]
DECIMALS_BELOW_ZERO: Final = ['"-1"', "-1", '"-0.0001"']
INTEGERS: Final = ["-1", str(2**63), str(10**38), "1.5", '"x"', '""', "true", "[]", "{}", '"NaN"']
INSTANTS: Final = [
    '"0001-01-01T00:00:00Z"',
    '"9999-12-31T23:59:59Z"',
    '"9999-12-31T23:59:59-23:59"',
    '"10000-01-01T00:00:00Z"',
    '"2026-01-31T00:00:00"',
    '"2026-02-30T00:00:00Z"',
    '"2026-01-31T25:00:00Z"',
    '"2026-01-31"',
    '"yesterday"',
    '""',
    "1769817600",
    "true",
    "[]",
]
IDS: Final = [
    '"x"',
    '""',
    '"cus_"',
    r'"\u0000"',
    '"' + "x" * 10_000 + '"',
    '"chg_01jd3v8x9mf2k7t0r5w4y6z1ab"',
    "5",
    "[]",
]
CHOICES: Final = ['"no such thing"', '""', "5", "[]", r'"\u0000"']
OBJECTS: Final = ["5", '"x"', "[]", "true"]
LISTS: Final = ["5", '"x"', "{}", "true"]
METADATA: Final = [
    *OBJECTS,
    r'{"a": "\u0000"}',
    r'{"\u0000": "a"}',
    r'{"a": ["\ud800"]}',
    '{"a": "' + "x" * 20_000 + '"}',
    '{"a": NaN}',
    '{"a": 1e400}',
    '{"a": ' + "[" * 100 + "]" * 100 + "}",
    '{"a": 1, "a": 2}',
]
KNOWN: Final = {
    "currency": [*TEXTS, *NOT_TEXTS, '"ZZZ"', '"eur"', '"EURO"', '""', '"€"'],
    "zone": [*TEXTS, *NOT_TEXTS, '"Mars/Olympus"', '"../../etc/passwd"', '""', '"UTC+1"'],
    "country": [*TEXTS, *NOT_TEXTS, '"XX1"', '""', '"de"'],
    "email": [*TEXTS, *NOT_TEXTS, '"nobody"', '"a@"', '" "'],
    "metadata": METADATA,
}
MAY_BE_BELOW_ZERO: Final = "Below 0"
"""How the description of a field begins whose number may be."""


@dataclass(frozen=True)
class Plant:
    """One impossible value at one place of a body."""

    place: tuple[str | int, ...]
    text: str

    def body_in(self, sample: Any) -> str:
        """The sample as JSON with the value in its place."""
        body = json.loads(json.dumps(sample))
        at = body
        for part, following in zip(self.place, (*self.place[1:], None), strict=True):
            if following is None:
                at[part] = "PLANTED"
            elif isinstance(part, int):
                at = at[part]
            else:
                at = at.setdefault(part, {})
        return json.dumps(body).replace('"PLANTED"', self.text)

    def named_by(self, field: str | None) -> bool:
        """Whether an error's field is this place, or one that holds it or is in it."""
        own, said = [str(part) for part in self.place], (field or "").split(".")
        return own[: len(said)] == said or said[: len(own)] == own

    def __str__(self) -> str:
        return f"{'.'.join(map(str, self.place))} = {self.text[:60]}"


def _kind(schema: dict[str, Any]) -> str:
    """Its type; of "a text or null", the text."""
    kind = schema.get("type", "")
    return str(kind[0] if isinstance(kind, list) else kind)


def _values(name: str, schema: dict[str, Any]) -> list[str]:
    """What can never be accepted in a field."""
    if name in KNOWN:
        return KNOWN[name]
    choices = schema.get("anyOf", ())
    kinds = [one.get("type") for choice in choices for one in choice.get("anyOf", [choice])]
    if "number" in kinds:
        below = schema.get("description", "").startswith(MAY_BE_BELOW_ZERO)
        return [*DECIMALS, *(() if below else DECIMALS_BELOW_ZERO), *NOT_JSON_NUMBERS]
    if name.endswith("_id") and name != "external_id":
        return IDS
    if schema.get("format") == "date-time":
        return INSTANTS
    if "enum" in schema:
        return CHOICES
    by_type = {
        "string": [*TEXTS, *NOT_TEXTS],
        "integer": [*INTEGERS, *NOT_JSON_NUMBERS],
        "boolean": ['"perhaps"', "5", "[]", "{}", '""'],
        "object": OBJECTS,
        "array": LISTS,
    }
    return [*by_type.get(_kind(schema), []), "NaN", "1e400", HUGE]


def _plants(schema: dict[str, Any], sample: Any, place: tuple[str | int, ...] = ()) -> Iterator[Plant]:
    """Every impossible value at every place below ``place``."""
    for name, one in resolved(schema).get("properties", {}).items():
        field, here = resolved(one), (*place, name)
        yield from (Plant(here, text) for text in _values(name, field))
        inside = sample.get(name) if isinstance(sample, dict) else None
        if "properties" in field:
            yield from _plants(field, inside, here)
            yield Plant((*here, "no_such_field"), '"x"')
        item = resolved(field.get("items", {}))
        if isinstance(inside, list) and inside:
            if "properties" in item:
                yield from _plants(item, inside[0], (*here, 0))
            elif item.get("type") == "string":
                yield from (Plant((*here, 0), text) for text in (*NOT_TEXTS, r'"\u0000"'))


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error of an answer, whose form is checked here."""
    assert 400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text[:300]}"
    assert list(answer.json()) == ["error"]
    error: dict[str, Any] = answer.json()["error"]
    assert set(error) == {"code", "message", "field", "allowed", "request_id"}
    assert error["code"]
    assert error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    assert len(answer.text) < 5_000, "an answer does not repeat what was sent"
    return error


class Sender:
    """Sends raw bodies of one operation."""

    def __init__(self, http: httpx.AsyncClient, world: World, operation: Operation) -> None:
        self.http, self.operation = http, operation
        self.sample = world.sample(operation)
        self.headers = {
            "authorization": f"Bearer {world.key_for(operation)}",
            "content-type": "application/json",
        }

    async def __call__(self, body: str | bytes, **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else body.encode("utf-8", "surrogatepass")
        named = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(
            self.operation.method,
            self.sample.path,
            params=self.sample.query,
            content=content,
            # As bytes, since a header may hold any.
            headers=[(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        )


@pytest.mark.parametrize("operation", BODIES, ids=lambda one: one.id)
async def test_an_impossible_value_is_refused_where_it_stands(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    send = Sender(http, world, operation)
    before = await world.fingerprint(store)
    wrong: list[str] = []
    assert operation.schema is not None
    for plant in (Plant(("no_such_field",), '"x"'), *_plants(operation.schema, send.sample.body)):
        answer = await send(plant.body_in(send.sample.body))
        try:
            error = error_of(answer)
        except AssertionError as fault:
            wrong.append(f"{plant}: {fault}")
            continue
        # Of what is no JSON at all, the reader of events knows the byte, not the field.
        whole = error["field"] == "body" and ("nested" in error["message"] or "(byte " in error["message"])
        if not plant.named_by(error["field"]) and not whole:
            wrong.append(f"{plant}: names {error['field']}: {error['message']}")
        elif not error["allowed"]:
            wrong.append(f"{plant}: says nothing of what is allowed: {error['message']}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert await world.fingerprint(store) == before


WRONG_BODIES: Final[dict[str, str | bytes]] = {
    "empty": "",
    "blank": " \n",
    "malformed": '{"name": ',
    "text": "nothing",
    "trailing": "{} {}",
    "not UTF-8": b'{"name": "\xff"}',
    "UTF-16": '{"name": "A"}'.encode("utf-16"),
    "NUL": b"\x00",
    "null": "null",
    "a text": '"x"',
    "a number": "5",
    "a list": "[]",
    "a deep list": "[" * 50_000,
    "a deep object": '{"a":' * 50_000,
    "NaN alone": "NaN",
}
MAY_BE_LEFT_OUT: Final = {"subscriptions.pause", "subscriptions.resume"}
"""Operations that do what they are for without a body."""


@pytest.mark.parametrize("operation", [one for one in ALL if one.schema is not None], ids=lambda one: one.id)
async def test_a_body_that_is_no_object_is_refused(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    send = Sender(http, world, operation)
    good = json.dumps(send.sample.body)
    twice = good[:-1] + ", " + json.dumps(send.sample.body)[1:]
    bodies = dict(WRONG_BODIES)
    if operation.id in MAY_BE_LEFT_OUT:
        bodies = {name: body for name, body in bodies.items() if name not in ("empty", "null")}
    if operation.id != "events.send":  # whose reader, for speed, takes the last of two
        bodies["each name twice"] = twice
    before = await world.fingerprint(store)
    for name, body in bodies.items():
        error = error_of(await send(body))
        assert error["field"], name
        assert error["allowed"], name
    for kind in (
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/xml",
    ):
        error = error_of(await send(good, content_type=kind))
        assert (error["field"], error["allowed"]) == ("Content-Type", "application/json"), kind
    assert await world.fingerprint(store) == before


@pytest.mark.parametrize("operation", [one for one in ALL if one.method in UNSAFE], ids=lambda one: one.id)
async def test_a_header_that_cannot_be_is_refused(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    send = Sender(http, world, operation)
    body = "" if operation.schema is None else json.dumps(send.sample.body)
    before = await world.fingerprint(store)
    for key in ("", "x" * 256, "a\tb", "\u00ff\u0001"):
        answer = await send(body, idempotency_key=key)
        assert error_of(answer)["field"] == "Idempotency-Key", answer.text
    if "if-match" in operation.names("header"):
        for version in ("x", '""', '"-1"', '"1.5"', '"' + "9" * 400 + '"', "²"):
            answer = await send(body, if_match=version)
            error = error_of(answer)
            assert (answer.status_code, error["field"]) == (400, "If-Match"), (version, answer.text)
        answer = await send(body, if_match='"999999"')
        assert (answer.status_code, error_of(answer)["field"]) == (412, "If-Match"), answer.text
    assert await world.fingerprint(store) == before


PARAMETERS: Final = [
    "",
    "x",
    "a\x00b",
    "x" * 2_000,
    "cus_",
    "-1",
    "1e400",
    HUGE,
    "NaN",
    "\ufffe",
    "chg_01jd3v8x9mf2k7t0r5w4y6z1ab",
]
TEXT_PARAMETERS: Final = {"external_id", "code", "name", "number", "reference", "channel", "plan_reference"}


@pytest.mark.parametrize("operation", [one for one in ALL if one.names("query")], ids=lambda one: one.id)
async def test_a_parameter_that_cannot_be_is_refused_and_named(
    operation: Operation, world: World, http: httpx.AsyncClient
) -> None:
    send = Sender(http, world, operation)
    for name in operation.names("query"):
        for value in PARAMETERS:
            send.sample.query = world.sample(operation).query | {name: value}
            answer = await send(b"")
            if name in TEXT_PARAMETERS and answer.status_code == 200 and "\x00" not in value:
                assert answer.json()["data"] == []
            elif (operation.id, name, value) != ("changes.list", "after", ""):
                error = error_of(answer)
                assert error["field"] == name, f"{name}={value[:30]!r}: {answer.text}"
                assert error["allowed"], answer.text


@pytest.mark.parametrize("operation", [one for one in ALL if one.names("path")], ids=lambda one: one.id)
async def test_an_address_that_cannot_be_is_refused(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    before = await world.fingerprint(store)
    send = Sender(http, world, operation)
    body = "" if operation.schema is None else json.dumps(send.sample.body)
    parts = operation.path.split("/")
    for name in operation.names("path"):
        place = parts.index(f"{{{name}}}")
        for value in (
            "x",
            "%00",
            "%FF%FE",
            "x" * 2_000,
            "-1",
            "0",
            HUGE,
            "NaN",
            "%2e%2e",
            "..%2f..",
            "1e5",
            "%E2%80%AE",
        ):
            path = world.sample(operation).path.split("/")
            path[place] = value
            send.sample.path = "/".join(path)
            answer = await send(body)
            error = error_of(answer)
            assert answer.status_code in (400, 404), answer.text
            if answer.status_code == 400:
                assert error["field"] in (name, "id"), f"{value}: {answer.text}"
    assert await world.fingerprint(store) == before


async def test_a_body_over_the_limit_is_refused_by_every_call(
    world: World, http: httpx.AsyncClient, store: Store
) -> None:
    before = await world.fingerprint(store)
    body = b'{"name": "' + b"x" * (8 * 1024 * 1024) + b'"}'
    for operation in (one for one in ALL if one.method in UNSAFE):
        answer = await Sender(http, world, operation)(body)
        error = error_of(answer)
        assert (answer.status_code, error["code"], error["field"]) == (413, "too_large", "body"), operation.id
    assert await world.fingerprint(store) == before


async def test_a_batch_of_events_over_the_limit_is_refused_whole(
    world: World, http: httpx.AsyncClient, store: Store
) -> None:
    before = await world.fingerprint(store)
    [operation] = [one for one in ALL if one.id == "events.send"]
    send = Sender(http, world, operation)
    events = [{**send.sample.body, "id": f"many-{number}"} for number in range(1001)]
    bodies: list[Any] = [{"events": events}, events, {"events": []}, []]
    for body in bodies:
        answer = await send(json.dumps(body))
        error = error_of(answer)
        assert (error["field"], error["allowed"]) == ("events", "1 to 1000 events")
    assert await world.fingerprint(store) == before
