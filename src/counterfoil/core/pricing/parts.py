"""``Part``: one step of the sum that a pricing model makes of a quantity.

Always holds: ``amount == count × unit_amount + flat_amount``, exactly; the quantities of a model's parts sum
to the quantity that was rated (except that a model may answer no parts at all for a quantity of zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from counterfoil.core.pricing.exact import ZERO, plus, times

if TYPE_CHECKING:
    from datetime import datetime

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
    PERCENT = "percent"
    """A share of an amount of money, which is the quantity; also that of a tier, if it has an ``index``."""
    EVENTS = "events"
    """A fee for each of ``count`` events."""
    MINIMUM = "event_minimum"
    """Events of which each would cost less than the least that one costs."""
    MAXIMUM = "event_maximum"
    """Events of which each would cost more than the most that one costs."""
    SEATS = "seats"
    """Seats; ``count`` may be more than the quantity, where a least number of them is paid for."""
    COST = "cost"
    """What the units cost the seller, or the cost itself (``unit_amount`` 1)."""
    MARKUP = "markup"
    """A share of ``count``, the cost, on top of it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One step of the sum.

    ``quantity`` is the usage that the part covers, ``count`` how often ``unit_amount`` is charged for it
    (the same number, the packages it makes, or the units committed to).  A tier covers what lies above
    ``over`` up to and including ``up_to`` (``None``: without end).  ``group`` (properties with their values,
    ``None`` where absent) or the start of a ``window`` say of which usage it is a part, where each is priced
    by itself.  Amounts are in major units of the price's currency, not rounded.
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
    group: tuple[tuple[str, str | None], ...] | None = None
    window: datetime | None = None


def priced(
    kind: PartKind,
    quantity: Exact,
    count: Exact,
    unit_amount: Decimal,
    flat_amount: Decimal = ZERO,
    *,
    package_size: Decimal | None = None,
    group: tuple[tuple[str, str | None], ...] | None = None,
) -> Part:
    """A part with its amount worked out; call it inside ``exact_context()``."""
    amount = plus(times(count, unit_amount), flat_amount)
    return Part(
        kind, quantity, count, unit_amount, flat_amount, amount, package_size=package_size, group=group
    )
