"""Coupons in core: which charges they are taken from, in which order, how an amount is shared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit
from counterfoil.core.coupons import (
    CouponDuration,
    Coverage,
    DurationUnit,
    Granted,
    Sold,
    holds_until,
    rate_discounted,
)
from counterfoil.core.money import Money, total_of, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.rating import Cadence, Explanation, PriceTerms, RatingInput, discounts_taken, redo

EUR = unit_of("EUR")
IN_ADVANCE, IN_ARREARS = Cadence.IN_ADVANCE, Cadence.IN_ARREARS


def day(month: int, of_month: int) -> datetime:
    return datetime(2026, month, of_month, tzinfo=UTC)


def granted(number: int = 1, **more: Any) -> Granted:
    facts: dict[str, Any] = {
        "number": number,
        "ref": f"disc_{number}",
        "name": f"C{number}",
        "percent": None,
        "amounts": {},
        "first_units": None,
        "once": False,
        "starts_at": day(1, 1),
        "ends_at": None,
        "coverage": Coverage(),
    }
    return Granted(**(facts | more))


def amount(euros: str, number: int = 1, **more: Any) -> Granted:
    return granted(number, amounts={"EUR": Decimal(euros)}, **more)


def percent(value: str, number: int = 1, **more: Any) -> Granted:
    return granted(number, percent=Decimal(value), **more)


def fee(euros: str, **more: Any) -> RatingInput:
    return RatingInput(
        pricing=parse_pricing("flat", {"amount": euros}), quantity=Decimal(1), unit=EUR, **more
    )


def amounts(lines: list[RatingInput], *coupons: Granted) -> list[str]:
    rated = rate_discounted(lines, [coupons for _ in lines], EUR)
    return [line.amount.amount_text() for line in rated]


def test_an_amount_is_shared_over_the_lines_by_largest_remainder() -> None:
    # 10 over 10, 10 and 10: 3.34, 3.33 and 3.33
    assert amounts([fee("10"), fee("10"), fee("10")], amount("10")) == ["6.66", "6.67", "6.67"]
    # 150 over a fee of 100 and two seats of 50 (Polar's example): 75 each
    assert amounts([fee("100"), fee("100")], amount("150")) == ["25.00", "25.00"]


def test_amounts_in_order_never_take_more_than_there_is() -> None:
    # Flexprice's example: 50 less 30, less 30, is nothing, not -10
    assert amounts([fee("50")], amount("30", 1), amount("30", 2)) == ["0.00"]
    assert amounts([fee("30"), fee("20")], amount("30", 1), amount("30", 2)) == ["0.00", "0.00"]


def test_per_cents_are_taken_before_amounts_in_whatever_order_they_were_agreed() -> None:
    # (100 - 10 %) - 20 = 70, not (100 - 20) - 10 % = 72
    assert amounts([fee("100")], amount("20", 1), percent("10", 2)) == ["70.00"]
    # two per cents each of what the other left: 100 × 0.9 × 0.8
    assert amounts([fee("100")], percent("10", 1), percent("20", 2)) == ["72.00"]


def test_for_a_part_of_a_period_an_amount_is_that_part_of_it_unless_it_is_taken_once() -> None:
    half = fee("20", proration=Fraction(1, 2))
    assert amounts([half], amount("5")) == ["7.50"]
    assert amounts([half], amount("5", once=True)) == ["5.00"]
    # beside a whole period it is whole: 5 over 10 and 20
    assert amounts([half, fee("20")], amount("5")) == ["8.33", "16.67"]


def test_a_minimum_is_discounted_only_where_the_price_agrees_to_that() -> None:
    least = {"minimum": {"amount": "8"}}
    before = fee("10", terms=PriceTerms.from_json(least))
    after = fee("10", terms=PriceTerms.from_json(least | {"discounts": "after_minimum"}))
    assert amounts([before], percent("50")) == ["8.00"]
    assert amounts([after], percent("50")) == ["5.00"]


def test_what_names_products_plans_and_codes_covers_what_is_all_of_these() -> None:
    product, plan, other = UUID(int=1), UUID(int=2), UUID(int=3)
    seats = Sold("seats", plan, frozenset({product}), counted=True)
    assert Coverage().covers(seats)
    assert Coverage(frozenset({product}), frozenset({plan, other}), frozenset({"seats"})).covers(seats)
    assert not Coverage(price_codes=frozenset({"fee"})).covers(seats)
    assert not Coverage(plan_ids=frozenset({other})).covers(seats)
    assert not Coverage(product_ids=frozenset({other}), price_codes=frozenset({"seats"})).covers(seats)


def test_an_amount_in_another_currency_and_first_units_of_a_fee_take_nothing() -> None:
    seats = Sold("seats", None, frozenset(), counted=True)
    assert amount("5").takes_from(seats, "EUR")
    assert not amount("5").takes_from(seats, "USD")
    first = percent("100", first_units=Decimal(3))
    assert first.takes_from(seats, "USD")
    assert not first.takes_from(replace(seats, counted=False), "USD")


MONTHS = [(day(m, 1), day(m + 1, 1)) for m in range(1, 9)]


@pytest.mark.parametrize(
    ("unit", "count", "starts", "begins", "advance", "arrears"),
    [
        # from the beginning on: the first three of either
        (DurationUnit.PERIOD, 3, day(1, 1), True, [1, 2, 3], [1, 2, 3]),
        (DurationUnit.MONTH, 3, day(1, 1), True, [1, 2, 3], [1, 2, 3]),
        # agreed on 10 February, which is paid ahead: the next three that are paid
        (DurationUnit.PERIOD, 3, day(2, 10), False, [3, 4, 5], [2, 3, 4]),
        (DurationUnit.MONTH, 2, day(2, 10), False, [3, 4], [2, 3]),
    ],
)
def test_a_repeating_coupon_is_taken_from_as_many_periods_of_either_cadence(
    unit: DurationUnit, count: int, starts: datetime, begins: bool, advance: list[int], arrears: list[int]
) -> None:
    cycle = Cycle(Interval(IntervalUnit.MONTH), day(1, 1), "UTC")
    end = holds_until(CouponDuration.REPEATING, unit, count, starts, cycle, begins=begins)
    one = percent("10", starts_at=starts, ends_at=end)
    for cadence, expected in ((IN_ADVANCE, advance), (IN_ARREARS, arrears)):
        assert [start.month for start, end in MONTHS if one.holds(cadence, start, end)] == expected


def test_the_cut_period_in_which_a_subscription_begins_is_the_first_that_counts() -> None:
    cycle = Cycle(Interval(IntervalUnit.MONTH), day(1, 1), "UTC")
    end = holds_until(CouponDuration.REPEATING, DurationUnit.PERIOD, 2, day(1, 15), cycle, begins=True)
    assert end == day(3, 1)


def test_what_is_taken_once_or_for_ever_has_no_end_of_its_own() -> None:
    cycle = Cycle(Interval(IntervalUnit.MONTH), day(1, 1), "UTC")
    for duration in (CouponDuration.ONCE, CouponDuration.FOREVER):
        assert holds_until(duration, None, None, day(1, 1), cycle, begins=True) is None


COUPONS = st.lists(
    st.one_of(
        st.decimals("0.01", 100, places=2).map(lambda value: {"percent": value}),
        st.tuples(st.decimals("0.01", 100, places=2), st.decimals("0.5", 50, places=1)).map(
            lambda pair: {"percent": pair[0], "first_units": pair[1]}
        ),
        st.decimals("0.01", 500, places=2).map(lambda value: {"amounts": {"EUR": value}}),
    ),
    max_size=4,
)
LINES = st.lists(
    st.builds(
        RatingInput,
        pricing=st.sampled_from(
            [
                parse_pricing("per_unit", {"unit_amount": "0.3333333"}),
                parse_pricing(
                    "graduated", {"tiers": [{"up_to": "9", "unit_amount": "3"}, {"unit_amount": "2"}]}
                ),
                parse_pricing(
                    "volume", {"tiers": [{"up_to": "9", "unit_amount": "3"}, {"unit_amount": "2"}]}
                ),
            ]
        ),
        quantity=st.decimals(0, 200, places=2),
        unit=st.just(EUR),
        proration=st.fractions(0, 1, max_denominator=31),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=150, deadline=None)
@given(LINES, COUPONS, st.data())
def test_discounts_never_make_a_line_negative_and_sum_to_what_the_invoice_shows(
    lines: list[RatingInput], coupons: list[dict[str, Any]], data: st.DataObject
) -> None:
    agreed = [granted(number, **facts) for number, facts in enumerate(coupons)]
    reached = [tuple(one for one in agreed if data.draw(st.booleans())) for _ in lines]
    plain = rate_discounted(lines, [() for _ in lines], EUR)
    rated = rate_discounted(lines, reached, EUR)
    for before, line in zip(plain, rated, strict=True):
        assert Money.zero(EUR) <= line.amount <= line.listed == before.amount
        assert redo(line.explanation.to_json(), EUR) == line.amount
    for one in agreed:
        taken = [
            applied.discount.value
            for line in rated
            if isinstance(line.explanation, Explanation)
            for applied in line.explanation.discounts
            if applied.discount.ref == one.ref and one.percent is None
        ]
        assert sum(taken) <= one.amounts.get("EUR", Decimal(0))
    told = discounts_taken(rated, EUR)
    assert total_of((one.amount for one in told), EUR) == total_of((line.discount for line in rated), EUR)
    assert all(one.amount.minor > 0 for one in told)
    only_amounts = [[one for one in each if one.percent is None] for each in reached]
    off = total_of((line.discount for line in rate_discounted(lines, only_amounts, EUR)), EUR)
    agreed_off = sum(one.amounts["EUR"] for one in agreed if one.percent is None)
    assert off.to_decimal() <= agreed_off
