"""Reading and writing JSON without floats: every number is the decimal that was written.

Read, integers become ``int`` and other numbers ``Decimal``.  Refused, naming the place: NaN and infinities,
which are not JSON; numbers no amount needs; a name that stands twice in one object, for nobody can say which
is meant; documents nested deeper than any of ours.

Written, decimals are numbers, digit by digit; ids and instants (UTC, RFC 3339) are texts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import msgspec
from fastapi import Request
from pydantic import BaseModel

from counterfoil.core.errors import InvalidInput, TooLarge

_MAX_NUMBER: Final = 100
_MAX_DEPTH: Final = 64
_TOO_LONG: Final = "numbers of at most 38 digits"


@dataclass(frozen=True, slots=True)
class _Refused:
    """Stands in the document where a value is that cannot be accepted."""

    error: type[InvalidInput]
    message: str
    allowed: str


def read_json(body: bytes) -> Any:
    """The document in ``body``, or ``InvalidInput``."""
    reader = _Reader()
    try:
        document = json.loads(
            body.decode("utf-8-sig"),  # bytes would be read as UTF-16 where they look like it
            parse_float=reader.decimal,
            parse_int=reader.integer,
            parse_constant=reader.constant,
            object_pairs_hook=reader.object,
        )
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the body is not JSON: {error}", field="body", allowed="a JSON document in UTF-8"
        ) from None
    except RecursionError:
        raise _too_deep() from None
    if body.count(b"[") + body.count(b"{") > _MAX_DEPTH:
        _check_depth(document)
    if reader.refused:
        raise _refusal(document)
    return document


class _Reader:
    """The hooks of one reading; a refusal is raised after it, when its place is known."""

    def __init__(self) -> None:
        self.refused = False

    def decimal(self, text: str) -> Decimal | _Refused:
        if len(text) <= _MAX_NUMBER:
            value = Decimal(text)
            # What has a huge exponent is short to write and endless to compute with.
            if abs(value.adjusted()) <= _MAX_NUMBER:
                return value
        return self._refuse(TooLarge, "the number has too many digits", _TOO_LONG)

    def integer(self, text: str) -> int | _Refused:
        if len(text) <= _MAX_NUMBER:
            return int(text)
        return self._refuse(TooLarge, "the number has too many digits", _TOO_LONG)

    def constant(self, name: str) -> _Refused:
        return self._refuse(InvalidInput, f"{name} is not a JSON number", "finite numbers")

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            for name, times in Counter(name for name, _ in pairs).items():
                if times > 1:
                    made[name] = self._refuse(InvalidInput, "the name stands twice", "each name once")
        return made

    def _refuse(self, error: type[InvalidInput], message: str, allowed: str) -> _Refused:
        self.refused = True
        return _Refused(error, message, allowed)


def _refusal(document: Any) -> InvalidInput:
    """The first refused value of a document, with its path."""
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, _Refused):
            field = path or "body"
            return value.error(f"{field}: {value.message}", field=field, allowed=value.allowed)
        waiting += reversed([(f"{path}.{key}" if path else str(key), one) for key, one in _inside(value)])
    raise AssertionError("a refused value has a place")


def _check_depth(document: Any) -> None:
    waiting = [(1, document)]
    while waiting:
        depth, value = waiting.pop()
        if depth > _MAX_DEPTH + 1:
            raise _too_deep()
        waiting += [(depth + 1, one) for _, one in _inside(value)]


def _inside(value: Any) -> list[tuple[Any, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _too_deep() -> TooLarge:
    return TooLarge(
        "the body is nested too deeply", field="body", allowed=f"at most {_MAX_DEPTH} levels of JSON"
    )


def dumps(value: Any, *, decimals_as_texts: bool = False) -> bytes:
    """``value`` as JSON: dicts, lists, dataclasses, structs, and models as they dump themselves."""
    return (_WITH_TEXTS if decimals_as_texts else _WITH_NUMBERS).encode(value)


def _plain(value: Any) -> Any:
    """What stands for an object that the encoder does not know."""
    to_json = getattr(value, "to_json", None)
    if to_json is not None:
        return to_json()
    if isinstance(value, BaseModel):
        return value.model_dump(by_alias=True)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


_WITH_NUMBERS: Final = msgspec.json.Encoder(decimal_format="number", enc_hook=_plain)
_WITH_TEXTS: Final = msgspec.json.Encoder(enc_hook=_plain)


class ExactRequest(Request):
    """A request whose ``json()`` keeps every digit."""

    async def json(self) -> Any:
        """The body as JSON, numbers as written."""
        if not hasattr(self, "_exact"):
            self._exact = read_json(await self.body())
        return self._exact
