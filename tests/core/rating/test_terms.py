"""What is agreed on a price besides its model: units, rounding, included units, least and most, discounts."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Exact, Money, unit_of
from counterfoil.core.pricing import Detail, GroupUsage, Measured, parse_pricing
from counterfoil.core.rating import (
    Discount,
    DiscountKind,
    Explanation,
    PriceTerms,
    RatingInput,
    rate_line,
    redo,
    sentences,
    share_discount,
)
from tests.core.pricing.strategies import pricings, usages

USD = unit_of("USD")
UNIT_PRICE = parse_pricing("per_unit", {"unit_amount": "1"})
COMPLETE: dict[str, object] = {
    "conversion": {"multiply_by": "1", "divide_by": "1073741824", "unit": "GiB"},
    "rounding": {"step": "0.5", "mode": "half_up", "unit": "GiB"},
    "included": "100",
    "minimum": {"amount": "10", "prorated": False},
    "maximum": {"amount": "500.5", "prorated": True},
    "discounts": "after_minimum",
}


def rated(quantity: str | Exact | Measured, terms: dict[str, object], **more: Any) -> str:
    number = Decimal(quantity) if isinstance(quantity, str) else quantity
    facts: dict[str, Any] = {"pricing": UNIT_PRICE} | more
    line = rate_line(RatingInput(quantity=number, unit=USD, terms=PriceTerms.from_json(terms), **facts))
    assert redo(json.loads(json.dumps(line.explanation.to_json())), USD) == line.amount
    return line.amount.amount_text()


def test_terms_are_written_back_as_they_were_read() -> None:
    terms = PriceTerms.from_json(COMPLETE)
    assert terms.to_json() == COMPLETE
    assert PriceTerms.from_json(terms.to_json()) == terms
    assert PriceTerms.from_json({}).to_json() == {}


def test_what_is_not_agreed_has_a_default_and_an_empty_object_is_no_term() -> None:
    assert PriceTerms.from_json({"rounding": {}, "minimum": None}) == PriceTerms()
    feature_form = {"unit": "GB", "step": "1", "mode": "floor"}
    assert PriceTerms.from_json({"rounding": feature_form}).to_json() == {"rounding": feature_form}
    assert PriceTerms.from_json({"minimum": {"amount": 5}}).to_json() == {
        "minimum": {"amount": "5", "prorated": True}
    }


@pytest.mark.parametrize(
    ("terms", "field", "allowed"),
    [
        ({"floor": 1}, "floor", "conversion, rounding"),
        ({"conversion": "GB"}, "conversion", "multiply_by"),
        ({"conversion": {"divide_by": "0"}}, "conversion.divide_by", "greater than 0"),
        ({"conversion": {"factor": "2"}}, "conversion.factor", "divide_by"),
        ({"conversion": {"unit": ""}}, "conversion.unit", "1 to 50 characters"),
        ({"conversion": {"unit": "x" * 51}}, "conversion.unit", "1 to 50 characters"),
        ({"rounding": {"mode": "ceil"}}, "rounding.step", "greater than 0"),
        ({"rounding": {"step": "0"}}, "rounding.step", "greater than 0"),
        ({"rounding": {"step": "1", "mode": "up"}}, "rounding.mode", "ceil, floor, half_up"),
        ({"included": "-1"}, "included", "0 or more"),
        ({"minimum": {"prorated": True}}, "minimum.amount", "0 or more"),
        ({"minimum": {"amount": "1", "prorated": "yes"}}, "minimum.prorated", "true or false"),
        ({"maximum": {"amount": "-1"}}, "maximum.amount", "0 or more"),
        ({"minimum": {"amount": "10"}, "maximum": {"amount": "9"}}, "maximum.amount", "10 or more"),
        ({"discounts": "first"}, "discounts", "before_minimum, after_minimum"),
        (
            {"conversion": {"unit": "GB"}, "rounding": {"step": "1", "unit": "MB"}},
            "rounding.unit",
            "GB, the unit of the conversion",
        ),
    ],
)
def test_a_faulty_or_contradictory_term_is_refused_by_its_name(
    terms: dict[str, object], field: str, allowed: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        PriceTerms.from_json(terms)
    assert refusal.value.field == field
    assert allowed in (refusal.value.allowed or "")


def test_nothing_is_included_where_a_price_needs_more_than_a_quantity() -> None:
    terms = PriceTerms.from_json({"included": "5"})
    terms.check(UNIT_PRICE.need)
    fees = parse_pricing("percentage", {"rate_percent": "1", "free_events": 1}, given=[Detail.AMOUNTS])
    with pytest.raises(InvalidInput) as refusal:
        terms.check(fees.need)
    assert refusal.value.field == "included"


@pytest.mark.parametrize(
    ("mode", "quantity", "counted"),
    [
        ("ceil", "10.01", "12.50"),
        ("ceil", "12.5", "12.50"),
        ("floor", "14.99", "12.50"),
        ("half_up", "11.25", "12.50"),
        ("half_up", "11.24", "10.00"),
        ("ceil", "0", "0.00"),
    ],
)
def test_a_quantity_is_counted_in_multiples_of_a_step(mode: str, quantity: str, counted: str) -> None:
    assert rated(quantity, {"rounding": {"step": "2.5", "mode": mode}}) == counted


def test_a_conversion_without_a_finite_decimal_loses_nothing() -> None:
    assert rated("50", {"conversion": {"divide_by": "60"}, "maximum": {"amount": "9"}}) == "0.83"
    third = {"conversion": {"multiply_by": "2", "divide_by": "3"}}
    line = rate_line(
        RatingInput(pricing=UNIT_PRICE, quantity=Decimal(2), unit=USD, terms=PriceTerms.from_json(third))
    )
    assert line.explanation.counted == line.explanation.exact == Fraction(4, 3)


def test_the_longest_numbers_of_every_term_are_still_worked_out_exactly() -> None:
    tiny = "0.1234567890123456789012345678901234567"
    terms: dict[str, object] = {
        "conversion": {"multiply_by": tiny, "divide_by": str(2**126)},
        "minimum": {"amount": tiny},
        "discounts": "after_minimum",
    }
    price = parse_pricing("cost_plus", {"markup_percent": tiny, "unit_cost": tiny})
    discounts = (Discount(DiscountKind.PERCENT, Decimal("0.00000001")),) * 10
    assert rated(tiny, terms, pricing=price, discounts=discounts) == "0.12"
    terms["conversion"] = {"multiply_by": "1e37", "divide_by": "1e-37"}
    terms["rounding"] = {"step": tiny}
    free = parse_pricing("per_unit", {"unit_amount": "0"})
    assert rated("1e37", terms, pricing=free, discounts=discounts) == "0.12"


def test_groups_are_converted_and_rounded_each_by_itself() -> None:
    prices = [{"values": ["eu"], "unit_amount": "1"}, {"values": ["us"], "unit_amount": "10"}]
    matrix = parse_pricing("matrix", {"properties": ["region"], "prices": prices}, given=[Detail.GROUPS])
    used = Measured.of_groups([GroupUsage(("eu",), Decimal(90)), GroupUsage(("us",), Decimal(30))])
    hours: dict[str, object] = {"conversion": {"divide_by": "60"}, "rounding": {"step": "1"}}
    assert rated(used, hours, pricing=matrix) == "12.00"  # two hours at 1, one at 10; together they are two


def test_units_that_the_line_and_the_price_include_are_both_free() -> None:
    assert rated("100", {"included": "30"}, included=Decimal(20)) == "50.00"
    assert rated("40", {"included": "30"}, included=Decimal(20)) == "0.00"


def test_the_maximum_holds_where_a_short_period_makes_it_less_than_the_minimum() -> None:
    terms: dict[str, object] = {
        "minimum": {"amount": "100", "prorated": False},
        "maximum": {"amount": "120"},
    }
    assert rated("10", terms, proration=Fraction(1, 2)) == "60.00"
    assert rated("10", terms) == "100.00"


def test_what_the_terms_did_is_told_in_words_and_what_they_did_not_is_left_out() -> None:
    def told(quantity: int, **more: Any) -> list[tuple[str, str, str | None]]:
        terms = PriceTerms.from_json(
            {
                "conversion": {"divide_by": "60", "unit": "hours"},
                "rounding": {"step": "0.5"},
                "included": "1",
                "minimum": {"amount": "10"},
                "maximum": {"amount": "40"},
            }
            | more
        )
        line = RatingInput(
            pricing=parse_pricing("per_unit", {"unit_amount": "8"}),
            quantity=Decimal(quantity),
            unit=USD,
            terms=terms,
            discounts=(Discount(DiscountKind.PERCENT, Decimal(50)),),
        )
        return [(said.step, said.text, said.amount) for said in sentences(rate_line(line).explanation)]

    assert told(100) == [
        ("quantity", "Quantity: 100", None),
        ("counted", "100 ÷ 60, rounded up to multiples of 0.5: 2 hours counted", None),
        ("included", "1 included free of charge, 1 to charge", None),
        ("part", "1 × 8 = 8", "8"),
        ("discount", "Discount of 50 %: 4 off", "-4"),
        ("minimum", "At least 10 is charged", "10"),
        ("rounding", "Amount: 10.00 USD, nothing to round", "10.00"),
    ]
    assert [said[:2] for said in told(900, discounts="after_minimum")][3:] == [
        ("part", "14 × 8 = 112"),
        ("maximum", "At most 40 is charged"),
        ("discount", "Discount of 50 %: 20 off"),
        ("rounding", "Amount: 20.00 USD, nothing to round"),
    ]
    assert [said[0] for said in told(300)] == [
        "quantity",
        "counted",
        "included",
        "part",
        "discount",
        "rounding",
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.lists(st.integers(0, 10_000), min_size=1, max_size=5))
def test_a_shared_discount_takes_no_more_from_a_line_than_it_costs(off: int, amounts: list[int]) -> None:
    lines = [Money(amount, USD) for amount in amounts]
    shares = share_discount(Money(off, USD), lines)
    assert sum(share.minor for share in shares) == min(off, sum(amounts))
    assert all(0 <= share.minor <= amount for share, amount in zip(shares, amounts, strict=True))


bounds = st.builds(
    lambda amount, prorated: {"amount": amount, "prorated": prorated},
    st.decimals(0, 500, places=2),
    st.booleans(),
)
terms_of_prices = st.fixed_dictionaries(
    {},
    optional={
        "conversion": st.builds(
            lambda up, down: {"multiply_by": up, "divide_by": down},
            st.decimals("0.01", 100, places=2),
            st.decimals("0.01", 100, places=2),
        ),
        "rounding": st.builds(
            lambda step, mode: {"step": step, "mode": mode},
            st.decimals("0.01", 100, places=2),
            st.sampled_from(["ceil", "floor", "half_up"]),
        ),
        "minimum": bounds,
        "discounts": st.sampled_from(["before_minimum", "after_minimum"]),
    },
)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_a_line_of_any_price_with_any_terms_explains_itself_and_can_be_worked_out_again(
    data: st.DataObject,
) -> None:
    pricing = data.draw(pricings())
    terms: dict[str, Any] = dict(data.draw(terms_of_prices))
    if data.draw(st.booleans()):
        least = terms.get("minimum", {"amount": Decimal(0)})["amount"]
        terms["maximum"] = {"amount": least + data.draw(st.decimals(0, 500, places=2))}
    if pricing.need.detail is Detail.QUANTITY:
        terms["included"] = data.draw(st.decimals(0, 100, places=2))
    agreed = PriceTerms.from_json(terms)
    assert PriceTerms.from_json(agreed.to_json()) == agreed
    kinds = st.sampled_from([DiscountKind.PERCENT, DiscountKind.AMOUNT])
    discount = st.builds(Discount, kinds, st.decimals(0, 100, places=2))
    line = RatingInput(
        pricing=pricing,
        quantity=data.draw(usages(pricing.need)),
        unit=USD,
        terms=agreed,
        closed=data.draw(st.booleans()),
        proration=data.draw(st.fractions(0, 1, max_denominator=366)),
        discounts=tuple(data.draw(st.lists(discount, max_size=2))),
    )
    result = rate_line(line)
    told = result.explanation
    stored = json.loads(json.dumps(told.to_json()))
    assert redo(stored, USD) == result.amount
    assert Explanation.from_json(stored) == told
    assert sentences(told)
    covered = sum((Fraction(part.quantity) for part in told.parts), Fraction(0))
    assert covered + Fraction(told.included) == Fraction(told.counted)
    assert Money.zero(USD) <= result.amount <= result.listed
    if agreed.maximum is not None:
        assert result.amount.to_decimal() <= agreed.maximum.amount
