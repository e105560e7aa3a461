"""Tax at given rates: published examples, hand calculations, and the laws that hold for every invoice."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, Rounding, unit_of
from counterfoil.core.tax import (
    TaxableLine,
    Taxed,
    TaxMode,
    TaxRate,
    TaxRounding,
    share_out,
    work_out_tax,
)

FOLDER = Path(__file__).parents[1] / "golden" / "tax"
CASES = [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
EUR = unit_of("EUR")
VAT, CITY = TaxRate.of("vat", "20"), TaxRate.of("city", "8.875")


def euros(*texts: str, rates: tuple[TaxRate, ...] = (VAT,)) -> list[TaxableLine]:
    return [TaxableLine(Money.of(text, EUR), rates) for text in texts]


def texts(amounts: list[Money]) -> list[str]:
    return [amount.amount_text() for amount in amounts]


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=[case["case"]["id"] for case in CASES])
def test_a_published_example_comes_out_as_published(case: dict[str, Any]) -> None:
    facts, expect = case["given"], case["expect"]
    unit = unit_of(facts["currency"])
    lines = [
        TaxableLine(
            Money.of(line["amount"], unit),
            tuple(TaxRate.of(f"tax-{percent}", percent) for percent in line["percents"]),
            TaxMode(facts.get("mode", "exclusive")),
        )
        for line in facts["lines"]
    ]
    taxed = work_out_tax(
        lines,
        unit,
        tax_rounding=TaxRounding(facts.get("tax_rounding", "per_invoice")),
    )
    found = {
        "net": taxed.net.amount_text(),
        "taxes": texts([rate.tax for rate in taxed.by_rate]),
        "tax": taxed.tax.amount_text(),
        "total": taxed.total.amount_text(),
        "line_taxes": texts([line.tax for line in taxed.lines]),
    }
    assert {key: found[key] for key in expect} == expect


def test_tax_rounded_once_is_shared_so_that_the_lines_sum_to_it() -> None:
    # 3 × 0.33 = 0.99, 20 % is 0.198, rounded 0.20; each line's exact tax is 0.066: 0.07 + 0.07 + 0.06.
    taxed = work_out_tax(euros("0.33", "0.33", "0.33"), EUR)
    assert str(taxed.tax) == "0.20 EUR"
    assert texts([line.tax for line in taxed.lines]) == ["0.07", "0.07", "0.06"]


def test_a_rate_is_worked_out_on_the_lines_that_bear_it_and_an_exempt_line_bears_none() -> None:
    lines = euros("100.00", rates=(VAT, CITY)) + euros("50.00") + euros("7.00", rates=())
    taxed = work_out_tax(lines, EUR)
    stated = [(rate.rate.code, str(rate.taxable), str(rate.tax)) for rate in taxed.by_rate]
    assert stated == [("vat", "150.00 EUR", "30.00 EUR"), ("city", "100.00 EUR", "8.88 EUR")]
    assert texts(list(taxed.lines[0].taxes)) == ["20.00", "8.88"]
    assert [str(line.total) for line in taxed.lines] == ["128.88 EUR", "60.00 EUR", "7.00 EUR"]


def test_the_rounding_mode_decides_a_tie() -> None:
    # 0.10 at 5 % is half a cent.
    line = euros("0.10", rates=(TaxRate.of("vat", 5),))
    assert str(work_out_tax(line, EUR).tax) == "0.01 EUR"
    assert str(work_out_tax(line, EUR, rounding=Rounding.HALF_EVEN).tax) == "0.00 EUR"


def test_of_no_lines_all_is_zero() -> None:
    taxed = work_out_tax([], EUR)
    assert (taxed.net, taxed.tax, taxed.total) == (Money.zero(EUR),) * 3
    assert not taxed.by_rate
    assert not taxed.lines


def test_a_line_in_another_currency_is_a_mistake_of_the_program() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        work_out_tax([TaxableLine(Money(100, unit_of("USD")), (VAT,))], EUR)


@pytest.mark.parametrize("percent", ["-0.1", "100.1", "NaN"])
def test_a_rate_is_between_0_and_100(percent: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        TaxRate.of("vat", percent)
    assert refusal.value.field == "percent"


def test_a_line_bears_a_rate_once() -> None:
    with pytest.raises(InvalidInput) as refusal:
        TaxableLine(Money(100, EUR), (VAT, TaxRate.of("vat", "20.0")))
    assert refusal.value.field == "rates"


# Laws

RATES = [TaxRate.of("a", 0), TaxRate.of("b", "6"), TaxRate.of("c", "8.875"), TaxRate.of("d", "33.333"), VAT]
FAST = settings(max_examples=60, deadline=None)
tax_lines = st.builds(
    TaxableLine,
    st.builds(Money, st.integers(-100_000, 100_000), st.just(EUR)),
    st.sets(st.sampled_from(RATES), max_size=3).map(lambda rates: tuple(sorted(rates, key=lambda r: r.code))),
    st.sampled_from(TaxMode),
)
invoices = st.lists(tax_lines, max_size=8)
policies = st.sampled_from(TaxRounding)


def exact_tax(line: TaxableLine, rate: TaxRate) -> Fraction:
    net = Fraction(line.amount.minor)
    if line.mode is TaxMode.INCLUSIVE:
        net /= sum((Fraction(other.percent) for other in line.rates), Fraction(100)) / 100
    return net * Fraction(rate.percent) / 100


def check_figures(taxed: Taxed) -> None:
    assert taxed.net + taxed.tax == taxed.total
    for line in taxed.lines:
        assert line.net + line.tax == line.total
        assert sum(tax.minor for tax in line.taxes) == line.tax.minor
    assert sum(line.net.minor for line in taxed.lines) == taxed.net.minor
    assert sum(line.tax.minor for line in taxed.lines) == taxed.tax.minor
    assert sum(rate.tax.minor for rate in taxed.by_rate) == taxed.tax.minor


@FAST
@given(invoices, policies, st.sampled_from(Rounding))
def test_the_figures_of_an_invoice_add_up_and_agree_with_the_price(
    lines: list[TaxableLine], policy: TaxRounding, rounding: Rounding
) -> None:
    taxed = work_out_tax(lines, EUR, tax_rounding=policy, rounding=rounding)
    check_figures(taxed)
    agreed = [
        result.net if line.mode is TaxMode.EXCLUSIVE else result.total
        for line, result in zip(lines, taxed.lines, strict=True)
    ]
    assert agreed == [line.amount for line in lines]
    for line, result in zip(lines, taxed.lines, strict=True):
        for rate, tax in zip(line.rates, result.taxes, strict=True):
            assert abs(tax.minor - exact_tax(line, rate)) < 1


@FAST
@given(invoices)
def test_per_invoice_each_rates_tax_is_half_a_unit_from_the_exact_one_at_most(
    lines: list[TaxableLine],
) -> None:
    for stated in work_out_tax(lines, EUR).by_rate:
        bearing = [line for line in lines if stated.rate in line.rates]
        exact = sum((exact_tax(line, stated.rate) for line in bearing), Fraction(0))
        assert abs(stated.tax.minor - exact) <= Fraction(1, 2)


@FAST
@given(invoices, policies)
def test_the_tax_of_a_credit_is_the_tax_of_the_invoice_negated(
    lines: list[TaxableLine], policy: TaxRounding
) -> None:
    credit = [TaxableLine(-line.amount, line.rates, line.mode) for line in lines]
    forth = work_out_tax(lines, EUR, tax_rounding=policy)
    back = work_out_tax(credit, EUR, tax_rounding=policy)
    assert [line.tax for line in back.lines] == [-line.tax for line in forth.lines]


def test_shares_of_both_signs_go_to_the_largest_rests() -> None:
    # 0.6 + 0.7 - 0.4 = 0.9, rounded 1: the larger rest gets it.
    assert share_out(1, [Fraction("0.6"), Fraction("0.7"), Fraction("-0.4")]) == [0, 1, 0]
    assert share_out(-1, [Fraction("-0.6"), Fraction("-0.7"), Fraction("0.4")]) == [0, -1, 0]


def test_percent_is_a_decimal_of_any_precision() -> None:
    assert TaxRate.of("vat", "8.875").percent == Decimal("8.875")
