"""Laws that hold for every price and usage."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.money import Exact
from counterfoil.core.pricing import MODELS, Detail, Measured, Pricing, parse_pricing
from tests.core.pricing.strategies import amounts, percents, pricings, quantities, tables, usages

FAST = settings(max_examples=40, deadline=None)
EACH = settings(max_examples=15, deadline=None)
"""For a law that is tried on each model by itself."""

LINEAR = ("cost_plus", "dynamic", "per_unit")
"""Models of which two halves cost what the whole costs."""
MONOTONE = (
    "commit",
    "cost_plus",
    "dynamic",
    "flat",
    "graduated",
    "graduated_percentage",
    "overcommit",
    "package",
    "per_unit",
    "seat",
)
"""Models by which more never costs less, whatever their parameters and policies; volume and stairstep may
become cheaper in a higher tier."""


def total(pricing: Pricing, usage: Measured | Exact) -> Fraction:
    return sum((Fraction(part.amount) for part in pricing.rate(usage)), Fraction(0))


@pytest.mark.parametrize("model", MODELS)
@EACH
@given(st.data())
def test_the_parts_cover_the_usage_and_each_is_its_count_times_its_price(
    model: str, data: st.DataObject
) -> None:
    pricing = data.draw(pricings((model,)))
    usage = data.draw(usages(pricing.need))
    parts = pricing.rate(usage)
    assert sum(Fraction(part.quantity) for part in parts) == Fraction(usage.quantity)
    for part in parts:
        worked_out = Fraction(part.count) * Fraction(part.unit_amount) + Fraction(part.flat_amount)
        assert Fraction(part.amount) == worked_out >= 0


@pytest.mark.parametrize("model", MODELS)
@EACH
@given(st.data())
def test_a_price_read_back_from_its_json_is_the_same(model: str, data: st.DataObject) -> None:
    pricing = data.draw(pricings((model,)))
    assert parse_pricing(model, pricing.to_json(), given=tuple(Detail)) == pricing
    assert parse_pricing(model, pricing.to_json(), given=tuple(Detail)).to_json() == pricing.to_json()


@FAST
@given(pricings(LINEAR), quantities, quantities)
def test_usage_that_is_split_costs_what_it_costs_whole_by_a_linear_model(
    pricing: Pricing, one: Decimal, other: Decimal
) -> None:
    assert total(pricing, one + other) == total(pricing, one) + total(pricing, other)


@FAST
@given(pricings(MONOTONE), quantities, quantities)
def test_more_usage_never_costs_less(pricing: Pricing, one: Decimal, other: Decimal) -> None:
    low, high = sorted([one, other])
    assert total(pricing, low) <= total(pricing, high)


@FAST
@given(pricings(("percentage",)), st.lists(quantities, max_size=8), quantities)
def test_one_more_event_never_makes_a_percentage_cheaper(
    pricing: Pricing, listed: list[Decimal], one_more: Decimal
) -> None:
    before, after = Measured.of_amounts(listed), Measured.of_amounts([*listed, one_more])
    assert total(pricing, before) <= total(pricing, after)


@FAST
@given(
    percents,
    amounts,
    st.decimals(0, 10, places=2),
    st.decimals(10, 99, places=2),
    st.lists(quantities, max_size=8),
)
def test_a_percentage_with_a_least_and_a_most_is_the_sum_of_what_each_event_costs(
    percent: Decimal, fee: Decimal, least: Decimal, most: Decimal, listed: list[Decimal]
) -> None:
    params = {
        "rate_percent": percent,
        "fixed_per_event": fee,
        "min_per_event": least,
        "max_per_event": most,
    }
    pricing = parse_pricing("percentage", params, given=[Detail.AMOUNTS])
    each = [Fraction(amount) * Fraction(percent) / 100 + Fraction(fee) for amount in listed]
    expected = sum((min(max(cost, Fraction(least)), Fraction(most)) for cost in each), Fraction(0))
    assert total(pricing, Measured.of_amounts(listed)) == expected


@FAST
@given(pricings(("bucketed",)), st.data())
def test_windows_apart_cost_what_they_cost_together(pricing: Pricing, data: st.DataObject) -> None:
    usage = data.draw(usages(pricing.need))
    apart = sum(
        (total(pricing, Measured.of_windows([window])) for window in usage.windows or ()), Fraction(0)
    )
    assert total(pricing, usage) == apart


@FAST
@given(pricings(("matrix",)), st.data())
def test_each_group_costs_its_unit_price_or_the_default(pricing: Pricing, data: st.DataObject) -> None:
    usage = data.draw(usages(pricing.need))
    written = pricing.to_json()
    prices = {tuple(row["values"]): Fraction(row["unit_amount"]) for row in written["prices"]}  # type: ignore[attr-defined]
    default = Fraction(str(written["default_unit_amount"]))
    expected = sum(Fraction(one.quantity) * prices.get(one.values, default) for one in usage.groups or ())
    assert total(pricing, usage) == expected


@FAST
@given(tables(flats=False), quantities)
def test_whole_units_cost_what_the_next_integer_costs(
    tiers: list[dict[str, object]], quantity: Decimal
) -> None:
    for model in ("graduated", "volume"):
        begun = parse_pricing(model, {"tiers": tiers, "fractions": "whole_units"})
        assert total(begun, quantity) == total(
            parse_pricing(model, {"tiers": tiers}), Decimal(ceil(quantity))
        )


@FAST
@given(tables(flats=False), quantities)
def test_where_a_bound_belongs_moves_no_money_between_graduated_tiers_without_fees(
    tiers: list[dict[str, object]], quantity: Decimal
) -> None:
    exclusive = parse_pricing("graduated", {"tiers": tiers, "bounds": "exclusive"})
    assert total(exclusive, quantity) == total(parse_pricing("graduated", {"tiers": tiers}), quantity)


@FAST
@given(tables(), quantities)
def test_a_graduated_quantity_split_at_the_bounds_costs_what_it_costs_whole(
    tiers: list[dict[str, object]], quantity: Decimal
) -> None:
    expected, lower = Fraction(0), Decimal(0)
    for index, tier in enumerate(tiers):
        end = tier["up_to"] if index < len(tiers) - 1 else None
        upper = quantity if end is None else min(quantity, Decimal(str(end)))
        if upper <= lower:
            break
        alone = parse_pricing("graduated", {"tiers": [tier | {"up_to": None}]})
        expected += total(alone, upper - lower)
        lower = upper
    assert total(parse_pricing("graduated", {"tiers": tiers}), quantity) == expected


@FAST
@given(amounts, quantities, quantities)
def test_commitment_and_what_is_used_beyond_it_cost_the_greater_of_the_two(
    unit_amount: Decimal, committed: Decimal, used: Decimal
) -> None:
    params = {"unit_amount": unit_amount, "committed_quantity": committed}
    both = sum(total(parse_pricing(model, params), used) for model in ("commit", "overcommit"))
    assert both == Fraction(max(committed, used)) * Fraction(unit_amount)


@FAST
@given(tables(), quantities.filter(bool))
def test_volume_is_the_price_of_the_one_tier_the_quantity_falls_into(
    tiers: list[dict[str, object]], quantity: Decimal
) -> None:
    fitting = [tier for tier in tiers if tier["up_to"] is None or quantity <= Decimal(str(tier["up_to"]))]
    tier = (fitting or tiers[-1:])[0]
    expected = Fraction(quantity) * Fraction(str(tier["unit_amount"])) + Fraction(str(tier["flat_amount"]))
    assert total(parse_pricing("volume", {"tiers": tiers}), quantity) == expected


@FAST
@given(tables(flats=False), quantities)
def test_one_tier_alone_is_per_unit(tiers: list[dict[str, object]], quantity: Decimal) -> None:
    tier = tiers[0] | {"up_to": None}
    unit = parse_pricing("per_unit", {"unit_amount": tier["unit_amount"]})
    assert total(parse_pricing("graduated", {"tiers": [tier]}), quantity) == total(unit, quantity)
    assert total(parse_pricing("volume", {"tiers": [tier]}), quantity) == total(unit, quantity)
