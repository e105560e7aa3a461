"""Which currencies there are, by ISO 4217, and an organization's own units."""

from __future__ import annotations

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import CURRENCIES, Unit, currency_name, currency_number, own_unit, unit_of

# ISO 4217, list one of 1 January 2026: every currency whose minor unit is not a hundredth.
WHOLE = [
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "ISK",
    "JPY",
    "KMF",
    "KRW",
    "PYG",
    "RWF",
    "UGX",
    "UYI",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
]
THOUSANDTHS = ["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]
TEN_THOUSANDTHS = ["CLF", "UYW"]


def test_every_currency_has_the_exponent_that_the_standard_gives() -> None:
    odd = {code: unit.exponent for code, unit in CURRENCIES.items() if unit.exponent != 2}
    assert odd == dict.fromkeys(WHOLE, 0) | dict.fromkeys(THOUSANDTHS, 3) | dict.fromkeys(TEN_THOUSANDTHS, 4)


@pytest.mark.parametrize(
    ("code", "number"), [("EUR", 978), ("USD", 840), ("GBP", 826), ("JPY", 392), ("ALL", 8), ("CHF", 756)]
)
def test_a_currency_has_the_number_that_the_standard_gives(code: str, number: int) -> None:
    assert currency_number(code) == number


@pytest.mark.parametrize(
    ("code", "name"), [("EUR", "Euro"), ("USD", "US Dollar"), ("GBP", "Pound Sterling"), ("JPY", "Yen")]
)
def test_a_currency_has_the_name_that_the_standard_gives(code: str, name: str) -> None:
    assert currency_name(code) == name


def test_every_currency_has_a_name() -> None:
    assert all(currency_name(code) for code in CURRENCIES)


def test_no_two_currencies_share_a_number() -> None:
    assert len({currency_number(code) for code in CURRENCIES}) == len(CURRENCIES)


def test_the_standard_and_not_local_habit_decides() -> None:
    # Locale data shows these without places; ISO 4217 gives each of them a hundredth.
    for code in ["HUF", "COP", "IDR", "TWD", "IRR", "LBP", "MGA", "MRU"]:
        assert unit_of(code) == Unit(code, 2)


def test_all_active_currencies_are_known() -> None:
    # 178 codes in list one of 1 January 2026, 13 of them without a minor unit.
    assert len(CURRENCIES) == 178 - 13
    assert all(len(code) == 3 and code.isupper() for code in CURRENCIES)
    assert unit_of("EUR").is_currency


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "XDR", "eur", "HRK", "BGN", "", "EURO", "EUR "])
def test_a_code_without_minor_unit_or_no_longer_active_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        unit_of(code, field="prices.0.currency")
    assert refusal.value.field == "prices.0.currency"
    assert "ISO 4217" in str(refusal.value.allowed)


def test_an_own_unit_keeps_its_declared_exponent_and_is_no_currency() -> None:
    credits_unit = own_unit("ai_credits", 6)
    assert (credits_unit.code, credits_unit.exponent) == ("ai_credits", 6)
    assert not credits_unit.is_currency
    assert own_unit("t2", 0).exponent == 0
    assert own_unit("a" * 24, 9).exponent == 9


@pytest.mark.parametrize("code", ["EUR", "x", "1up", "_a", "a-b", "a" * 25, "é2", "a\n", ""])
def test_an_own_unit_with_an_impossible_code_is_refused(code: str) -> None:
    with pytest.raises(InvalidInput, match="code for a unit"):
        own_unit(code, 2)


@pytest.mark.parametrize("exponent", [-1, 10])
def test_an_own_unit_with_an_impossible_exponent_is_refused(exponent: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        own_unit("credits", exponent, field="unit")
    assert (refusal.value.field, refusal.value.allowed) == ("unit", "0 to 9")
