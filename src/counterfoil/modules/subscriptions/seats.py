"""The fewest and the most seats that a plan allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.modules.catalog import Plan


def check_seats(plan: Plan, quantity: Decimal, field: str) -> None:
    """Refuse a quantity that the plan does not allow, of a price whose quantity is its item's.

    The default of one seat at least refuses nothing, so that a plan without a rule can bill 0 seats, half a
    seat or 12.5 hours.
    """
    least = plan.min_seats if plan.min_seats > 1 else 0
    most = plan.max_seats
    if quantity >= least and (most is None or quantity <= most):
        return
    bounds = f"at most {most}" if not least else f"{least} or more" if most is None else f"{least} to {most}"
    raise InvalidInput(
        f"{field} is not a number of seats that the plan {plan.code} allows", field=field, allowed=bounds
    )
