"""Reading and writing decimals exactly.

A rate, a quantity or a price is a ``Decimal`` of any precision up to 38 digits.  Arithmetic on them happens
inside ``exact_context()``, where a result that would have to be rounded raises instead of losing a digit;
where a division is unavoidable the result is a ``Fraction``.
"""

from __future__ import annotations

from decimal import (
    Clamped,
    Context,
    Decimal,
    DivisionByZero,
    FloatOperation,
    Inexact,
    InvalidOperation,
    Overflow,
    localcontext,
)
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

MAX_DIGITS: Final = 38
"""The most digits, before and after the point together, that a number from outside may have."""

type Exact = Decimal | Fraction
"""A number that is known exactly."""

_EXACT: Final = Context(
    prec=400, traps=[Clamped, DivisionByZero, FloatOperation, Inexact, InvalidOperation, Overflow]
)
_ALLOWED: Final = f"a decimal number of at most {MAX_DIGITS} digits, as text or as a JSON number"


def exact_context() -> AbstractContextManager[Context]:
    """Decimal arithmetic that never rounds: a result of over 400 digits raises, and so does a float."""
    return localcontext(_EXACT)


def decimal_of(digits: int, places: int) -> Decimal:
    """``digits`` times ten to the power of minus ``places``, with every digit kept in any context."""
    return Decimal(f"{digits}E{-places}")


def parse_decimal(value: str | int | Decimal, *, field: str = "amount") -> Decimal:
    """The decimal as written, or ``InvalidInput``: NaN, infinities, floats and over 38 digits are refused.

    ``"1e3"`` is read as 1000; trailing zeros count as digits only where they are written out.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise InvalidInput(f"{field} is not a decimal number", field=field, allowed=_ALLOWED)
    if isinstance(value, int) and abs(value) >= 10**MAX_DIGITS:
        raise TooLarge(f"{field} has too many digits", field=field, allowed=_ALLOWED)
    if isinstance(value, str):
        if len(value) > 2 * MAX_DIGITS + 8:
            raise TooLarge(f"{field} has too many digits", field=field, allowed=_ALLOWED)
        if not value.isascii() or "_" in value or value != value.strip():
            raise InvalidInput(f"{field} is not a decimal number", field=field, allowed=_ALLOWED)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise InvalidInput(f"{field} is not a decimal number", field=field, allowed=_ALLOWED) from None
    if not number.is_finite():
        raise InvalidInput(f"{field} is not a finite number", field=field, allowed=_ALLOWED)
    _, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)
    if number.is_zero():
        return Decimal(0)
    if max(len(digits) + exponent, 0) + max(-exponent, 0) > MAX_DIGITS:
        raise TooLarge(f"{field} has too many digits", field=field, allowed=_ALLOWED)
    return number


def to_decimal(value: Exact) -> Decimal | None:
    """The value as a decimal if it has a finite one, else ``None`` (1/3 has none)."""
    if isinstance(value, Decimal):
        return value
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return None
    places = max(twos, fives)
    scaled = value.numerator * 10**places // value.denominator
    return decimal_of(scaled, places)


def decimal_text(value: Exact) -> str:
    """The shortest plain text of an exact number: ``0.5``, ``1000``, ``1/3`` where no decimal exists."""
    number = to_decimal(value)
    if number is None:
        assert isinstance(value, Fraction)
        return f"{value.numerator}/{value.denominator}"
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("", "-0", "-") else text
