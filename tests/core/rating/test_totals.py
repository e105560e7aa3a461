"""The totals of an invoice."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.money import Money, Rounding, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.rating import Discount, DiscountKind, Line, RatingInput, rate_line, totals
from counterfoil.core.tax import TaxMode, TaxRate, TaxRounding

EUR = unit_of("EUR")
VAT = TaxRate.of("vat", "20")


def line(listed: str, amount: str, *rates: TaxRate) -> Line:
    return Line(Money.of(listed, EUR), Money.of(amount, EUR), rates)


def test_an_invoice_with_prices_before_tax() -> None:
    whole = totals([line("100.00", "90.00", VAT), line("10.00", "10.00")], EUR)
    assert str(whole.subtotal) == "110.00 EUR"
    assert str(whole.discount) == "10.00 EUR"
    assert str(whole.net) == "100.00 EUR"
    assert str(whole.tax) == "18.00 EUR"
    assert str(whole.total) == "118.00 EUR"
    assert [(str(rate.taxable), str(rate.tax)) for rate in whole.by_rate] == [("90.00 EUR", "18.00 EUR")]


def test_an_invoice_with_prices_that_include_tax() -> None:
    priced = Line(Money.of("130.00", EUR), Money.of("120.00", EUR), (VAT,), TaxMode.INCLUSIVE)
    whole = totals([priced], EUR)
    assert str(whole.subtotal) == "130.00 EUR"
    assert (str(whole.net), str(whole.tax), str(whole.total)) == ("100.00 EUR", "20.00 EUR", "120.00 EUR")


def test_a_line_of_which_coupons_leave_nothing_is_not_taxed() -> None:
    # flexprice-docs, invoices/calculation: 50.00, coupons of 30.00 and 30.00, tax 10 %: taxable 0, tax 0
    coupon = Discount(DiscountKind.AMOUNT, Decimal("30.00"))
    rated = rate_line(
        RatingInput(
            pricing=parse_pricing("flat", {"amount": "50.00"}),
            quantity=Decimal(1),
            unit=EUR,
            discounts=(coupon, coupon),
        )
    )
    whole = totals([Line.of(rated, (TaxRate.of("tax", 10),))], EUR)
    assert str(whole.subtotal) == "50.00 EUR"
    assert str(whole.discount) == "50.00 EUR"
    assert str(whole.by_rate[0].taxable) == str(whole.tax) == "0.00 EUR"


RATES = [VAT, TaxRate.of("city", "8.875"), TaxRate.of("reduced", "5.5")]
LINES = st.builds(
    lambda amount, off, rates, mode: Line(Money(amount + off, EUR), Money(amount, EUR), tuple(rates), mode),
    st.integers(0, 10**6),
    st.integers(0, 10**4),
    st.lists(st.sampled_from(RATES), unique=True, max_size=3),
    st.sampled_from(TaxMode),
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(LINES, max_size=8),
    st.sampled_from(TaxRounding),
    st.sampled_from(Rounding),
)
def test_the_lines_nets_and_taxes_sum_to_the_total(
    lines: list[Line], tax_rounding: TaxRounding, rounding: Rounding
) -> None:
    whole = totals(lines, EUR, tax_rounding=tax_rounding, rounding=rounding)
    assert sum(one.net.minor + one.tax.minor for one in whole.lines) == whole.total.minor
    assert sum(rate.tax.minor for rate in whole.by_rate) == whole.tax.minor
    assert whole.net + whole.tax == whole.total
    inside = sum(
        taxed.tax.minor
        for one, taxed in zip(lines, whole.lines, strict=True)
        if one.mode is TaxMode.INCLUSIVE
    )
    assert (whole.subtotal - whole.discount).minor == whole.net.minor + inside
