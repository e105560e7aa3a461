"""The worked examples of ``tests/golden/rating``: whole lines, with terms, discounts and their order."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.money import Money, round_money, unit_of
from counterfoil.core.rating import (
    Discount,
    DiscountKind,
    Explanation,
    Line,
    PriceTerms,
    RatedCharge,
    RatingInput,
    rate_line,
    redo,
    share_discount,
    totals,
)
from counterfoil.core.tax import TaxRate
from tests.core.pricing.golden import pricing_of, usage_of

FOLDER = Path(__file__).parents[2] / "golden" / "rating"
CASES = {path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
LINES = {name: case for name, case in CASES.items() if "model" in case["given"]}


def rated(given: dict[str, Any]) -> RatedCharge:
    """The line of an example."""
    pricing, terms = pricing_of(given), PriceTerms.from_json(given.get("terms", {}))
    terms.check(pricing.need)
    return rate_line(
        RatingInput(
            pricing=pricing,
            quantity=usage_of(given),
            unit=unit_of(given["currency"]),
            terms=terms,
            proration=Fraction(given.get("proration", "1")),
            closed=given.get("closed", True),
            discounts=tuple(
                Discount(DiscountKind(one["kind"]), Decimal(one["value"]))
                for one in given.get("discounts", ())
            ),
        )
    )


@pytest.mark.golden
@pytest.mark.parametrize("name", LINES)
def test_a_line_comes_out_as_published(name: str) -> None:
    given, expect = LINES[name]["given"], LINES[name]["expect"]
    line = rated(given)
    told = line.explanation
    assert line.amount.amount_text() == expect["amount"]
    if "listed" in expect:
        assert line.listed.amount_text() == expect["listed"]
    if "counted" in expect:
        assert told.counted == Decimal(expect["counted"])
    if "lines" in expect:
        assert [part.amount for part in told.parts] == [Decimal(amount) for amount in expect["lines"]]
    if "tax" in expect:
        rates = tuple(TaxRate.of(percent, percent) for percent in given["taxes"])
        assert totals([Line.of(line, rates)], line.amount.unit).tax.amount_text() == expect["tax"]


@pytest.mark.golden
@pytest.mark.parametrize("name", LINES)
def test_its_explanation_is_kept_whole_and_worked_out_again(name: str) -> None:
    line = rated(LINES[name]["given"])
    stored = json.loads(json.dumps(line.explanation.to_json()))
    assert redo(stored, line.amount.unit) == line.amount
    assert Explanation.from_json(stored) == line.explanation


@pytest.mark.golden
def test_a_discount_of_several_lines_is_shared_before_one_of_them_is_prorated() -> None:
    given, expect = (CASES["polar-discount-split-seats"][part] for part in ("given", "expect"))
    unit, line = unit_of(given["currency"]), given["line"]
    off = Money.of(given["discount"], unit)
    net: list[Money] = []
    for side in ("before", "after"):
        amounts = [Money.of(amount, unit) for amount in given[side]]
        shares = share_discount(off, amounts)
        assert [share.amount_text() for share in shares] == expect[f"shares_{side}"]
        net.append(amounts[line] - shares[line])
    change = (net[1] - net[0]).to_decimal()
    debit = round_money(Fraction(change) * Fraction(given["proration"]), unit)
    assert debit.amount_text() == expect["debit"]
