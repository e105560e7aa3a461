"""What goes out without pydantic's help is what pydantic would have written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import Field, PlainSerializer, WrapSerializer

import counterfoil.faces.app  # noqa: F401  (every resource's models)
from counterfoil.faces.kit.exact_json import dumps
from counterfoil.faces.kit.shapes import Answering
from counterfoil.faces.kit.vendor_wire import SparseWire
from counterfoil.faces.kit.wire import CustomerId, DecimalText, InstantText, ListOf, Wire


def with_examples(model: type[Wire] = Wire) -> Iterator[tuple[type[Wire], Any]]:
    """Every model of the native API's answers with each of its examples, by the names of its attributes."""
    for one in model.__subclasses__():
        extra: Any = one.model_config.get("json_schema_extra") or {}
        if one.__name__.endswith(("Out", "Made")):
            names = {field.serialization_alias or name: name for name, field in one.model_fields.items()}
            for example in extra.get("examples", ()):
                yield one, {names[shown]: value for shown, value in example.items()}
        yield from with_examples(one)


EXAMPLES = list(with_examples())


def test_there_are_examples_of_the_whole_api() -> None:
    assert len({model for model, _ in EXAMPLES}) > 20


@pytest.mark.parametrize(("model", "example"), EXAMPLES, ids=lambda one: getattr(one, "__name__", ""))
def test_every_example_is_written_as_pydantic_writes_it(model: type[Wire], example: Any) -> None:
    read = model.model_validate(example)
    assert json.loads(dumps(read, decimals_as_texts=True)) == json.loads(read.model_dump_json(by_alias=True))


class Inner(Wire):
    at: InstantText


class Everything(Wire):
    """Each way in which a type may hold what is written in another form."""

    id: CustomerId
    at: InstantText | None = None
    amount: DecimalText | None = None
    amounts: list[DecimalText] = Field(default_factory=list)
    by_code: dict[str, DecimalText | None] = Field(default_factory=dict)
    nested: list[list[DecimalText]] = Field(default_factory=list)
    either: DecimalText | Inner | None = None
    inner: list[Inner] = Field(default_factory=list)
    renamed: int = Field(default=1, serialization_alias="from")
    loud: Annotated[str, PlainSerializer(str.upper)] = "a"
    wrapped: Annotated[int, WrapSerializer(lambda value, handler: -handler(value))] = 5
    free: dict[str, Any] = Field(default_factory=dict)


def everything() -> Everything:
    inner = Inner.model_construct(at=datetime(2026, 1, 31, 1, 2, 3, 4, tzinfo=UTC))
    return Everything.model_construct(
        id=UUID(int=7),
        at=inner.at,
        amount=Decimal("1.50"),
        amounts=[Decimal("0.10"), Decimal("1E+3")],
        by_code={"a": Decimal("2.0"), "b": None},
        nested=[[Decimal("3.0")]],
        either=Decimal("4.0"),
        inner=[inner],
        free={"big": 10**50, "null": None, "list": [1, "two"]},
    )


def test_whatever_holds_a_value_of_another_form_is_written_as_pydantic_writes_it() -> None:
    made = everything()
    written = json.loads(dumps(made, decimals_as_texts=True))
    assert written == json.loads(made.model_dump_json(by_alias=True))
    assert written["amounts"] == ["0.1", "1000"]
    assert (written["from"], written["loud"], written["wrapped"], written["free"]["big"]) == (
        1,
        "A",
        -5,
        10**50,
    )
    assert written["at"] == "2026-01-31T01:02:03.000004Z"


def test_what_is_constructed_holds_its_fields_and_no_other() -> None:
    made = Inner.model_construct(at=datetime(2026, 1, 1, tzinfo=UTC), unknown=1)
    assert vars(made) == {"at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert made == Inner(at="2026-01-01T00:00:00Z")  # type: ignore[arg-type]


def test_a_page_is_written_with_its_objects() -> None:
    page = ListOf[Inner].model_construct(data=everything().inner, next_cursor=None)
    assert dumps(page) == b'{"data":[{"at":"2026-01-31T01:02:03.000004Z"}],"next_cursor":null}'


def test_what_is_made_only_to_be_sent_is_written_as_the_model_is() -> None:
    made = everything()
    sent = Answering(Everything)(**vars(made))
    assert json.loads(dumps(sent, decimals_as_texts=True)) == json.loads(made.model_dump_json(by_alias=True))
    bare = Answering(Everything)(id=UUID(int=7))
    whole = Everything.model_construct(id=UUID(int=7))
    assert json.loads(dumps(bare)) == json.loads(whole.model_dump_json(by_alias=True))


def test_what_a_sparse_vendor_is_sent_has_no_empty_fields() -> None:
    class Sparse(SparseWire):
        id: str
        parent: str | None
        note: str | None = None
        kind: str | None = Field(default=None, validation_alias="$kind", serialization_alias="$kind")

    assert dumps(Answering(Sparse)(id="a", parent=None, kind="k")) == b'{"id":"a","parent":null,"$kind":"k"}'


def test_many_of_views_are_written_as_each_of_them_is() -> None:
    views = [everything(), Everything.model_construct(id=UUID(int=8))]
    answers = Answering(Everything)
    whole = [json.loads(one.model_dump_json(by_alias=True)) for one in views]
    assert json.loads(dumps(answers.each(views), decimals_as_texts=True)) == whole
    given = answers.each(views, loud=["b", "c"])
    assert [one["loud"] for one in json.loads(dumps(given))] == ["B", "C"]
    assert answers.each([], loud=[]) == []


def test_what_no_column_says_is_the_fields_default_and_an_unknown_column_is_a_mistake() -> None:
    answers = Answering(Everything)
    [sent] = json.loads(dumps(answers.rows(1, id=[UUID(int=7)]), decimals_as_texts=True))
    assert sent == json.loads(Everything.model_construct(id=UUID(int=7)).model_dump_json(by_alias=True))
    with pytest.raises(AssertionError, match="has not all of these fields"):
        answers.rows(1, id=[UUID(int=7)], other=[1])
