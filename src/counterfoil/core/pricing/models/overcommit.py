"""Overcommit: what is used beyond a committed volume is charged by the unit.

The committed volume itself costs nothing here: a price with the model commit beside it charges for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.commitment import Commitment
from counterfoil.core.pricing.exact import ZERO, less, minus
from counterfoil.core.pricing.parts import Part, PartKind, check_quantity, priced

if TYPE_CHECKING:
    from counterfoil.core.money import Exact


@dataclass(frozen=True, slots=True)
class Params(Commitment):
    """``unit_amount`` for each unit beyond the ``committed_quantity``."""


def rate(params: Params, quantity: Exact) -> tuple[Part, ...]:
    """What lies inside the commitment if there is any, then what lies beyond it."""
    check_quantity(quantity)
    with exact_context():
        inside = quantity if less(quantity, params.committed_quantity) else params.committed_quantity
        beyond = minus(quantity, inside)
        charged = priced(PartKind.UNITS, beyond, beyond, params.unit_amount)
        if not inside:
            return (charged,)
        return (priced(PartKind.INCLUDED, inside, inside, ZERO), charged)
