"""Whose key it is decides what a call can reach: tried on every operation of the document.

One seller's ids, one at a time, stand in a call that another seller may otherwise make; every call is made
without a key, with a key of nobody, and with a key that may do all but this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from counterfoil.modules.identity import PERMISSIONS, NewApiClient, create_api_client
from counterfoil.store import Store
from tests.faces.contract.world import Call, Operation, World, document, operations

ALL = operations()
GUARDED = [one for one in ALL if one.security]
OF_TENANTS = [one for one in GUARDED if "apiKey" in one.security]
LISTS = [one for one in OF_TENANTS if one.method == "GET" and "{" not in one.path]
NOT_OBJECTS = {"number", "draft_number", "position"}


def by_id(operation: Operation) -> str:
    return operation.id


def _objects(world: World) -> dict[str, str]:
    return {name: value for name, value in world.ids.items() if name not in NOT_OBJECTS}


def with_other_ids(call: Call, own: World, foreign: World) -> Iterator[tuple[str, Call, Call]]:
    """For each id in a call: another's id, the call with it instead, and the call with an id of nobody."""
    sent = json.dumps([call.path, call.query, call.body])
    for name, value in _objects(own).items():
        if value in sent:
            theirs = foreign.ids[name]
            nobodys = theirs[:-10] + "0" * 10
            calls = [Call(call.method, *json.loads(sent.replace(value, one))) for one in (theirs, nobodys)]
            yield theirs, calls[0], calls[1]


