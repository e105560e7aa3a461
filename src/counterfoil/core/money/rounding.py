"""Named rounding modes, and the one function that rounds an exact number.

The modes are those of IEEE 754 and of Java's ``RoundingMode``; half-up (away from zero) is the default of
commerce and of every worked example that does not name another.
"""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.money.amount import Money
from counterfoil.core.money.decimals import decimal_of, to_decimal

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.core.money.decimals import Exact
    from counterfoil.core.money.units import Unit


SHOWN_PLACES: Final = 12
"""Of a number without a finite decimal, this many places are shown; its explanation has it exactly."""


class Rounding(StrEnum):
    """How a tie, or any rest, is resolved."""

    HALF_UP = "half_up"
    """To the nearest; a tie goes away from zero."""
    HALF_EVEN = "half_even"
    """To the nearest; a tie goes to the even neighbour (bankers' rounding)."""
    HALF_DOWN = "half_down"
    """To the nearest; a tie goes towards zero."""
    UP = "up"
    """Away from zero."""
    DOWN = "down"
    """Towards zero."""
    CEILING = "ceiling"
    """Towards plus infinity."""
    FLOOR = "floor"
    """Towards minus infinity."""


def round_to_int(value: Exact, mode: Rounding) -> int:
    """The integer that ``mode`` chooses for ``value``."""
    numerator, denominator = value.as_integer_ratio()
    whole, rest = divmod(numerator, denominator)  # whole is the floor, 0 <= rest < denominator
    if rest == 0:
        return whole
    negative = numerator < 0
    match mode:
        case Rounding.FLOOR:
            up = False
        case Rounding.CEILING:
            up = True
        case Rounding.UP:
            up = not negative
        case Rounding.DOWN:
            up = negative
        case Rounding.HALF_UP | Rounding.HALF_DOWN | Rounding.HALF_EVEN:
            up = _nearest_is_above(whole, 2 * rest, denominator, mode, negative=negative)
    return whole + up


def _nearest_is_above(whole: int, twice: int, denominator: int, mode: Rounding, *, negative: bool) -> bool:
    if twice != denominator:
        return twice > denominator
    if mode is Rounding.HALF_EVEN:
        return whole % 2 == 1
    away_from_zero = mode is Rounding.HALF_UP
    return away_from_zero != negative


def round_exact(value: Exact, places: int, mode: Rounding) -> Decimal:
    """``value`` as a decimal written with ``places`` (none negative) places after the point."""
    assert places >= 0
    return decimal_of(round_to_int(Fraction(value) * 10**places, mode), places)


def shown_decimal(value: Exact) -> Decimal:
    """``value`` as it is shown where only a decimal can stand: without a finite one, to ``SHOWN_PLACES``."""
    finite = to_decimal(value)
    return round_exact(value, SHOWN_PLACES, Rounding.HALF_EVEN) if finite is None else finite


def round_money(value: Exact, unit: Unit, mode: Rounding = Rounding.HALF_UP) -> Money:
    """``value``, in major units (12.345 dollars), rounded to the minor units of ``unit``."""
    return Money(round_to_int(Fraction(value) * 10**unit.exponent, mode), unit)
