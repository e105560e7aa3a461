"""Rating a line: the order of the steps, the explanation, and that it can be worked out again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import Exact, Money, Rounding, own_unit, unit_of
from counterfoil.core.pricing import Detail, Measured, Pricing, parse_pricing
from counterfoil.core.rating import (
    STEPS,
    Cadence,
    Discount,
    DiscountKind,
    Explanation,
    Origin,
    RatingInput,
    rate_line,
    redo,
    sentences,
)

USD, JPY, CREDITS = unit_of("USD"), unit_of("JPY"), own_unit("credits", 3)
TOKENS = parse_pricing(
    "graduated",
    {
        "tiers": [
            {"up_to": "1000000", "unit_amount": "0.0000025"},
            {"up_to": "10000000", "unit_amount": "0.0000015"},
            {"unit_amount": "0.000001"},
        ]
    },
)
MARCH = (datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))


def fee(amount: str) -> Pricing:
    return parse_pricing("flat", {"amount": amount})


def percent(value: str, name: str = "") -> Discount:
    return Discount(DiscountKind.PERCENT, Decimal(value), name)


def off(value: str, name: str = "") -> Discount:
    return Discount(DiscountKind.AMOUNT, Decimal(value), name)


def first_units(value: str | Decimal, units: str | Decimal, name: str = "") -> Discount:
    return Discount(DiscountKind.UNITS, Decimal(value), name, Decimal(units))


def rated(pricing: Pricing, quantity: Exact | int = 1, **more: object) -> str:
    number = Decimal(quantity) if isinstance(quantity, int) else quantity
    line = RatingInput(pricing=pricing, quantity=number, unit=USD, **more)  # type: ignore[arg-type]
    return str(rate_line(line).amount)


def test_the_steps_are_named_and_each_says_why_it_stands_where_it_does() -> None:
    names = ["quantity", "conversion", "quantity_rounding", "included", "parts", "sum", "proration"]
    names += ["discounts_before", "bounds", "discounts_after", "rounding"]
    assert [step.name for step in STEPS] == names
    assert all(step.why_here for step in STEPS)


def test_a_line_is_rounded_once_from_its_exact_sum() -> None:
    # 1,000,000 × 0.0000025 + 2,500,000 × 0.0000015 = 2.5 + 3.75
    assert rated(TOKENS, 3_500_000) == "6.25 USD"
    # 1,700 × 0.0000025 = 0.00425: less than half a cent; 2,000 are exactly half of one
    assert rated(TOKENS, 1_700) == "0.00 USD"
    assert rated(TOKENS, 2_000) == "0.01 USD"
    assert rated(TOKENS, 2_000, rounding=Rounding.HALF_EVEN) == "0.00 USD"


def test_published_shares_of_a_month() -> None:
    # Zuora's order metrics: 35.00 a month from 18 to 31 August 2018, 14 of 31 days: 15.81
    assert rated(fee("35.00"), proration=Fraction(14, 31)) == "15.81 USD"
    # Lago's free trial scenario: 17 of 31 days of 50000.00
    assert rated(fee("50000.00"), proration=Fraction(17, 31)) == "27419.35 USD"


def test_included_units_go_before_the_tiers_begin() -> None:
    # 1,500,000 less 500,000 are the whole first tier, none of the second: 2.50
    assert rated(TOKENS, 1_500_000, included=Decimal(500_000)) == "2.50 USD"
    assert rated(TOKENS, 500, included=Decimal(1_000)) == "0.00 USD"


def test_discounts_are_taken_in_order_each_from_what_is_left() -> None:
    assert rated(fee("100"), discounts=(percent("10"), off("20"))) == "70.00 USD"
    assert rated(fee("100"), discounts=(off("20"), percent("10"))) == "72.00 USD"


def test_two_coupons_that_are_more_than_the_line_take_it_to_zero_and_no_further() -> None:
    # flexprice-docs, invoices/calculation: 50.00 with two coupons of 30.00 leaves 0.00
    line = rate_line(
        RatingInput(
            pricing=fee("50.00"), quantity=Decimal(1), unit=USD, discounts=(off("30.00"), off("30.00"))
        )
    )
    assert (str(line.amount), str(line.discount), str(line.listed)) == ("0.00 USD", "50.00 USD", "50.00 USD")
    assert [applied.amount for applied in line.explanation.discounts] == [30, 20]


def test_a_discount_is_of_what_is_owed_for_the_time_served() -> None:
    # 100 × 1/2 = 50, less 30 = 20; the other order would leave 35
    assert rated(fee("100"), proration=Fraction(1, 2), discounts=(off("30"),)) == "20.00 USD"


def test_the_currencys_own_places_are_used() -> None:
    line = RatingInput(pricing=fee("10.5"), quantity=Decimal(1), unit=JPY)
    assert str(rate_line(line).amount) == "11 JPY"
    line = RatingInput(pricing=fee("0.0125"), quantity=Decimal(1), unit=CREDITS)
    assert str(rate_line(line).amount) == "0.013 credits"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"quantity": Decimal(-1)}, "quantity"),
        ({"included": Decimal(-1)}, "included"),
        ({"proration": Fraction(3, 2)}, "proration"),
        ({"proration": Fraction(-1, 2)}, "proration"),
    ],
)
def test_what_has_no_price_is_refused_by_its_name(fault: dict[str, object], field: str) -> None:
    facts: dict[str, object] = {"pricing": TOKENS, "quantity": Decimal(1), "unit": USD} | fault
    with pytest.raises(InvalidInput) as refusal:
        rate_line(RatingInput(**facts))  # type: ignore[arg-type]
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("kind", "value"), [("percent", "100.1"), ("percent", "-1"), ("percent", "0.000000001"), ("amount", "-1")]
)
def test_a_discount_out_of_range_is_refused(kind: str, value: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Discount(DiscountKind(kind), Decimal(value))
    assert refusal.value.field == "value"


def test_an_amount_that_cannot_be_stored_is_too_large() -> None:
    with pytest.raises(TooLarge):
        rated(parse_pricing("per_unit", {"unit_amount": "1e18"}), 10**6)


def test_the_longest_numbers_with_the_most_discounts_are_still_worked_out_exactly() -> None:
    tiny = Decimal("1.0000000000000000000000000000000000001")
    line = RatingInput(
        pricing=parse_pricing("per_unit", {"unit_amount": tiny}),
        quantity=tiny,
        unit=USD,
        proration=Fraction(1, 366 * 86_400 * 10**6),
        discounts=(percent("0.00000001"),) * 10,
    )
    result = rate_line(line)
    assert redo(result.explanation.to_json(), USD) == result.amount == Money.zero(USD)
    with pytest.raises(TooLarge) as refusal:
        rated(fee("1"), discounts=(percent("1"),) * 11)
    assert refusal.value.field == "discounts"


FULL = RatingInput(
    pricing=TOKENS,
    quantity=Decimal(3_501_000),
    unit=USD,
    included=Decimal(1_000),
    proration=Fraction(14, 30),
    proration_note="14 of 30 days",
    discounts=(percent("10", "SPRING"), off("0.01")),
    origin=Origin(
        price_version="price_1",
        meter="input_tokens",
        events=1_204,
        window=MARCH,
        service_period=MARCH,
        cadence=Cadence.IN_ARREARS,
    ),
)


def test_the_explanation_says_each_step_in_words() -> None:
    told = [(sentence.text, sentence.amount) for sentence in sentences(rate_line(FULL).explanation)]
    assert told == [
        (
            "Quantity: 3,501,000 of input_tokens, from 1,204 events, "
            "2026-03-01 00:00:00 UTC until before 2026-04-01 00:00:00 UTC",
            None,
        ),
        ("1,000 included free of charge, 3,500,000 to charge", None),
        ("0 to 1,000,000: 1,000,000 × 0.0000025 = 2.5", "2.5"),
        ("1,000,000 to 10,000,000: 2,500,000 × 0.0000015 = 3.75", "3.75"),
        ("Sum: 6.25", "6.25"),
        ("Prorated (14 of 30 days): 6.25 × 7/15 = about 2.916667", "35/12"),
        ("Discount SPRING of 10 %: about 0.291667 off", "-7/24"),
        ("Discount: 0.01 off", "-0.01"),
        ("Rounded half up to 2 places: 2.615 becomes 2.62 USD", "2.62"),
    ]


@pytest.mark.parametrize(
    ("model", "params", "quantity", "text"),
    [
        ("flat", {"amount": "99"}, 3, "Fee: 99"),
        ("per_unit", {"unit_amount": "12.5"}, 4, "4 × 12.5 = 50"),
        (
            "package",
            {"package_size": "10", "package_amount": "100"},
            121,
            "121 in packages of 10: 13 × 100 = 1,300",
        ),
        ("volume", {"tiers": [{"unit_amount": "2", "flat_amount": "5"}]}, 4, "All: 4 × 2 + 5 = 13"),
        (
            "volume",
            {"tiers": [{"up_to": "9", "unit_amount": "2", "package_size": "3"}]},
            4,
            "0 to 9, 4 in packages of 3: 2 × 2 = 4",
        ),
        ("stairstep", {"tiers": [{"up_to": "5000", "flat_amount": "200"}]}, 4500, "0 to 5,000: 200 = 200"),
        ("graduated", {"tiers": [{"flat_amount": "0"}]}, 7, "All: 7 × 0 = 0"),
        (
            "commit",
            {"committed_quantity": "1000", "unit_amount": "0.5"},
            7,
            "1,000 committed: 1,000 × 0.5 = 500",
        ),
        ("overcommit", {"committed_quantity": "0", "unit_amount": "0.5"}, 7, "7 × 0.5 = 3.5"),
    ],
)
def test_each_kind_of_part_has_its_sentence(
    model: str, params: dict[str, object], quantity: int, text: str
) -> None:
    line = rate_line(RatingInput(pricing=parse_pricing(model, params), quantity=Decimal(quantity), unit=USD))
    told = sentences(line.explanation)
    assert [sentence.step for sentence in told] == ["quantity", "part", "rounding"]
    assert told[0].to_json() == {"step": "quantity", "text": f"Quantity: {quantity:,}", "amount": None}
    assert told[1].text == text
    assert told[2].text == f"Amount: {line.amount}, nothing to round"


def test_included_packages_and_a_single_event_are_told() -> None:
    price = parse_pricing("package", {"package_size": "10", "package_amount": "1", "included": "5"})
    line = RatingInput(pricing=price, quantity=Decimal(3), unit=USD, origin=Origin(events=1))
    told = [sentence.text for sentence in sentences(rate_line(line).explanation)]
    assert told[:3] == [
        "Quantity: 3, from 1 event",
        "3 included free of charge",
        "0 in packages of 10: 0 × 1 = 0",
    ]


def test_the_stored_explanation_is_complete_and_in_plain_text() -> None:
    line = rate_line(FULL)
    stored = line.explanation.to_json()
    assert stored["proration"] == "7/15"
    assert stored["prorated"] == "35/12"
    assert stored["exact"] == "2.615"
    assert stored["amount"] == "2.62"
    assert stored["parts"][1] == {
        "kind": "tier",
        "index": 1,
        "over": "1000000",
        "up_to": "10000000",
        "package_size": None,
        "quantity": "2500000",
        "count": "2500000",
        "unit_amount": "0.0000015",
        "flat_amount": "0",
        "amount": "3.75",
    }
    assert stored["origin"]["window"] == {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}
    again = Explanation.from_json(json.loads(json.dumps(stored)))
    assert again == line.explanation
    assert again.to_json() == stored


def test_instants_are_stored_in_utc() -> None:
    east = datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    origin = Origin(window=(east, MARCH[1]))
    line = RatingInput(pricing=TOKENS, quantity=Decimal(1), unit=USD, origin=origin)
    stored = rate_line(line).explanation.to_json()
    assert stored["origin"]["window"]["start"] == "2026-03-01T00:00:00Z"


def test_redoing_a_tampered_explanation_gives_another_amount() -> None:
    line = rate_line(FULL)
    stored = line.explanation.to_json()
    stored["sum"] = stored["exact"] = stored["amount"] = "999"
    assert redo(stored, USD) == line.amount  # stored sums are not believed
    stored["parts"][0]["count"] = "2000000"
    assert redo(stored, USD) != line.amount


def test_an_explanation_in_another_currency_is_not_redone() -> None:
    stored = rate_line(FULL).explanation.to_json()
    with pytest.raises(ValueError, match="in USD, not JPY"):
        redo(stored, JPY)


PRICINGS = st.sampled_from(
    [
        TOKENS,
        fee("29.99"),
        parse_pricing("per_unit", {"unit_amount": "0.3333333"}),
        parse_pricing("package", {"package_size": "7", "package_amount": "1.11", "rounding": "exact"}),
        parse_pricing("package", {"package_size": "1000", "package_amount": "0.25", "included": "50"}),
        parse_pricing("commit", {"committed_quantity": "1000", "unit_amount": "0.07"}),
        parse_pricing("overcommit", {"committed_quantity": "99.5", "unit_amount": "0.07"}),
        parse_pricing("volume", {"tiers": [{"up_to": "99.5", "unit_amount": "3"}, {"unit_amount": "2"}]}),
        parse_pricing("stairstep", {"tiers": [{"up_to": "9", "flat_amount": "5"}, {"flat_amount": "8"}]}),
    ]
)


def test_a_discount_of_first_units_takes_what_they_cost_by_themselves() -> None:
    # 3,500,000 cost 2.5 + 3.75 = 6.25; the first 1,000,000 are the dear ones: 1,000,000 × 0.0000025 = 2.50
    free = first_units("100", "1000000", "FIRST")
    assert rated(TOKENS, 3_500_000, discounts=(free,)) == "3.75 USD"
    assert rated(TOKENS, 3_500_000, discounts=(first_units("50", "1000000"),)) == "5.00 USD"
    # fewer were used than are free: all of it
    assert rated(TOKENS, 800_000, discounts=(free,)) == "0.00 USD"
    # for half a period they cost half: 100 units × 0.10 × 1/2 = 5.00, of which the first 40 are 2.00
    each = parse_pricing("per_unit", {"unit_amount": "0.10"})
    half = Fraction(1, 2)
    assert rated(each, 100, proration=half, discounts=(first_units("100", "40"),)) == "3.00 USD"


def test_first_units_that_cost_more_than_the_whole_take_no_more_than_there_is() -> None:
    # 1,000 cost 1 each; the first 900 alone would have cost 2 each, which is 1,800
    volume = parse_pricing("volume", {"tiers": [{"up_to": "900", "unit_amount": "2"}, {"unit_amount": "1"}]})
    assert rated(volume, 1_000, discounts=(first_units("100", "900"),)) == "0.00 USD"


def test_first_units_of_usage_that_is_priced_by_event_are_refused() -> None:
    given = tuple(Detail)
    by_event = parse_pricing("percentage", {"rate_percent": "2.9", "fixed_per_event": "0.30"}, given=given)
    line = RatingInput(
        pricing=by_event,
        quantity=Measured.of_amounts([Decimal(60), Decimal(40)]),
        unit=USD,
        discounts=(first_units("10", "1"),),
    )
    with pytest.raises(InvalidInput) as refusal:
        rate_line(line)
    assert refusal.value.field == "discounts"


PER_CENTS = st.decimals(0, 100, places=2)
DISCOUNTS = st.one_of(
    st.builds(Discount, st.sampled_from([DiscountKind.PERCENT, DiscountKind.AMOUNT]), PER_CENTS),
    st.builds(first_units, PER_CENTS, st.decimals("0.5", 2_000, places=1)),
)
INPUTS = st.builds(
    RatingInput,
    pricing=PRICINGS,
    quantity=st.one_of(st.decimals(0, 20_000_000, places=3), st.fractions(0, 1_000, max_denominator=97)),
    unit=st.sampled_from([USD, JPY, CREDITS]),
    included=st.sampled_from([Decimal(0), Decimal(10), Decimal("0.5")]),
    proration=st.fractions(0, 1, max_denominator=366),
    discounts=st.lists(DISCOUNTS, max_size=3).map(tuple),
    rounding=st.sampled_from(Rounding),
)


@settings(max_examples=70, deadline=None)
@given(INPUTS)
def test_every_amount_can_be_worked_out_again_from_its_stored_explanation(line: RatingInput) -> None:
    result = rate_line(line)
    stored = json.loads(json.dumps(result.explanation.to_json()))
    assert redo(stored, line.unit) == result.amount
    assert Explanation.from_json(stored) == result.explanation
    assert sentences(result.explanation)


@settings(max_examples=40, deadline=None)
@given(INPUTS)
def test_each_step_of_an_explanation_follows_from_the_one_before(line: RatingInput) -> None:
    result = rate_line(line)
    told = result.explanation
    charged = sum((Fraction(part.quantity) for part in told.parts), Fraction(0))
    assert charged + Fraction(told.included) == Fraction(told.quantity)
    assert sum((Fraction(part.amount) for part in told.parts), Fraction(0)) == Fraction(told.sum)
    assert Fraction(told.sum) * told.proration == Fraction(told.prorated)
    taken = sum((Fraction(applied.amount) for applied in told.discounts), Fraction(0))
    assert Fraction(told.prorated) - taken == Fraction(told.exact) >= 0
    assert result.listed - result.discount == result.amount == told.amount
    assert Money.zero(line.unit) <= result.discount
