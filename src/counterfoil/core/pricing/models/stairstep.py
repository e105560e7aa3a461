"""Stairstep: the step that the quantity falls into has one fee for all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.tiers import TierTable

if TYPE_CHECKING:
    from counterfoil.core.pricing.measured import Measured
    from counterfoil.core.pricing.parts import Part


@dataclass(frozen=True, slots=True)
class Params(TierTable):
    """Tiers with ``flat_amount`` only; above a bounded last step its fee stays the same, or is refused."""

    PRICES: ClassVar[tuple[str, ...]] = ("flat_amount",)


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """One part: the fee of the step."""
    with exact_context():
        return params.whole_in_one(used.quantity)
