"""How models go out: built without validation, and written without asking pydantic.

What goes out was made by us and its types were checked before the program ran, so that a list of hundreds of
objects need not be validated, dumped and encoded in turn.  A model's shape, worked out once from its fields,
says what stands for each value in JSON: what pydantic would have written.
Always holds: a field that this file does not understand is dumped by pydantic itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, PlainSerializer, SerializeAsAny, TypeAdapter, WrapSerializer

from counterfoil.core.calendar import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    type Change = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is the same for all objects of one model.

    ``fields`` are (attribute, name on the wire, required, what changes a value that is not ``None``);
    ``changed`` those of them that have a change, where all have their attributes' names, else ``None``.
    """

    names: set[str]
    defaults: Mapping[str, Any]
    fields: Sequence[tuple[str, str, bool, Change | None]]
    changed: Sequence[tuple[str, Change]] | None


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a model whose types are complete."""
    fields = model.model_fields.items()
    defaults = {
        name: one.get_default(call_default_factory=True) for name, one in fields if not one.is_required()
    }
    shown = [
        (name, one.serialization_alias or name, one.is_required(), _change(one.annotation, one.metadata))
        for name, one in fields
    ]
    renamed = any(name != wire for name, wire, *_ in shown)
    changed = None if renamed else [(name, change) for name, *_, change in shown if change is not None]
    return Shape(set(model.model_fields), defaults, shown, changed)


def fill[M: BaseModel](made: M, values: dict[str, Any]) -> M:
    """``made``, an empty object, with these values by their attributes' names, and defaults for the rest.

    ``values`` become the object's own.
    """
    shape = shape_of(type(made))
    given = shape.names
    if values.keys() != given:
        given = given & values.keys()
        values = {name: one for name, one in {**shape.defaults, **values}.items() if name in shape.names}
    put = object.__setattr__  # a model is frozen
    put(made, "__dict__", values)
    put(made, "__pydantic_fields_set__", given)
    put(made, "__pydantic_extra__", None)
    put(made, "__pydantic_private__", None)
    return made


def plain(model: BaseModel, *, omit_null: bool = False) -> dict[str, Any]:
    """What an object of a model is in JSON, by the names on the wire; objects within it stay objects."""
    shape = shape_of(type(model))
    if omit_null or shape.changed is None:
        values = model.__dict__
        return {
            wire: value if change is None or value is None else change(value)
            for name, wire, required, change in shape.fields
            if (value := values[name]) is not None or required or not omit_null
        }
    values = model.__dict__.copy()
    for name, change in shape.changed:
        value = values[name]
        if value is not None:
            values[name] = change(value)
    return values


def answering[**P, M: BaseModel](model: Callable[P, M]) -> Callable[P, M]:
    """What is called as ``model`` is, to make what has its fields and is good for nothing but to be sent.

    For lists of hundreds: it is made and written several times as fast as an object of the model.
    """
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    sent = model

    def make(**values: Any) -> Any:
        changes, struct = _struct_of(sent)
        return struct(**_spelled(values, changes))

    return make  # type: ignore[return-value]


@cache
def _struct_of(model: type[BaseModel]) -> tuple[Sequence[tuple[str, Change]], Any]:
    """The changes of a model's values, and the struct that takes the changed ones."""
    shape = shape_of(model)
    changes = [(name, change) for name, _, _, change in shape.fields if change is not None]
    defaults = _spelled(dict(shape.defaults), changes)
    struct: Any = msgspec.defstruct(
        model.__name__,
        [(name, Any, defaults[name]) if name in defaults else (name, Any) for name, *_ in shape.fields],
        rename={name: wire for name, wire, *_ in shape.fields},
        omit_defaults=bool(getattr(model, "OMIT_NULL", False)),
        kw_only=True,
        gc=False,
    )
    return changes, struct


def _spelled(values: dict[str, Any], changes: Sequence[tuple[str, Change]]) -> dict[str, Any]:
    for name, change in changes:
        if values.get(name) is not None:
            values[name] = change(values[name])
    return values


def _change(kind: Any, metadata: Sequence[Any] = ()) -> Change | None:
    """What changes a value of this type into what its JSON holds; ``None``: the encoder knows it."""
    for one in reversed(metadata):
        if isinstance(one, PlainSerializer):
            # An instant in UTC is written in the same form by the encoder.
            return None if one.func is format_instant else one.func  # type: ignore[return-value]
        if isinstance(one, WrapSerializer | SerializeAsAny):
            return _dumped(Annotated[(kind, *metadata)])
    parts = get_args(kind)
    origin = get_origin(kind)
    if origin is Annotated:
        return _change(parts[0], parts[1:])
    inner = [_change(one) for one in parts if one is not NoneType]
    if not any(inner):
        return None
    if origin in (Union, UnionType) and len(inner) == 1:
        return inner[0]  # null needs no change
    if origin is list and inner[0] is not None:
        return _each(inner[0])
    if origin is dict and inner[0] is None and inner[1] is not None:
        return _each_value(inner[1])
    return _dumped(kind)


def _each(change: Change) -> Change:
    return lambda values: [None if one is None else change(one) for one in values]


def _each_value(change: Change) -> Change:
    return lambda values: {key: None if one is None else change(one) for key, one in values.items()}


def _dumped(kind: Any) -> Change:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return lambda value: adapter.dump_python(value, by_alias=True)
