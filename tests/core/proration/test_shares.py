"""Shares by every denominator, in words, and what holds of them."""

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
    Cycle,
    DayCount,
    Interval,
    IntervalUnit,
    Period,
    aligned_anchor,
    parse_instant,
    parse_interval,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.proration import Proration, ProrationPolicy, StubDenominator, prorate
from tests.core.effort import effort

BY_MONTH = ProrationPolicy(denominator=StubDenominator.CALENDAR_MONTH)
BY_YEAR = ProrationPolicy(denominator=StubDenominator.PLAN_YEAR)


def span(start: str, end: str) -> Period:
    return Period(*(parse_instant(text if "T" in text else f"{text}T00:00:00Z") for text in (start, end)))


def cycle(unit: str, anchor: str, zone: str = "UTC") -> Cycle:
    return Cycle(parse_interval(unit), span(anchor, "2100-01-01").start, zone)


def shown(part: Period, whole: Cycle, policy: ProrationPolicy) -> tuple[Fraction, str]:
    proration = prorate(part, whole, policy)
    assert Proration.from_json(proration.to_json()) == proration
    return proration.share, proration.words


def test_a_stub_is_measured_against_the_cycle_the_month_or_the_year() -> None:
    """16 February to 1 April of a quarter from 1 January 2026: 44 days of its 90."""
    part, quarter = span("2026-02-16", "2026-04-01"), cycle("quarter", "2026-01-01")
    assert shown(part, quarter, ProrationPolicy()) == (Fraction(44, 90), "44 of 90 days")
    assert shown(part, quarter, BY_MONTH) == (
        (Fraction(13, 28) + 1) / 3,
        "(13 of 28 days in 2026-02 + 31 of 31 days in 2026-03) × 1/3",
    )
    assert shown(part, quarter, BY_YEAR) == (
        Fraction(44 * 4, 365),
        "44 of 365 days in the year from 2026-01-01 × 4",
    )


def test_a_month_measured_against_the_year_is_never_more_than_a_month() -> None:
    """1 January to its last moment are 30 counted days, 30 × 12 / 365; a stub of 31 days would be over 1."""
    month = cycle("month", "2026-01-01")
    assert shown(span("2026-01-01", "2026-01-31"), month, BY_YEAR)[0] == Fraction(360, 365)
    share, words = shown(span("2026-01-01", "2026-02-01"), month, BY_YEAR)
    assert (share, words) == (
        Fraction(1),
        "31 of 365 days in the year from 2026-01-01 × 12, at most the whole",
    )


def test_time_is_shown_in_seconds() -> None:
    part = span("2026-06-16T12:00:00Z", "2026-07-01")
    exact = ProrationPolicy(day_count=DayCount.EXACT)
    assert shown(part, cycle("month", "2026-06-01"), exact) == (
        Fraction(29, 60),
        "1252800 of 2592000 seconds",
    )


def test_the_days_are_those_of_the_customers_zone() -> None:
    """Midnight of 10 March in New York, on which clocks had gone forward the day before."""
    month = cycle("month", "2025-03-01T05:00:00Z", "America/New_York")
    part = span("2025-03-10T04:00:00Z", "2025-04-01T04:00:00Z")
    assert shown(part, month, ProrationPolicy()) == (Fraction(22, 31), "22 of 31 days")


def test_weeks_are_measured_against_themselves_whatever_the_denominator() -> None:
    week = cycle("week", "2026-06-01")
    for policy in (BY_MONTH, BY_YEAR):
        assert shown(span("2026-06-03", "2026-06-08"), week, policy) == (Fraction(5, 7), "5 of 7 days")


def test_an_inclusive_end_goes_with_the_full_cycle_only() -> None:
    for denominator in (StubDenominator.CALENDAR_MONTH, StubDenominator.PLAN_YEAR):
        with pytest.raises(InvalidInput) as refusal:
            ProrationPolicy(day_count=DayCount.INCLUSIVE_END, denominator=denominator)
        assert refusal.value.field == "denominator"


