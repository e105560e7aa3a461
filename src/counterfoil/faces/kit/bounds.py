"""How much is found fault with: the first of a list or a map, and the first unknown name of an object.

Only the first fault of a body is told, and each one costs time and memory: a body of 8 MiB can have four
million, which took half a minute and 4 GB.
Always holds: how many faults are found depends on the types of a body and not on its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterator

_BELOW: Final = ("schema", "items_schema", "keys_schema", "values_schema", "steps")
_SEVERAL: Final = ("dict", "frozenset", "list", "set", "tuple")


def _inside(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The schemas of which a schema is made, but for those of other models that it only refers to."""
    for key, value in schema.items():
        if key in _BELOW:
            yield from value if isinstance(value, list) else (value,)
        elif key == "fields":
            yield from value.values()
        elif key == "choices":
            choices = value.values() if isinstance(value, dict) else value
            yield from (one[0] if isinstance(one, tuple) else one for one in choices)


class Bounded(BaseModel):
    """A model whose lists and maps are read up to their first fault."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        schema = handler(source)
        waiting = [handler.resolve_ref_schema(schema)]
        while waiting:
            part = waiting.pop()
            if part["type"] in _SEVERAL:
                part["fail_fast"] = True
            waiting += _inside(part)
        return schema


class Closed(Bounded):
    """A model that takes no other names than its own; of unknown ones, no more than can be told are read."""

    @model_validator(mode="before")
    @classmethod
    def _few_unknown(cls, given: Any) -> Any:
        fields = cls.model_fields
        if not isinstance(given, dict) or len(given) <= len(fields):
            return given
        names = {str(one.validation_alias or name) for name, one in fields.items()}
        unknown = next(name for name in given if name not in names)
        return {name: value for name, value in given.items() if name in names or name == unknown}
