"""What part of a whole period a piece of it is, by named conventions, for proration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar.zones import from_local, parse_zone, to_local

if TYPE_CHECKING:
    from datetime import date

    from counterfoil.core.calendar.intervals import Interval
    from counterfoil.core.calendar.periods import Period


class DayCount(StrEnum):
    """A convention for measuring a piece against its whole.  Days are those of the local calendar."""

    LOCAL_DAYS = "local_days"
    """Half-open: the day on which a piece starts counts whole, the day on which it ends not (the default;
    so count Kill Bill, Lago, Polar and Meteroid)."""
    INCLUSIVE_END = "inclusive_end"
    """The same, but the whole has the day on which it ends as well, and so has the piece that ends with it
    (Flexprice: remaining days + 1 of all days + 1)."""
    STARTED_DAYS = "started_days"
    """Every day of which a moment is in the piece counts: who ends at noon pays for the day (Lago, when a
    subscription in arrears is terminated)."""
    EXACT = "exact"
    """Elapsed time, to the microsecond (Stripe, to the second)."""
    THIRTY_360 = "thirty_360"
    """Every month has 30 days, half-open: 28 February to 1 March are 3 (Zuora: strict 30/360)."""
    FIXED_30 = "fixed_30"
    """Local days of 30 for each month of the interval, whatever the month has; never more than the whole
    (Zuora: actual/360; Kill Bill: fixed days in a month)."""


ALWAYS_WHOLE: Final = frozenset(
    {DayCount.LOCAL_DAYS, DayCount.INCLUSIVE_END, DayCount.EXACT, DayCount.THIRTY_360}
)
"""Where the pieces that fill a whole sum to 1 wherever it is cut.  The started days do if it is cut at local
midnights; days of 30 do where the whole has as many."""


class CountedIn(StrEnum):
    """What a piece and its whole were counted in."""

    DAYS = "days"
    MICROSECONDS = "microseconds"


@dataclass(frozen=True, slots=True)
class Measured:
    """``counted`` of ``of``: a piece and its whole, in one unit."""

    counted: int
    of: int
    unit: CountedIn

    @property
    def fraction(self) -> Fraction:
        """The piece's share of its whole, 0 to 1."""
        return min(Fraction(self.counted, self.of), Fraction(1))


def local_days(start: datetime, end: datetime, zone: str) -> int:
    """How many times the local date changes from ``start`` to ``end``: 0 within one day."""
    rules = parse_zone(zone)
    return (to_local(end, rules).date() - to_local(start, rules).date()).days


def started_days(span: Period, zone: str) -> int:
    """How many local days have a moment in ``span``."""
    rules = parse_zone(zone)
    last = to_local(span.end, rules).date()
    begun = from_local(datetime.combine(last, time.min), rules) < span.end
    return local_days(span.start, span.end, zone) + begun


def measure(
    part: Period, whole: Period, zone: str, policy: DayCount, interval: Interval | None = None
) -> Measured:
    """``part`` and the ``whole`` that it is a piece of, counted by ``policy``.

    ``interval`` is the whole's; days of 30 are of its months, and one of days or weeks has its own days.  A
    whole within one local day has no days to count and is measured by elapsed time.
    """
    assert whole.covers(part)
    if policy is not DayCount.EXACT and local_days(whole.start, whole.end, zone):
        counted, of = _days(part, whole, zone, policy, interval)
        if of:
            return Measured(counted, of, CountedIn.DAYS)
    return Measured(part.microseconds, whole.microseconds, CountedIn.MICROSECONDS)


def fraction_of(
    part: Period, whole: Period, zone: str, policy: DayCount, interval: Interval | None = None
) -> Fraction:
    """How much of ``whole`` its ``part`` is: from 0 to 1, exactly; see ``measure``."""
    return measure(part, whole, zone, policy, interval).fraction


def _days(
    part: Period, whole: Period, zone: str, policy: DayCount, interval: Interval | None
) -> tuple[int, int]:
    if policy is DayCount.STARTED_DAYS:
        return started_days(part, zone), started_days(whole, zone)
    if policy is DayCount.THIRTY_360:
        return _thirty_360(part, zone), _thirty_360(whole, zone)
    counted, of = (local_days(span.start, span.end, zone) for span in (part, whole))
    if policy is DayCount.INCLUSIVE_END:
        return counted + (part.end == whole.end), of + 1
    if policy is DayCount.FIXED_30:
        assert interval is not None
        of = 30 * interval.months or of
        return (of if part == whole else counted), of
    return counted, of


def _thirty_360(span: Period, zone: str) -> int:
    rules = parse_zone(zone)
    return _place(to_local(span.end, rules).date()) - _place(to_local(span.start, rules).date())


def _place(day: date) -> int:
    """Its number in a calendar of months of 30 days; the 31st is the 30th."""
    return (day.year * 12 + day.month) * 30 + min(day.day, 30)
