"""Where cycles start: at a calendar unit, or on a billing day.

An anchor is one instant, so its local reading must show what is to be remembered.  29 February cannot
remember day 31, and a midnight that clocks skipped reads 01:00.  In such a case the anchor is a later
boundary of the same cycle that shows it; a cycle reaches back before its anchor, so nothing is lost.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from counterfoil.core.calendar.intervals import IntervalUnit
from counterfoil.core.calendar.zones import from_local, parse_zone, to_local
from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from counterfoil.core.calendar.intervals import Interval

_CANDIDATES = 12
"""Twelve steps of any interval visit all the months it ever visits, and of years a leap year."""
_LEAP_YEAR = 2024


def aligned_anchor(interval: Interval, instant: datetime, zone: str) -> datetime:
    """An anchor of the cycle that follows the calendar of ``zone`` at ``instant``.

    Its boundaries are local midnights: of the day, of Monday, or of the first day of the month, quarter,
    half-year or year that contains ``instant``, and every interval from there.
    """
    rules = parse_zone(zone)
    local = to_local(instant, rules)
    midnight = datetime.combine(local.date(), time.min)
    match interval.unit:
        case IntervalUnit.DAY:
            start = midnight
        case IntervalUnit.WEEK:
            start = midnight - timedelta(days=midnight.weekday())
        case _:
            months = interval.months // interval.count
            start = midnight.replace(month=(local.month - 1) // months * months + 1, day=1)
    return _remembering(interval, start, 1, rules)


def anchor_on_day(interval: Interval, start: datetime, day: int, zone: str) -> datetime:
    """An anchor of the cycle that has its boundaries on day ``day`` of the month, at local midnight.

    The cycle counts from that day in the local month of ``start``: from 16 February 2012 with day 14, the
    first boundary is 14 March by the month and 14 February 2013 by the year.  In a shorter month the
    boundary is the month's last day.  Intervals of days and weeks have no such day: they count from
    ``start``.  A day outside 1 to 31 is ``InvalidInput``.
    """
    rules = parse_zone(zone)
    if not 1 <= day <= 31:
        raise InvalidInput("a billing day is impossible", field="billing_day", allowed="1 to 31")
    if interval.days:
        return start
    midnight = datetime.combine(to_local(start, rules).date(), time.min)
    return _remembering(interval, interval.step(midnight, 0, day=day), day, rules)


def anchor_on_date(interval: Interval, start: datetime, month: int, day: int, zone: str) -> datetime:
    """An anchor of the cycle that has a boundary on this day of this month, at local midnight.

    A year from 1 July, or quarters that begin in February, May, August and November: it is for intervals of
    months, and the boundary is in the local year of ``start``.  29 February by the year is the 28th in most
    years.  A date that no year has, and an interval of days or weeks, are ``InvalidInput``.
    """
    rules = parse_zone(zone)
    if interval.days:
        raise InvalidInput(
            "an interval of days has no date of the year",
            field="interval",
            allowed="month, quarter, half_year, year",
        )
    if not 1 <= month <= 12:
        raise InvalidInput("a billing month is impossible", field="billing_month", allowed="1 to 12")
    if not 1 <= day <= monthrange(_LEAP_YEAR, month)[1]:
        allowed = f"1 to {monthrange(_LEAP_YEAR, month)[1]}"
        raise InvalidInput("that month has no such billing day", field="billing_day", allowed=allowed)
    first = datetime.combine(to_local(start, rules).date(), time.min).replace(month=month, day=1)
    return _remembering(interval, interval.step(first, 0, day=day), day, rules)


def anchor_on_weekday(interval: Interval, start: datetime, weekday: int, zone: str) -> datetime:
    """An anchor of the weekly cycle that has its boundaries on ``weekday`` (1 is Monday), at local midnight.

    It is the last such day at or before ``start``, from where ``interval`` (of weeks) counts.  A weekday
    outside 1 to 7, and an interval of another unit, are ``InvalidInput``.
    """
    rules = parse_zone(zone)
    if interval.unit is not IntervalUnit.WEEK:
        raise InvalidInput("only weeks begin on a weekday", field="interval", allowed="week")
    if not 1 <= weekday <= 7:
        raise InvalidInput(
            "a weekday is impossible", field="billing_weekday", allowed="1 (Monday) to 7 (Sunday)"
        )
    midnight = datetime.combine(to_local(start, rules).date(), time.min)
    return _remembering(interval, midnight - timedelta(days=(midnight.isoweekday() - weekday) % 7), 1, rules)


def _remembering(interval: Interval, local: datetime, day: int, rules: ZoneInfo) -> datetime:
    """The first of the cycle's boundaries from ``local`` on that reads the latest day and a true midnight."""
    best: tuple[int, bool] | None = None
    anchor = from_local(local, rules)
    for n in range(_CANDIDATES):
        try:
            wanted = interval.step(local, n, day=day)
            instant = from_local(wanted, rules)
        except InvalidInput:
            break
        quality = (0 if interval.days else wanted.day, to_local(instant, rules) == wanted)
        if best is None or quality > best:
            best, anchor = quality, instant
    return anchor
