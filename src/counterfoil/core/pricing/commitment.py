"""Commitments: what the models commit and overcommit share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from counterfoil.core.money import decimal_text
from counterfoil.core.pricing.reading import decimal_at, object_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Commitment:
    """A ``committed_quantity`` and the ``unit_amount`` of what is charged; both 0 or more."""

    unit_amount: Decimal
    committed_quantity: Decimal

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Self:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("unit_amount", "committed_quantity"))
        return cls(decimal_at(data, "unit_amount"), decimal_at(data, "committed_quantity"))

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them."""
        return {
            "unit_amount": decimal_text(self.unit_amount),
            "committed_quantity": decimal_text(self.committed_quantity),
        }
