"""Decimals from outside are read exactly or refused, and written so that they read back the same."""

from __future__ import annotations

from decimal import Decimal, FloatOperation, Inexact, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import decimal_text, exact_context, parse_decimal, to_decimal

numbers = st.builds(
    lambda digits, places: Decimal(f"{digits}E{-places}"),
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.integers(0, 38),
)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0.000001", Fraction(1, 10**6)),
        ("1e3", Fraction(1000)),
        ("1E-2", Fraction(1, 100)),
        ("+.5", Fraction(1, 2)),
        ("-0", Fraction(0)),
        ("0e999999", Fraction(0)),
        ("9" * 38, Fraction(10**38 - 1)),
        ("0." + "0" * 37 + "1", Fraction(1, 10**38)),
        (10**38 - 1, Fraction(10**38 - 1)),
    ],
)
def test_a_number_is_read_as_it_is_written(written: str | int, value: Fraction) -> None:
    assert Fraction(parse_decimal(written)) == value


@pytest.mark.parametrize(
    "written", ["1" + "0" * 38, "1e38", "1e-39", "0.1" + "0" * 38, 10**38, -(10**400), "1" * 100_000]
)
def test_more_than_38_digits_are_refused(written: str | int) -> None:
    with pytest.raises(TooLarge) as refusal:
        parse_decimal(written, field="rate")
    assert refusal.value.field == "rate"
    assert "38 digits" in str(refusal.value.allowed)


def test_a_float_is_refused_even_where_it_looks_exact() -> None:
    with pytest.raises(InvalidInput):
        parse_decimal(0.5)  # type: ignore[arg-type]


def test_arithmetic_in_the_exact_context_keeps_every_digit_or_raises() -> None:
    long = Decimal("1." + "3" * 37)
    with exact_context():
        assert Fraction(long * long) == Fraction(long) ** 2  # 75 digits
        assert Fraction(long + Decimal("1e30")) == Fraction(long) + 10**30
        with pytest.raises(Inexact):
            Decimal(1) / Decimal(3)
        with pytest.raises(FloatOperation):
            Decimal(0.1)  # noqa: RUF032  (that it is refused is the point)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("0.50"), "0.5"),
        (Decimal("1E+3"), "1000"),
        (Decimal("-0.0"), "0"),
        (Decimal("100"), "100"),
        (Fraction(1, 3), "1/3"),
        (Fraction(-7, 6), "-7/6"),
        (Fraction(3, 8), "0.375"),
        (Fraction(-1, 50), "-0.02"),
        (Fraction(10, 2), "5"),
    ],
)
def test_an_exact_number_has_the_shortest_plain_text(value: Decimal | Fraction, text: str) -> None:
    assert decimal_text(value) == text


@settings(max_examples=50, deadline=None)
@given(numbers)
def test_text_reads_back_as_the_same_number(number: Decimal) -> None:
    text = decimal_text(number)
    assert Fraction(text) == Fraction(number)
    assert decimal_text(parse_decimal(text)) == text


@settings(max_examples=50, deadline=None)
@given(st.fractions(), numbers)
def test_a_fraction_is_a_decimal_exactly_where_one_exists(fraction: Fraction, number: Decimal) -> None:
    with localcontext() as narrow:
        narrow.prec = 2
        same, maybe = to_decimal(Fraction(number)), to_decimal(fraction)
    assert same is not None
    assert Fraction(same) == Fraction(number)
    rest = fraction.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    assert (maybe is None) == (rest != 1)
    assert Fraction(decimal_text(fraction)) == fraction
