"""What fraction of a period a part of it is, by named conventions, for proration."""

from __future__ import annotations

from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.calendar.zones import parse_zone, to_local

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.core.calendar.periods import Period


class DayCount(StrEnum):
    """A convention for measuring a part against its whole."""

    LOCAL_DAYS = "local_days"
    """Local calendar days: the day on which the part starts counts whole, the day on which it ends not."""
    EXACT = "exact"
    """Elapsed time, to the microsecond."""


def local_days(start: datetime, end: datetime, zone: str) -> int:
    """How many times the local date changes from ``start`` to ``end``: 0 within one day."""
    rules = parse_zone(zone)
    return (to_local(end, rules).date() - to_local(start, rules).date()).days


def fraction_of(part: Period, whole: Period, zone: str, policy: DayCount) -> Fraction:
    """How much of ``whole`` its ``part`` is: from 0 to 1, exactly.

    The fractions of parts that tile the whole sum to 1.  A whole within one local day has no days to count
    and is measured by elapsed time.
    """
    assert whole.covers(part)
    if policy is DayCount.LOCAL_DAYS:
        days = local_days(whole.start, whole.end, zone)
        if days:
            return Fraction(local_days(part.start, part.end, zone), days)
    return Fraction(part.microseconds, whole.microseconds)
