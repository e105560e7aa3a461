"""What ``docs/pricing.md`` says is so: every model is there, every example costs what it says."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from counterfoil.core.pricing import MODELS, Detail, parse_pricing
from counterfoil.core.pricing.exact import sum_of
from counterfoil.core.rating import STEPS
from tests.core.pricing.golden import usage_of

TEXT = (Path(__file__).parents[3] / "docs" / "pricing.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below the line that starts so."""
    lines = TEXT[TEXT.index(heading) :].split("\n\n")[0].splitlines()
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


EXAMPLES = rows("| Model | Parameters |")


def test_the_table_has_every_model_and_an_example_of_each() -> None:
    assert [row[0] for row in rows("| Model | What")] == list(dict.fromkeys(row[0] for row in EXAMPLES))
    assert {row[0] for row in EXAMPLES} == MODELS.keys()


@pytest.mark.parametrize(("model", "params", "usage", "costs"), EXAMPLES)
def test_an_example_costs_what_it_says(model: str, params: str, usage: str, costs: str) -> None:
    pricing = parse_pricing(model, json.loads(params), given=tuple(Detail))
    parts = pricing.rate(usage_of(json.loads(usage)))
    terms, equals, total = costs.partition(" = ")
    assert sum_of(part.amount for part in parts) == Decimal(total or costs)
    if equals:
        assert sum(Decimal(term) for term in terms.split(" + ")) == Decimal(total)


def test_the_steps_are_told_in_their_order() -> None:
    assert [row[0] for row in rows("| Step |")] == [step.name for step in STEPS]


@pytest.mark.parametrize(
    ("model", "policy", "quantity", "amounts"),
    [
        ("volume", ("bounds", "inclusive", "exclusive"), "100", ("210", "105")),
        ("graduated", ("fractions", "continuous", "whole_units"), "100.2", ("215.2", "216")),
        ("graduated", ("above_last_tier", "extend", "extend"), "250", ("365", "365")),
        ("graduated", ("zero_quantity", "free", "charge_first_tier_flat"), "0", ("0", "10")),
    ],
)
def test_each_policy_of_the_edges_costs_what_it_says(
    model: str, policy: tuple[str, str, str], quantity: str, amounts: tuple[str, str]
) -> None:
    tiers = [
        {"up_to": "100", "unit_amount": "2", "flat_amount": "10"},
        {"up_to": "200", "unit_amount": "1", "flat_amount": "5"},
    ]
    name, *values = policy
    [cell] = [row[2] for row in rows("| Policy |") if row[0].startswith(name)]
    for value, amount in zip(values, amounts, strict=True):
        parts = parse_pricing(model, {"tiers": tiers, name: value}).rate(Decimal(quantity))
        assert sum_of(part.amount for part in parts) == Decimal(amount)
        assert amount in cell
