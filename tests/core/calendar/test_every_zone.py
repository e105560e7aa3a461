"""Every time zone of the database, without exception: periods tile time, and runs of a job meet each once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import (
    ZONE_NAMES,
    Cycle,
    Interval,
    IntervalUnit,
    aligned_anchor,
    anchor_on_date,
    anchor_on_weekday,
    format_instant,
    parse_instant,
    parse_zone,
    to_local,
)
from counterfoil.core.errors import InvalidInput
from tests.core.effort import effort

MONTH, WEEK, YEAR = (Interval(unit) for unit in (IntervalUnit.MONTH, IntervalUnit.WEEK, IntervalUnit.YEAR))
STARTS = [datetime(2011, 12, 1, tzinfo=UTC), datetime(2024, 2, 29, 12, 30, tzinfo=UTC)]
zones = st.sampled_from(sorted(ZONE_NAMES))
instants = st.datetimes(datetime(1970, 1, 1), datetime(2150, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))


def at(text: str) -> datetime:
    return parse_instant(text)


@pytest.mark.parametrize("unit", IntervalUnit)
def test_in_every_zone_periods_tile_time_from_any_anchor(unit: IntervalUnit) -> None:
    """The days around Samoa's lost one and a leap day, each by the calendar and from its own moment."""
    count = 45 if unit is IntervalUnit.DAY else 3
    for zone in ZONE_NAMES:
        for start in STARTS:
            interval = Interval(unit)
            for anchor in (start, aligned_anchor(interval, start, zone)):
                cycle = Cycle(interval, anchor, zone)
                first = cycle.index_at(start)
                boundaries = [cycle.boundary(first + n) for n in range(count)]
                assert boundaries[0] <= start < boundaries[1]
                assert all(one < other for one, other in pairwise(boundaries)), zone
                assert cycle.index_at(boundaries[-1] - timedelta(microseconds=1)) == first + count - 2


@effort(60)
@given(zones, instants, st.integers(1, 12), st.integers(1, 29), st.sampled_from(["month", "quarter", "year"]))
def test_a_date_of_the_year_is_a_boundary_every_year(
    zone: str, start: datetime, month: int, day: int, unit: str
) -> None:
    interval = Interval(IntervalUnit(unit))
    cycle = Cycle(interval, anchor_on_date(interval, start, month, day, zone), zone)
    period = cycle.period_at(start)
    assert period.contains(start)
    found = {
        (local.month, local.day)
        for n in range(cycle.index_at(start), cycle.index_at(start) + 60)
        if (local := to_local(cycle.boundary(n), parse_zone(zone)))
    }
    # 29 February is the 28th in most years; a midnight that a zone skipped may be on the day after.
    assert found & {(month, day), (month, day - 1), (month, day + 1)}


def test_a_year_from_1_july_begins_with_a_stub() -> None:
    """10 April to 1 July are the 82 days that are left of the year from 1 July 2025."""
    start = at("2026-04-10T00:00:00Z")
    cycle = Cycle(YEAR, anchor_on_date(YEAR, start, 7, 1, "UTC"), "UTC")
    first, second = islice(cycle.periods(start, at("2028-01-01T00:00:00Z")), 2)
    assert (first.end - first.start).days == 82
    assert str(second) == "[2026-07-01T00:00:00Z, 2027-07-01T00:00:00Z)"


def test_29_february_as_a_billing_date_is_remembered_through_the_years() -> None:
    cycle = Cycle(YEAR, anchor_on_date(YEAR, at("2025-06-01T00:00:00Z"), 2, 29, "UTC"), "UTC")
    boundary, days = cycle.next_boundary(at("2025-06-01T00:00:00Z")), []
    for _ in range(4):
        days.append(format_instant(boundary)[:10])
        boundary = cycle.next_boundary(boundary)
    assert days == ["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"]


def test_weeks_may_begin_on_any_weekday_of_the_customers() -> None:
    """13 May 2026 is a Wednesday; in Auckland it is Thursday already."""
    wednesday = at("2026-05-13T13:00:00Z")
    for zone, weekday, expected in (
        ("UTC", 3, "2026-05-13T00:00:00Z"),
        ("UTC", 4, "2026-05-07T00:00:00Z"),
        ("UTC", 1, "2026-05-11T00:00:00Z"),
        ("Pacific/Auckland", 4, "2026-05-13T12:00:00Z"),
    ):
        assert format_instant(anchor_on_weekday(WEEK, wednesday, weekday, zone)) == expected


@pytest.mark.parametrize(
    ("interval", "month", "day", "field"),
    [
        (MONTH, 0, 1, "billing_month"),
        (MONTH, 13, 1, "billing_month"),
        (WEEK, 1, 1, "interval"),
        (YEAR, 2, 30, "billing_day"),
        (YEAR, 4, 31, "billing_day"),
        (YEAR, 1, 0, "billing_day"),
    ],
)
def test_a_date_that_no_year_has_is_refused(interval: Interval, month: int, day: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        anchor_on_date(interval, at("2026-01-01T00:00:00Z"), month, day, "UTC")
    assert refusal.value.field == field
    assert refusal.value.allowed


@pytest.mark.parametrize(
    ("interval", "weekday", "field"),
    [(WEEK, 0, "billing_weekday"), (WEEK, 8, "billing_weekday"), (MONTH, 1, "interval")],
)
def test_a_weekday_is_for_weeks(interval: Interval, weekday: int, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        anchor_on_weekday(interval, at("2026-01-01T00:00:00Z"), weekday, "UTC")
    assert refusal.value.field == field


@effort(60)
@given(zones, instants, st.integers(1, 28), st.integers(1, 400))
def test_hourly_runs_meet_every_boundary_once(zone: str, start: datetime, day: int, hours: int) -> None:
    cycle = Cycle(Interval(IntervalUnit.WEEK), start - timedelta(days=day), zone)
    runs = [start + timedelta(hours=n) for n in range(hours + 1)]
    each = [cycle.begun(before, run) for before, run in pairwise(runs)]
    assert sum(each) == cycle.begun(runs[0], runs[-1])
    assert set(each) <= {0, 1}
    assert cycle.begun(runs[-1], runs[0]) == 0