def test_a_policy_is_read_as_it_is_written_with_defaults_for_the_rest() -> None:
    assert ProrationPolicy.from_json({}) == ProrationPolicy()
    policy = ProrationPolicy.from_json({"day_count": "thirty_360", "denominator": "plan_year"})
    assert (policy.day_count, policy.denominator) == (DayCount.THIRTY_360, StubDenominator.PLAN_YEAR)
    assert ProrationPolicy.from_json(policy.to_json()) == policy


@pytest.mark.parametrize("field", [*ProrationPolicy().to_json(), "daycount"])
def test_a_convention_that_nobody_knows_is_refused_with_those_that_are_known(field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ProrationPolicy.from_json({field: "lunar"})
    assert refusal.value.field == field
    assert refusal.value.allowed


def test_a_part_over_a_boundary_is_a_mistake_of_the_program() -> None:
    with pytest.raises(AssertionError):
        prorate(span("2026-06-16", "2026-07-02"), cycle("month", "2026-06-01"))


zones = st.sampled_from(sorted(ZONE_NAMES))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
units = st.sampled_from(["week", "month", "quarter", "half_year", "year"])
cuts = st.lists(st.integers(1, 10**6 - 1), max_size=4)


def parts_of(whole: Period, marks: list[int]) -> list[Period]:
    inner = [whole.start + timedelta(microseconds=whole.microseconds * mark // 10**6) for mark in marks]
    ends = sorted({whole.start, *inner, whole.end})
    return [Period(start, end) for start, end in pairwise(ends)]


@effort(80)
@given(zones, instants, units, cuts, st.sampled_from(sorted(ALWAYS_WHOLE)))
def test_the_shares_of_a_periods_parts_sum_to_one(
    zone: str, anchor: datetime, unit: str, marks: list[int], day_count: DayCount
) -> None:
    cycle = Cycle(parse_interval(unit), anchor, zone)
    policy = ProrationPolicy(day_count=day_count)
    parts = parts_of(cycle.period_at(anchor), marks)
    assert sum(prorate(part, cycle, policy).share for part in parts) == 1


@effort(60)
@given(zones, instants, cuts, st.sampled_from([DayCount.LOCAL_DAYS, DayCount.EXACT, DayCount.THIRTY_360]))
def test_so_do_they_month_by_month_on_the_calendar_and_by_the_year_of_a_year(
    zone: str, anchor: datetime, marks: list[int], day_count: DayCount
) -> None:
    quarter, year = Interval(IntervalUnit.QUARTER), Interval(IntervalUnit.YEAR)
    for interval, denominator in (
        (quarter, StubDenominator.CALENDAR_MONTH),
        (year, StubDenominator.PLAN_YEAR),
    ):
        start = aligned_anchor(interval, anchor, zone) if interval == quarter else anchor
        cycle = Cycle(interval, start, zone)
        policy = ProrationPolicy(day_count=day_count, denominator=denominator)
        parts = parts_of(cycle.period_at(anchor), marks)
        assert sum(prorate(part, cycle, policy).share for part in parts) == 1


@effort(60)
@given(zones, instants, units, cuts, st.sampled_from(DayCount), st.sampled_from(StubDenominator))
def test_every_share_is_a_share_and_its_explanation_is_enough(
    zone: str, anchor: datetime, unit: str, marks: list[int], count: DayCount, denominator: StubDenominator
) -> None:
    if count is DayCount.INCLUSIVE_END:
        denominator = StubDenominator.FULL_CYCLE
    cycle = Cycle(parse_interval(unit), anchor, zone)
    for part in parts_of(cycle.period_at(anchor), marks):
        proration = prorate(part, cycle, ProrationPolicy(day_count=count, denominator=denominator))
        assert 0 <= proration.share <= 1
        assert proration.words
        assert Proration.from_json(proration.to_json()).share == proration.share
