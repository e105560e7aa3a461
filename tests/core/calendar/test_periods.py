"""Half-open periods and intervals."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import Interval, IntervalUnit, Period, parse_interval
from counterfoil.core.errors import InvalidInput


def day(n: int) -> datetime:
    return datetime(2026, 1, n, tzinfo=UTC)


def test_a_period_has_its_start_but_not_its_end() -> None:
    period = Period(day(1), day(3))
    assert period.contains(day(1))
    assert period.contains(day(2))
    assert not period.contains(day(3))
    assert period.microseconds == 2 * 86_400 * 10**6
    assert str(period) == "[2026-01-01T00:00:00Z, 2026-01-03T00:00:00Z)"


@pytest.mark.parametrize("end", [1, 2])
def test_a_period_must_end_after_it_starts(end: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Period(day(2), day(end))
    assert (refusal.value.field, refusal.value.allowed) == ("end", "a time after 2026-01-02T00:00:00Z")


def test_a_period_without_utc_is_a_mistake_of_the_program() -> None:
    with pytest.raises(AssertionError):
        Period(day(1).replace(tzinfo=None), day(2).replace(tzinfo=None))


def test_periods_that_only_touch_have_nothing_in_common() -> None:
    assert Period(day(1), day(3)).overlap(Period(day(2), day(9))) == Period(day(2), day(3))
    assert Period(day(1), day(3)).overlap(Period(day(3), day(9))) is None
    assert Period(day(1), day(9)).covers(Period(day(1), day(9)))
    assert not Period(day(2), day(9)).covers(Period(day(1), day(9)))
    assert not Period(day(1), day(8)).covers(Period(day(1), day(9)))


days = st.lists(st.integers(1, 31), min_size=2, max_size=2, unique=True).map(sorted)


@settings(deadline=None)
@given(days, days, st.integers(1, 31))
def test_an_instant_is_in_the_overlap_just_if_it_is_in_both(one: list[int], other: list[int], n: int) -> None:
    first, second = Period(day(one[0]), day(one[1])), Period(day(other[0]), day(other[1]))
    common = first.overlap(second)
    assert common == second.overlap(first)
    assert (common is not None and common.contains(day(n))) == (
        first.contains(day(n)) and second.contains(day(n))
    )


def test_units_have_their_length_in_months_or_days() -> None:
    lengths = {unit.value: (Interval(unit).months, Interval(unit).days) for unit in IntervalUnit}
    assert lengths == {
        "day": (0, 1),
        "week": (0, 7),
        "month": (1, 0),
        "quarter": (3, 0),
        "half_year": (6, 0),
        "year": (12, 0),
    }
    assert Interval(IntervalUnit.WEEK, 2).days == 14
    assert parse_interval("quarter", 1000).months == 3000


@pytest.mark.parametrize("count", [0, -1, 1001, True, 1.0, "2"])
def test_an_impossible_count_is_refused(count: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_interval("month", count, field="plan.interval")  # type: ignore[arg-type]
    assert refusal.value.field == "plan.interval.count"
    assert refusal.value.allowed == "an integer from 1 to 1000"


@pytest.mark.parametrize("unit", ["", "Month", "fortnight"])
def test_an_unknown_unit_is_refused_with_the_known_ones(unit: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_interval(unit)
    assert refusal.value.field == "interval.unit"
    assert refusal.value.allowed == "day, week, month, quarter, half_year, year"
