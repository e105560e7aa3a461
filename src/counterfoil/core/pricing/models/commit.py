"""Commit: a volume is committed to and paid for, whatever was used of it, also when it is nothing.

What is used beyond it costs nothing here: a price with the model overcommit beside it charges for that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.commitment import Commitment
from counterfoil.core.pricing.parts import Part, PartKind, priced

if TYPE_CHECKING:
    from counterfoil.core.pricing.measured import Measured


@dataclass(frozen=True, slots=True)
class Params(Commitment):
    """``unit_amount`` for each of the ``committed_quantity`` units."""


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """The committed units, as one part that covers all that was used."""
    with exact_context():
        return (priced(PartKind.COMMITTED, used.quantity, params.committed_quantity, params.unit_amount),)
