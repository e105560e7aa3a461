"""Seat: a price for each seat, within a least and a most number of them.

Fewer seats than the least pay for it; more than the most are refused, for they were never agreed on.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.exact import greater, less
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import count_at, decimal_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params:
    """``unit_amount`` for each seat; a fraction of one, such as an average over time, costs its fraction."""

    unit_amount: Decimal
    min_seats: int = 0
    max_seats: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("unit_amount", "min_seats", "max_seats"))
        least = count_at(data, "min_seats") or 0
        return cls(decimal_at(data, "unit_amount"), least, count_at(data, "max_seats", least=max(least, 1)))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        return {
            "unit_amount": decimal_text(self.unit_amount),
            "min_seats": self.min_seats,
            "max_seats": self.max_seats,
        }


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """All seats at one price, as one part; ``InvalidInput`` for more than there may be."""
    if params.max_seats is not None and less(Decimal(params.max_seats), used.quantity):
        raise InvalidInput(
            "the quantity is more seats than the price has",
            field="quantity",
            allowed=f"at most {params.max_seats}",
        )
    with exact_context():
        paid = greater(used.quantity, Decimal(params.min_seats))
        return (priced(PartKind.SEATS, used.quantity, paid, params.unit_amount),)
