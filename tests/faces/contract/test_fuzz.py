"""The served API against its own document: what it answers is what the document says, whatever it is sent.

The program runs as a process of its own, as in production; ``tests/support/fuzzing`` draws the calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
import requests

from tests.conftest import Database
from tests.faces.contract.world import Operation, World, document, operations
from tests.support import serving
from tests.support.fuzzing import cases, check_answers, schema_of

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
    return schema_of(document())


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as made:
        made.trust_env = False
        yield made


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_what_is_answered_is_what_the_document_says(
    operation: Operation, schema: Any, served: str, world: World, session: requests.Session
) -> None:
    sample = world.sample(operation)
    found = dict(zip(operation.path.split("/"), sample.path.split("/"), strict=True))
    drawn = cases(
        schema[operation.path][operation.method],
        path={name: found[f"{{{name}}}"] for name in operation.names("path")},
        query=sample.query,
        body=sample.body,
        varied=bool(operation.parameters or operation.schema),
    )
    session.headers["Authorization"] = f"Bearer {world.key_for(operation)}"

    def refused(answer: requests.Response) -> None:
        assert set(answer.json()["error"]) == {"code", "message", "field", "allowed", "request_id"}

    assert check_answers(drawn, served, session, refused) > 0
