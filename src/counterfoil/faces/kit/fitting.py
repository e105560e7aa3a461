"""What of a value that somebody else may have written fits a model.

For vendors whose clients cannot read an answer that has one value of another form.
Always holds: what fits is kept as it was written; the time grows with the value's length, however much of
it does not fit.
"""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    type Keep = Callable[[Any], Any]

_GONE: Final = object()


def fitting[M: BaseModel](model: type[M], value: Any) -> M | None:
    """``value`` as a model, less what does not fit its types; ``None`` where that leaves too little."""
    try:
        return model.model_validate(value)
    except ValidationError:
        pass
    try:
        return model.model_validate(_fields(model, value))
    except ValidationError:
        return None


def _keep(kind: Any, metadata: Sequence[Any] = ()) -> Keep:
    """What keeps of a value what fits this type: all, its parts that do, or ``_GONE``."""
    adapter: TypeAdapter[Any] = TypeAdapter(Annotated[(kind, *metadata)] if metadata else kind)
    parts = _parts(kind)

    def fits(value: Any) -> bool:
        try:
            adapter.validate_python(value)
        except ValidationError:
            return False
        return True

    def keep(value: Any) -> Any:
        if fits(value):
            return value
        left = _GONE if parts is None else parts(value)
        return left if left is not _GONE and fits(left) else _GONE

    return keep


def _parts(kind: Any) -> Keep | None:
    """What makes of a value one of those of its parts that fit; ``None`` for a type that has no parts."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return lambda value: _fields(kind, value)
    origin, inner = get_origin(kind), [one for one in get_args(kind) if one is not type(None)]
    if origin is Annotated or (origin in (Union, UnionType) and len(inner) == 1):
        return _parts(inner[0])
    if origin in (Union, UnionType):
        choices = [_keep(one) for one in inner]
        return lambda value: next((left for one in choices if (left := one(value)) is not _GONE), _GONE)
    if origin is list:
        each = _keep(inner[0])
        return lambda value: (
            [left for one in value if (left := each(one)) is not _GONE] if isinstance(value, list) else _GONE
        )
    if origin is dict:
        each = _keep(inner[1])
        return lambda value: (
            {name: left for name, one in value.items() if (left := each(one)) is not _GONE}
            if isinstance(value, dict)
            else _GONE
        )
    return None


def _fields(model: type[BaseModel], value: Any) -> Any:
    if not isinstance(value, dict):
        return _GONE
    kept = _kept_fields(model)
    return {
        name: left for name, one in value.items() if name in kept and (left := kept[name](one)) is not _GONE
    }


@cache
def _kept_fields(model: type[BaseModel]) -> Mapping[str, Keep]:
    """What keeps of each field, by its name on the wire; of a model whose types are complete."""
    return {
        str(one.validation_alias or name): _keep(one.annotation, one.metadata)
        for name, one in model.model_fields.items()
    }
