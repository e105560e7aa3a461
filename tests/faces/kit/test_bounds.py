"""What a body may cost: time and memory grow with its length, whatever its sender put into it."""

from __future__ import annotations

import time
from typing import Any

import pytest
from pydantic import Field, ValidationError

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.kit.exact_json import read_json
from counterfoil.faces.kit.fitting import fitting
from counterfoil.faces.kit.vendor_wire import VendorWire
from counterfoil.faces.kit.wire import DecimalText, Wire


class Leaf(VendorWire):
    key: str
    labels: dict[str, str] | None = None


class Tree(VendorWire):
    name: str | None = None
    leaves: list[Leaf] | None = None
    branches: list[Tree] | None = None


def test_one_name_that_stands_twice_is_found_among_many_in_little_time() -> None:
    names = ",".join(f'"k{number}":1' for number in range(100_000))
    started = time.process_time()
    with pytest.raises(InvalidInput) as refused:
        read_json(f'{{"a":{{{names},"k7":2}}}}'.encode())
    assert refused.value.field == "a.k7"
    assert time.process_time() - started < 2, "it took minutes when each name was looked for anew"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"leaves": [0] * 100_000}, []),
        ({"leaves": [{"key": 1}, {"key": "a"}] * 50_000}, [{"key": "a", "labels": None}] * 50_000),
        ({"branches": [{"leaves": [0, {"key": "b"}]}] * 50_000}, None),
    ],
    ids=["nothing fits", "every other fits", "a part of each fits"],
)
def test_what_does_not_fit_is_left_out_in_little_time(value: dict[str, Any], shown: Any) -> None:
    started = time.process_time()
    tree = fitting(Tree, {"name": "t", **value})
    assert time.process_time() - started < 5, "it took minutes when each refused value copied its list"
    assert tree is not None
    assert tree.name == "t"
    assert (None if tree.leaves is None else [one.model_dump() for one in tree.leaves]) == shown
    for branch in tree.branches or ():
        assert [leaf.key for leaf in branch.leaves or ()] == ["b"]


def test_what_stands_for_several_types_keeps_what_fits_one_of_them() -> None:
    class Either(VendorWire):
        values: list[int | Leaf] | dict[str, int]

    for value, left in (
        ([1, "x", {"key": "a", "labels": {"b": 1, "c": "d"}}], [1, Leaf(key="a", labels={"c": "d"})]),
        ({"a": 1, "b": "x"}, {"a": 1}),
    ):
        shown = fitting(Either, {"values": value})
        assert shown is not None
        assert shown.values == left
    assert fitting(Either, {"values": "x"}) is None


class Named(Wire):
    name: str
    from_: str | None = Field(default=None, validation_alias="from")
    leaves: list[Leaf] | None = None
    shares: dict[str, DecimalText] | None = None
    either: list[int] | list[Leaf] | None = None


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ({"leaves": [0] * 1000}, [("leaves", 0)]),
        ({"leaves": [{"key": "a"}, {"key": 1}, 5]}, [("leaves", 1, "key")]),
        ({"shares": {"a": "1", "b": "x", "c": "y"}}, [("shares", "b")]),
        ({f"k{number}": 1 for number in range(1000)}, [("k0",)]),
        (
            {"leaves": [{"labels": {"a": 1, "b": 2}}] * 9},
            [("leaves", 0, "key"), ("leaves", 0, "labels", "a")],
        ),
        ({"either": ["x"] * 1000}, [("either", "list[int]", 0), ("either", "list[Leaf]", 0)]),
    ],
    ids=["a list", "a list's second", "a map", "unknown names", "lists in lists", "one of two"],
)
def test_faults_are_as_many_as_a_bodys_types_and_not_as_its_values(
    value: dict[str, Any], faults: list[tuple[str | int, ...]]
) -> None:
    with pytest.raises(ValidationError) as refused:
        Named.model_validate({"name": "a", "from": "b", **value})
    assert [fault["loc"] for fault in refused.value.errors()] == faults


def test_a_long_body_without_a_fault_is_read_whole() -> None:
    value = {"name": "a", "from": "b", "leaves": [{"key": "c"}] * 1000, "shares": {"a": "1"}}
    read = Named.model_validate(value)
    assert (read.from_, len(read.leaves or ())) == ("b", 1000)
