"""What every use case refuses of a subscription: its labels, far times, quantities that cannot be billed."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import unit_of
from counterfoil.core.proration import NetRounding
from counterfoil.core.rating import RatingInput, rate_line
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from counterfoil.core.proration import ProrationPolicy
    from counterfoil.modules.catalog import Price

FARTHEST: Final = timedelta(days=3653)
"""How far ahead a subscription may start, and its anchor or trial's end lie after the start: ten years."""

MAX_LATE_USAGE_DAYS: Final = 3650
"""The most days for which usage that comes late is billed."""
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")


def check_labels(external_id: str | None, plan_reference: str | None, payment_method: str | None) -> None:
    """Refuse texts of a subscription that cannot be kept; ``None`` passes."""
    check_text(external_id, "external_id", longest=255)
    check_text(plan_reference, "plan_reference", longest=255)
    if payment_method is not None and not _WORD.fullmatch(payment_method):
        raise InvalidInput(
            "payment_method is not one word in lower case",
            field="payment_method",
            allowed="1 to 50 of a-z, 0-9 and _, a letter first: card, bank_transfer",
        )


def check_late_usage_days(days: int | None) -> None:
    """Refuse a number of days for which nobody waits; ``None`` passes."""
    if days is not None and not 0 <= days <= MAX_LATE_USAGE_DAYS:
        raise InvalidInput(
            "late_usage_days is out of range",
            field="late_usage_days",
            allowed=f"0 to {MAX_LATE_USAGE_DAYS}, or none: as its issuer says",
        )


def check_distance(instant: datetime, origin: datetime, field: str, latest: str) -> None:
    """Refuse an instant more than ten years after ``origin``."""
    if instant - origin > FARTHEST:
        raise InvalidInput(f"{field} is too far ahead", field=field, allowed=f"a time until {latest}")


def check_quantity(quantity: Decimal, field: str) -> None:
    """Refuse a quantity below zero; fractions are allowed (half a seat, 12.5 hours)."""
    if quantity < 0:
        raise InvalidInput(f"{field} is below zero", field=field, allowed="0 or more")


def check_billable(price: Price, quantity: Decimal, currency: str, field: str) -> None:
    """Refuse a quantity for which no invoice could state what a whole period costs."""
    try:
        rate_line(RatingInput(pricing=price.pricing(currency), quantity=quantity, unit=unit_of(currency)))
    except TooLarge as refused:
        raise TooLarge(
            f"{field} makes the price {price.code} more than can be billed",
            field=field,
            allowed=f"a quantity that costs {refused.allowed}",
        ) from None
    except InvalidInput as refused:
        raise InvalidInput(
            f"{field} has no price: {refused.message}", field=field, allowed=refused.allowed
        ) from None


def check_policy(policy: ProrationPolicy) -> None:
    """Refuse how a subscription cannot prorate: every invoice is the sum of its rounded lines."""
    if policy.net_rounding is not NetRounding.SUM_OF_ROUNDED:
        raise InvalidInput(
            "each line of an invoice is rounded, and an invoice is the sum of its lines",
            field="policy.net_rounding",
            allowed=NetRounding.SUM_OF_ROUNDED.value,
        )
