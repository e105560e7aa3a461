"""When grants give their credits and when these expire: by hand calculation, and by law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, format_instant, parse_instant
from counterfoil.core.credit_grants import (
    CreditPeriod,
    DurationUnit,
    Expiry,
    GrantExpiration,
    GrantTerms,
    begun_periods,
    credit_periods,
    expires_at,
    next_period,
)
from counterfoil.core.errors import InvalidInput

MONTH, YEAR = Interval(IntervalUnit.MONTH), Interval(IntervalUnit.YEAR)
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


def monthly(
    start: str, end: str | None = None, *, anchor: str | None = None, zone: str = "UTC"
) -> GrantTerms:
    ends_at = None if end is None else at(end)
    return GrantTerms(at(start), ends_at, Cycle(MONTH, at(anchor or start), zone))


def shown(periods: list[CreditPeriod]) -> list[str]:
    """The starts, the dates where they are midnights in UTC."""
    return [format_instant(period.start).removesuffix("T00:00:00Z") for period in periods]


def test_a_month_from_the_31st_remembers_its_day_and_its_local_time() -> None:
    """From 31 January, 10:00 in Berlin; summer time begins there on 29 March 2026."""
    grant = monthly("2026-01-31T09:00:00Z", zone=BERLIN)
    assert shown(list(islice(credit_periods(grant), 4))) == [
        "2026-01-31T09:00:00Z",
        "2026-02-28T09:00:00Z",
        "2026-03-31T08:00:00Z",
        "2026-04-30T08:00:00Z",
    ]


@pytest.mark.parametrize(
    ("unit", "count", "second", "third"),
    [
        (IntervalUnit.DAY, 10, "2026-01-25", "2026-02-04"),
        (IntervalUnit.WEEK, 1, "2026-01-22", "2026-01-29"),
        (IntervalUnit.MONTH, 2, "2026-03-15", "2026-05-15"),
        (IntervalUnit.QUARTER, 1, "2026-04-15", "2026-07-15"),
        (IntervalUnit.HALF_YEAR, 1, "2026-07-15", "2027-01-15"),
        (IntervalUnit.YEAR, 1, "2027-01-15", "2028-01-15"),
    ],
)
def test_every_period_is_its_unit_times_its_count(
    unit: IntervalUnit, count: int, second: str, third: str
) -> None:
    start = at("2026-01-15")
    grant = GrantTerms(start, None, Cycle(Interval(unit, count), start, "UTC"))
    assert shown(list(islice(credit_periods(grant), 3))) == ["2026-01-15", second, third]


def test_a_later_anchor_gives_the_credits_once_more_at_the_anchor() -> None:
    grant = monthly("2026-01-20", anchor="2026-02-01")
    first, second = islice(credit_periods(grant), 2)
    assert first == CreditPeriod(at("2026-01-20"), at("2026-02-01"))
    assert second == CreditPeriod(at("2026-02-01"), at("2026-03-01"))


def test_the_last_period_ends_with_the_grant_and_none_begins_at_its_end() -> None:
    assert list(credit_periods(monthly("2026-01-01", "2026-02-15"))) == [
        CreditPeriod(at("2026-01-01"), at("2026-02-01")),
        CreditPeriod(at("2026-02-01"), at("2026-02-15")),
    ]
    assert len(list(credit_periods(monthly("2026-01-01", "2026-02-01")))) == 1


def test_a_grant_that_gives_once_has_one_period_without_an_end() -> None:
    once = GrantTerms(at("2026-01-15"), None, None)
    assert list(credit_periods(once)) == [CreditPeriod(at("2026-01-15"), None)]
    assert next_period(once, at("2026-01-15")) is None


def test_a_grant_that_ends_as_it_starts_gives_nothing() -> None:
    assert next_period(monthly("2026-01-01", "2026-01-01")) is None
    assert next_period(GrantTerms(at("2026-01-01"), at("2026-01-01"), None)) is None


def test_what_has_begun_since_the_last_time_is_caught_up_in_order_and_in_parts() -> None:
    grant = monthly("2026-01-01")
    assert shown(begun_periods(grant, at("2026-03-01"), limit=100)) == [
        "2026-01-01",
        "2026-02-01",
        "2026-03-01",
    ]
    assert shown(begun_periods(grant, at("2026-03-01"), limit=2)) == ["2026-01-01", "2026-02-01"]
    assert shown(begun_periods(grant, at("2026-03-01"), at("2026-03-01"), limit=100)) == ["2026-03-01"]
    assert begun_periods(grant, at("2025-12-31"), limit=100) == []


NEVER, CYCLE = Expiry(GrantExpiration.NEVER), Expiry(GrantExpiration.BILLING_CYCLE)


def lasting(unit: DurationUnit, count: int) -> Expiry:
    return Expiry(GrantExpiration.DURATION, unit.times(count))


@pytest.mark.parametrize(
    ("expiry", "start", "expected"),
    [
        (NEVER, "2026-01-31T09:00:00Z", None),
        (lasting(DurationUnit.DAY, 30), "2026-03-15T09:00:00Z", "2026-04-14T08:00:00Z"),
        (lasting(DurationUnit.WEEK, 2), "2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z"),
        (lasting(DurationUnit.MONTH, 1), "2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z"),
        (lasting(DurationUnit.YEAR, 1), "2028-02-29T09:00:00Z", "2029-02-28T09:00:00Z"),
        (CYCLE, "2026-01-20T00:00:00Z", "2026-02-15T09:00:00Z"),
        (CYCLE, "2026-02-15T09:00:00Z", "2026-03-15T09:00:00Z"),
    ],
)
def test_credits_expire_by_the_local_calendar(expiry: Expiry, start: str, expected: str | None) -> None:
    """Billed monthly on the 15th, 10:00 in Berlin."""
    billing = Cycle(MONTH, at("2026-01-15T09:00:00Z"), BERLIN)
    assert expires_at(expiry, at(start), billing) == (None if expected is None else at(expected))


def test_a_duration_has_a_count_that_an_interval_can_have() -> None:
    with pytest.raises(InvalidInput):
        DurationUnit.DAY.times(0)


ZONES = st.sampled_from(["UTC", BERLIN, "America/New_York", "Asia/Kolkata", "Pacific/Apia"])
INSTANTS = st.integers(0, 20 * 366 * 24).map(
    lambda hours: datetime(2010, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
)
INTERVALS = st.builds(Interval, st.sampled_from(IntervalUnit), st.integers(1, 7))


@st.composite
def grants(draw: st.DrawFn) -> GrantTerms:
    start = draw(INSTANTS)
    anchor = start + timedelta(days=draw(st.integers(-400, 400)))
    ends_at = draw(st.none() | st.integers(0, 4000).map(lambda days: start + timedelta(days=days)))
    return GrantTerms(start, ends_at, Cycle(draw(INTERVALS), anchor, draw(ZONES)))


@given(grants())
def test_the_periods_tile_the_time_of_the_grant(grant: GrantTerms) -> None:
    periods = list(islice(credit_periods(grant), 40))
    if not periods:
        assert grant.ends_at == grant.starts_at
        return
    assert periods[0].start == grant.starts_at
    assert all(period.end is not None and period.start < period.end for period in periods)
    assert all(before.end == after.start for before, after in pairwise(periods))
    if len(periods) < 40:
        assert periods[-1].end == grant.ends_at


@given(grants(), st.integers(0, 10))
def test_going_on_from_where_one_stopped_gives_the_same_periods(grant: GrantTerms, stop: int) -> None:
    whole = list(islice(credit_periods(grant), 20))
    if stop < len(whole):
        rest = islice(credit_periods(grant, whole[stop].start), len(whole) - stop)
        assert list(rest) == whole[stop:]


@given(grants(), INSTANTS)
def test_an_end_takes_away_what_begins_then_or_later_and_nothing_else(
    grant: GrantTerms, end: datetime
) -> None:
    end = max(end, grant.starts_at)
    if grant.ends_at is None or end < grant.ends_at:
        kept = [period.start for period in islice(credit_periods(replace(grant, ends_at=end)), 40)]
        whole = [period.start for period in islice(credit_periods(grant), 40)]
        assert kept == [start for start in whole if start < end]


@given(
    grants(),
    st.sampled_from(DurationUnit),
    st.integers(1, 60),
    INTERVALS,
)
def test_credits_expire_after_they_are_given(
    grant: GrantTerms, unit: DurationUnit, count: int, billed: Interval
) -> None:
    assert grant.cycle is not None
    billing = Cycle(billed, grant.cycle.anchor, grant.cycle.zone)
    for period in islice(credit_periods(grant), 5):
        for expiry in (CYCLE, lasting(unit, count)):
            expired = expires_at(expiry, period.start, billing)
            assert expired is not None
            assert period.start < expired
