"""``Money``: an integer number of minor units of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money.decimals import decimal_of, decimal_text, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from decimal import Decimal

    from counterfoil.core.money.units import Unit

MAX_MINOR: Final = 2**63 - 1
"""The largest amount, in minor units, that can be stored and posted (a signed 64-bit integer)."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An exact amount: 1234 minor units of USD are $12.34.

    Adding or comparing two units is a mistake of the program and raises ``ValueError``; an amount beyond
    what can be stored is ``TooLarge``.
    """

    minor: int
    unit: Unit

    def __post_init__(self) -> None:
        assert type(self.minor) is int
        if abs(self.minor) > MAX_MINOR:
            raise _too_large(self.unit)

    @classmethod
    def of(cls, value: str | int | Decimal, unit: Unit, *, field: str = "amount") -> Money:
        """The amount written in major units; more places than the unit has are refused, never rounded."""
        number = parse_decimal(value, field=field)
        numerator, denominator = number.as_integer_ratio()
        minor, rest = divmod(numerator * 10**unit.exponent, denominator)
        if rest:
            raise InvalidInput(
                f"{field} has more places than {unit.code} has",
                field=field,
                allowed=f"at most {unit.exponent} places after the point",
            )
        if abs(minor) > MAX_MINOR:
            raise _too_large(unit, field=field)
        return cls(minor, unit)

    @classmethod
    def zero(cls, unit: Unit) -> Money:
        """Nothing, in this unit."""
        return cls(0, unit)

    def to_decimal(self) -> Decimal:
        """The amount in major units, exactly, with the unit's places written out."""
        return decimal_of(self.minor, self.unit.exponent)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.unit)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.unit)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.unit)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor * count, self.unit)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.to_decimal():f} {self.unit.code}"

    def amount_text(self) -> str:
        """The amount in major units with the unit's places: ``12.30``, for JSON."""
        return f"{self.to_decimal():f}"

    def _same(self, other: Money) -> Money:
        if self.unit != other.unit:
            raise ValueError(
                f"{self.unit.code} and {other.unit.code} do not mix: {decimal_text(other.to_decimal())}"
            )
        return other


def _too_large(unit: Unit, *, field: str | None = None) -> TooLarge:
    return TooLarge(
        f"an amount of {unit.code} is too large to be stored",
        field=field,
        allowed=f"at most {MAX_MINOR} minor units",
    )


def total_of(amounts: Iterable[Money], unit: Unit) -> Money:
    """The sum of amounts that are all in ``unit``; of none, zero."""
    total = Money.zero(unit)
    for amount in amounts:
        total = total + amount
    return total
