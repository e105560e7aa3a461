"""Arithmetic on exact numbers of both kinds: ``Decimal`` as long as it goes, ``Fraction`` where it must.

Owns: the few operations pricing needs.  Always holds: no result is rounded, provided that the caller is
inside ``exact_context()`` (it is the caller's, because entering it costs more than a multiplication).
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.money import to_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterfoil.core.money import Exact

ZERO = Decimal(0)
_MOST_PLACES: Final = 80


def plus(left: Exact, right: Exact) -> Exact:
    """``left + right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left + right
    return Fraction(left) + Fraction(right)


def minus(left: Exact, right: Exact) -> Exact:
    """``left - right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left - right
    return Fraction(left) - Fraction(right)


def times(left: Exact, right: Exact) -> Exact:
    """``left × right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left * right
    return Fraction(left) * Fraction(right)


def less(left: Exact, right: Exact) -> bool:
    """Whether ``left < right``."""
    if isinstance(left, Decimal) and isinstance(right, Decimal):
        return left < right
    return Fraction(left) < Fraction(right)


def lesser(left: Exact, right: Exact) -> Exact:
    """The smaller of two numbers; the left one if they are equal."""
    return right if less(right, left) else left


def greater(left: Exact, right: Exact) -> Exact:
    """The larger of two numbers; the left one if they are equal."""
    return right if less(left, right) else left


def ratio(left: Exact, right: Exact) -> Exact:
    """``left ÷ right`` (not 0), as a decimal where there is a short one.

    2 to the power of 126 has 38 digits, and one divided by it has 126 places: too many for what is multiplied
    afterwards to stay within what ``exact_context()`` holds, so that is kept as a fraction.
    """
    share = Fraction(left) / Fraction(right)
    number = to_decimal(share)
    return number if number is not None and _places(number) <= _MOST_PLACES else share


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return -exponent


def sum_of(numbers: Iterable[Exact]) -> Exact:
    """The sum; of none, zero."""
    total: Exact = ZERO
    for number in numbers:
        total = plus(total, number)
    return total


def read_exact(text: str) -> Exact:
    """The number that ``decimal_text`` wrote: ``0.5`` or ``1/3``."""
    numerator, slash, denominator = text.partition("/")
    return Fraction(int(numerator), int(denominator)) if slash else Decimal(text)


def split(quantity: Exact, size: Decimal) -> tuple[Decimal, Exact]:
    """How many whole times ``size`` goes into ``quantity`` (0 or more), and the rest."""
    if isinstance(quantity, Decimal):
        return divmod(quantity, size)
    whole, rest = divmod(quantity, Fraction(size))
    return Decimal(whole), rest
