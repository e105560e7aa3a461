"""Which rates a line bears: what the laws say, and what holds of every decision."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.calendar import parse_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, unit_of
from counterfoil.core.tax import TaxableLine, TaxRate, work_out_tax
from counterfoil.core.tax_rules import (
    Buyer,
    Exemption,
    Place,
    PlacedRate,
    Registration,
    Sale,
    Seller,
    TaxPoint,
    TaxTreatment,
    check_category,
    decide,
    tax_point,
)

FOLDER = Path(__file__).parents[1] / "golden" / "tax_rules"
CASES = [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
AT = datetime(2026, 3, 31, tzinfo=UTC)
GERMAN = PlacedRate(TaxRate.of("de", "19"), "DE")
AT_HOME = Seller("DE", (Registration("DE"),))


def sale(buyer: Buyer, seller: Seller = AT_HOME, category: str = "standard") -> Sale:
    return Sale(seller, buyer, category, AT)


def placed(code: str, percent: str, country: str, **where: Any) -> PlacedRate:
    return PlacedRate(TaxRate.of(code, percent), country, **where)


def read_rate(data: dict[str, Any]) -> PlacedRate:
    when: dict[str, Any] = {
        name: parse_instant(data.pop(name)) for name in ("valid_from", "valid_to") if name in data
    }
    return placed(**data, **when)


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=[case["case"]["id"] for case in CASES])
def test_what_a_law_says_comes_out(case: dict[str, Any]) -> None:
    facts, expect = case["given"], case["expect"]
    seller = Seller(
        facts["seller"]["country"], tuple(Registration(**one) for one in facts["seller"]["registrations"])
    )
    registered_in = facts["buyer"].pop("registered_in", None)
    buyer = Buyer(Place(**facts["buyer"]), registered_in)
    rates = [read_rate(dict(rate)) for rate in facts["rates"]]
    decided = decide(Sale(seller, buyer, facts["category"], parse_instant(facts["at"])), rates)
    unit = unit_of(facts["currency"])
    line = TaxableLine(Money.of(facts["amount"], unit), tuple(one.rate for one in decided.rates))
    taxed = work_out_tax([line], unit)
    assert decided.treatment == expect["treatment"]
    assert [one.tax.amount_text() for one in taxed.by_rate] == expect["taxes"]
    assert taxed.total.amount_text() == expect["total"]


def test_a_seller_who_is_registered_nowhere_charges_nothing() -> None:
    decided = decide(sale(Buyer(Place("DE")), Seller("DE")), [GERMAN])
    assert (decided.treatment, decided.rates) == (TaxTreatment.NOT_REGISTERED, ())


def test_an_exemption_goes_first_until_the_instant_at_which_it_ends() -> None:
    buyer = Buyer(Place("DE"), None, Exemption("a museum", AT))
    just_before = replace(sale(buyer), at=datetime(2026, 3, 30, 23, 59, 59, tzinfo=UTC))
    assert decide(just_before, [GERMAN]).reason == "a museum"
    assert decide(sale(buyer), [GERMAN]).treatment is TaxTreatment.TAXED


def test_a_number_of_the_sellers_own_state_reverses_nothing() -> None:
    # A French address with a German number: the customer is registered where the seller is.
    decided = decide(sale(Buyer(Place("FR"), "DE")), [GERMAN])
    assert [one.rate.code for one in decided.rates] == ["de"]


def test_a_seller_outside_the_union_who_is_registered_in_it_reverses_too() -> None:
    seller = Seller("US", (Registration("IE", scheme="oss"),))  # type: ignore[arg-type]
    assert decide(sale(Buyer(Place("DE"), "DE"), seller), []).treatment is TaxTreatment.REVERSE_CHARGE
    assert [one.rate.code for one in decide(sale(Buyer(Place("DE")), seller), [GERMAN]).rates] == ["de"]


def test_a_customer_without_an_address_is_taxed_where_the_seller_is() -> None:
    decided = decide(sale(Buyer()), [GERMAN])
    assert [one.rate.code for one in decided.rates] == ["de"]
    assert "customer's country is not known" in decided.reason


def test_a_registration_of_one_region_charges_the_taxes_of_that_region_only() -> None:
    rates = [
        placed("ca", "7.25", "US", region="CA"),
        placed("la", "2.5", "US", region="CA", postal_prefix="900"),
        placed("ny", "4", "US", region="NY"),
    ]
    seller = Seller("US", (Registration("US", "CA"),))
    here = Buyer(Place("US", "ca", "90012"))
    assert [one.rate.code for one in decide(sale(here, seller), rates).rates] == ["ca", "la"]
    elsewhere = Buyer(Place("US", "NY", "10001"))
    assert decide(sale(elsewhere, seller), rates).treatment is TaxTreatment.NOT_REGISTERED


def test_a_rate_that_nobody_knows_is_refused_and_not_taken_for_zero() -> None:
    only_books = placed("books", "7", "DE", category="books")
    with pytest.raises(InvalidInput) as refused:
        decide(sale(Buyer(Place("DE")), category="saas"), [only_books])
    assert refused.value.message == "there is no rate of tax for saas in DE on 2026-03-31"
    assert refused.value.field == "tax_rates"


def test_a_postal_prefix_is_compared_without_its_spaces() -> None:
    rates = [placed("gb", "20", "GB"), placed("je", "5", "GB", postal_prefix="JE", replaces_wider=True)]
    seller = Seller("GB", (Registration("GB"),))
    decided = decide(sale(Buyer(Place("GB", None, "j e2 3ab")), seller), rates)
    assert [one.rate.code for one in decided.rates] == ["je"]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (TaxPoint.SERVICE_START, datetime(2026, 1, 1, tzinfo=UTC)),
        (TaxPoint.SERVICE_END, datetime(2026, 1, 31, tzinfo=UTC)),
        (TaxPoint.INVOICED, datetime(2026, 2, 3, tzinfo=UTC)),
    ],
)
def test_the_tax_point_is_the_one_that_is_named(rule: TaxPoint, expected: datetime) -> None:
    start, last, now = (datetime(2026, *day, tzinfo=UTC) for day in ((1, 1), (1, 31), (2, 3)))
    assert tax_point(rule, start=start, last=last, now=now) == expected


@pytest.mark.parametrize("word", ["", "Standard", "a b", "x" * 51, "-x"])
def test_a_category_is_a_word_in_lower_case(word: str) -> None:
    with pytest.raises(InvalidInput, match="tax_category is not a category of tax"):
        check_category(word)
