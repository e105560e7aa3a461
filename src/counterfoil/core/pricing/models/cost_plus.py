"""Cost plus: what usage cost the seller, and a markup on top.

The cost is either carried by the events, so that the quantity is their sum, or known for each unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.exact import ZERO
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import object_at, optional_decimal_at, percent_at, percent_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params:
    """``markup`` is a share of the cost (``markup_percent`` 20 is 0.2).

    ``unit_cost`` is the cost of one unit; without it the quantity is the cost.
    """

    markup: Decimal
    unit_cost: Decimal | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("markup_percent", "unit_cost"))
        return cls(percent_at(data, "markup_percent"), optional_decimal_at(data, "unit_cost"))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        return {
            "markup_percent": percent_text(self.markup),
            "unit_cost": None if self.unit_cost is None else decimal_text(self.unit_cost),
        }


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """The cost, then the markup."""
    unit_cost = Decimal(1) if params.unit_cost is None else params.unit_cost
    with exact_context():
        cost = priced(PartKind.COST, used.quantity, used.quantity, unit_cost)
        return (cost, priced(PartKind.MARKUP, ZERO, cost.amount, params.markup))
