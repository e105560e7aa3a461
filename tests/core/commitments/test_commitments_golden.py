"""The published commitments of ``tests/golden/commitments``: windows on their own, or a minimum spend."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.commitments import (
    Commitment,
    CommittedLine,
    Measure,
    Overage,
    OverageKind,
    WindowedSettlement,
    settle,
    settle_windows,
)

type Case = dict[str, Any]

CASES = sorted((Path(__file__).parents[2] / "golden/commitments").glob("*.toml"))


def settled(given: Case) -> WindowedSettlement:
    if "windows" not in given:
        commitment = Commitment(measure=Measure.AMOUNT, size=Fraction(given["minimum_spend"]))
        line = CommittedLine("usage", Fraction(given["used"]))
        return WindowedSettlement((("period", settle(commitment, [line], closed=given["closed"])),))
    windows, used = [], {}
    for window in given["windows"]:
        hour = str(window["hour"])
        overage = Overage(OverageKind.FACTOR, Fraction(window["overage_factor"]))
        size = Fraction(window["commit_amount"])
        terms = Commitment(measure=Measure.AMOUNT, size=size, overage=overage, true_up=window["true_up"])
        windows.append((hour, terms))
        used[hour] = [CommittedLine("usage", Fraction(window["units"]) * Fraction(window["unit_price"]))]
    return settle_windows(windows, used)


@pytest.mark.golden
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_commitment_costs_what_is_published(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    assert case["case"]["id"] == path.stem
    whole = settled(case["given"])
    each = [settlement for _, settlement in whole.windows]
    found: Case = {
        "total": whole.total,
        "per_window": [settlement.total for settlement in each],
        "utilized": sum(settlement.utilized for settlement in each),
        "overage": sum(settlement.overage for settlement in each),
        "true_up": sum(settlement.true_up for settlement in each),
        "charges": [charge for settlement in each for charge in settlement.charges],
    }
    assert "total" in case["expect"]
    for name, expected in case["expect"].items():
        numbers = [Fraction(one) for one in expected] if isinstance(expected, list) else Fraction(expected)
        assert found[name] == numbers, name


def test_every_published_example_is_there() -> None:
    assert len(CASES) == 4
