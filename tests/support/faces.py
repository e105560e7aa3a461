"""The faces of other vendors in one list, and what the tests of all of them need to know of each.

Every face in ``FACES`` is tried by ``tests/faces/test_vendor_*.py``: its page of operations, its samples,
other tenants' keys and ids, and calls drawn from its document.  To add a face:

1. Write ``docs/faces/<name>.md``: a row for every operation of the vendor's contract.
2. Write ``tests/faces/<name>/world.py`` with ``SAMPLES = Samples(...)``:

   - ``headers``: the headers that prove who calls, from a key and its tenant;
   - ``make``: fills ``world.ids`` with a seller's objects, one of all that an operation can name, under
     the names of the path's parameters (``{"orgId": …, "apiClientId": …}``).  It may use the face itself
     (``world.call``), the native API (``world.native``) or modules (``world.store``, ``world.tenant``).  What
     another seller may use as well, a free text or a number that everybody has, goes to ``world.texts``;
   - ``reason``: the reason that the JSON of a refusal gives; it fails for what is not the vendor's form;
   - ``bodies`` and ``queries``: by operation id, from the ids, a body and a query that are accepted and name
     every id that they can.  An operation with a body and without a sample fails the tests;
   - ``paths``: where a parameter of the path is not under its own name in the ids; ``refused``: the status of
     a sample that this seller's state refuses, if one cannot do without; ``last``: parts of the ids of
     operations that take something away (a DELETE does anyway).

3. Put the name into ``FACES``.

``pytest tests/faces -k <name>`` then runs them all.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import httpx

from counterfoil.bootstrap import http_app
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant, client_for, make_tenant
from tests.support import observe

FACES: Final = ("flexprice", "gcore", "reevit", "salable", "suger")

type Ids = Mapping[str, str]


@dataclass(frozen=True)
class Operation:
    """One operation of a face's document."""

    face: str
    id: str
    method: str
    path: str
    parameters: tuple[dict[str, Any], ...]
    has_body: bool

    def names(self, place: str) -> list[str]:
        """The names of its parameters in ``path`` or ``query``."""
        return [one["name"] for one in self.parameters if one["in"] == place]


@dataclass(frozen=True)
class Samples:
    """What one face's tests say of it, see above."""

    headers: Callable[[str, Tenant], dict[str, str]]
    make: Callable[[World], Awaitable[None]]
    reason: Callable[[Any], str]
    bodies: Mapping[str, Callable[[Ids], Any]] = field(default_factory=dict)
    queries: Mapping[str, Callable[[Ids], dict[str, Any]]] = field(default_factory=dict)
    paths: Mapping[tuple[str, str], str] = field(default_factory=dict)
    refused: Mapping[str, int] = field(default_factory=dict)
    last: Sequence[str] = ()

    def takes_away(self, operation: Operation) -> bool:
        """Whether a call leaves less behind; such calls come last."""
        return operation.method == "DELETE" or any(part in operation.id for part in self.last)


@dataclass(frozen=True)
class Call:
    """One request below a face's prefix."""

    method: str
    path: str
    query: dict[str, Any]
    body: Any

    def with_other(self, own: str, other: str) -> Call:
        """The call with another id wherever ``own`` stands."""
        path = "/".join(other if part == own else part for part in self.path.split("/"))
        return Call(self.method, path, _swapped(self.query, own, other), _swapped(self.body, own, other))


@dataclass
class World:
    """A seller of one face's operations, with one of everything."""

    face: str
    tenant: Tenant
    store: Store
    native: httpx.AsyncClient
    http: httpx.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> Samples:
        """What the face's tests say of it."""
        return samples_of(self.face)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of this seller's calls."""
        return self.samples.headers(self.tenant.key, self.tenant)

    async def send(self, call: Call, headers: dict[str, str] | None = None) -> httpx.Response:
        """Send a call with this seller's key, or with other headers."""
        proof = self.headers if headers is None else headers
        path = f"/{self.face}{call.path}"
        return await self.http.request(call.method, path, params=call.query, json=call.body, headers=proof)

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of a call that succeeds; ``path`` is below the face's prefix."""
        answer = await self.send(Call(method, path, query, body))
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def sample(self, operation: Operation) -> Call:
        """A call of ``operation`` that this seller may make; a missing sample is a ``KeyError``."""
        known = {**self.ids, **self.texts}
        path = operation.path
        for name in operation.names("path"):
            path = path.replace(f"{{{name}}}", known[self.samples.paths.get((operation.id, name), name)])
        query = self.samples.queries[operation.id](known) if operation.id in self.samples.queries else {}
        body = self.samples.bodies[operation.id](known) if operation.has_body else None
        return Call(operation.method, path, query, copy.deepcopy(body))

    async def fingerprint(self) -> dict[str, Any]:
        """Every row of this seller, in short."""
        return await observe.fingerprint(self.store, self.tenant)


@cache
def samples_of(face: str) -> Samples:
    """The samples in ``tests/faces/<face>/world.py``."""
    samples: Samples = importlib.import_module(f"tests.faces.{face}.world").SAMPLES
    return samples


@cache
def document_of(face: str) -> dict[str, Any]:
    """The OpenAPI document of a face; its paths are below the face's prefix."""
    store = Store("postgresql://nobody@127.0.0.1:1/nothing")
    app = http_app(Settings.model_validate({"faces": [face]}), store)
    routes: list[Any] = [one for one in app.routes if getattr(one, "path", None) == f"/{face}"]
    document: dict[str, Any] = routes[0].app.openapi()
    return document


def operations_of(face: str) -> list[Operation]:
    """Every operation of a face's document."""
    return [
        Operation(
            face,
            content["operationId"],
            method.upper(),
            path,
            tuple(content.get("parameters", ())),
            "requestBody" in content,
        )
        for path, methods in document_of(face)["paths"].items()
        for method, content in methods.items()
    ]


def all_operations() -> list[Operation]:
    """Every operation of every face; within a face those that take something away come last."""
    return [
        one
        for face in FACES
        for one in sorted(operations_of(face), key=lambda one: samples_of(face).takes_away(one))
    ]


@asynccontextmanager
async def make_world(store: Store, face: str, name: str) -> AsyncIterator[World]:
    """A new seller with one of everything that the face's operations name."""
    tenant = await make_tenant(store, name)
    settings = Settings.model_validate({"faces": [face], "rate_limit": 0})
    async with client_for(store, tenant.key) as native, client_for(store, "", settings) as http:
        http.headers.pop("authorization")
        world = World(face, tenant, store, native, http)
        await world.samples.make(world)
        yield world


def _swapped(value: Any, own: str, other: str) -> Any:
    if isinstance(value, dict):
        return {name: _swapped(one, own, other) for name, one in value.items()}
    if isinstance(value, list):
        return [_swapped(one, own, other) for one in value]
    return other if value == own else value


def ids_in(call: Call, world: World) -> Iterator[tuple[str, str]]:
    """The names and values of this seller's ids that a call names."""
    for name, value in world.ids.items():
        if call != call.with_other(value, f"not-{value}"):
            yield name, value
