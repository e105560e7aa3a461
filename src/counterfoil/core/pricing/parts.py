"""``Part``: one step of the sum that a pricing model makes of a quantity.

Always holds: ``amount == count × unit_amount + flat_amount``, exactly; the quantities of a model's parts sum
to the quantity that was rated (except that a model may answer no parts at all for a quantity of zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.core.pricing.exact import ZERO, plus, times

if TYPE_CHECKING:
    from counterfoil.core.money import Exact


class PartKind(StrEnum):
    """What a part prices."""

    FLAT = "flat"
    """A fee that does not depend on the quantity."""
    UNITS = "units"
    """Units at one price."""
    INCLUDED = "included"
    """Units that cost nothing."""
    COMMITTED = "committed"
    """Units that are paid for whether they were used or not."""
    PACKAGES = "packages"
    """Packages of ``package_size`` units."""
    TIER = "tier"
    """The units of tier ``index`` (0 is the first)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the sum.

    ``quantity`` is the usage that the part covers, ``count`` how often ``unit_amount`` is charged for it
    (the same number, the packages it makes, or the units committed to).  A tier covers what lies above
    ``over`` up to and including ``up_to`` (``None``: without end).  Amounts are in major units of the price's
    currency, not rounded.
    """

    kind: PartKind
    quantity: Exact
    count: Exact
    unit_amount: Decimal
    flat_amount: Decimal
    amount: Exact
    index: int | None = None
    over: Decimal | None = None
    up_to: Decimal | None = None
    package_size: Decimal | None = None


def priced(
    kind: PartKind,
    quantity: Exact,
    count: Exact,
    unit_amount: Decimal,
    flat_amount: Decimal = ZERO,
    *,
    package_size: Decimal | None = None,
) -> Part:
    """A part with its amount worked out; call it inside ``exact_context()``."""
    amount = plus(times(count, unit_amount), flat_amount)
    return Part(kind, quantity, count, unit_amount, flat_amount, amount, package_size=package_size)


def check_quantity(quantity: Exact) -> None:
    """``InvalidInput`` unless the quantity is a finite number, 0 or more.

    A correction that makes a period's usage negative has no price: tiers and packages are not defined below
    zero.  It is for the caller to credit the earlier line instead.
    """
    finite = not isinstance(quantity, Decimal) or quantity.is_finite()
    if not finite or quantity < 0:
        raise InvalidInput("a negative quantity has no price", field="quantity", allowed="0 or more")
