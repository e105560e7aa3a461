"""Discounts on one line: percentages, of all of it or of its first units, and amounts, one after the other.

Always holds: each discount is taken from what the ones before it left; none takes more than there is, so a
line never falls below zero; nothing is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import Money, allocate, total_of
from counterfoil.core.pricing.exact import lesser, minus, times

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from counterfoil.core.money import Exact

    type CostOf = Callable[[Decimal], Exact]
    """What the first so many units of a line cost by themselves, prorated as the line is."""

MAX_DISCOUNTS: Final = 10
"""The most discounts on one line."""
MAX_PERCENT_PLACES: Final = 8
"""The most places after the point of a percentage; with it, no exact product outgrows the arithmetic."""

_PERCENT: Final = Decimal("0.01")


class DiscountKind(StrEnum):
    """What a discount's value means."""

    PERCENT = "percent"
    """Per cent of what is left, 0 to 100."""
    AMOUNT = "amount"
    """Major units of the line's currency, 0 or more; at most what is left."""
    UNITS = "units"
    """Per cent, 0 to 100, of what the first units cost by themselves; at most what is left."""


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount as agreed; ``name`` is what the customer knows it by.  Out of range is ``InvalidInput``.

    ``units``: how many, with the kind ``units`` and no other.  ``ref``: the public id of what was agreed.
    """

    kind: DiscountKind
    value: Decimal
    name: str = ""
    units: Decimal | None = None
    ref: str = ""

    def __post_init__(self) -> None:
        if (self.units is not None) != (self.kind is DiscountKind.UNITS):
            allowed = "how many, above 0" if self.units is None else "none, or the kind units"
            raise InvalidInput("units and the kind do not go together", field="units", allowed=allowed)
        if self.units is not None and self.units <= 0:
            raise InvalidInput("units are not above zero", field="units", allowed="above 0")
        if self.kind is DiscountKind.AMOUNT:
            if self.value < 0:
                raise InvalidInput("the discount is out of range", field="value", allowed="0 or more")
        elif not 0 <= self.value <= 100 or _has_more_places(self.value, MAX_PERCENT_PLACES):
            allowed = f"0 to 100, at most {MAX_PERCENT_PLACES} places after the point"
            raise InvalidInput("the discount is out of range", field="value", allowed=allowed)


def _has_more_places(number: Decimal, places: int) -> bool:
    numerator, denominator = number.as_integer_ratio()
    return bool(numerator * 10**places % denominator)


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    """A discount and what it took off, exactly, in major units; ``of``: what the first units cost."""

    discount: Discount
    amount: Exact
    of: Exact | None = None


def share_discount(off: Money, amounts: Sequence[Money]) -> list[Money]:
    """What one amount off takes from each of several lines (at least one, none negative).

    It is shared in proportion to the lines, by largest remainder; the shares sum to it, or to the lines where
    it is more than all of them, and none is more than its line.
    """
    total = total_of(amounts, off.unit)
    return allocate(min(off, total), [amount.minor for amount in amounts])


def apply_discounts(
    amount: Exact, discounts: tuple[Discount, ...], first: CostOf | None = None
) -> tuple[Exact, tuple[AppliedDiscount, ...]]:
    """What is left of ``amount`` (0 or more), and what each discount took; inside ``exact_context()``.

    ``first`` says what units cost, where one is of first units.  ``TooLarge`` for more than
    ``MAX_DISCOUNTS``.
    """
    if len(discounts) > MAX_DISCOUNTS:
        raise TooLarge("a line has too many discounts", field="discounts", allowed=f"at most {MAX_DISCOUNTS}")
    applied: list[AppliedDiscount] = []
    for discount in discounts:
        off, of = _taken(amount, discount, first)
        applied.append(AppliedDiscount(discount, off, of))
        amount = minus(amount, off)
    return amount, tuple(applied)


def _taken(amount: Exact, discount: Discount, first: CostOf | None) -> tuple[Exact, Exact | None]:
    """What a discount takes from what is left, and the cost of the units that it is of."""
    match discount.kind:
        case DiscountKind.PERCENT:
            return times(amount, discount.value * _PERCENT), None
        case DiscountKind.AMOUNT:
            return lesser(amount, discount.value), None
        case DiscountKind.UNITS:
            assert discount.units is not None
            assert first is not None
            of = first(discount.units)
            return lesser(amount, times(of, discount.value * _PERCENT)), of
