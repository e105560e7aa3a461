"""What each model does where published examples say nothing: bounds, zero, fractions, the policies."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Exact
from counterfoil.core.pricing import MODELS, Detail, Part, PartKind, Pricing, parse_pricing

TWO_TIERS = [
    {"up_to": "100", "unit_amount": "2", "flat_amount": "10"},
    {"up_to": "200", "unit_amount": "1", "flat_amount": "5"},
]
ANY: dict[str, dict[str, object]] = {
    "flat": {"amount": "9"},
    "per_unit": {"unit_amount": "2"},
    "package": {"package_size": "10", "package_amount": "3"},
    "commit": {"unit_amount": "2", "committed_quantity": "10"},
    "overcommit": {"unit_amount": "2", "committed_quantity": "10"},
    "graduated": {"tiers": TWO_TIERS},
    "volume": {"tiers": TWO_TIERS},
    "stairstep": {"tiers": [{"flat_amount": "7"}]},
    "percentage": {"rate_percent": "2.5"},
    "graduated_percentage": {"tiers": [{"rate_percent": "1"}]},
    "dynamic": {},
    "cost_plus": {"markup_percent": "20"},
    "seat": {"unit_amount": "9"},
    "matrix": {"properties": ["region"], "prices": [{"values": ["eu"], "unit_amount": "1"}]},
    "bucketed": {"window": {}, "model": "per_unit", "params": {"unit_amount": "1"}},
}
ALL = tuple(Detail)


def total(pricing: Pricing, quantity: str | Exact) -> Exact:
    number = Decimal(quantity) if isinstance(quantity, str) else quantity
    return sum((Fraction(part.amount) for part in pricing.rate(number)), Fraction(0))


def facts(part: Part, names: str) -> list[object]:
    return [getattr(part, name) for name in names.split()]


def test_a_flat_fee_is_owed_whatever_the_quantity() -> None:
    flat = parse_pricing("flat", {"amount": "99"})
    assert [total(flat, quantity) for quantity in ("0", "1", "1000000")] == [99, 99, 99]


def test_a_unit_price_below_the_minor_unit_is_not_rounded() -> None:
    tokens = parse_pricing("per_unit", {"unit_amount": "0.0000015"})
    assert total(tokens, "1") == Decimal("0.0000015")
    assert total(tokens, "2500000") == Decimal("3.75")


def test_a_product_of_more_than_28_digits_is_still_exact() -> None:
    price = parse_pricing("per_unit", {"unit_amount": "0.0000000000000000000000000000000000001"})
    assert price.rate(Decimal(10**37 + 1))[0].amount == Decimal("1.0000000000000000000000000000000000001")


@pytest.mark.parametrize(
    ("rounding", "units", "amount"),
    [("up", "21", 9), ("down", "29", 6), ("exact", "25", "7.5"), ("exact", "20", 6), ("up", "20.001", 9)],
)
def test_a_package_that_is_begun_costs_what_the_rounding_says(
    rounding: str, units: str, amount: int | str
) -> None:
    price = parse_pricing("package", {"package_size": "10", "package_amount": "3", "rounding": rounding})
    assert total(price, units) == Decimal(amount)


def test_a_share_of_a_package_without_a_finite_decimal_is_kept_as_a_fraction() -> None:
    price = parse_pricing("package", {"package_size": "3", "package_amount": "1", "rounding": "exact"})
    assert price.rate(Decimal(1))[0].amount == Fraction(1, 3)


def test_included_units_are_free_and_packages_start_after_them() -> None:
    price = parse_pricing("package", {"package_size": "10", "package_amount": "3", "included": "100"})
    free, sold = price.rate(Decimal(121))
    assert facts(free, "kind quantity amount") == [PartKind.INCLUDED, 100, 0]
    assert facts(sold, "kind quantity count amount") == [PartKind.PACKAGES, 21, 3, 9]
    free, sold = price.rate(Decimal(40))
    assert free.quantity == 40
    assert facts(sold, "quantity amount") == [0, 0]


def test_a_commitment_is_paid_whole_whatever_was_used_of_it() -> None:
    commit = parse_pricing("commit", {"committed_quantity": "1000", "unit_amount": "0.05"})
    assert [total(commit, quantity) for quantity in ("0", "999.5", "1000", "2500")] == [50, 50, 50, 50]
    [part] = commit.rate(Decimal(300))
    assert facts(part, "kind quantity count amount") == [PartKind.COMMITTED, 300, 1000, 50]


def test_only_what_is_used_beyond_a_commitment_is_overcommitted() -> None:
    beyond = parse_pricing("overcommit", {"committed_quantity": "1000", "unit_amount": "0.08"})
    assert [total(beyond, quantity) for quantity in ("0", "1000", "1000.5", "1500")] == [
        0,
        0,
        Decimal("0.04"),
        40,
    ]
    inside, charged = beyond.rate(Decimal(1500))
    assert facts(inside, "kind quantity amount") == [PartKind.INCLUDED, 1000, 0]
    assert facts(charged, "kind quantity count amount") == [PartKind.UNITS, 500, 500, 40]


def test_graduated_tiers_say_what_they_cover() -> None:
    parts = parse_pricing("graduated", {"tiers": TWO_TIERS}).rate(Decimal("150.5"))
    names = "index over up_to quantity flat_amount amount"
    assert [facts(part, names) for part in parts] == [
        [0, 0, 100, 100, 10, 210],
        [1, 100, 200, Decimal("50.5"), 5, Decimal("55.5")],
    ]


def test_a_quantity_on_the_bound_stays_below_it_and_a_fraction_more_enters_the_next_tier() -> None:
    graduated = parse_pricing("graduated", {"tiers": TWO_TIERS})
    volume = parse_pricing("volume", {"tiers": TWO_TIERS})
    assert total(graduated, "100") == 210
    assert total(graduated, "100.5") == Decimal("215.5")  # 210 + 0.5 × 1 + 5
    assert total(volume, "100") == 210
    assert total(volume, "100.5") == Decimal("105.5")  # all at 1, + 5


@pytest.mark.parametrize(
    ("model", "amount"), [("graduated", 210 + 150 + 5), ("volume", 250 + 5), ("stairstep", 5)]
)
def test_above_a_bounded_last_tier_its_price_goes_on_or_the_quantity_is_refused(
    model: str, amount: int
) -> None:
    tiers = TWO_TIERS
    if model == "stairstep":
        tiers = [{"up_to": tier["up_to"], "flat_amount": tier["flat_amount"]} for tier in TWO_TIERS]
    last = parse_pricing(model, {"tiers": tiers}).rate(Decimal(250))[-1]
    assert last.up_to is None
    assert total(parse_pricing(model, {"tiers": tiers}), "250") == amount
    refusing = parse_pricing(model, {"tiers": tiers, "above_last_tier": "refuse"})
    assert refusing.rate(Decimal(200))
    with pytest.raises(InvalidInput) as refusal:
        refusing.rate(Decimal("200.01"))
    assert (refusal.value.field, refusal.value.allowed) == ("quantity", "at most 200")


@pytest.mark.parametrize("model", ["graduated", "volume", "stairstep"])
def test_the_first_tiers_flat_amount_at_zero_usage_is_a_policy(model: str) -> None:
    tiers = [{"up_to": "5", "flat_amount": "10"}, {"flat_amount": "20"}]
    assert total(parse_pricing(model, {"tiers": tiers}), "0") == 0
    charging = parse_pricing(model, {"tiers": tiers, "zero_quantity": "charge_first_tier_flat"})
    assert total(charging, "0") == 10


def test_a_tier_sold_in_packages_begins_them_anew_in_each_tier() -> None:
    tiers = [
        {"up_to": "1000", "unit_amount": "1", "package_size": "300"},
        {"unit_amount": "1", "package_size": "1000"},
    ]
    first, second = parse_pricing("graduated", {"tiers": tiers}).rate(Decimal(1001))
    assert [first.count, second.count] == [4, 1]
    assert total(parse_pricing("volume", {"tiers": tiers}), "900") == 3


def test_a_quantity_that_is_a_fraction_is_rated_exactly() -> None:
    third = Fraction(1000, 3)
    assert total(parse_pricing("per_unit", {"unit_amount": "2"}), third) == Fraction(2000, 3)
    assert total(parse_pricing("graduated", {"tiers": TWO_TIERS}), third) == 210 + 5 + third - 100
    assert total(parse_pricing("volume", {"tiers": TWO_TIERS}), Fraction(1, 3)) == 10 + Fraction(2, 3)
    assert total(parse_pricing("package", {"package_size": "10", "package_amount": "1"}), third) == 34


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("quantity", [Decimal("-0.1"), Decimal("NaN"), Decimal("Infinity"), Fraction(-1, 3)])
def test_no_model_prices_a_negative_or_endless_quantity(model: str, quantity: Exact) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_pricing(model, ANY[model], given=ALL).rate(quantity)
    assert (refusal.value.field, refusal.value.allowed) == ("quantity", "0 or more")
