"""The served API against its own document: what it answers is what the document says, whatever it is sent.

The program runs as a process of its own, as in production.  For each operation, calls are drawn from the
document by Schemathesis, valid and invalid; most name this seller's objects, and some bodies are a sample
with a few fields drawn anew, so that they come past the first check.  ``COUNTERFOIL_FUZZ_EXAMPLES`` sets how
many calls an operation gets; above the default they differ from run to run.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import Database
from tests.faces.contract.world import Operation, World, document, operations
from tests.support import serving

DEFAULT: Final = 20
EXAMPLES: Final = int(os.environ.get("COUNTERFOIL_FUZZ_EXAMPLES", DEFAULT))
CHECKS: Final = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# What takes something away comes last, so that the others find it.
_ENDING: Final = ("archive", "void", "cancel", "revoke", "suspend")
OPERATIONS: Final = sorted(operations(), key=lambda one: one.id.endswith(_ENDING))


@pytest.fixture(scope="module")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the program, served by a process of its own."""
    with serving.served(database, tmp_path_factory.mktemp("served")) as url:
        yield url


@pytest.fixture(scope="module")
def schema() -> Any:
    config = SchemathesisConfig.from_dict({})
    return schemathesis.openapi.from_dict(copy.deepcopy(document()), config=config)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


_MOSTLY: Final = st.sampled_from([True, True, False])


@st.composite
def cases(draw: st.DrawFn, described: Any, operation: Operation, world: World) -> Any:
    """A call: drawn from the document, then mostly led to objects that exist."""
    modes = [GenerationMode.POSITIVE]
    if operation.parameters or operation.schema:
        modes.append(GenerationMode.NEGATIVE)
    case: Any = draw(st.one_of([described.as_strategy(generation_mode=mode) for mode in modes]))
    sample = world.sample(operation)
    bare, existing, asking, sampled = (draw(_MOSTLY) for _ in range(4))
    if bare:
        case.headers.clear()
    if operation.names("path") and existing:
        found = dict(zip(operation.path.split("/"), sample.path.split("/"), strict=True))
        case.path_parameters = {name: found[f"{{{name}}}"] for name in operation.names("path")}
    if sample.query and asking:
        case.query = {**(case.query if isinstance(case.query, dict) else {}), **sample.query}
    if sample.body is not None and sampled:
        drawn = case.body if isinstance(case.body, dict) else {}
        names = draw(st.lists(st.sampled_from(sorted(drawn)), max_size=2)) if drawn else []
        fresh = _unused(sample.body, draw(st.uuids()).hex)
        case.body = {**fresh, **{name: drawn[name] for name in names}}
    return case


def _unused(body: dict[str, Any], mark: str) -> dict[str, Any]:
    """The body with codes and names that nothing has yet."""
    marked = ("code", "slug", "name", "external_id", "email", "id")
    changed = {name: f"{mark}{body[name]}" for name in marked if name in body}
    return body if "properties" in body else body | changed  # an event's name is its meter's


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_what_is_answered_is_what_the_document_says(
    operation: Operation, schema: Any, served: str, world: World, session: requests.Session
) -> None:
    described = schema[operation.path][operation.method]
    # Of the session, since Schemathesis takes a call's own away now and then; that is tried elsewhere.
    session.headers["Authorization"] = f"Bearer {world.key_for(operation)}"

    @settings(
        max_examples=EXAMPLES,
        derandomize=EXAMPLES <= DEFAULT,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases(described, operation, world))
    def check(case: Any) -> None:
        case.headers.pop("Authorization", None)
        answer = case.call(base_url=served, session=session)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            error = answer.json()["error"]
            assert set(error) == {"code", "message", "field", "allowed", "request_id"}

    check()
