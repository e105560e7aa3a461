"""The windows of a level: each begins with what the ones before it have left.

Owns: putting together what a store has worked out for each window by itself (``Piece``) for the meters of
which a window needs the earlier ones (``needs_earlier``): a weighted sum, and whatever never resets.
Does not own: which window an event lies in (``windows``), the arithmetic of a whole period (``aggregate``).
Always holds: the value of a window is what ``aggregate`` makes of the events up to its end; a window is told
if something happened in it or its value is not 0; an event is told in one window, what was carried in with
the first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.money import exact_context
from counterfoil.core.pricing.exact import greater, lesser, minus, plus, sum_of, times
from counterfoil.core.rating.aggregate import (
    MICROSECOND,
    ZERO,
    Aggregation,
    Reset,
    Stretch,
    Usage,
    aggregate,
    finished,
    members_of,
    total_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from counterfoil.core.money import Exact
    from counterfoil.core.rating.aggregate import Aggregate, Contribution, Member, UsageEvent
    from counterfoil.core.rating.windows import WindowGrid

CARRIED: Final = -1
"""The place of what happened before the period."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What the events of one window come to by themselves; there is at least one.

    ``total`` is that of ``finished``; of a weighted sum, Σ values, and of the unique count, how many values
    are new.  ``moment`` is, of a weighted sum, Σ value × µs since the period began, 0 of what is carried.
    """

    total: Exact
    events: int
    first_at: datetime
    last_at: datetime
    moment: Exact = ZERO


def needs_earlier(spec: Aggregate) -> bool:
    """Whether what a window counts depends on those before it."""
    return spec.aggregation is Aggregation.WEIGHTED_SUM or spec.reset is Reset.NEVER


def aggregate_windows(
    events: Iterable[UsageEvent], spec: Aggregate, grid: WindowGrid, period: Stretch
) -> Iterator[tuple[datetime, Usage]]:
    """The usage of each window of a period, the earliest first, of events in memory."""
    places: dict[int, list[UsageEvent]] = defaultdict(list)
    for event in events:
        if period.takes(event.at, spec):
            places[CARRIED if event.at < period.start else grid.place_of(event.at)].append(event)
    if not needs_earlier(spec):
        for place in sorted(places):
            (usage,) = aggregate(places[place], spec)
            if usage.events:
                yield grid.start_of(place), usage
        return
    seen: set[Contribution] = set()
    pieces = {place: _piece(members_of(places[place], spec), spec, period, seen) for place in sorted(places)}
    kept = {place: piece for place, piece in pieces.items() if piece is not None}
    if kept:
        yield from running_windows(kept, spec, grid, period)


def _piece(
    members: Sequence[Member], spec: Aggregate, period: Stretch, seen: set[Contribution]
) -> Piece | None:
    """What the events of one window come to; ``seen`` are the values of the windows before it."""
    if not members:
        return None
    weighted = spec.aggregation is Aggregation.WEIGHTED_SUM
    total: Exact = ZERO
    moment: Exact = ZERO
    with exact_context():
        if spec.aggregation is Aggregation.UNIQUE_COUNT:
            new = {value for _, value in members} - seen
            seen |= new
            total = Decimal(len(new))
        else:
            total = total_of(members, Aggregation.SUM if weighted else spec.aggregation, None)
        if weighted:
            moment = sum_of(
                times(value, Decimal((event.at - period.start) // MICROSECOND))
                for event, value in members
                if isinstance(value, Decimal) and event.at >= period.start
            )
    instants = [event.at for event, _ in members]
    return Piece(total, len(members), min(instants), max(instants), moment)


def running_windows(
    pieces: Mapping[int, Piece], spec: Aggregate, grid: WindowGrid, period: Stretch
) -> Iterator[tuple[datetime, Usage]]:
    """The windows of a period with their starts, the earliest first; ``pieces`` by place, none empty."""
    places = sorted(pieces)
    level = _Level(spec, period)
    untold: list[Piece] = []
    if CARRIED in pieces:
        untold.append(level.carried(pieces[CARRIED]))
    last = grid.place_of(period.end - MICROSECOND)
    place = grid.place_of(period.start)
    while place <= last:
        here = pieces.get(place)
        if here is not None:
            untold.append(here)
        value = level.of_window(here, grid, place)
        if value or here is not None:
            yield grid.start_of(place), _usage(value, untold)
            untold = []
            place += 1
            continue
        following = bisect_right(places, place)  # nothing is left: go on where something happens
        place = places[following] if following < len(places) else last + 1


@dataclass(slots=True)
class _Level:
    """What the windows so far have left."""

    spec: Aggregate
    period: Stretch
    total: Exact | None = None
    events: int = 0

    def carried(self, piece: Piece) -> Piece:
        """Take what happened before the period."""
        self._add(piece)
        return piece

    def of_window(self, here: Piece | None, grid: WindowGrid, place: int) -> Exact | None:
        """The value of one window, in which this happened; the next one begins with what it leaves."""
        before = ZERO if self.total is None else self.total
        if here is not None:
            self._add(here)
        if self.spec.aggregation is not Aggregation.WEIGHTED_SUM:
            return finished(self.total, self.events, self.spec, None)
        start, end = grid.start_of(place), grid.end_of(place)
        first, until = (
            Decimal((at - self.period.start) // MICROSECOND)
            for at in (max(start, self.period.start), min(end, self.period.end))
        )
        with exact_context():
            stood = times(before, until - first)
            if here is not None:
                stood = plus(stood, minus(times(here.total, until), here.moment))
        return finished(stood, self.events, self.spec, Stretch(start, end))

    def _add(self, piece: Piece) -> None:
        self.events += piece.events
        if self.total is None:
            self.total = piece.total
            return
        with exact_context():
            match self.spec.aggregation:
                case Aggregation.MAX:
                    self.total = greater(self.total, piece.total)
                case Aggregation.MIN:
                    self.total = lesser(self.total, piece.total)
                case Aggregation.LATEST:
                    self.total = piece.total
                case _:
                    self.total = plus(self.total, piece.total)


def _usage(value: Exact | None, told: Sequence[Piece]) -> Usage:
    return Usage(
        (),
        value,
        sum(piece.events for piece in told),
        min((piece.first_at for piece in told), default=None),
        max((piece.last_at for piece in told), default=None),
    )
