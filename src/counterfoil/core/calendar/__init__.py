"""Exact time: instants, half-open periods, and boundaries that recur in a customer's time zone.

Owns: reading and writing of instants, time zones by IANA name, ``Period``, ``Interval``, ``Cycle`` and the
anchors it starts from, and what fraction of a period a part of it is.
Does not own: the clock (now is an argument), amounts of money, or what is due when.
Always holds: an instant is an aware datetime in UTC; periods are half-open, so the periods of a cycle tile
time with no gap and no overlap; a time out of range is ``InvalidInput``, never an overflow.
"""

from counterfoil.core.calendar.alignment import Alignment, AnchorRule
from counterfoil.core.calendar.anchors import aligned_anchor, anchor_on_date, anchor_on_day, anchor_on_weekday
from counterfoil.core.calendar.cycles import Cycle
from counterfoil.core.calendar.fractions import (
    ALWAYS_WHOLE,
    CountedIn,
    DayCount,
    Measured,
    fraction_of,
    local_days,
    measure,
    started_days,
)
from counterfoil.core.calendar.instants import (
    EARLIEST,
    LATEST,
    as_instant,
    assert_utc,
    format_instant,
    microseconds_between,
    parse_instant,
)
from counterfoil.core.calendar.intervals import MAX_COUNT, Interval, IntervalUnit, parse_interval
from counterfoil.core.calendar.periods import Period
from counterfoil.core.calendar.zones import ZONE_NAMES, from_local, parse_zone, to_local

__all__ = [
    "ALWAYS_WHOLE",
    "EARLIEST",
    "LATEST",
    "MAX_COUNT",
    "ZONE_NAMES",
    "Alignment",
    "AnchorRule",
    "CountedIn",
    "Cycle",
    "DayCount",
    "Interval",
    "IntervalUnit",
    "Measured",
    "Period",
    "aligned_anchor",
    "anchor_on_date",
    "anchor_on_day",
    "anchor_on_weekday",
    "as_instant",
    "assert_utc",
    "format_instant",
    "fraction_of",
    "from_local",
    "local_days",
    "measure",
    "microseconds_between",
    "parse_instant",
    "parse_interval",
    "parse_zone",
    "started_days",
    "to_local",
]
