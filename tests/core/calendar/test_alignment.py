"""Where billing periods begin, as people say it: by hand calculation."""

from __future__ import annotations

import pytest

from counterfoil.core.calendar import Alignment, AnchorRule, parse_instant, parse_interval
from counterfoil.core.errors import InvalidInput

START = parse_instant("2026-01-31T10:30:00Z")  # a Saturday
CALENDAR = AnchorRule(alignment=Alignment.CALENDAR)


@pytest.mark.parametrize(
    ("rule", "interval", "expected"),
    [
        (AnchorRule(), ("day", 1), "2026-02-01T10:30:00Z"),
        (AnchorRule(), ("week", 2), "2026-02-14T10:30:00Z"),
        (AnchorRule(), ("month", 1), "2026-02-28T10:30:00Z"),
        (AnchorRule(), ("quarter", 1), "2026-04-30T10:30:00Z"),
        (AnchorRule(), ("half_year", 1), "2026-07-31T10:30:00Z"),
        (AnchorRule(), ("year", 2), "2028-01-31T10:30:00Z"),
        (CALENDAR, ("day", 1), "2026-02-01T00:00:00Z"),
        (CALENDAR, ("week", 1), "2026-02-02T00:00:00Z"),
        (CALENDAR, ("month", 1), "2026-02-01T00:00:00Z"),
        (CALENDAR, ("quarter", 1), "2026-04-01T00:00:00Z"),
        (CALENDAR, ("half_year", 1), "2026-07-01T00:00:00Z"),
        (CALENDAR, ("year", 1), "2027-01-01T00:00:00Z"),
        (CALENDAR, ("month", 2), "2026-03-01T00:00:00Z"),
        (AnchorRule(day=15), ("month", 1), "2026-02-15T00:00:00Z"),
        (AnchorRule(day=30), ("month", 1), "2026-02-28T00:00:00Z"),
        (AnchorRule(day=1, month=7), ("year", 1), "2026-07-01T00:00:00Z"),
        (AnchorRule(day=15, month=2), ("quarter", 1), "2026-02-15T00:00:00Z"),
        (AnchorRule(weekday=7), ("week", 1), "2026-02-01T00:00:00Z"),
        (AnchorRule(at=parse_instant("2026-02-10T06:00:00Z")), ("month", 1), "2026-02-10T06:00:00Z"),
    ],
)
def test_the_first_boundary_after_the_start(
    rule: AnchorRule, interval: tuple[str, int], expected: str
) -> None:
    cycle = rule.cycle(parse_interval(*interval), START, "UTC")
    assert cycle.next_boundary(START) == parse_instant(expected)


def test_the_calendar_is_that_of_the_customers_zone() -> None:
    """In Kiritimati it is 1 February, 00:30, already."""
    cycle = CALENDAR.cycle(parse_interval("month"), START, "Pacific/Kiritimati")
    assert cycle.period_at(START).start == parse_instant("2026-01-31T10:00:00Z")


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"month": 7}, "billing_day"),
        ({"day": 1, "alignment": Alignment.CALENDAR}, "alignment"),
        ({"at": START, "alignment": Alignment.CALENDAR}, "alignment"),
        ({"day": 1, "weekday": 1}, "anchor"),
        ({"day": 1, "at": START}, "anchor"),
    ],
)
def test_two_anchors_at_once_are_refused(words: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        AnchorRule(**words)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert refusal.value.allowed


def test_what_an_interval_cannot_have_is_refused_when_the_cycle_is_made() -> None:
    for rule, unit in ((AnchorRule(weekday=1), "month"), (AnchorRule(day=1, month=1), "week")):
        with pytest.raises(InvalidInput) as refusal:
            rule.cycle(parse_interval(unit), START, "UTC")
        assert refusal.value.field == "interval"
