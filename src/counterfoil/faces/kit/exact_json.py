"""Reading JSON without floats: every number is the decimal that was written.

Integers become ``int``, other numbers ``Decimal``; NaN and infinities, which are not JSON, are refused, and
so are numbers of absurd length and documents of absurd depth.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

from fastapi import Request

from counterfoil.core.errors import InvalidInput, TooLarge

_MAX_NUMBER: Final = 100


def read_json(body: bytes) -> Any:
    """The document in ``body``, or ``InvalidInput``."""
    try:
        return json.loads(body, parse_float=_decimal, parse_int=_integer, parse_constant=_not_json)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"the body is not JSON: {error}", field="body", allowed="a JSON document in UTF-8"
        ) from None
    except RecursionError:
        raise TooLarge("the body is nested too deeply", field="body", allowed="a JSON document") from None


def _decimal(text: str) -> Decimal:
    if len(text) > _MAX_NUMBER:
        raise TooLarge("a number has too many digits", field="body", allowed="numbers of at most 38 digits")
    return Decimal(text)


def _integer(text: str) -> int:
    if len(text) > _MAX_NUMBER:
        raise TooLarge("a number has too many digits", field="body", allowed="numbers of at most 38 digits")
    return int(text)


def _not_json(name: str) -> NoReturn:
    raise InvalidInput(f"{name} is not a JSON number", field="body", allowed="finite numbers")


class ExactRequest(Request):
    """A request whose ``json()`` keeps every digit."""

    async def json(self) -> Any:
        """The body as JSON, numbers as written."""
        if not hasattr(self, "_exact"):
            self._exact = read_json(await self.body())
        return self._exact
