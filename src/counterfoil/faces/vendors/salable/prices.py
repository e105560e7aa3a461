"""The one price of a Salable plan, out of the prices of ours.

Salable's plan has one interval, one kind of licence and one price a currency.  Ours has a list of prices, so
the leading one stands for it: what a seat costs if it is sold by the seat, else the fee, else the usage.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Rounding, round_exact, to_decimal, unit_of
from counterfoil.modules.catalog import QuantitySource, can_cost

if TYPE_CHECKING:
    from counterfoil.modules.catalog import PlanVersion, Price

_LICENCES: Final = {
    QuantitySource.ITEM: "perSeat",
    QuantitySource.ONE: "licensed",
    QuantitySource.USAGE: "metered",
}
"""The kind of licence by where the leading price's quantity comes from; the first that a plan has leads."""
_INTERVALS: Final = {
    IntervalUnit.DAY: ("day", 1),
    IntervalUnit.WEEK: ("week", 1),
    IntervalUnit.MONTH: ("month", 1),
    IntervalUnit.QUARTER: ("month", 3),
    IntervalUnit.HALF_YEAR: ("month", 6),
    IntervalUnit.YEAR: ("year", 1),
}
_PLACES: Final = 12
"""Places of minor units for the few prices (a third of a package) that no decimal can state."""


def leading_price(version: PlanVersion | None) -> Price | None:
    """The price that stands for the plan; ``None`` for a plan without prices."""
    prices = () if version is None else version.prices
    for source in _LICENCES:
        for price in prices:
            if price.quantity_source is source:
                return price
    return None


def licence_type(leading: Price | None) -> str:
    """``perSeat``, ``licensed`` or ``metered``."""
    return "licensed" if leading is None else _LICENCES[leading.quantity_source]


def interval_of(leading: Price | None) -> tuple[str, int]:
    """How often the plan recurs: ``("month", 3)``."""
    if leading is None:
        return ("month", 1)
    unit, length = _INTERVALS[leading.interval_unit]
    return unit, length * leading.interval_count


def minor_units(leading: Price, currency: str) -> Decimal | None:
    """What one seat, fee or unit costs in minor units; ``None`` if the model has no price for one."""
    try:
        parts = leading.pricing(currency).rate(Decimal(1))
    except InvalidInput:
        return None
    exact = sum((Fraction(part.amount) for part in parts), Fraction()) * 10 ** unit_of(currency).exponent
    if exact.denominator == 1:
        return Decimal(exact.numerator)
    return to_decimal(exact) or round_exact(exact, _PLACES, Rounding.HALF_UP)


def is_paid(version: PlanVersion | None) -> bool:
    """Whether anything in a plan can cost something."""
    return version is not None and any(map(can_cost, version.prices))
