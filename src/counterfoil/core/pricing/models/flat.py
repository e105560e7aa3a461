"""Flat: one fee for the period, whatever the quantity, also when it is zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import decimal_text
from counterfoil.core.pricing.exact import ZERO
from counterfoil.core.pricing.parts import Part, PartKind
from counterfoil.core.pricing.reading import decimal_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params:
    """``amount``: the fee, 0 or more."""

    amount: Decimal

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        return cls(decimal_at(object_at(data, ("amount",)), "amount"))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them."""
        return {"amount": decimal_text(self.amount)}


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """The fee, as one part."""
    return (Part(PartKind.FLAT, used.quantity, ZERO, ZERO, params.amount, params.amount),)
