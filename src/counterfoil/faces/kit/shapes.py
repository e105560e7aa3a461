"""How models go out: built without validation, and written without asking pydantic.

What goes out was made by us and its types were checked before the program ran, so that a list of hundreds of
objects need not be validated, dumped and encoded in turn.  A model's shape, worked out once from its fields,
says what stands for each value in JSON: what pydantic would have written.
Always holds: a field that this file does not understand is dumped by pydantic itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import repeat, starmap
from operator import attrgetter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

import msgspec
from pydantic import BaseModel, PlainSerializer, SerializeAsAny, TypeAdapter, WrapSerializer

from counterfoil.core.calendar import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

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


class Answering[**P, M]:
    """What is called as ``model`` is, to make what has its fields and is good for nothing but to be sent.

    For lists of hundreds: it is made and written several times as fast as an object of the model.
    """

    def __init__(self, model: Callable[P, M]) -> None:
        assert isinstance(model, type)
        assert issubclass(model, BaseModel)
        self._model: type[BaseModel] = model
        self._read = cache(self._reading)

    def __call__(self, *_: P.args, **values: P.kwargs) -> M:
        """An answer of these values by their attributes' names."""
        for name, change in self._changes:
            value: Any = values.get(name)
            if value is not None:
                values[name] = change(value)
        made: M = self._struct(**values)
        return made

    def each(self, views: Sequence[object], **given: Iterable[Any]) -> list[M]:
        """An answer for each view, of its values by the fields' names.

        What is ``given`` stands for a field instead: one value for each view.
        """
        if not views:
            return []
        names, read = self._read(tuple(given))
        columns = zip(*map(read, views), strict=True)
        return self.rows(len(views), **dict(zip(names, columns, strict=True)), **given)

    def rows(self, count: int, **columns: Iterable[Any]) -> list[M]:
        """So many answers, of one value for each in every column; a field without one has its default.

        A field at a time, for its values all change in the same way.
        """
        for name, change in self._changes:
            if name in columns:
                columns[name] = [None if one is None else change(one) for one in columns[name]]
        assert columns.keys() <= self._defaults.keys(), f"{self._model.__name__} has not all of these fields"
        ordered = [
            columns[name] if name in columns else repeat(one, count) for name, one in self._defaults.items()
        ]
        return list(starmap(self._struct, zip(*ordered, strict=True)))

    def _reading(self, given: tuple[str, ...]) -> tuple[Sequence[str], Callable[[Any], Sequence[Any]]]:
        """The names of the fields that are read of views, and what reads them."""
        names = [name for name in self._defaults if name not in given]
        assert len(names) > 1, "else it is called"
        return names, attrgetter(*names)

    # Built when it is first used: the types of a model need not be complete before.

    @cached_property
    def _changes(self) -> Sequence[tuple[str, Change]]:
        """What changes the values of some fields."""
        return [(name, change) for name, _, _, change in shape_of(self._model).fields if change is not None]

    @cached_property
    def _defaults(self) -> Mapping[str, Any]:
        """What each field holds that is not given, in their order."""
        shape = shape_of(self._model)
        found = {name: shape.defaults.get(name, msgspec.UNSET) for name, *_ in shape.fields}
        for name, change in self._changes:
            if found[name] not in (None, msgspec.UNSET):
                found[name] = change(found[name])
        return found

    @cached_property
    def _struct(self) -> Any:
        """What takes the changed values."""
        return msgspec.defstruct(
            self._model.__name__,
            [(name, Any, one) for name, one in self._defaults.items()],
            rename={name: wire for name, wire, *_ in shape_of(self._model).fields},
            omit_defaults=bool(getattr(self._model, "OMIT_NULL", False)),
            gc=False,
        )


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
