"""Graduated percentage: each tier takes its share of the amount that falls into it.

The tiers are of the period's whole amount, so the flat amount of a tier is owed once a period: by the event
that enters it, and not again by the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.parts import PartKind
from counterfoil.core.pricing.tiers import TierTable

if TYPE_CHECKING:
    from counterfoil.core.pricing.measured import Measured
    from counterfoil.core.pricing.parts import Part


@dataclass(frozen=True, slots=True)
class Params(TierTable):
    """Tiers with ``rate_percent`` and ``flat_amount``; amounts of money have no whole units."""

    PRICES: ClassVar[tuple[str, ...]] = ("rate_percent", "flat_amount")
    POLICIES: ClassVar[tuple[str, ...]] = ("above_last_tier", "zero_quantity", "bounds")
    KIND: ClassVar[PartKind] = PartKind.PERCENT


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """A part for each tier that was entered, the lowest first."""
    with exact_context():
        return params.tier_by_tier(used.quantity)
