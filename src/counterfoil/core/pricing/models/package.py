"""Package: units are sold in packages of a size; a quantity between two numbers of packages is rounded.

``included`` units are free before the first package: 121 units with 100 included and packages of 10 are
three packages (21 units).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.exact import ZERO, lesser, minus, split
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import choice_at, decimal_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.money import Exact
    from counterfoil.core.pricing.measured import Measured


class PackageRounding(StrEnum):
    """What a package that is begun but not full costs."""

    UP = "up"
    """As much as a full one (the default)."""
    DOWN = "down"
    """Nothing."""
    EXACT = "exact"
    """Its share: 15 units are one and a half packages of 10."""


@dataclass(frozen=True, slots=True)
class Params:
    """``package_amount`` for every ``package_size`` units (above 0) after the ``included`` ones."""

    package_size: Decimal
    package_amount: Decimal
    included: Decimal = ZERO
    rounding: PackageRounding = PackageRounding.UP

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("package_size", "package_amount", "included", "rounding"))
        return cls(
            decimal_at(data, "package_size", above_zero=True),
            decimal_at(data, "package_amount"),
            decimal_at(data, "included", default=ZERO),
            choice_at(data, "rounding", PackageRounding.UP),
        )

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        return {
            "package_size": decimal_text(self.package_size),
            "package_amount": decimal_text(self.package_amount),
            "included": decimal_text(self.included),
            "rounding": self.rounding.value,
        }


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """The included units if there are any, then the packages."""
    with exact_context():
        free = lesser(used.quantity, params.included)
        charged = minus(used.quantity, free)
        count = _packages(charged, params.package_size, params.rounding)
        sold = priced(
            PartKind.PACKAGES, charged, count, params.package_amount, package_size=params.package_size
        )
        if not free:
            return (sold,)
        return (priced(PartKind.INCLUDED, free, free, ZERO), sold)


def _packages(units: Exact, size: Decimal, rounding: PackageRounding) -> Exact:
    whole, rest = split(units, size)
    if not rest or rounding is PackageRounding.DOWN:
        return whole
    if rounding is PackageRounding.UP:
        return whole + 1
    return Fraction(units) / Fraction(size)
