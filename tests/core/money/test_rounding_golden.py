"""The published rounding examples of ``tests/golden/rounding``."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from counterfoil.core.money import Rounding, parse_decimal, round_money, unit_of

CASES = sorted((Path(__file__).parents[2] / "golden/rounding").glob("*.toml"))


@pytest.mark.golden
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_an_exact_amount_is_rounded_as_published(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    assert case["case"]["id"] == path.stem
    given = case["given"]
    exact = Fraction(parse_decimal(given["exact"]))
    rounded = round_money(exact, unit_of(given["currency"]), Rounding(given["mode"]))
    assert rounded.amount_text() == case["expect"]["rounded"]
