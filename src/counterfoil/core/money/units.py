"""Units of value: the currencies of ISO 4217 and an organization's own units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money.currency_names import NAMES
from counterfoil.core.money.iso4217 import EXPONENTS, NUMBERS

_OWN_CODE: Final = re.compile(r"[a-z][a-z0-9_]{1,23}")
MAX_OWN_EXPONENT: Final = 9


@dataclass(frozen=True, slots=True)
class Unit:
    """What an amount counts: its code, and how many places its minor unit stands after the point.

    Codes of currencies are three capital letters; an organization's own units (credits, tokens) have lower
    case codes of two to 24 characters, so the two can never be confused.
    """

    code: str
    exponent: int

    @property
    def is_currency(self) -> bool:
        """Whether this is money of ISO 4217 rather than an organization's own unit."""
        return self.code in CURRENCIES


CURRENCIES: Final[dict[str, Unit]] = {code: Unit(code, exponent) for code, exponent in EXPONENTS.items()}
"""Every active currency of ISO 4217 that has a minor unit, by code."""


def unit_of(code: str, *, field: str = "currency") -> Unit:
    """The currency of this code (case-sensitive), or ``InvalidInput``."""
    unit = CURRENCIES.get(code)
    if unit is None:
        raise InvalidInput(
            f"{field} is not a currency", field=field, allowed="an ISO 4217 code such as EUR or USD"
        )
    return unit


def currency_number(code: str) -> int:
    """The number of a currency in ISO 4217 (978 for EUR); the code is a known one."""
    return NUMBERS[code]


def currency_name(code: str) -> str:
    """What ISO 4217 calls a currency (``Pound Sterling`` for GBP); the code is a known one."""
    return NAMES[code]


def own_unit(code: str, exponent: int, *, field: str = "unit") -> Unit:
    """An organization's own unit with its declared exponent (0 to 9), or ``InvalidInput``."""
    if not _OWN_CODE.fullmatch(code):
        raise InvalidInput(
            f"{field} is not a code for a unit of your own",
            field=field,
            allowed="2 to 24 lower-case letters, digits or underscores, a letter first",
        )
    if not 0 <= exponent <= MAX_OWN_EXPONENT:
        raise InvalidInput(
            f"{field} has an impossible exponent", field=field, allowed=f"0 to {MAX_OWN_EXPONENT}"
        )
    return Unit(code, exponent)
