"""Zones by name, and local times that clocks skip or show twice."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from counterfoil.core.calendar import ZONE_NAMES, from_local, parse_zone, to_local
from counterfoil.core.errors import InvalidInput


def test_zones_and_links_of_the_database_are_known_and_kept() -> None:
    assert {"UTC", "Europe/Berlin", "Asia/Calcutta", "America/Argentina/Ushuaia"} <= ZONE_NAMES
    assert parse_zone("Asia/Kolkata").key == "Asia/Kolkata"
    assert parse_zone("Asia/Kolkata") is parse_zone("Asia/Kolkata")


def test_every_name_that_is_accepted_has_its_rules() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert all(
        abs((to_local(now, parse_zone(name)) - now.replace(tzinfo=None)).days) <= 1 for name in ZONE_NAMES
    )


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Europe",
        "europe/berlin",
        "Mars/Olympus",
        "../../etc/passwd",
        "Europe/../Europe/Berlin",
        "/etc/localtime",
        "Europe/Berlin\x00",
        "UTC ",
        "+01:00",
        "zone.tab",
        "__init__.py",
    ],
)
def test_anything_but_a_known_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_zone(name, field="customer.time_zone")
    assert refusal.value.field == "customer.time_zone"
    assert "IANA" in str(refusal.value.allowed)


def test_a_local_time_that_clocks_skip_is_moved_by_the_skip() -> None:
    # RFC 5545, section 3.3.5: "TZID=America/New_York:20070311T023000" is 03:30 with UTC-04:00.
    skipped = from_local(datetime(2007, 3, 11, 2, 30), parse_zone("America/New_York"))
    assert skipped == datetime(2007, 3, 11, 7, 30, tzinfo=UTC)
    assert to_local(skipped, parse_zone("America/New_York")) == datetime(2007, 3, 11, 3, 30)


def test_a_local_time_that_clocks_show_twice_is_the_first() -> None:
    # RFC 5545, section 3.3.5: "TZID=America/New_York:20071104T013000" is 01:30 with UTC-04:00.
    twice = from_local(datetime(2007, 11, 4, 1, 30), parse_zone("America/New_York"))
    assert twice == datetime(2007, 11, 4, 5, 30, tzinfo=UTC)


def test_at_the_ends_of_the_calendar_the_step_is_refused_and_never_overflows() -> None:
    tokyo, honolulu = parse_zone("Asia/Tokyo"), parse_zone("Pacific/Honolulu")
    with pytest.raises(InvalidInput, match="out of range"):
        to_local(datetime(9999, 12, 31, 23, tzinfo=UTC), tokyo)
    with pytest.raises(InvalidInput, match="out of range"):
        from_local(datetime(9999, 12, 31, 23), honolulu)
