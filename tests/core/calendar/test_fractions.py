"""Fractions of periods: by local days and by elapsed time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import (
    ZONE_NAMES,
    DayCount,
    Period,
    fraction_of,
    local_days,
    parse_instant,
)


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


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)),
    st.lists(st.timedeltas(timedelta(microseconds=1), timedelta(days=40)), min_size=1, max_size=6),
    st.sampled_from(sorted(ZONE_NAMES)),
    st.sampled_from(DayCount),
)
def test_the_fractions_of_parts_that_tile_a_whole_sum_to_one(
    first: datetime, lengths: list[timedelta], zone: str, policy: DayCount
) -> None:
    cuts = [first.replace(tzinfo=UTC)]
    for length in lengths:
        cuts.append(cuts[-1] + length)
    whole = Period(cuts[0], cuts[-1])
    parts = [fraction_of(Period(a, b), whole, zone, policy) for a, b in pairwise(cuts)]
    assert sum(parts) == 1
