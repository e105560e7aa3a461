"""Each kind of part says in words what was worked out, and can be worked out again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import unit_of
from counterfoil.core.pricing import (
    MODELS,
    Detail,
    GroupUsage,
    Measured,
    WindowUsage,
    parse_pricing,
)
from counterfoil.core.rating import Explanation, RatingInput, rate_line, redo, sentences
from tests.core.pricing.strategies import pricings, usages

USD = unit_of("USD")
SEVEN = datetime(2024, 1, 15, 7, tzinfo=UTC)
TIERS = [{"up_to": "1000", "rate_percent": "1", "flat_amount": "200"}, {"rate_percent": "2.5"}]


def of(*amounts: str) -> Measured:
    return Measured.of_amounts(Decimal(amount) for amount in amounts)


def told(model: str, params: dict[str, object], usage: Measured) -> list[str]:
    """The sentences of the parts."""
    pricing = parse_pricing(model, params, given=tuple(Detail))
    line = rate_line(RatingInput(pricing=pricing, quantity=usage, unit=USD))
    assert redo(line.explanation.to_json(), USD) == line.amount
    return [sentence.text for sentence in sentences(line.explanation) if sentence.step == "part"]


@pytest.mark.parametrize(
    ("model", "params", "usage", "texts"),
    [
        (
            "percentage",
            {"rate_percent": "2.99", "fixed_per_event": "2", "min_per_event": "4", "max_per_event": "12"},
            of("10", "80", "10000"),
            [
                "80 × 2.99 % = 2.392",
                "Fee of each event: 1 × 2 = 2",
                "1 event of 10 at the least of 4: 1 × 4 = 4",
                "1 event of 10,000 at the most of 12: 1 × 12 = 12",
            ],
        ),
        (
            "percentage",
            {"rate_percent": "1", "free_events": 1},
            of("50", "100"),
            ["50 included free of charge", "100 × 1 % = 1"],
        ),
        (
            "graduated_percentage",
            {"tiers": TIERS},
            of("500", "600"),
            ["0 to 1,000: 1,000 × 1 % + 200 = 210", "Over 1,000: 100 × 2.5 % = 2.5"],
        ),
        ("dynamic", {"multiplier": "1.5"}, Measured(Decimal(10)), ["10 × 1.5 = 15"]),
        ("cost_plus", {"markup_percent": "20"}, Measured(Decimal(10)), ["Cost: 10", "Markup: 10 × 20 % = 2"]),
        (
            "cost_plus",
            {"markup_percent": "20", "unit_cost": "0.5"},
            Measured(Decimal(10)),
            ["Cost: 10 × 0.5 = 5", "Markup: 5 × 20 % = 1"],
        ),
        ("seat", {"unit_amount": "9"}, Measured(Decimal(1)), ["1 seat: 1 × 9 = 9"]),
        (
            "seat",
            {"unit_amount": "9", "min_seats": 5},
            Measured(Decimal(3)),
            ["3 seats, at least 5: 5 × 9 = 45"],
        ),
        (
            "matrix",
            {
                "properties": ["region", "size"],
                "prices": [{"values": ["eu", None], "unit_amount": "2"}],
                "default_unit_amount": "3",
            },
            Measured.of_groups(
                [GroupUsage(("eu", None), Decimal(2)), GroupUsage(("us", "large"), Decimal(1))]
            ),
            ["region eu, size absent: 2 × 2 = 4", "region us, size large: 1 × 3 = 3"],
        ),
        (
            "bucketed",
            {
                "window": {"unit": "hour"},
                "model": "graduated",
                "params": {"tiers": [{"up_to": "5", "unit_amount": "0"}, {"unit_amount": "2"}]},
            },
            Measured.of_windows([WindowUsage(SEVEN, Decimal(8))]),
            [
                "From 2024-01-15 07:00:00 UTC: 0 to 5: 5 × 0 = 0",
                "From 2024-01-15 07:00:00 UTC: Over 5: 3 × 2 = 6",
            ],
        ),
        (
            "graduated",
            {"tiers": [{"unit_amount": "2"}], "fractions": "whole_units"},
            Measured(Decimal("2.5")),
            ["All, 2.5 in whole units: 3 × 2 = 6"],
        ),
    ],
)
def test_a_part_says_what_was_worked_out(
    model: str, params: dict[str, object], usage: Measured, texts: list[str]
) -> None:
    assert told(model, params, usage) == texts


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_line_of_every_model_can_be_worked_out_again(model: str, data: st.DataObject) -> None:
    pricing = data.draw(pricings((model,)))
    line = RatingInput(pricing=pricing, quantity=data.draw(usages(pricing.need)), unit=USD)
    result = rate_line(line)
    stored = json.loads(json.dumps(result.explanation.to_json()))
    assert redo(stored, USD) == result.amount
    assert Explanation.from_json(stored) == result.explanation
    assert sentences(result.explanation)


def test_nothing_is_included_in_a_price_that_needs_more_than_a_quantity() -> None:
    fees = parse_pricing("percentage", {"rate_percent": "1", "free_events": 1}, given=[Detail.AMOUNTS])
    with pytest.raises(InvalidInput) as refusal:
        rate_line(RatingInput(pricing=fees, quantity=of("5"), unit=USD, included=Decimal(1)))
    assert refusal.value.field == "included"
