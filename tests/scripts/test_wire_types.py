"""A contract becomes types: what they are called, what they accept, and what a document says of them.

``tiny_contract.json`` has one of everything that vendors' contracts have; ``tiny_wire_generated.py`` is what
it becomes, made by the command in its first line.
"""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import ValidationError

from tests.scripts.tiny_wire_generated import CreateThing, Part, Thing

HERE = Path(__file__).parent
SCRIPT = HERE.parents[1] / "scripts/wire_types.py"


def generated(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(HERE / "tiny_contract.json"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_contract_becomes_the_types_that_are_written_beside_it() -> None:
    made = generated("--operations", "/things", "--name-map", "api.v1_Thing=Thing", "--sparse")
    assert made.stderr == ""
    assert made.stdout == (HERE / "tiny_wire_generated.py").read_text()


def test_what_not_every_version_of_a_client_can_read_is_left_out_if_asked() -> None:
    loose = generated("--operations", "/things").stdout
    assert 'one_of("asc", "desc", "random")' in loose
    assert "InstantInText" not in loose
    strict = generated("--operations", "/things", "--strict").stdout
    assert 'one_of("asc", "desc")' in strict
    assert "ended: InstantInText | None" in strict
    assert "DateTimeText" not in strict


def test_without_names_a_class_is_called_after_its_schema() -> None:
    made = generated("--operations", "POST /things").stdout
    assert "class ApiV1Thing(VendorWire):" in made
    assert "ListThings" not in made


def test_an_expression_that_no_operation_fits_is_refused() -> None:
    made = generated("--operations", "/nowhere")
    assert (made.returncode, made.stdout, made.stderr) == (1, "", "no operation fits /nowhere\n")


def test_two_schemas_of_one_name_are_refused() -> None:
    made = generated("--operations", "/things", "--name-map", "api.v1_Thing=Error")
    assert made.returncode == 1
    assert "name one with --name-map" in made.stderr


def test_a_request_is_validated_and_what_nobody_documents_is_ignored() -> None:
    body: Any = {"name": "a", "order": "asc", "amount": Decimal("0.10"), "unheard": 1}
    read = CreateThing.model_validate(body)
    assert (read.name, read.order, str(read.amount)) == ("a", "asc", "0.10")
    assert CreateThing.model_validate({"name": "a"}).order is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order": "up"}, "up is none of its values"),
        ({"name": "longer"}, "at most 5 characters"),
        ({"name": 1}, "valid string"),
        ({"amount": "much"}, "not a decimal number"),
    ],
)
def test_a_request_that_the_contract_does_not_allow_is_refused(change: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        CreateThing.model_validate({"name": "a"} | change)


def test_types_may_refer_to_each_other_in_circles() -> None:
    inner: Any = {"name": "in", "id": "1", "ended": None, "from": "x"}
    read = Thing.model_validate(inner | {"parent": inner, "parts": [{"id": 2, "of": inner}]})
    assert read.parent is not None
    assert read.parts == [Part(id=2, of=read.parent)]
    assert read.parent.from_ == "x"


def test_an_answer_is_built_without_validation_by_the_attributes_names() -> None:
    thing = Thing(id="1", name="a", ended=None, schema_="s")
    assert (thing.schema_, thing.count, thing.name) == ("s", None, "a")
    assert thing == Thing(name="a", id="1", ended=None, schema_="s")


def test_a_document_has_the_contracts_own_names() -> None:
    app = FastAPI()

    @app.post("/things", response_model=Thing)
    async def make(body: CreateThing) -> None: ...

    schemas = app.openapi()["components"]["schemas"]
    assert {"$schema", "from", "copy", "Error"} < set(schemas["Thing"]["properties"])
    assert schemas["Thing"]["required"] == ["id", "name", "ended"]
    assert schemas["Thing"]["properties"]["amount"]["anyOf"][0] == {"type": "number"}
    order = {"type": "string", "enum": ["asc", "desc", "random"]}
    assert schemas["CreateThing"]["properties"]["order"]["anyOf"][0] == order
