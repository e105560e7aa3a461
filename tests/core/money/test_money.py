"""Amounts: what is accepted, how they add and compare, and that nothing is ever lost."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import MAX_MINOR, Money, Unit, total_of, unit_of

USD, JPY, KWD = unit_of("USD"), unit_of("JPY"), unit_of("KWD")
UNITS = [USD, JPY, KWD, unit_of("CLF"), Unit("credits", 9)]
minors = st.integers(-MAX_MINOR, MAX_MINOR)


@pytest.mark.parametrize(
    ("written", "unit", "minor"),
    [
        ("12.34", USD, 1234),
        ("12.340000", USD, 1234),
        ("-0.01", USD, -1),
        ("1e3", USD, 100_000),
        (5, JPY, 5),
        (Decimal("0.005"), KWD, 5),
        ("0", USD, 0),
        ("92233720368547758.07", USD, 2**63 - 1),
    ],
)
def test_an_amount_is_read_in_major_units(written: str | int | Decimal, unit: Unit, minor: int) -> None:
    assert Money.of(written, unit) == Money(minor, unit)


@pytest.mark.parametrize(
    ("written", "unit"), [("12.345", USD), ("0.5", JPY), ("0.0001", KWD), (Decimal("1e-30"), USD)]
)
def test_more_places_than_the_currency_has_are_refused_and_not_rounded(
    written: str | Decimal, unit: Unit
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Money.of(written, unit, field="lines.0.amount")
    assert refusal.value.field == "lines.0.amount"
    assert f"at most {unit.exponent} places" in str(refusal.value.allowed)


@pytest.mark.parametrize("written", ["1e400", "1e99999999999999999999", "9" * 39, 10**38, "1e30", -(10**36)])
def test_an_amount_that_cannot_be_stored_is_too_large_and_says_where(written: str | int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Money.of(written, USD, field="price")
    assert refusal.value.field == "price"


@pytest.mark.parametrize(
    "written", ["NaN", "sNaN", "Infinity", "-inf", "", " 1", "1 ", "1_000", "1,5", "٣", "0x10", "1\x00", "$1"]
)
def test_what_is_not_a_plain_decimal_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Money.of(written, USD)
    assert refusal.value.field == "amount"


@pytest.mark.parametrize("written", [0.1, 1.0, True, False, None, [], Decimal("NaN"), Decimal("-Infinity")])
def test_floats_booleans_and_other_things_are_refused(written: object) -> None:
    with pytest.raises(InvalidInput):
        Money.of(written, USD)  # type: ignore[arg-type]


def test_a_sum_that_cannot_be_stored_is_refused() -> None:
    largest = Money(MAX_MINOR, USD)
    with pytest.raises(TooLarge):
        largest + Money(1, USD)
    with pytest.raises(TooLarge):
        -largest - Money(1, USD)
    with pytest.raises(TooLarge):
        Money(3_037_000_500, USD) * 3_037_000_500  # its square is just over 2**63


def test_a_fraction_of_a_minor_unit_cannot_be_made() -> None:
    with pytest.raises(AssertionError):
        Money(1.5, USD)  # type: ignore[arg-type]
    with pytest.raises(AssertionError):
        Money(True, USD)


def test_two_currencies_never_mix() -> None:
    for mix in (
        lambda: Money(1, USD) + Money(1, JPY),
        lambda: Money(1, USD) - Money(1, JPY),
        lambda: Money(1, USD) < Money(1, JPY),
        lambda: Money(1, USD) >= Money(1, JPY),
        lambda: total_of([Money(1, USD)], JPY),
    ):
        with pytest.raises(ValueError, match="do not mix"):
            mix()
    assert Money(1, USD) != Money(1, JPY)


def test_amounts_of_one_currency_add_compare_and_count() -> None:
    assert Money(120, USD) + Money(-20, USD) == Money(100, USD)
    assert Money(120, USD) - Money(20, USD) == Money(100, USD)
    assert Money(7, USD) * -3 == -Money(21, USD)
    assert Money(1, USD) < Money(2, USD) <= Money(2, USD)
    assert Money(3, USD) > Money(2, USD) >= Money(2, USD)
    assert not Money.zero(USD)
    assert Money(-1, USD)
    assert total_of([Money(1, USD), Money(2, USD)], USD) == Money(3, USD)
    assert total_of([], USD) == Money.zero(USD)


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(1230, USD), "12.30"),
        (Money(-5, USD), "-0.05"),
        (Money(0, USD), "0.00"),
        (Money(5, JPY), "5"),
        (Money(1, KWD), "0.001"),
        (Money(1, Unit("credits", 9)), "0.000000001"),
        (Money(MAX_MINOR, USD), "92233720368547758.07"),
    ],
)
def test_an_amount_is_shown_with_all_places_of_its_unit(money: Money, text: str) -> None:
    assert money.amount_text() == text
    assert str(money) == f"{text} {money.unit.code}"


@settings(max_examples=50, deadline=None)
@given(minor=minors, unit=st.sampled_from(UNITS))
def test_writing_an_amount_and_reading_it_again_changes_nothing(minor: int, unit: Unit) -> None:
    money = Money(minor, unit)
    with localcontext() as narrow:  # an ambient decimal context must not matter
        narrow.prec = 3
        text, number = money.amount_text(), money.to_decimal()
    assert Money.of(text, unit) == money
    assert Money.of(number, unit) == money
