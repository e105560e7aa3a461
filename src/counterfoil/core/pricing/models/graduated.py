"""Graduated: each tier prices the units that fall into it, and adds its flat amount once it is entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.exact import ZERO, less, minus
from counterfoil.core.pricing.parts import Part, check_quantity
from counterfoil.core.pricing.tiers import TierTable

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.core.money import Exact


@dataclass(frozen=True, slots=True)
class Params(TierTable):
    """Tiers with ``unit_amount``, ``flat_amount`` and perhaps ``package_size``."""


def rate(params: Params, quantity: Exact) -> tuple[Part, ...]:
    """A part for each tier that was entered, the lowest first.

    A tier is entered by the first unit above the bound before it: 10 units do not enter a tier above 10.
    """
    check_quantity(quantity)
    with exact_context():
        if not quantity:
            return params.at_zero()
        last = params.index_of(quantity)
        parts: list[Part] = []
        over: Decimal = ZERO
        for index, tier in enumerate(params.tiers[:last]):
            assert tier.up_to is not None
            parts.append(tier.part(index, over, tier.up_to - over))
            over = tier.up_to
        tier = params.tiers[last]
        beyond = tier.up_to is not None and less(tier.up_to, quantity)
        parts.append(tier.part(last, over, minus(quantity, over), beyond=beyond))
        return tuple(parts)
