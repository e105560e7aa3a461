"""The published worked examples of ``tests/golden/pricing``, each through its pricing model."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.pricing import PartKind, parse_pricing

FOLDER = Path(__file__).parents[2] / "golden" / "pricing"
CASES = [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=[case["case"]["id"] for case in CASES])
def test_a_published_example_comes_out_as_published(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    parts = parse_pricing(given["model"], given["params"]).rate(Decimal(given["quantity"]))
    assert expect.keys() <= {"amount", "lines", "packages"}
    if "amount" in expect:
        assert sum(part.amount for part in parts) == Decimal(expect["amount"])
    if "lines" in expect:
        assert [part.amount for part in parts] == [Decimal(line) for line in expect["lines"]]
    if "packages" in expect:
        assert [part.count for part in parts if part.kind is PartKind.PACKAGES] == [
            Decimal(expect["packages"])
        ]


def test_every_example_of_the_models_in_scope_is_there() -> None:
    assert len(CASES) == 25
