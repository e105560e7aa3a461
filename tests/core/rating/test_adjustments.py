"""What is given back of a charge, and what a period costs more or less than was billed for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, Period
from counterfoil.core.money import Money, Rounding, total_of, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.proration import Proration, prorate
from counterfoil.core.rating import (
    CreditExplanation,
    LineKind,
    RatedCharge,
    RatedLine,
    RatingInput,
    credit_line,
    delta_line,
    rate_line,
    read_explanation,
    redo,
    sentences,
)

USD = unit_of("USD")
NOTHING = Money.zero(USD)
TIERS = {
    "tiers": [{"up_to": "1000", "unit_amount": "0.01"}, {"unit_amount": "0.005"}],
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def share(start: str, end: str, anchor: str = "2026-01-01") -> Proration:
    """The share of its month that a piece is, by local days."""
    cycle = Cycle(Interval(IntervalUnit.MONTH), at(anchor), "UTC")
    return prorate(Period(at(start), at(end)), cycle)


def charge(
    amount: str, proration: Proration | None = None, rounding: Rounding = Rounding.HALF_UP
) -> RatedCharge:
    """A fee for a month, or for its share of one."""
    whole = Fraction(1) if proration is None else proration.share
    note = "" if proration is None else proration.words
    return rate_line(
        RatingInput(
            pricing=parse_pricing("flat", {"amount": amount}),
            quantity=Decimal(1),
            unit=USD,
            proration=whole,
            proration_note=note,
            rounding=rounding,
        )
    )


def usage(quantity: str, params: Mapping[str, Any] = TIERS) -> RatedCharge:
    """So much used of a graduated price."""
    return rate_line(
        RatingInput(pricing=parse_pricing("graduated", params), quantity=Decimal(quantity), unit=USD)
    )


def given_back(line: RatedCharge, unused: Proration, before: Money = NOTHING) -> RatedLine:
    """The credit of a rated charge."""
    return credit_line(line.explanation, line.amount, before, unused, of="line 1 of invoice INV-000007")


def texts(line: RatedLine) -> list[str]:
    return [sentence.text for sentence in sentences(line.explanation)]


def test_the_unused_share_of_a_fee_is_given_back() -> None:
    """30.00 for January; the last 14 of its 31 days are not served: 30 × 14/31 = 13.548… → 13.55."""
    credit = given_back(charge("30"), share("2026-01-18", "2026-02-01"))
    assert str(credit.amount) == "-13.55 USD"
    assert credit.explanation.kind is LineKind.CREDIT
    assert texts(credit) == [
        "Billed on line 1 of invoice INV-000007: 30.00 USD",
        "Not used (14 of 31 days): 30 × 14/31 = about 13.548387",
        "Rounded half up to 2 places: 13.55 USD is given back",
    ]


def test_of_a_stub_the_unused_part_is_measured_against_what_the_stub_charged() -> None:
    """A start on the 15th: 17 of 31 days of 31.00 are 17.00.  Its last 7 days are 7/31, so 7.00 of the 17."""
    stub = share("2026-01-15", "2026-02-01")
    credit = given_back(charge("31", stub), share("2026-01-25", "2026-02-01"))
    assert str(credit.amount) == "-7.00 USD"
    assert "Not used (7 of 31 days): 17 × 7/17 = 7" in texts(credit)


def test_no_more_is_given_back_than_is_left_of_what_was_billed() -> None:
    """Of 10.00 there were 8.00 given back already: of half a month no 5.00 but 2.00, and then nothing."""
    half = share("2026-04-16", "2026-05-01", "2026-04-01")
    line = charge("10")
    credit = given_back(line, half, Money(800, USD))
    assert (str(credit.amount), credit.explanation.amount) == ("-2.00 USD", credit.amount)
    assert isinstance(credit.explanation, CreditExplanation)
    assert credit.explanation.limited
    assert "No more than 2.00 USD is left to give back" in texts(credit)
    assert given_back(line, half, Money(1000, USD)).amount == NOTHING


@pytest.mark.parametrize("rounding", list(Rounding))
def test_a_charge_given_back_whole_is_its_mirror_image_however_it_was_rounded(rounding: Rounding) -> None:
    whole = share("2026-01-01", "2026-02-01")
    line = charge("10.005", rounding=rounding)
    assert given_back(line, whole).amount == -line.amount


def test_an_adjustment_brings_a_period_to_what_it_costs_now() -> None:
    """900 at 0.01 were billed as 9.00; 1,200 cost 10.00 + 200 × 0.005 = 11.00, so 2.00 are missing."""
    late = delta_line(usage("1200"), [usage("900").amount], of="line 2 of invoice INV-000007")
    assert (str(late.amount), late.explanation.kind) == ("2.00 USD", LineKind.ADJUSTMENT)
    told = texts(late)
    assert told[0] == (
        "Corrects line 2 of invoice INV-000007: the whole period is rated again, with all that was used in it"
    )
    assert told[-1] == "11.00 USD - 9.00 USD billed before = 2.00 USD"
    # Then 500 of the 1,200 are voided: 700 cost 7.00, and 11.00 were billed by now.
    voided = delta_line(usage("700"), [Money(900, USD), Money(200, USD)])
    assert str(voided.amount) == "-4.00 USD"
    assert texts(voided)[-1] == "7.00 USD - (9.00 + 2.00) billed before = -4.00 USD"


def test_what_was_stored_before_there_were_kinds_is_the_explanation_of_a_charge() -> None:
    line = charge("30")
    stored = json.loads(json.dumps(line.explanation.to_json()))
    assert "kind" not in stored
    assert read_explanation(stored) == line.explanation
    assert redo(stored, USD) == line.amount


@given(
    billed=st.lists(st.integers(-(10**6), 10**6), max_size=5),
    quantity=st.decimals(0, 10**6, places=3),
)
@settings(max_examples=100)
def test_the_lines_of_a_period_sum_to_what_it_costs_when_rated_last(
    billed: list[int], quantity: Decimal
) -> None:
    lines = [Money(minor, USD) for minor in billed]
    fresh = usage(str(quantity))
    delta = delta_line(fresh, lines)
    assert total_of([*lines, delta.amount], USD) == fresh.amount
    stored = json.loads(json.dumps(delta.explanation.to_json()))
    assert read_explanation(stored) == delta.explanation
    assert redo(stored, USD) == delta.amount


@given(
    amount=st.decimals(0, 10**6, places=4),
    days=st.tuples(st.integers(1, 30), st.integers(1, 31)),
    before=st.integers(0, 10**7),
    rounding=st.sampled_from(list(Rounding)),
)
@settings(max_examples=200)
def test_what_is_given_back_is_between_nothing_and_what_is_left_and_can_be_redone(
    amount: Decimal, days: tuple[int, int], before: int, rounding: Rounding
) -> None:
    first, second = min(days), max(days)
    stub = share(f"2026-01-{first:02}", "2026-02-01")
    line = charge(str(amount), stub, rounding)
    credit = given_back(line, share(f"2026-01-{second:02}", "2026-02-01"), Money(before, USD))
    left = max(line.amount.minor - before, 0)
    assert -left <= credit.amount.minor <= 0
    stored = json.loads(json.dumps(credit.explanation.to_json()))
    assert read_explanation(stored) == credit.explanation
    assert redo(stored, USD) == credit.amount
