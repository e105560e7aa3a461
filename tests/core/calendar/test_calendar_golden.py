"""The published calendar examples of ``tests/golden/calendar``.

A case says what is given and what is expected; each kind of expectation is checked by the function of its
name below.  Dates without a time are local midnights in UTC.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.calendar import (
    Cycle,
    DayCount,
    Interval,
    aligned_anchor,
    anchor_on_day,
    as_instant,
    fraction_of,
    local_days,
    parse_interval,
)

CASES = sorted((Path(__file__).parents[2] / "golden/calendar").glob("*.toml"))


def instant(value: date) -> datetime:
    if isinstance(value, datetime):
        return as_instant(value)
    return datetime.combine(value, time.min, UTC)


def cycle_of(given: dict[str, Any], interval: Interval | None = None) -> Cycle:
    interval = interval or parse_interval(given["interval"])
    zone = given.get("timezone", "UTC")
    if "anchor" in given:
        anchor = instant(given["anchor"])
    elif "aligned_at" in given:
        anchor = aligned_anchor(interval, instant(given["aligned_at"]), zone)
    else:
        anchor = anchor_on_day(
            interval, instant(given.get("start") or given["from"]), given["billing_day"], zone
        )
    return Cycle(interval, anchor, zone)


def dates(given: dict[str, Any], expected: list[date]) -> None:
    cycle = cycle_of(given)
    boundary, found = cycle.first_boundary(instant(given["from"])), []
    for _ in expected:
        found.append(boundary.date())
        boundary = cycle.next_boundary(boundary)
    assert found == expected


def period_start(given: dict[str, Any], expected: datetime) -> None:
    assert cycle_of(given).period_at(instant(given["at"])).start == expected


def period_end(given: dict[str, Any], expected: datetime) -> None:
    assert cycle_of(given).period_at(instant(given["at"])).end == expected


def next_boundary(given: dict[str, Any], expected: datetime) -> None:
    assert cycle_of(given).next_boundary(instant(given["after"])) == expected


def first_boundary(given: dict[str, Any], expected: dict[str, date]) -> None:
    for text, first in expected.items():
        count, unit = text.split()
        cycle = cycle_of(given, parse_interval(unit, int(count)))
        assert cycle.first_boundary(instant(given["start"])) == instant(first)


def elapsed_cycles(given: dict[str, Any], expected: int) -> None:
    cycle = cycle_of(given)
    assert cycle.index_at(instant(given["at"])) - cycle.index_at(instant(given["start"])) == expected


def cycles(given: dict[str, Any], expected: str) -> None:
    cycle = cycle_of(given)
    pieces = cycle.periods(instant(given["start"]), instant(given["end"]))
    parts = [fraction_of(p, cycle.period_at(p.start), "UTC", DayCount.LOCAL_DAYS) for p in pieces]
    assert parts == [Fraction(term) for term in expected.split("+")]


def local_calendar_days(given: dict[str, Any], expected: int) -> None:
    assert local_days(instant(given["start"]), instant(given["end"]), given["timezone"]) == expected


def boundaries_begun_per_run(given: dict[str, Any], expected: list[int]) -> None:
    cycle = cycle_of(given)
    runs = [instant(run) for run in [given["aligned_at"], *given["runs_at"]]]
    assert [cycle.begun(before, run) for before, run in pairwise(runs)] == expected


CHECKS = {
    check.__name__: check
    for check in (
        boundaries_begun_per_run,
        cycles,
        dates,
        elapsed_cycles,
        first_boundary,
        local_calendar_days,
        next_boundary,
        period_end,
        period_start,
    )
}


@pytest.mark.golden
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_calendar_does_as_published(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    assert case["case"]["id"] == path.stem
    assert case["expect"]
    for name, expected in case["expect"].items():
        CHECKS[name](case["given"], expected)
