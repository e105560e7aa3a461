"""Cycles: boundaries by hand calculation, and the laws that hold in every zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import (
    ZONE_NAMES,
    Cycle,
    Interval,
    IntervalUnit,
    Period,
    aligned_anchor,
    anchor_on_day,
    format_instant,
    from_local,
    parse_instant,
    parse_interval,
    parse_zone,
    to_local,
)
from counterfoil.core.errors import InvalidInput

MONTH = Interval(IntervalUnit.MONTH)
DAY = Interval(IntervalUnit.DAY)

zones = st.sampled_from(sorted(ZONE_NAMES))
intervals = st.builds(Interval, st.sampled_from(IntervalUnit), st.one_of(st.just(1), st.integers(1, 24)))
instants = st.datetimes(datetime(1970, 1, 1), datetime(2150, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
# Midnights and whole half-hours are where clocks change.
half_hours = st.integers(0, 180 * 365 * 48).map(
    lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * n)
)
cycles = st.builds(Cycle, intervals, st.one_of(instants, half_hours), zones)


def shown(cycle: Cycle, numbers: range) -> list[str]:
    return [format_instant(cycle.boundary(n)) for n in numbers]


def at(text: str) -> datetime:
    return parse_instant(text)


def test_a_day_that_a_month_lacks_is_its_last_and_is_remembered() -> None:
    cycle = Cycle(MONTH, at("2023-01-31T12:00:00Z"), "UTC")
    assert shown(cycle, range(-2, 4)) == [
        "2022-11-30T12:00:00Z",
        "2022-12-31T12:00:00Z",
        "2023-01-31T12:00:00Z",
        "2023-02-28T12:00:00Z",
        "2023-03-31T12:00:00Z",
        "2023-04-30T12:00:00Z",
    ]


def test_29_february_by_the_year_comes_back_in_leap_years_only() -> None:
    cycle = Cycle(Interval(IntervalUnit.YEAR), at("2096-02-29T00:00:00Z"), "UTC")
    assert [cycle.boundary(n).day for n in range(-1, 9)] == [
        28,
        29,
        28,
        28,
        28,
        28,
        28,
        28,
        28,
        29,
    ]  # 2100 is none


def test_midnight_in_berlin_is_another_instant_in_summer() -> None:
    cycle = Cycle(MONTH, at("2025-02-28T23:00:00Z"), "Europe/Berlin")  # 1 March
    assert shown(cycle, range(3)) == ["2025-02-28T23:00:00Z", "2025-03-31T22:00:00Z", "2025-04-30T22:00:00Z"]


def test_the_days_on_which_clocks_change_have_23_and_25_hours() -> None:
    cycle = Cycle(DAY, at("2025-03-29T05:00:00Z"), "America/Chicago")  # midnight
    for text, hours in (("2025-03-09", 23), ("2025-11-02", 25), ("2025-06-01", 24)):
        assert cycle.period_at(at(f"{text}T18:00:00Z")).microseconds == hours * 3600 * 10**6


def test_a_boundary_in_the_hour_that_clocks_skip_is_an_hour_later_that_day_only() -> None:
    cycle = Cycle(DAY, at("2025-03-08T07:30:00Z"), "America/New_York")  # 02:30
    assert shown(cycle, range(3)) == ["2025-03-08T07:30:00Z", "2025-03-09T07:30:00Z", "2025-03-10T06:30:00Z"]


def test_a_boundary_in_the_hour_that_clocks_show_twice_is_the_first() -> None:
    cycle = Cycle(DAY, at("2025-11-01T05:30:00Z"), "America/New_York")  # 01:30
    assert shown(cycle, range(3)) == ["2025-11-01T05:30:00Z", "2025-11-02T05:30:00Z", "2025-11-03T06:30:00Z"]


def test_an_anchor_in_the_second_of_the_two_hours_stays_where_it_is() -> None:
    anchor = at("2025-11-02T06:30:00Z")  # the second 01:30
    cycle = Cycle(MONTH, anchor, "America/New_York")
    assert cycle.period_at(anchor) == Period(anchor, at("2025-12-02T06:30:00Z"))
    assert cycle.index_at(at("2025-11-02T05:30:00Z")) == -1


@pytest.mark.parametrize(
    ("anchor", "boundaries"),
    [
        # Midnights of the 29th, 30th and 31st; Samoa went from the 29th, UTC-10, to the 31st, UTC+14.
        (
            "2011-12-29T10:00:00Z",
            ["2011-12-29T10:00:00Z", "2011-12-30T09:59:59.999999Z", "2011-12-30T10:00:00Z"],
        ),
        # 15:00 of each
        (
            "2011-12-30T01:00:00Z",
            ["2011-12-30T01:00:00Z", "2011-12-31T00:59:59.999999Z", "2011-12-31T01:00:00Z"],
        ),
    ],
)
def test_a_day_that_a_zone_never_had_takes_no_time(anchor: str, boundaries: list[str]) -> None:
    cycle = Cycle(DAY, at(anchor), "Pacific/Apia")
    assert shown(cycle, range(3)) == boundaries
    assert [cycle.index_at(cycle.boundary(n)) for n in range(3)] == [0, 1, 2]


def test_periods_of_a_span_are_cut_off_at_both_ends() -> None:
    cycle = Cycle(MONTH, at("2026-01-15T00:00:00Z"), "UTC")
    pieces = [str(p) for p in cycle.periods(at("2026-03-01T00:00:00Z"), at("2026-04-20T00:00:00Z"))]
    assert pieces == [
        "[2026-03-01T00:00:00Z, 2026-03-15T00:00:00Z)",
        "[2026-03-15T00:00:00Z, 2026-04-15T00:00:00Z)",
        "[2026-04-15T00:00:00Z, 2026-04-20T00:00:00Z)",
    ]
    assert not list(cycle.periods(at("2026-03-01T00:00:00Z"), at("2026-03-01T00:00:00Z")))


def test_the_next_boundary_is_later_and_the_first_may_be_now() -> None:
    cycle = Cycle(MONTH, at("2026-01-15T00:00:00Z"), "UTC")
    assert cycle.next_boundary(cycle.anchor) == at("2026-02-15T00:00:00Z")
    assert cycle.first_boundary(cycle.anchor) == cycle.anchor
    assert cycle.first_boundary(at("2026-01-15T00:00:00.000001Z")) == at("2026-02-15T00:00:00Z")


def test_what_lies_beyond_the_calendar_is_refused_and_never_overflows() -> None:
    cycle = Cycle(parse_interval("year", 1000), at("2026-01-01T00:00:00Z"), "Asia/Tokyo")
    assert cycle.boundary(-2).year == 25  # midnight of 1 January 26 in Tokyo
    for n in (8, -3, 10**30, -(10**30)):
        with pytest.raises(InvalidInput, match="out of range"):
            cycle.boundary(n)
    with pytest.raises(InvalidInput):
        cycle.period_at(at("9998-12-31T00:00:00Z"))
    for interval in (DAY, Interval(IntervalUnit.WEEK, 1000)):
        with pytest.raises(InvalidInput):
            Cycle(interval, cycle.anchor, "UTC").boundary(10**30)


def test_an_unknown_zone_makes_no_cycle() -> None:
    with pytest.raises(InvalidInput):
        Cycle(MONTH, at("2026-01-15T00:00:00Z"), "Europe/Atlantis")


@settings(max_examples=100, deadline=None)
@given(cycles, st.integers(-30, 30))
def test_boundaries_grow_and_know_their_number(cycle: Cycle, n: int) -> None:
    assert cycle.boundary(0) == cycle.anchor
    boundaries = [cycle.boundary(i) for i in range(n - 1, n + 2)]
    assert all(earlier < later for earlier, later in pairwise(boundaries))
    assert cycle.index_at(boundaries[1]) == n
    assert cycle.index_at(boundaries[1] - timedelta(microseconds=1)) == n - 1


@settings(max_examples=100, deadline=None)
@given(cycles, instants)
def test_the_period_at_an_instant_contains_it(cycle: Cycle, instant: datetime) -> None:
    period = cycle.period_at(instant)
    assert period.contains(instant)
    assert cycle.next_boundary(instant) == period.end
    assert cycle.period_at(period.end).start == period.end


@settings(max_examples=60, deadline=None)
@given(cycles, instants, st.timedeltas(timedelta(microseconds=1), timedelta(days=90)))
def test_the_periods_of_a_span_tile_it(cycle: Cycle, start: datetime, length: timedelta) -> None:
    periods = list(cycle.periods(start, start + length))
    assert periods[0].start == start
    assert periods[-1].end == start + length
    assert all(earlier.end == later.start for earlier, later in pairwise(periods))
    assert all(cycle.period_at(period.start).covers(period) for period in periods)


@settings(max_examples=100, deadline=None)
@given(zones, st.one_of(instants, half_hours), st.integers(1, 12), st.integers(-100, 100))
@example("Pacific/Apia", at("2011-10-30T10:00:00Z"), 1, 2)  # 30 December 2011, which Samoa never had
def test_a_boundary_by_the_month_is_the_anchor_s_day_or_the_month_s_last(
    zone: str, anchor: datetime, count: int, n: int
) -> None:
    rules = parse_zone(zone)
    first = to_local(anchor, rules)
    years, month = divmod(first.month - 1 + n * count, 12)
    year = first.year + years
    day = min(first.day, monthrange(year, month + 1)[1])
    wanted = first.replace(year=year, month=month + 1, day=day)
    boundary = Cycle(Interval(IntervalUnit.MONTH, count), anchor, zone).boundary(n)
    local = to_local(boundary, rules)
    if local != wanted:  # clocks skipped it: it is later by the skip, and that never by more than a day
        assert timedelta(0) < local - wanted <= timedelta(days=1)
        assert to_local(from_local(wanted, rules), rules) != wanted


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(IntervalUnit), st.one_of(instants, half_hours), zones)
@example(DAY.unit, at("2017-10-15T12:00:00Z"), "America/Sao_Paulo")  # that day had no midnight
@example(MONTH.unit, at("2023-10-15T12:00:00Z"), "America/Asuncion")  # nor had 1 October 2023
def test_an_aligned_cycle_has_its_boundaries_at_calendar_starts(
    unit: IntervalUnit, instant: datetime, zone: str
) -> None:
    cycle = Cycle(Interval(unit), aligned_anchor(Interval(unit), instant, zone), zone)
    anchor = to_local(cycle.anchor, parse_zone(zone))
    assert anchor.time().isoformat() == "00:00:00"
    start = to_local(cycle.period_at(instant).start, parse_zone(zone)).date()
    today = to_local(instant, parse_zone(zone)).date()
    match unit:
        case IntervalUnit.DAY:
            expected = today
        case IntervalUnit.WEEK:
            expected = today - timedelta(days=today.isoweekday() - 1)
        case _:
            months = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[unit]
            expected = today.replace(month=today.month - (today.month - 1) % months, day=1)
    assert start == expected


@pytest.mark.parametrize(
    ("interval", "instant", "expected"),
    [
        (DAY, "2026-05-13T12:00:00Z", "2026-05-13T00:00:00Z"),
        (Interval(IntervalUnit.WEEK), "2026-05-13T12:00:00Z", "2026-05-11T00:00:00Z"),  # a Monday
        (MONTH, "2026-05-13T12:00:00Z", "2026-05-01T00:00:00Z"),
        (Interval(IntervalUnit.MONTH, 5), "2026-05-13T12:00:00Z", "2026-05-01T00:00:00Z"),
        (Interval(IntervalUnit.QUARTER), "2026-05-13T12:00:00Z", "2026-04-01T00:00:00Z"),
        (Interval(IntervalUnit.HALF_YEAR), "2026-12-31T23:00:00Z", "2026-07-01T00:00:00Z"),
        (Interval(IntervalUnit.YEAR), "2026-05-13T12:00:00Z", "2026-01-01T00:00:00Z"),
    ],
)
def test_an_aligned_anchor_is_the_start_of_the_calendar_unit(
    interval: Interval, instant: str, expected: str
) -> None:
    assert format_instant(aligned_anchor(interval, at(instant), "UTC")) == expected


def test_a_billing_day_that_the_first_month_lacks_is_remembered() -> None:
    start = at("2023-02-10T00:00:00Z")
    monthly = Cycle(MONTH, anchor_on_day(MONTH, start, 31, "UTC"), "UTC")
    assert monthly.first_boundary(start) == at("2023-02-28T00:00:00Z")
    assert monthly.next_boundary(at("2023-02-28T00:00:00Z")) == at("2023-03-31T00:00:00Z")
    year = Interval(IntervalUnit.YEAR)
    yearly = Cycle(year, anchor_on_day(year, start, 31, "UTC"), "UTC")
    assert yearly.first_boundary(start) == at("2023-02-28T00:00:00Z")
    assert yearly.next_boundary(at("2023-02-28T00:00:00Z")) == at("2024-02-29T00:00:00Z")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["month", "quarter", "half_year", "year"]), instants, st.integers(1, 31))
def test_the_first_boundary_on_a_billing_day_is_that_day_within_one_interval(
    unit: str, start: datetime, day: int
) -> None:
    interval = parse_interval(unit)
    cycle = Cycle(interval, anchor_on_day(interval, start, day, "UTC"), "UTC")
    first = cycle.first_boundary(start)
    assert first.day == min(day, monthrange(first.year, first.month)[1])
    assert start <= first
    assert cycle.period_at(start).contains(start)
    months = (first.year - start.year) * 12 + first.month - start.month
    assert months in (0, interval.months)


def test_near_the_end_of_the_calendar_a_billing_day_is_still_found() -> None:
    interval = parse_interval("year", 1000)
    anchor = anchor_on_day(interval, at("9998-02-10T00:00:00Z"), 31, "UTC")
    assert anchor == at("9998-02-28T00:00:00Z")


@pytest.mark.parametrize("day", [0, 32, -1])
def test_an_impossible_billing_day_is_refused(day: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        anchor_on_day(MONTH, at("2026-01-01T00:00:00Z"), day, "UTC")
    assert (refusal.value.field, refusal.value.allowed) == ("billing_day", "1 to 31")


@given(cycles, st.lists(st.one_of(instants, half_hours), min_size=2, max_size=6))
def test_a_period_does_not_depend_on_what_was_asked_before(cycle: Cycle, asked: list[datetime]) -> None:
    for instant in [one + step for one in asked for step in (timedelta(), timedelta(hours=1))]:
        found = cycle.period_at(instant)
        assert found == Cycle(cycle.interval, cycle.anchor, cycle.zone).period_at(instant)
        assert found.start <= instant < found.end
