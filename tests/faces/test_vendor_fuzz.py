"""Every vendor's face against its own document: what is answered is what the document says, whatever is sent.

The program runs as a process of its own with all faces on; a face gets some 20 seconds of calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest
import requests

from tests.conftest import Database
from tests.faces.conftest import Sellers
from tests.support import serving
from tests.support.faces import FACES, Operation, all_operations, document_of, operations_of
from tests.support.fuzzing import DEFAULT, EXAMPLES, cases, check_answers, schema_of

SECONDS_A_FACE: Final = 20.0 * EXAMPLES / DEFAULT


@pytest.fixture(scope="module")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program with every face on."""
    faces = str(list(FACES)).replace("'", '"')
    with serving.served(database, tmp_path_factory.mktemp("served"), faces=faces) as url:
        yield url


@cache
def described(face: str) -> Any:
    """The face's document as Schemathesis reads it."""
    return schema_of(document_of(face))


@pytest.mark.parametrize("operation", all_operations(), ids=lambda one: f"{one.face}-{one.id}")
async def test_what_a_face_answers_is_what_its_document_says(
    operation: Operation, served: str, sellers: Sellers
) -> None:
    world, _ = await sellers(operation.face)
    sample = world.sample(operation)
    found = dict(zip(operation.path.split("/"), sample.path.split("/"), strict=True))
    drawn = cases(
        described(operation.face)[operation.path][operation.method],
        path={name: found[f"{{{name}}}"] for name in operation.names("path")},
        query=sample.query,
        body=sample.body,
        varied=bool(operation.parameters or operation.has_body),
    )
    seconds = SECONDS_A_FACE / len(operations_of(operation.face))

    def refused(answer: requests.Response) -> None:
        assert world.samples.reason(answer.json())

    with requests.Session() as session:
        session.trust_env = False
        session.headers.update(world.headers)
        assert check_answers(drawn, f"{served}/{operation.face}", session, refused, seconds=seconds) > 0
