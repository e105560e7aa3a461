"""The fewest and the most that a plan allows of seats, and the most that there may be of an add-on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text

if TYPE_CHECKING:
    from decimal import Decimal

    from counterfoil.modules.catalog import AddOn, Plan


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


def check_add_on_quantity(add_on: AddOn, quantity: Decimal, field: str) -> None:
    """Refuse a quantity that an add-on cannot have on one subscription."""
    most = add_on.max_quantity
    if quantity <= 0 or (most is not None and quantity > most):
        allowed = "above 0" if most is None else f"above 0, up to {decimal_text(most)}"
        raise InvalidInput(f"{field} is not one that {add_on.code} may have", field=field, allowed=allowed)
