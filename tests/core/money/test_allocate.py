"""Sharing an amount: the parts sum to the whole, and each is next to its quota."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.money import MAX_MINOR, Money, allocate, unit_of

USD = unit_of("USD")
weights = st.lists(
    st.one_of(
        st.integers(0, 10**6),
        st.just(0),
        st.fractions(min_value=0, max_value=1000),
        st.decimals(min_value=0, max_value=10**6, places=6, allow_nan=False),
    ),
    min_size=1,
    max_size=6,
)
wholes = st.integers(-MAX_MINOR, MAX_MINOR).map(lambda minor: Money(minor, USD))


@settings(max_examples=100, deadline=None)
@given(wholes, weights)
def test_parts_sum_to_the_whole_and_lie_within_a_minor_unit_of_their_quota(
    whole: Money, shares: list[int | Fraction | Decimal]
) -> None:
    parts = allocate(whole, shares)
    assert sum(part.minor for part in parts) == whole.minor
    exact = [Fraction(share) for share in shares]
    total = sum(exact, Fraction(0))
    if not total:
        exact, total = [Fraction(1)] * len(shares), Fraction(len(shares))
    for part, share in zip(parts, exact, strict=True):
        assert abs(part.minor - whole.minor * share / total) < 1
        if share == 0:
            assert part.minor == 0


@settings(max_examples=50, deadline=None)
@given(wholes, weights)
def test_a_credit_is_shared_as_the_mirror_image_of_the_charge(
    whole: Money, shares: list[int | Fraction | Decimal]
) -> None:
    assert allocate(-whole, shares) == [-part for part in allocate(whole, shares)]


@settings(max_examples=50, deadline=None)
@given(wholes, weights, st.fractions(min_value=Fraction(1, 100), max_value=100))
def test_only_the_proportion_of_the_weights_matters(
    whole: Money, shares: list[int | Fraction | Decimal], scale: Fraction
) -> None:
    assert allocate(whole, [Fraction(share) * scale for share in shares]) == allocate(whole, shares)


@pytest.mark.parametrize(
    ("minor", "shares", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),  # quotas 33 1/3 each: the first of the tie gets the cent
        (-100, [1, 1, 1], [-34, -33, -33]),
        (5, [0, 3, 7], [0, 2, 3]),  # quotas 0, 1.5, 3.5: one cent left, a tie, the earlier gets it
        (2, [0, 0, 0], [1, 1, 0]),
        # Hamilton's method, the textbook example: 10 seats for 1.48, 1.52 and 7 of ten.
        (10, [Decimal("1.48"), Decimal("1.52"), 7], [1, 2, 7]),
        (0, [1, 2], [0, 0]),
        (7, [4], [7]),
    ],
)
def test_the_units_left_over_go_to_the_largest_rests(
    minor: int, shares: list[int | Fraction | Decimal], parts: list[int]
) -> None:
    assert [part.minor for part in allocate(Money(minor, USD), shares)] == parts


def test_negative_weights_and_none_are_mistakes_of_the_program() -> None:
    with pytest.raises(AssertionError):
        allocate(Money(1, USD), [1, -1])
    with pytest.raises(AssertionError):
        allocate(Money(1, USD), [])
