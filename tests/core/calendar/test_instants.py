"""Instants are read from RFC 3339 texts with a zone, in a bounded range, and written back the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import (
    EARLIEST,
    LATEST,
    as_instant,
    assert_utc,
    format_instant,
    microseconds_between,
    parse_instant,
)
from counterfoil.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-01-31T00:00:00Z", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31t01:30:00.5+01:30", datetime(2026, 1, 31, 0, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-01-31 00:00:00z", datetime(2026, 1, 31, tzinfo=UTC)),
        # RFC 3339, section 5.8, the first and the second example
        ("1985-04-12T23:20:50.52Z", datetime(1985, 4, 12, 23, 20, 50, 520_000, tzinfo=UTC)),
        ("1996-12-19T16:39:57-08:00", datetime(1996, 12, 20, 0, 39, 57, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", EARLIEST),
        ("1969-12-31T23:00:00-01:00", EARLIEST),
        ("9998-12-31T23:59:59.999999Z", LATEST - timedelta(microseconds=1)),
        ("2026-01-31T00:00:00-00:00", datetime(2026, 1, 31, tzinfo=UTC)),
    ],
)
def test_a_text_with_its_zone_names_one_instant(text: str, instant: datetime) -> None:
    read = parse_instant(text)
    assert read == instant
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "2023-11-16T18:15:46.6805909Z",
        "2023-11-16T18:15:46.680590999999999Z",
        "2023-11-16T19:15:46.6805909+01:00",
    ],
)
def test_digits_after_the_microsecond_are_cut_off_and_never_round_up(text: str) -> None:
    assert format_instant(parse_instant(text)) == "2023-11-16T18:15:46.680590Z"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T00:00:00",  # no zone
        "2026-01-31T00:00Z",
        "20260131T000000Z",
        "2026-W05-6T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T00:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-01-31T00:00:00+24:00",
        "2026-01-31T00:00:00+01:60",
        "2026-01-31T00:00:00+0100",
        "2026-01-31T00:00:00.Z",
        "2026-01-31T00:00:00." + "1" * 31 + "Z",
        "2026-01-31T00:00:00Z\n",
        " 2026-01-31T00:00:00Z",
        "٢٠٢٦-01-31T00:00:00Z",
        "1769817600",
        "12026-01-31T00:00:00Z",
    ],
)
def test_any_other_form_is_refused_with_the_form_that_is_accepted(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_instant(text, field="events.3.time")
    assert refusal.value.field == "events.3.time"
    assert "2026-01-31T00:00:00Z" in str(refusal.value.allowed)


@pytest.mark.parametrize(
    "text",
    [
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01",
        "9999-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59",  # beyond what a datetime can hold in UTC
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_an_instant_out_of_range_is_refused_and_never_overflows(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_instant(text, field="start")
    assert refusal.value.field == "start"
    assert "1970" in str(refusal.value.allowed)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no zone"):
        as_instant(datetime(2026, 1, 31))


def test_a_moment_of_another_zone_becomes_the_same_instant_in_utc() -> None:
    moment = datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    assert as_instant(moment).isoformat() == "2026-07-01T00:00:00+00:00"


def test_only_utc_itself_passes_the_assertion() -> None:
    now = datetime(2026, 1, 31, tzinfo=UTC)
    assert assert_utc(now) is now
    # London reads as UTC in January but not in July.
    for zone in (ZoneInfo("Europe/London"), timezone(timedelta(0), "GMT"), None):
        with pytest.raises(AssertionError):
            assert_utc(now.replace(tzinfo=zone))


def test_the_length_between_two_instants_is_exact() -> None:
    a_century = microseconds_between(EARLIEST, datetime(2070, 1, 1, 0, 0, 0, 1, tzinfo=UTC))
    assert a_century == (100 * 365 + 25) * 86_400 * 10**6 + 1  # 25 leap years from 1972 to 2068
    assert microseconds_between(LATEST, LATEST - timedelta(seconds=1)) == -1_000_000


@settings(deadline=None)
@given(st.datetimes(EARLIEST.replace(tzinfo=None), datetime(9998, 12, 31, 23, 59, 59, 999_999)))
def test_writing_an_instant_and_reading_it_again_changes_nothing(naive: datetime) -> None:
    instant = naive.replace(tzinfo=UTC)
    assert parse_instant(format_instant(instant)) == instant
