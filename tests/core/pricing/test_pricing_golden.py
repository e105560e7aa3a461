"""The worked examples of ``tests/golden/pricing``, each through its pricing model."""

from __future__ import annotations

import tomllib
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.money import Exact, round_money, unit_of
from counterfoil.core.pricing import MODELS, Measured, PartKind, Pricing
from counterfoil.core.pricing.exact import minus, sum_of
from tests.core.pricing.golden import pricing_of, usage_of

FOLDER = Path(__file__).parents[2] / "golden" / "pricing"
CASES = [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
PUBLISHED = {"package": 7, "volume": 7, "graduated": 6, "stairstep": 1, "percentage": 3, "dynamic": 1}
"""How many published examples of each kind were collected at the start; there may be more by now."""


def total(pricing: Pricing, usage: Measured) -> Exact:
    return sum_of(part.amount for part in pricing.rate(usage))


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=[case["case"]["id"] for case in CASES])
def test_an_example_comes_out_as_published(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    pricing, usage = pricing_of(given), usage_of(given)
    parts = pricing.rate(usage)
    assert {"amount", "rounded", "packages"} & expect.keys()
    if "amount" in expect:
        assert total(pricing, usage) == Decimal(expect["amount"])
    if "rounded" in expect:
        money = round_money(total(pricing, usage), unit_of(expect["currency"]))
        assert money.amount_text() == expect["rounded"]
    if "lines" in expect:
        assert [part.amount for part in parts] == [Decimal(line) for line in expect["lines"]]
    if "fees" in expect:
        assert fees_in_order(pricing, given["amounts"]) == [Decimal(fee) for fee in expect["fees"]]
    if "packages" in expect:
        assert [part.count for part in parts if part.kind is PartKind.PACKAGES] == [
            Decimal(expect["packages"])
        ]


def fees_in_order(pricing: Pricing, amounts: list[str]) -> list[Exact]:
    """What each event adds to what was owed before it."""
    events = [Decimal(amount) for amount in amounts]
    owed = [total(pricing, Measured.of_amounts(events[:count])) for count in range(len(events) + 1)]
    return [minus(after, before) for before, after in pairwise(owed)]


def test_every_model_and_every_published_kind_has_its_examples() -> None:
    shown = {case["given"]["model"] for case in CASES}
    assert MODELS.keys() - shown == {
        "flat",
        "per_unit",
    }  # nothing to get wrong; the pipeline's examples use them
    kinds = Counter(case["case"]["kind"] for case in CASES if case["case"]["basis"].startswith("published"))
    assert {kind: count for kind, count in PUBLISHED.items() if kinds[kind] < count} == {}
