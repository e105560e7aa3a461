"""Rounding: the named modes against the decimal module's, on any exact number."""

from __future__ import annotations

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.money import Money, Rounding, round_exact, round_money, round_to_int, unit_of

STANDARD = {mode: getattr(decimal, f"ROUND_{mode.name}") for mode in Rounding}
modes = st.sampled_from(Rounding)
# Half of them lie on or next to a tie.
decimals = st.one_of(
    st.decimals(min_value=-(10**30), max_value=10**30, allow_nan=False, places=12),
    st.integers(-(10**6), 10**6).map(lambda n: Decimal(f"{n}E-1")),
    st.integers(-(10**6), 10**6).map(lambda n: Decimal(f"{n}5.00000000001")),
)

# The table of examples in the documentation of Java's RoundingMode.
JAVA = {
    "5.5": {"up": 6, "down": 5, "ceiling": 6, "floor": 5, "half_up": 6, "half_down": 5, "half_even": 6},
    "2.5": {"up": 3, "down": 2, "ceiling": 3, "floor": 2, "half_up": 3, "half_down": 2, "half_even": 2},
    "1.6": {"up": 2, "down": 1, "ceiling": 2, "floor": 1, "half_up": 2, "half_down": 2, "half_even": 2},
    "1.1": {"up": 2, "down": 1, "ceiling": 2, "floor": 1, "half_up": 1, "half_down": 1, "half_even": 1},
    "1.0": {"up": 1, "down": 1, "ceiling": 1, "floor": 1, "half_up": 1, "half_down": 1, "half_even": 1},
    "-1.1": {
        "up": -2,
        "down": -1,
        "ceiling": -1,
        "floor": -2,
        "half_up": -1,
        "half_down": -1,
        "half_even": -1,
    },
    "-2.5": {
        "up": -3,
        "down": -2,
        "ceiling": -2,
        "floor": -3,
        "half_up": -3,
        "half_down": -2,
        "half_even": -2,
    },
    "-5.5": {
        "up": -6,
        "down": -5,
        "ceiling": -5,
        "floor": -6,
        "half_up": -6,
        "half_down": -5,
        "half_even": -6,
    },
}


@pytest.mark.parametrize("text", JAVA)
def test_each_mode_rounds_as_its_standard_says(text: str) -> None:
    assert {mode.value: round_to_int(Decimal(text), mode) for mode in Rounding} == JAVA[text]


@settings(max_examples=100, deadline=None)
@given(decimals, modes)
def test_each_mode_agrees_with_the_decimal_module(number: Decimal, mode: Rounding) -> None:
    with decimal.localcontext() as wide:
        wide.prec = 100
        assert round_to_int(number, mode) == int(number.quantize(Decimal(1), rounding=STANDARD[mode]))
        cents = number.quantize(Decimal("0.01"), rounding=STANDARD[mode])
    if abs(cents) < 10**16:
        assert round_money(number, unit_of("USD"), mode).to_decimal() == cents
    rounded = round_exact(number, 2, mode)
    assert rounded == cents
    assert rounded.as_tuple().exponent == -2


@settings(max_examples=50, deadline=None)
@given(st.fractions(), modes)
def test_a_fraction_goes_to_a_neighbour_and_an_integer_stays(value: Fraction, mode: Rounding) -> None:
    rounded = round_to_int(value, mode)
    assert abs(rounded - value) < 1
    if mode.value.startswith("half"):
        assert abs(rounded - value) <= Fraction(1, 2)
    assert round_to_int(Fraction(rounded), mode) == rounded


def test_rounding_keeps_more_digits_than_a_decimal_context_has() -> None:
    # 40 digits; the default context of the decimal module would keep 28 of them.
    long = Decimal("1234567890123456789012345678901234567.895")
    with decimal.localcontext() as narrow:
        narrow.prec = 5
        assert str(round_exact(long, 2, Rounding.HALF_UP)) == "1234567890123456789012345678901234567.90"
        assert str(round_exact(Fraction(2, 3), 40, Rounding.DOWN)) == "0." + "6" * 40


def test_a_third_of_a_dollar_is_33_cents_and_half_a_cent_goes_up_unless_told_otherwise() -> None:
    usd = unit_of("USD")
    assert round_money(Fraction(1, 3), usd) == Money(33, usd)
    assert round_money(Decimal("0.125"), usd) == Money(13, usd)
    assert round_money(Decimal("0.125"), usd, Rounding.HALF_EVEN) == Money(12, usd)
    assert round_money(Decimal("-0.125"), usd) == Money(-13, usd)
