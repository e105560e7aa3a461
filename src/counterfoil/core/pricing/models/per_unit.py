"""Per unit: quantity × unit price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import decimal_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params:
    """``unit_amount``: the price of one unit, 0 or more, of any precision."""

    unit_amount: Decimal

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        return cls(decimal_at(object_at(data, ("unit_amount",)), "unit_amount"))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them."""
        return {"unit_amount": decimal_text(self.unit_amount)}


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """All units at one price, as one part."""
    with exact_context():
        return (priced(PartKind.UNITS, used.quantity, used.quantity, params.unit_amount),)
