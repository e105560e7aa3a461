"""The windows of time into which a service period falls, each of which a price may look at by itself.

Owns: where windows begin.  Does not own: what one costs (``core.pricing``), what was used in it (usage).
Always holds: the windows of a grid tile the time from its origin on; minutes and hours are of real time and
counted from the local midnight before the period, days, weeks and months are those of the calendar in the
zone, weeks from Monday; of several days (weeks, months) the first begins with the one in which the period
does, so windows begin anew with each period.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import timedelta
from itertools import count, takewhile
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, aligned_anchor
from counterfoil.core.errors import TooLarge
from counterfoil.core.pricing import WindowUnit
from counterfoil.core.pricing.measured import MAX_PIECES

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.core.pricing import Window

_STEPS: Final = {WindowUnit.MINUTE: timedelta(minutes=1), WindowUnit.HOUR: timedelta(hours=1)}
_DAY: Final = Interval(IntervalUnit.DAY)


@dataclass(frozen=True, slots=True)
class WindowGrid:
    """The windows of one period: all of one ``step`` from ``origin`` on, or beginning at ``starts``.

    The last of those ends at ``until``, which may be after the period.
    """

    origin: datetime
    step: timedelta | None = None
    starts: tuple[datetime, ...] = ()
    until: datetime | None = None

    def place_of(self, at: datetime) -> int:
        """Which window an instant of the period lies in; the first is 0."""
        if self.step is not None:
            return (at - self.origin) // self.step
        return bisect_right(self.starts, at) - 1

    def start_of(self, place: int) -> datetime:
        """When that window begins (UTC); the first may begin before the period."""
        return self.starts[place] if self.step is None else self.origin + self.step * place

    def end_of(self, place: int) -> datetime:
        """When that window ends (UTC); the last may end after the period."""
        if self.step is not None or place + 1 < len(self.starts):
            return self.start_of(place + 1)
        assert self.until is not None
        return self.until


def window_grid(window: Window, start: datetime, end: datetime, zone: str) -> WindowGrid:
    """The windows of a period ``[start, end)`` in this zone; ``TooLarge`` for over ``MAX_PIECES`` of days."""
    step = _STEPS.get(window.unit)
    if step is not None:
        return WindowGrid(aligned_anchor(_DAY, start, zone), step * window.count)
    interval = Interval(IntervalUnit(window.unit.value), window.count)
    one = Interval(interval.unit)
    cycle = Cycle(interval, aligned_anchor(one, start, zone), zone)
    boundaries = takewhile(lambda at: at < end, map(cycle.boundary, count()))
    starts = tuple(at for _, at in zip(range(MAX_PIECES + 1), boundaries, strict=False))
    if len(starts) > MAX_PIECES:
        raise TooLarge(
            "the period has too many windows", field="params.window", allowed=f"at most {MAX_PIECES}"
        )
    return WindowGrid(starts[0], None, starts, cycle.boundary(len(starts)))
