"""Dynamic: events carry the amount that they cost, which is charged times a multiplier."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import decimal_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params:
    """``multiplier``: above 0, 1 where it is not said."""

    multiplier: Decimal = Decimal(1)

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("multiplier",))
        return cls(decimal_at(data, "multiplier", default=Decimal(1), above_zero=True))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        return {"multiplier": decimal_text(self.multiplier)}


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """The sum of the events' amounts, which is the quantity, times the multiplier; nothing for nothing."""
    if not used.quantity:
        return ()
    with exact_context():
        return (priced(PartKind.UNITS, used.quantity, used.quantity, params.multiplier),)
