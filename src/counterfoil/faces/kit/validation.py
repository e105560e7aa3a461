"""From a fault that a schema found to our own error: the field, and what it would have taken.

Owns: the words.  Does not own: rules; those are in the schemas and in core.
Always holds: nothing of the program's inside (names of classes, of types) is told.
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel

from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request
    from fastapi.exceptions import RequestValidationError

_TYPES: Final = {
    "bool": "true or false",
    "bytes": "a text",
    "date": "a date: 2026-01-31",
    "datetime": "an RFC 3339 instant with its zone",
    "decimal": "a number",
    "dict": "an object",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "an object",
    "model_attributes": "an object",
    "string": "a text",
    "string_sub": "a text",
    "string_unicode": "a text in Unicode",
    "tuple": "a list",
    "uuid": "a UUID",
}
"""What is expected, by the first part of the fault's name (``int_parsing``, ``list_type``)."""

_ENDINGS: Final = ("_type", "_parsing_size", "_parsing", "_from_float", "_attributes_type", "_unicode")

_LIMITS: Final = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "multiple_of": "a multiple of {}",
    "max_digits": "at most {} digits",
    "decimal_places": "at most {} decimal places",
    "whole_digits": "at most {} digits before the point",
    "pattern": "a text of the form {}",
    "expected": "{}",
}
"""What is expected, by the name of the limit that was broken."""


def from_validation(error: RequestValidationError, request: Request | None = None) -> InvalidInput:
    """The first fault that a schema found; with the request, unknown fields get the known ones' names."""
    fault: dict[str, Any] = dict(error.errors()[0])
    place = [str(part) for part in fault["loc"] if part not in ("body", "query", "path", "header", "cookie")]
    field = ".".join(place) or "body"
    if fault["type"] == "json_invalid":
        return InvalidInput("the body is not JSON", field="body", allowed="a JSON document in UTF-8")
    allowed = _allowed(fault, request)
    return InvalidInput(f"{field}: {_message(fault, allowed)}", field=field, allowed=allowed)


def _message(fault: dict[str, Any], allowed: str) -> str:
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "extra_forbidden":
        return "is not a field here"
    if _expected_type(fault["type"]) is not None:
        return f"must be {allowed}"
    message = str(fault["msg"])
    if fault["type"] == "refused":
        return message  # in our own words, which may begin with what was sent
    return message[:1].lower() + message[1:]


def _allowed(fault: dict[str, Any], request: Request | None) -> str:
    kind = fault["type"]
    if kind == "missing":
        return "a JSON document" if fault["loc"] == ("body",) else "this field is required"
    if kind == "extra_forbidden":
        known = _known_fields(fault["loc"], request)
        return f"the fields {', '.join(known)}" if known else "the fields that this object has"
    expected = _expected_type(kind)
    if expected is not None:
        return expected
    context = fault.get("ctx") or {}
    said = [_LIMITS[name].format(value) for name, value in context.items() if name in _LIMITS]
    if "min_length" in context or "max_length" in context:
        said.append(_length(kind, context))
    return ", ".join(said) or str(context.get("error") or "another value")


def _length(kind: str, context: dict[str, Any]) -> str:
    what = "characters" if kind.startswith("string") else "items"
    bounds = [
        f"{word} {context[name]}"
        for word, name in (("at least", "min_length"), ("at most", "max_length"))
        if context.get(name) is not None
    ]
    return f"{' and '.join(bounds)} {what}"


def _expected_type(kind: str) -> str | None:
    for ending in _ENDINGS:
        if kind.endswith(ending):
            return _TYPES.get(kind.removesuffix(ending))
    return "a finite number" if kind == "finite_number" else None


def _known_fields(place: Sequence[str | int], request: Request | None) -> list[str]:
    """The fields of the object that ``place`` leads into, if the body's schema says."""
    route = None if request is None else request.scope.get("route")
    body = getattr(route, "body_field", None)
    if body is None:
        return []
    schema = body.field_info.annotation
    for part in place[1:-1]:
        schema = _below(schema, part)
    model = _model(schema)
    return [] if model is None else [one.alias or name for name, one in model.model_fields.items()]


def _below(schema: Any, part: str | int) -> Any:
    model = _model(schema)
    if model is not None:
        field = model.model_fields.get(str(part))
        return None if field is None else field.annotation
    arguments = [one for one in get_args(schema) if one is not type(None)]
    if get_origin(schema) in (Union, types.UnionType) and len(arguments) == 1:
        return _below(arguments[0], part)
    return arguments[-1] if arguments else None


def _model(schema: Any) -> type[BaseModel] | None:
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        return schema
    if get_origin(schema) in (Union, types.UnionType):
        models = [one for one in map(_model, get_args(schema)) if one is not None]
        return models[0] if len(models) == 1 else None
    return None
