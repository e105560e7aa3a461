"""Overcommit: what is used beyond a committed volume is charged by the unit.

The committed volume itself costs nothing here: a price with the model commit beside it charges for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.commitment import Commitment
from counterfoil.core.pricing.exact import ZERO, lesser, minus
from counterfoil.core.pricing.parts import Part, PartKind, priced

if TYPE_CHECKING:
    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params(Commitment):
    """``unit_amount`` for each unit beyond the ``committed_quantity``."""


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """What lies inside the commitment if there is any, then what lies beyond it."""
    with exact_context():
        inside = lesser(used.quantity, params.committed_quantity)
        beyond = minus(used.quantity, inside)
        charged = priced(PartKind.UNITS, beyond, beyond, params.unit_amount)
        if not inside:
            return (charged,)
        return (priced(PartKind.INCLUDED, inside, inside, ZERO), charged)
