"""Volume: the tier that the whole quantity falls into prices all of it, and adds its flat amount.

Entering a cheaper tier may so make the bill smaller; that is the model, not a fault.
"""

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
    """One part: all units at the price of their tier."""
    with exact_context():
        return params.whole_in_one(used.quantity)