def shows_nothing(answer: httpx.Response, world: World, asked: str = "") -> bool:
    """Whether the answer tells no id of ``world`` but the one that was asked for."""
    return not [value for value in _objects(world).values() if value != asked and value in answer.text]


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error of an answer, without what differs from call to call."""
    error: dict[str, Any] = answer.json()["error"]
    return {name: value for name, value in error.items() if name != "request_id"}


# Where a foreign id may also be a fault of the content: an event's names, a payer who is not the invoice's.
_CONTENT = {
    "events.send": {"unknown_customer", "unknown_subscription"},
    "payments.create": {"invalid"},
}


@pytest.mark.parametrize(
    "operation",
    [one for one in OF_TENANTS if one.names("path") or one.names("query") or one.schema],
    ids=by_id,
)
async def test_an_id_of_another_organization_is_not_found(
    operation: Operation, world: World, stranger: World, http: httpx.AsyncClient, store: Store
) -> None:
    before = [await one.fingerprint(store) for one in (world, stranger)]
    key = stranger.key_for(operation)
    for asked, call, nobodys in with_other_ids(stranger.sample(operation), stranger, world):
        answer = await call.send(http, key)
        assert shows_nothing(answer, world, asked), answer.text
        if asked not in call.path and call.method == "GET" and answer.status_code == 200:
            assert answer.json()["data"] == [], f"a filter by {asked} found something"
            continue
        error = error_of(answer)
        assert error == error_of(await nobodys.send(http, key)), "that it exists must not show"
        expected = [(404, "not_found"), *((400, code) for code in _CONTENT.get(operation.id, ()))]
        assert (answer.status_code, error["code"]) in expected, answer.text
        assert error["field"] or asked in call.path, f"which field is at fault: {answer.text}"
    assert [await one.fingerprint(store) for one in (world, stranger)] == before


@pytest.mark.parametrize("operation", GUARDED, ids=by_id)
async def test_without_a_key_nothing_is_answered(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    before = await world.fingerprint(store)
    call = world.sample(operation)
    for header in (
        "",
        "Bearer ",
        "Basic YTpi",
        "Bearer ck_test_" + "0" * 64,
        "Bearer ck_operator_" + "0" * 64,
    ):
        headers = {"Authorization": header} if header else {}
        answer = await http.request(
            call.method, call.path, params=call.query, json=call.body, headers=headers
        )
        foreign_kind = "operatorKey" in operation.security and header.startswith("Bearer ck_test_")
        assert answer.status_code == (403 if foreign_kind else 401), (header, answer.text)
        assert answer.json()["error"]["field"] == "Authorization"
        assert shows_nothing(answer, world)
    assert await world.fingerprint(store) == before


@pytest.mark.parametrize("operation", OF_TENANTS, ids=by_id)
async def test_a_key_that_lacks_the_scope_may_not(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    [needed] = operation.security["apiKey"]
    async with store.unit(world.tenant.scope) as uow:
        scopes = tuple(sorted(PERMISSIONS - {needed}))
        _, key = await create_api_client(uow, world.tenant.environment, NewApiClient("lacking", scopes))
    before = await world.fingerprint(store)
    answer = await world.sample(operation).send(http, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), answer.text
    assert needed in answer.text
    assert shows_nothing(answer, world)
    assert await world.fingerprint(store) == before


@pytest.mark.parametrize("operation", [one for one in GUARDED if one not in OF_TENANTS], ids=by_id)
async def test_a_tenants_key_opens_nothing_of_the_operators(
    operation: Operation, world: World, http: httpx.AsyncClient, store: Store
) -> None:
    for key in (world.tenant.key, world.live_key):
        answer = await world.sample(operation).send(http, key)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden")
        assert world.ids["organization_id"] not in answer.text


@pytest.mark.parametrize("operation", LISTS, ids=by_id)
async def test_a_list_shows_nothing_of_anothers(
    operation: Operation, world: World, stranger: World, http: httpx.AsyncClient, store: Store
) -> None:
    async def listed(one: World) -> httpx.Response:
        call = one.sample(operation)
        query = {name: value for name, value in call.query.items() if not name.endswith("_id")}
        return await Call("GET", call.path, query).send(http, one.key_for(operation))

    own, theirs = await listed(world), await listed(stranger)
    assert own.status_code == theirs.status_code == 200
    if operation.id not in ("changes.list", "usage.read"):  # changes get their place from the relay
        assert own.json()["data"], "a list that is empty shows nothing of anybody"
    assert shows_nothing(theirs, world)
    assert shows_nothing(own, stranger)


async def test_the_other_environment_of_one_organization_is_another_world(
    world: World, http: httpx.AsyncClient, store: Store
) -> None:
    # Of the organization, or changed with the live key.
    shared = {"environments", "roles", "users", "changes", "audit-records"}
    named = {"events.list", "usage.read"}  # whose sample names a customer
    for operation in OF_TENANTS:
        if operation.method != "GET" or operation.path.split("/")[2] in shared:
            continue
        call = world.sample(operation)
        answer = await call.send(http, world.live_key)
        assert answer.status_code == (404 if "{" in operation.path or operation.id in named else 200)
        assert shows_nothing(answer, world, asked=call.path.split("/")[3] if "{" in operation.path else ""), (
            answer.text
        )


def test_every_operation_says_whether_it_needs_a_key() -> None:
    open_to_all = {one.path for one in ALL if not one.security}
    assert open_to_all == {"/v1/healthz", "/v1/readyz", "/metrics"}
    assert set(document()["components"]["securitySchemes"]) == {"apiKey", "operatorKey"}


async def test_without_a_tenant_the_program_sees_no_row_of_any_table(world: World, store: Store) -> None:
    there = {name: rows for name, (rows, _) in (await world.fingerprint(store)).items()}
    there.pop("late_arrivals")  # notes that are taken away when they are looked at
    assert all(there.values()), f"a seller with nothing in {there} proves nothing"
    async with store.engine.connect() as connection:
        for table in there:
            seen = (await connection.execute(text(f"select count(*) from {table}"))).scalar_one()
            assert seen == 0, table


async def test_an_operators_key_at_a_tenants_route_is_told_that_it_is_one(
    world: World, http: httpx.AsyncClient
) -> None:
    headers = {"Authorization": f"Bearer {world.operator_key}"}
    answer = await http.get("/v1/customers", headers=headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (401, "unauthenticated", "Authorization")
    assert error["message"].startswith("this is an operator key")
    assert error["allowed"] == "an API key: ck_live_… or ck_test_…"
