"""Where the windows of a period begin, also where clocks change."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from counterfoil.core.errors import TooLarge
from counterfoil.core.pricing import Window, WindowUnit
from counterfoil.core.rating import window_grid


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "zone", "instant", "start"),
    [
        # Half-hour zones: Kathmandu is 5:45 ahead, so its hours begin at a quarter past of UTC.
        (Window(WindowUnit.HOUR), "Asia/Kathmandu", "2026-03-05T10:00", "2026-03-05T09:15"),
        (Window(WindowUnit.MINUTE, 15), "UTC", "2026-03-05T10:44:59", "2026-03-05T10:30"),
        # Berlin's 29 March has 23 hours: it ends at 22:00 UTC, having begun at 23:00.
        (Window(WindowUnit.DAY), "Europe/Berlin", "2026-03-29T21:59", "2026-03-28T23:00"),
        (Window(WindowUnit.DAY), "Europe/Berlin", "2026-03-29T22:00", "2026-03-29T22:00"),
        # The hour that is there twice in autumn is two hours.
        (Window(WindowUnit.HOUR), "Europe/Berlin", "2026-10-25T01:30", "2026-10-25T01:00"),
        # Weeks begin on Monday, the first one before the period.
        (Window(WindowUnit.WEEK), "UTC", "2026-03-01T12:00", "2026-02-23T00:00"),
        (Window(WindowUnit.WEEK), "UTC", "2026-03-02T00:00", "2026-03-02T00:00"),
        (Window(WindowUnit.MONTH), "UTC", "2026-04-30T23:59", "2026-04-01T00:00"),
        # Windows of several days are counted from the day on which the period begins.
        (Window(WindowUnit.DAY, 10), "UTC", "2026-03-11T05:00", "2026-03-11T00:00"),
        (Window(WindowUnit.DAY, 10), "UTC", "2026-03-10T23:59", "2026-03-01T00:00"),
    ],
)
def test_an_instant_lies_in_the_window_that_begins_there(
    window: Window, zone: str, instant: str, start: str
) -> None:
    grid = window_grid(window, at("2026-03-01T08:30"), at("2026-12-31T08:30"), zone)
    assert grid.start_of(grid.place_of(at(instant))) == at(start)


def test_more_windows_than_a_line_can_tell_are_refused() -> None:
    with pytest.raises(TooLarge):
        window_grid(Window(WindowUnit.DAY), at("2000-01-01"), at("2030-01-01"), "UTC")
