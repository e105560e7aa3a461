"""Parameters are read strictly: what is wrong is named by its path, with what is allowed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.pricing import MODELS, Detail, parse_pricing

COMPLETE: dict[str, dict[str, object]] = {
    "flat": {"amount": "99.9"},
    "per_unit": {"unit_amount": "0.0000015"},
    "package": {"package_size": "10", "package_amount": "100", "included": "5", "rounding": "down"},
    "commit": {"unit_amount": "0.05", "committed_quantity": "1000.5"},
    "overcommit": {"unit_amount": "0", "committed_quantity": "0"},
    "graduated": {
        "tiers": [
            {"up_to": "10", "unit_amount": "10", "flat_amount": "2", "package_size": None},
            {"up_to": None, "unit_amount": "5", "flat_amount": "0", "package_size": "100"},
        ],
        "above_last_tier": "refuse",
        "zero_quantity": "charge_first_tier_flat",
    },
    "volume": {
        "tiers": [{"up_to": "10.5", "unit_amount": "1", "flat_amount": "0", "package_size": None}],
        "above_last_tier": "extend",
        "zero_quantity": "free",
    },
    "stairstep": {
        "tiers": [{"up_to": "1000", "flat_amount": "50"}, {"up_to": None, "flat_amount": "200"}],
        "above_last_tier": "extend",
        "zero_quantity": "free",
    },
    "percentage": {
        "rate_percent": "2.99",
        "fixed_per_event": "0.3",
        "free_events": 3,
        "free_amount": "250",
        "min_per_event": "1.75",
        "max_per_event": None,
    },
    "graduated_percentage": {
        "tiers": [
            {"up_to": "1000", "rate_percent": "1.5", "flat_amount": "200"},
            {"up_to": None, "rate_percent": "0", "flat_amount": "300"},
        ],
        "above_last_tier": "extend",
        "zero_quantity": "free",
        "bounds": "exclusive",
    },
    "dynamic": {"multiplier": "1.33333"},
    "cost_plus": {"markup_percent": "20", "unit_cost": None},
    "seat": {"unit_amount": "9.5", "min_seats": 3, "max_seats": 100},
    "matrix": {
        "properties": ["region", "size"],
        "prices": [
            {"values": ["eu", "large"], "unit_amount": "0.5"},
            {"values": ["eu", None], "unit_amount": "0.4"},
        ],
        "default_unit_amount": "0.6",
    },
    "bucketed": {
        "window": {"unit": "minute", "count": 15},
        "model": "per_unit",
        "params": {"unit_amount": "2"},
    },
}
ALL = tuple(Detail)


def test_there_is_an_example_of_every_model() -> None:
    assert COMPLETE.keys() == MODELS.keys()


@pytest.mark.parametrize("model", COMPLETE)
def test_what_is_written_back_is_what_was_read(model: str) -> None:
    pricing = parse_pricing(model, COMPLETE[model], given=ALL)
    assert pricing.to_json() == COMPLETE[model]
    assert parse_pricing(model, pricing.to_json(), given=ALL) == pricing


def test_what_may_be_left_out_has_the_documented_default() -> None:
    pricing = parse_pricing("graduated", {"tiers": [{"up_to": 10, "unit_amount": Decimal("0.10")}]})
    assert pricing.params.to_json() == {
        "tiers": [{"up_to": "10", "unit_amount": "0.1", "flat_amount": "0", "package_size": None}],
        "above_last_tier": "extend",
        "zero_quantity": "free",
    }
    package = parse_pricing("package", {"package_size": 10, "package_amount": 1})
    assert package.params.to_json() == {
        "package_size": "10",
        "package_amount": "1",
        "included": "0",
        "rounding": "up",
    }


TIER: dict[str, object] = {"up_to": "100", "unit_amount": "1"}
CELL: dict[str, object] = {"values": ["x"], "unit_amount": "1"}
FAULTS: list[tuple[str, Any, str | None, str]] = [
    ("barter", {}, "model", "graduated"),
    ("flat", {}, "amount", "0 or more"),
    ("flat", {"amount": "-1"}, "amount", "0 or more"),
    ("flat", {"amount": 1.5}, "amount", "decimal"),
    ("flat", {"amount": True}, "amount", "decimal"),
    ("flat", {"amount": "NaN"}, "amount", "decimal"),
    ("flat", {"amount": "1e400"}, "amount", "38 digits"),
    ("flat", {"amount": ["1"]}, "amount", "decimal"),
    ("flat", {"amount": "1", "currency": "EUR"}, "currency", "amount"),
    ("flat", "99", None, "amount"),
    ("per_unit", {"unit_amount": "-0.01"}, "unit_amount", "0 or more"),
    ("package", {"package_size": "0", "package_amount": "1"}, "package_size", "greater than 0"),
    ("package", {"package_size": "10"}, "package_amount", "0 or more"),
    ("package", {"package_size": "10", "package_amount": "1", "included": "-5"}, "included", "0 or more"),
    (
        "package",
        {"package_size": "10", "package_amount": "1", "rounding": "half"},
        "rounding",
        "up, down, exact",
    ),
    (
        "package",
        {"package_size": "10", "package_amount": "1", "rounding": None},
        "rounding",
        "up, down, exact",
    ),
    ("graduated", {}, "tiers", "list of 1 to 1000"),
    ("graduated", {"tiers": []}, "tiers", "list of 1 to 1000"),
    ("graduated", {"tiers": "all"}, "tiers", "list of 1 to 1000"),
    ("graduated", {"tiers": [TIER, "x"]}, "tiers.1", "an object with up_to"),
    ("graduated", {"tiers": [TIER, {"unit_price": "1"}]}, "tiers.1.unit_price", "unit_amount"),
    (
        "graduated",
        {"tiers": [TIER, {"up_to": "100", "unit_amount": "1"}]},
        "tiers.1.up_to",
        "greater than 100",
    ),
    (
        "graduated",
        {"tiers": [TIER, {"up_to": "99.9", "unit_amount": "1"}]},
        "tiers.1.up_to",
        "greater than 100",
    ),
    ("graduated", {"tiers": [{"unit_amount": "1"}, TIER]}, "tiers.0.up_to", "greater than 0"),
    ("graduated", {"tiers": [{"up_to": "0", "unit_amount": "1"}]}, "tiers.0.up_to", "greater than 0"),
    ("graduated", {"tiers": [{"up_to": "-5", "unit_amount": "1"}]}, "tiers.0.up_to", "greater than 0"),
    ("graduated", {"tiers": [TIER, {"up_to": "200"}]}, "tiers.1.flat_amount", "unit_amount or flat_amount"),
    ("graduated", {"tiers": [{"unit_amount": "-1"}]}, "tiers.0.unit_amount", "0 or more"),
    (
        "graduated",
        {"tiers": [{"unit_amount": "1", "package_size": "0"}]},
        "tiers.0.package_size",
        "greater than 0",
    ),
    ("volume", {"tiers": [TIER], "above_last_tier": "stop"}, "above_last_tier", "extend, refuse"),
    ("volume", {"tiers": [TIER], "zero_quantity": 1}, "zero_quantity", "free, charge_first_tier_flat"),
    ("stairstep", {"tiers": [{"unit_amount": "1"}]}, "tiers.0.unit_amount", "flat_amount"),
    ("stairstep", {"tiers": [{"up_to": "1"}]}, "tiers.0.flat_amount", "flat_amount"),
    ("volume", {"tiers": [TIER], "bounds": "open"}, "bounds", "inclusive, exclusive"),
    ("volume", {"tiers": [TIER], "fractions": "up"}, "fractions", "continuous, whole_units"),
    ("percentage", {}, "rate_percent", "0 or more"),
    ("percentage", {"rate_percent": "-1"}, "rate_percent", "0 or more"),
    ("percentage", {"rate_percent": "1", "free_events": "1.5"}, "free_events", "a whole number, 1 or more"),
    ("percentage", {"rate_percent": "1", "free_events": 0}, "free_events", "a whole number, 1 or more"),
    ("percentage", {"rate_percent": "1", "free_amount": "0"}, "free_amount", "greater than 0"),
    (
        "percentage",
        {"rate_percent": "1", "min_per_event": "2", "max_per_event": "1"},
        "max_per_event",
        "2 or more",
    ),
    ("graduated_percentage", {"tiers": [TIER]}, "tiers.0.unit_amount", "rate_percent"),
    ("graduated_percentage", {"tiers": [{"up_to": 5}]}, "tiers.0.flat_amount", "rate_percent"),
    ("graduated_percentage", {"tiers": [], "fractions": "whole_units"}, "fractions", "bounds"),
    ("dynamic", {"multiplier": "0"}, "multiplier", "greater than 0"),
    ("cost_plus", {}, "markup_percent", "0 or more"),
    ("cost_plus", {"markup_percent": "5", "unit_cost": "-1"}, "unit_cost", "0 or more"),
    ("seat", {"unit_amount": "1", "min_seats": "-1"}, "min_seats", "0 or more"),
    ("seat", {"unit_amount": "1", "min_seats": 5, "max_seats": 4}, "max_seats", "5 or more"),
    ("matrix", {"prices": []}, "properties", "1 to 10"),
    ("matrix", {"properties": ["a", "a"]}, "properties", "different"),
    ("matrix", {"properties": ["a", 1]}, "properties", "names"),
    ("matrix", {"properties": ["a"]}, "prices", "1 to 1000 prices"),
    ("matrix", {"properties": ["a"], "prices": ["x"]}, "prices.0", "values"),
    ("matrix", {"properties": ["a"], "prices": [{"values": ["x"]}]}, "prices.0.unit_amount", "0 or more"),
    ("matrix", {"properties": ["a"], "prices": [{"values": ["x", "y"]}]}, "prices.0.values", "a list of 1"),
    ("matrix", {"properties": ["a"], "prices": [{"values": [1]}]}, "prices.0.values", "a text"),
    ("matrix", {"properties": ["a"], "prices": [CELL, CELL]}, "prices.1.values", "no other price"),
    ("bucketed", {"model": "flat"}, "window", "unit, count"),
    ("bucketed", {"window": {"unit": "second"}}, "window.unit", "minute, hour, day"),
    ("bucketed", {"window": {"count": "1001"}}, "window.count", "1 to 1000"),
    ("bucketed", {"window": {}, "model": "bucketed"}, "model", "graduated"),
    ("bucketed", {"window": {}, "model": "flat"}, "params", "amount"),
    ("bucketed", {"window": {}, "model": "flat", "params": {}}, "params.amount", "0 or more"),
]


@pytest.mark.parametrize(("model", "params", "field", "allowed"), FAULTS)
def test_a_fault_is_refused_by_its_path_and_says_what_is_allowed(
    model: str, params: Any, field: str | None, allowed: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_pricing(model, params, given=ALL)
    assert refusal.value.field == field
    assert allowed in (refusal.value.allowed or "")


def test_a_thousand_tiers_are_read_and_one_more_is_too_large() -> None:
    tiers = [{"up_to": str(bound), "unit_amount": "1"} for bound in range(1, 1_002)]
    assert len(parse_pricing("graduated", {"tiers": tiers[:1_000]}).rate(Decimal(1_000))) == 1_000
    with pytest.raises(TooLarge) as refusal:
        parse_pricing("graduated", {"tiers": tiers})
    assert refusal.value.field == "tiers"


def test_a_matrix_of_a_thousand_prices_is_read_and_one_more_is_too_large() -> None:
    prices = [{"values": [str(number)], "unit_amount": "1"} for number in range(1_001)]
    params = {"properties": ["sku"], "prices": prices[:1_000]}
    assert parse_pricing("matrix", params, given=ALL).to_json()["prices"] == params["prices"]
    with pytest.raises(TooLarge) as refusal:
        parse_pricing("matrix", params | {"prices": prices}, given=ALL)
    assert refusal.value.field == "prices"
