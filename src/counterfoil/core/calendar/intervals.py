"""``Interval``: how often something recurs, as a count of calendar units."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from counterfoil.core.calendar.instants import out_of_range
from counterfoil.core.errors import InvalidInput

MAX_COUNT: Final = 1000
"""The most units that one interval may have."""


class IntervalUnit(StrEnum):
    """The units of the calendar that prices recur by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    HALF_YEAR = "half_year"
    YEAR = "year"


_MONTHS: Final = {
    IntervalUnit.MONTH: 1,
    IntervalUnit.QUARTER: 3,
    IntervalUnit.HALF_YEAR: 6,
    IntervalUnit.YEAR: 12,
}
_DAYS: Final = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7}


@dataclass(frozen=True, slots=True)
class Interval:
    """``count`` units: ``Interval(MONTH, 3)`` is every three months.  A count over 1000 is refused."""

    unit: IntervalUnit
    count: int = 1

    def __post_init__(self) -> None:
        if type(self.count) is not int or not 1 <= self.count <= MAX_COUNT:
            raise InvalidInput(
                "an interval has an impossible count",
                field="count",
                allowed=f"an integer from 1 to {MAX_COUNT}",
            )

    @property
    def months(self) -> int:
        """Its length in months; 0 for one of days or weeks."""
        return _MONTHS.get(self.unit, 0) * self.count

    @property
    def days(self) -> int:
        """Its length in days; 0 for one of months."""
        return _DAYS.get(self.unit, 0) * self.count

    def step(self, local: datetime, times: int, *, day: int) -> datetime:
        """The local time ``times`` intervals from ``local``, on day ``day`` of its month or the month's last.

        ``day`` has no meaning for intervals of days and weeks.  Beyond the years 1 to 9999 there is only
        ``InvalidInput``.
        """
        try:
            if self.days:
                return local + timedelta(days=self.days * times)
            years, month = divmod(local.month - 1 + self.months * times, 12)
            year = local.year + years
            return local.replace(year=year, month=month + 1, day=min(day, monthrange(year, month + 1)[1]))
        except (OverflowError, ValueError):
            raise out_of_range() from None


def parse_interval(unit: str, count: int = 1, *, field: str = "interval") -> Interval:
    """The interval of this unit's name and count, or ``InvalidInput`` naming ``field``'s part at fault."""
    try:
        known = IntervalUnit(unit)
    except ValueError:
        raise InvalidInput(
            f"{field} has an unknown unit", field=f"{field}.unit", allowed=", ".join(IntervalUnit)
        ) from None
    try:
        return Interval(known, count)
    except InvalidInput as refusal:
        raise refusal.within(field) from None
