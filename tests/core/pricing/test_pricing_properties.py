"""Laws that hold for every price and quantity."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.pricing import MODELS, Pricing, parse_pricing

FAST = settings(max_examples=40, deadline=None)

amounts = st.decimals(0, 1_000, places=7)
quantities = st.decimals(0, 5_000, places=3)


@st.composite
def tables(draw: st.DrawFn, *, flats: bool = True) -> list[dict[str, object]]:
    """One to five tiers, the last with or without an end."""
    bounds = sorted(draw(st.sets(st.decimals("0.5", 4_000, places=1), min_size=1, max_size=5)))
    ends: list[Decimal | None] = [*bounds[:-1], draw(st.sampled_from([bounds[-1], None]))]
    return [
        {"up_to": end, "unit_amount": draw(amounts), "flat_amount": draw(amounts) if flats else 0}
        for end in ends
    ]


@st.composite
def pricings(draw: st.DrawFn) -> Pricing:
    """Any price of any model."""
    model = draw(st.sampled_from(sorted(MODELS)))
    if model == "flat":
        return parse_pricing(model, {"amount": draw(amounts)})
    if model == "per_unit":
        return parse_pricing(model, {"unit_amount": draw(amounts)})
    if model in ("commit", "overcommit"):
        return parse_pricing(model, {"unit_amount": draw(amounts), "committed_quantity": draw(quantities)})
    if model == "package":
        size = draw(st.decimals("0.5", 300, places=1))
        rounding = draw(st.sampled_from(["up", "down", "exact"]))
        params = {"package_size": size, "package_amount": draw(amounts), "included": draw(quantities)}
        return parse_pricing(model, params | {"rounding": rounding})
    tiers = draw(tables())
    if model == "stairstep":
        tiers = [{"up_to": tier["up_to"], "flat_amount": tier["flat_amount"]} for tier in tiers]
    zero = draw(st.sampled_from(["free", "charge_first_tier_flat"]))
    return parse_pricing(model, {"tiers": tiers, "zero_quantity": zero})


def total(pricing: Pricing, quantity: Decimal | Fraction) -> Fraction:
    return sum((Fraction(part.amount) for part in pricing.rate(quantity)), Fraction(0))


@FAST
@given(pricings(), quantities)
def test_the_parts_cover_the_quantity_and_each_is_its_count_times_its_price(
    pricing: Pricing, quantity: Decimal
) -> None:
    parts = pricing.rate(quantity)
    assert sum(Fraction(part.quantity) for part in parts) == Fraction(quantity)
    for part in parts:
        worked_out = Fraction(part.count) * Fraction(part.unit_amount) + Fraction(part.flat_amount)
        assert Fraction(part.amount) == worked_out >= 0


@FAST
@given(pricings(), quantities)
def test_a_price_read_back_from_its_json_rates_the_same(pricing: Pricing, quantity: Decimal) -> None:
    assert parse_pricing(pricing.model, pricing.params.to_json()).rate(quantity) == pricing.rate(quantity)


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
@given(tables(), quantities, quantities)
def test_more_usage_never_costs_less_when_graduated(
    tiers: list[dict[str, object]], one: Decimal, other: Decimal
) -> None:
    pricing = parse_pricing("graduated", {"tiers": tiers})
    low, high = sorted([one, other])
    assert total(pricing, low) <= total(pricing, high)


@FAST
@given(amounts, quantities, quantities)
def test_per_unit_is_linear(unit_amount: Decimal, one: Decimal, other: Decimal) -> None:
    pricing = parse_pricing("per_unit", {"unit_amount": unit_amount})
    assert total(pricing, one + other) == total(pricing, one) + total(pricing, other)
    assert total(pricing, one * 3) == 3 * total(pricing, one)


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
