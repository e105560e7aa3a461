"""Levels over time: nothing is lost or counted twice wherever a time is cut, into periods or into windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.pricing import Window, WindowUnit
from counterfoil.core.rating import (
    Aggregate,
    Aggregation,
    Reset,
    Stretch,
    UsageEvent,
    aggregate,
    aggregate_windows,
    window_grid,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
LEVEL = Aggregate(Aggregation.WEIGHTED_SUM, "gb", reset=Reset.NEVER)
SEATS = Aggregate(Aggregation.SUM, "gb", reset=Reset.NEVER)

minutes = st.integers(-3000, 6000)
levels = st.lists(st.tuples(minutes, st.integers(-20, 20)), max_size=8).map(
    lambda pairs: [
        UsageEvent(str(n), START + timedelta(minutes=at), {"gb": gb}) for n, (at, gb) in enumerate(pairs)
    ]
)


def stood(events: list[UsageEvent], stretch: Stretch, spec: Aggregate = LEVEL) -> Fraction:
    """Level × time, in microseconds."""
    (usage,) = aggregate(events, spec, stretch)
    return Fraction(usage.quantity) * stretch.microseconds


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


@given(levels, st.integers(1, 2000), st.integers(1, 2000))
def test_a_level_stands_as_long_in_two_periods_as_in_one(
    events: list[UsageEvent], first: int, second: int
) -> None:
    whole = stood(events, Stretch(at(0), at(first + second)))
    parts = [Stretch(at(0), at(first)), Stretch(at(first), at(first + second))]
    assert whole == sum(stood(events, part) for part in parts)


@settings(deadline=None)
@given(levels, st.integers(1, 3000), st.sampled_from([(WindowUnit.HOUR, 1), (WindowUnit.DAY, 1)]))
def test_the_windows_of_a_level_sum_to_its_period(
    events: list[UsageEvent], length: int, window: tuple[WindowUnit, int]
) -> None:
    period = Stretch(at(7), at(7 + length))
    grid = window_grid(Window(*window), period.start, period.end, "Europe/Berlin")
    told = aggregate_windows(events, LEVEL, grid, period)
    places = {grid.start_of(place): place for place in range(grid.place_of(period.end) + 1)}
    total = sum(
        Fraction(one.quantity) * ((grid.end_of(places[start]) - start) // timedelta(microseconds=1))
        for start, one in told
    )
    assert total == stood(events, period)


@given(levels, st.integers(1, 3000))
def test_events_are_told_in_one_window_each_and_the_last_has_the_running_total(
    events: list[UsageEvent], length: int
) -> None:
    period = Stretch(at(0), at(length))
    grid = window_grid(Window(WindowUnit.HOUR), period.start, period.end, "UTC")
    told = [one for _, one in aggregate_windows(events, SEATS, grid, period)]
    (whole,) = aggregate(events, SEATS, period)
    if told and told[-1].value:
        assert told[-1].quantity == whole.quantity
    assert sum(one.events for one in told) in (whole.events, 0)


def test_a_level_that_is_set_and_taken_back_counts_for_the_time_between() -> None:
    # 60 minutes of 10 and 30 of 4 in a period of two hours: (600 + 120) ÷ 120 = 6
    events = [UsageEvent("a", at(0), {"gb": 10}), UsageEvent("b", at(60), {"gb": -6})]
    events.append(UsageEvent("c", at(90), {"gb": -4}))
    (usage,) = aggregate(events, Aggregate(Aggregation.WEIGHTED_SUM, "gb"), Stretch(at(0), at(120)))
    assert usage.quantity == 6


def test_what_happens_at_the_end_of_a_period_is_the_next_ones() -> None:
    events = [UsageEvent("a", at(60), {"gb": 10})]
    (first,) = aggregate(events, LEVEL, Stretch(at(0), at(60)))
    (second,) = aggregate(events, LEVEL, Stretch(at(60), at(120)))
    assert [first.quantity, second.quantity] == [0, 10]
    assert first.events == 0


@pytest.mark.parametrize(
    ("aggregation", "running"),
    [
        (Aggregation.COUNT, [2, 2, 3]),
        (Aggregation.SUM, [9, 9, 7]),
        (Aggregation.MAX, [5, 5, 5]),
        (Aggregation.MIN, [4, 4, -2]),
        (Aggregation.LATEST, [4, 4, -2]),
        (Aggregation.UNIQUE_COUNT, [2, 2, 3]),
        (Aggregation.AVERAGE, [Fraction(9, 2), Fraction(9, 2), Fraction(7, 3)]),
    ],
)
def test_what_never_resets_goes_on_from_window_to_window(
    aggregation: Aggregation, running: list[int | Fraction]
) -> None:
    # 5 the day before, 4 in the first hour, nothing in the second, −2 in the third
    events = [
        UsageEvent(str(n), at(m), {"gb": gb}) for n, (m, gb) in enumerate([(-999, 5), (10, 4), (130, -2)])
    ]
    spec = Aggregate(aggregation, None if aggregation is Aggregation.COUNT else "gb", reset=Reset.NEVER)
    period = Stretch(at(0), at(180))
    grid = window_grid(Window(WindowUnit.HOUR), period.start, period.end, "UTC")
    told = [(start, one.quantity) for start, one in aggregate_windows(events, spec, grid, period)]
    assert told == [(at(60 * hour), value) for hour, value in enumerate(running)]
