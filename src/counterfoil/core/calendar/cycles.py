"""``Cycle``: boundaries that recur in a time zone for ever, before and after their anchor.

The anchor's local day and time of day are remembered.  Every boundary is computed from the anchor, never
from its neighbour, so that 31 January is followed by 28 February and then by 31 March.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar.instants import assert_utc
from counterfoil.core.calendar.periods import Period
from counterfoil.core.calendar.zones import from_local, parse_zone, to_local

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo

    from counterfoil.core.calendar.intervals import Interval

_DAY: Final = timedelta(days=1)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cycle:
    """The boundaries every ``interval`` from ``anchor`` (an instant) in the time zone named ``zone``.

    Boundaries are strictly increasing with their number, and boundary 0 is the anchor.  A boundary beyond
    the years 1 to 9999 is ``InvalidInput``, and so is an unknown zone.
    """

    interval: Interval
    anchor: datetime
    zone: str
    _rules: ZoneInfo = field(init=False, repr=False, compare=False)
    _local: datetime = field(init=False, repr=False, compare=False)
    _met: list[Period] = field(init=False, repr=False, compare=False, default_factory=list)
    """The period that was asked for last, for it is mostly asked for again."""

    def __post_init__(self) -> None:
        rules = parse_zone(self.zone)
        object.__setattr__(self, "_rules", rules)
        object.__setattr__(self, "_local", to_local(self.anchor, rules))

    def boundary(self, n: int) -> datetime:
        """Boundary number ``n``; the negative ones are before the anchor."""
        if n == 0:
            return self.anchor
        local = self.interval.step(self._local, n, day=self._local.day)
        instant = from_local(local, self._rules)
        # Samoa had no 30 December 2011.  In a daily cycle such a day keeps its number and, since its
        # boundary would fall on the next one, gets the last microsecond before that.
        if self.interval.days == 1 and to_local(instant, self._rules) - local >= _DAY:
            return instant - _MICROSECOND
        return instant

    def index_at(self, instant: datetime) -> int:
        """The number of the last boundary at or before ``instant``."""
        return self._around(instant)[0]

    def _around(self, instant: datetime) -> tuple[int, Period]:
        """The number of the last boundary at or before ``instant``, and the period that it begins."""
        local = to_local(instant, self._rules)
        if self.interval.days:
            n = (local.date() - self._local.date()).days // self.interval.days
        else:
            months = (local.year - self._local.year) * 12 + local.month - self._local.month
            n = months // self.interval.months
        # The local dates give the number but for the day and time of day: at most a step or two are left.
        start = self.boundary(n)
        while start > instant:
            n -= 1
            start = self.boundary(n)
        end = self.boundary(n + 1)
        while end <= instant:
            n += 1
            start, end = end, self.boundary(n + 1)
        return n, Period(start, end)

    def period(self, n: int) -> Period:
        """The period from boundary ``n`` to the next."""
        return Period(self.boundary(n), self.boundary(n + 1))

    def period_at(self, instant: datetime) -> Period:
        """The period that contains ``instant``."""
        for last in self._met:
            if last.start <= instant < last.end:
                return last
        found = self._around(instant)[1]
        self._met[:] = [found]
        return found

    def next_boundary(self, after: datetime) -> datetime:
        """The first boundary later than ``after``."""
        return self.boundary(self.index_at(after) + 1)

    def first_boundary(self, start: datetime) -> datetime:
        """The first boundary at or later than ``start``."""
        n = self.index_at(start)
        return start if self.boundary(n) == start else self.boundary(n + 1)

    def begun(self, after: datetime, until: datetime) -> int:
        """How many boundaries lie after ``after`` and at or before ``until``.

        Runs of a job that each ask from the run before meet every boundary once, however often they come.
        """
        return max(self.index_at(until) - self.index_at(after), 0)

    def periods(self, start: datetime, end: datetime) -> Iterator[Period]:
        """The periods from ``start`` to ``end`` in order; the first and the last are cut off there.

        They tile ``[start, end)``; a start that is not before the end gives none.
        """
        assert_utc(end)
        n = self.index_at(start)
        while start < end:
            n += 1
            upper = min(self.boundary(n), end)
            yield Period(start, upper)
            start = upper
