"""Graduated: each tier prices the units that fall into it, and adds its flat amount once it is entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.tiers import TierTable

if TYPE_CHECKING:
    from counterfoil.core.pricing.measured import Measured
    from counterfoil.core.pricing.parts import Part


@dataclass(frozen=True, slots=True)
class Params(TierTable):
    """Tiers with ``unit_amount``, ``flat_amount`` and perhaps ``package_size``."""


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """A part for each tier that was entered, the lowest first.

    A tier is entered by the first unit above the bound before it: 10 units do not enter a tier above 10.
    """
    with exact_context():
        return params.tier_by_tier(used.quantity)
