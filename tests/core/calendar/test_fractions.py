"""Fractions of periods: by local days and by elapsed time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import (
    ALWAYS_WHOLE,
    ZONE_NAMES,
    DayCount,
    Interval,
    IntervalUnit,
    Period,
    aligned_anchor,
    fraction_of,
    local_days,
    measure,
    parse_instant,
    started_days,
)
from tests.core.effort import effort


def span(start: str, end: str) -> Period:
    return Period(parse_instant(start), parse_instant(end))


def test_the_first_day_counts_whole_and_the_last_not() -> None:
    july = span("2023-07-01T00:00:00Z", "2023-08-01T00:00:00Z")
    part = span("2023-07-19T12:12:00Z", "2023-08-01T00:00:00Z")
    # 19 to 31 July are 13 days; by time it is 12 days, 11 hours and 48 minutes of 31 days.
    assert fraction_of(part, july, "UTC", DayCount.LOCAL_DAYS) == Fraction(13, 31)
    assert fraction_of(part, july, "UTC", DayCount.EXACT) == Fraction((12 * 24 + 11) * 60 + 48, 31 * 24 * 60)


def test_a_local_day_is_one_day_even_where_clocks_change() -> None:
    # March 2025 in New York, to the 9th inclusive, a day of 23 hours.
    march = span("2025-03-01T05:00:00Z", "2025-04-01T04:00:00Z")
    part = span("2025-03-01T05:00:00Z", "2025-03-10T04:00:00Z")
    assert fraction_of(part, march, "America/New_York", DayCount.LOCAL_DAYS) == Fraction(9, 31)
    assert fraction_of(part, march, "America/New_York", DayCount.EXACT) == Fraction(9 * 24 - 1, 31 * 24 - 1)


def test_the_zone_decides_which_day_it_is() -> None:
    start, end = parse_instant("2026-01-01T14:00:00Z"), parse_instant("2026-01-01T16:00:00Z")
    assert local_days(start, end, "Asia/Tokyo") == 1  # 23:00 to 01:00
    assert local_days(start, end, "UTC") == 0
    assert local_days(end, start, "Asia/Tokyo") == -1


def test_a_whole_within_one_day_is_measured_by_time() -> None:
    whole = span("2026-01-01T08:00:00Z", "2026-01-01T12:00:00Z")
    part = span("2026-01-01T08:00:00Z", "2026-01-01T09:00:00Z")
    assert fraction_of(part, whole, "UTC", DayCount.LOCAL_DAYS) == Fraction(1, 4)


def test_a_part_outside_its_whole_is_a_mistake_of_the_program() -> None:
    with pytest.raises(AssertionError):
        fraction_of(
            span("2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z"),
            span("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            "UTC",
            DayCount.EXACT,
        )


def test_an_inclusive_end_adds_the_day_on_which_the_whole_ends() -> None:
    march = span("2024-03-01T00:00:00Z", "2024-03-31T00:00:00Z")
    used, rest = march.start, parse_instant("2024-03-15T00:00:00Z")
    shares = [
        fraction_of(Period(start, end), march, "UTC", DayCount.INCLUSIVE_END)
        for start, end in ((used, rest), (rest, march.end))
    ]
    assert shares == [Fraction(14, 31), Fraction(17, 31)]


def test_a_started_day_counts_however_early_it_ends() -> None:
    quarter = span("2024-04-01T00:00:00Z", "2024-07-01T00:00:00Z")
    for end, days in (("2024-06-20T00:00:00Z", 31), ("2024-06-20T00:00:00.000001Z", 32)):
        part = span("2024-05-20T00:00:00Z", end)
        assert fraction_of(part, quarter, "UTC", DayCount.STARTED_DAYS) == Fraction(days, 91)


def test_a_day_without_a_midnight_begins_with_its_first_moment() -> None:
    """Clocks in São Paulo went from 23:59:59 of 14 October 2017 to 01:00 of the 15th."""
    day = span("2017-10-14T03:00:00Z", "2017-10-15T03:00:00Z")
    assert started_days(day, "America/Sao_Paulo") == 1
    assert local_days(day.start, day.end, "America/Sao_Paulo") == 1


def test_months_of_thirty_days_are_the_same_in_every_month() -> None:
    month = Interval(IntervalUnit.MONTH)
    for start, end, last in (("02-01", "03-01", "02-26"), ("03-01", "04-01", "03-26")):
        whole = span(f"2023-{start}T00:00:00Z", f"2023-{end}T00:00:00Z")
        part = span(f"2023-{last}T00:00:00Z", f"2023-{end}T00:00:00Z")
        assert fraction_of(part, whole, "UTC", DayCount.THIRTY_360, month) == Fraction(5, 30)


def test_a_whole_without_a_day_by_the_policy_is_measured_by_time() -> None:
    """By months of thirty days, the 31st is no day."""
    whole = span("2023-01-30T00:00:00Z", "2023-01-31T00:00:00Z")
    part = span("2023-01-30T06:00:00Z", "2023-01-31T00:00:00Z")
    assert fraction_of(part, whole, "UTC", DayCount.THIRTY_360) == Fraction(3, 4)


def test_days_of_a_fixed_month_are_thirtieths_and_never_more_than_the_whole() -> None:
    month, quarter = Interval(IntervalUnit.MONTH), Interval(IntervalUnit.QUARTER)
    march = span("2023-03-01T00:00:00Z", "2023-04-01T00:00:00Z")
    all_but_a_second = span("2023-03-01T00:00:01Z", "2023-04-01T00:00:00Z")
    spring = span("2023-03-01T00:00:00Z", "2023-06-01T00:00:00Z")
    fixed = DayCount.FIXED_30
    assert fraction_of(march, march, "UTC", fixed, month) == 1
    assert measure(all_but_a_second, march, "UTC", fixed, month).counted == 31
    assert fraction_of(all_but_a_second, march, "UTC", fixed, month) == 1
    assert fraction_of(march, spring, "UTC", fixed, quarter) == Fraction(31, 90)
    week = span("2023-03-06T00:00:00Z", "2023-03-13T00:00:00Z")
    two_days = span("2023-03-11T00:00:00Z", "2023-03-13T00:00:00Z")
    assert fraction_of(two_days, week, "UTC", fixed, Interval(IntervalUnit.WEEK)) == Fraction(2, 7)


lengths = st.lists(st.timedeltas(timedelta(microseconds=1), timedelta(days=40)), min_size=1, max_size=6)
firsts = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
zones = st.sampled_from(sorted(ZONE_NAMES))


def cut(first: datetime, lengths: list[timedelta]) -> list[datetime]:
    cuts = [first]
    for length in lengths:
        cuts.append(cuts[-1] + length)
    return cuts


@effort(100)
@given(firsts, lengths, zones, st.sampled_from(sorted(ALWAYS_WHOLE)))
def test_the_fractions_of_parts_that_tile_a_whole_sum_to_one(
    first: datetime, lengths: list[timedelta], zone: str, policy: DayCount
) -> None:
    cuts = cut(first, lengths)
    whole = Period(cuts[0], cuts[-1])
    parts = [fraction_of(Period(a, b), whole, zone, policy) for a, b in pairwise(cuts)]
    assert sum(parts) == 1


@effort(60)
@given(firsts, lengths, zones)
def test_started_days_sum_to_one_at_local_midnights_and_never_to_less(
    first: datetime, lengths: list[timedelta], zone: str
) -> None:
    anywhere = cut(first, lengths)
    midnights = sorted({aligned_anchor(Interval(IntervalUnit.DAY), instant, zone) for instant in anywhere})
    for cuts in (anywhere, midnights):
        if len(cuts) > 1:
            whole = Period(cuts[0], cuts[-1])
            parts = [fraction_of(Period(a, b), whole, zone, DayCount.STARTED_DAYS) for a, b in pairwise(cuts)]
            assert sum(parts) >= 1
            assert sum(parts) == 1 or cuts is anywhere


@effort(60)
@given(firsts, lengths, zones, st.sampled_from(DayCount))
def test_a_share_is_between_nothing_and_all_and_of_the_whole_it_is_all(
    first: datetime, lengths: list[timedelta], zone: str, policy: DayCount
) -> None:
    cuts, interval = cut(first, lengths), Interval(IntervalUnit.MONTH, 2)
    whole = Period(cuts[0], cuts[-1])
    assert fraction_of(whole, whole, zone, policy, interval) == 1
    assert 0 <= fraction_of(Period(cuts[0], cuts[1]), whole, zone, policy, interval) <= 1
