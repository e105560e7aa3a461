"""Terms that follow each other, parts of terms, and instalments: by hand calculation, and by law."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import Cycle, Period, parse_instant, parse_interval
from counterfoil.core.commitments import (
    Allowance,
    Demand,
    DrawOrder,
    InstalmentPlan,
    Remainder,
    Source,
    Term,
    add_credit,
    declared_instalments,
    divide,
    draw,
    due_dates,
    equal_instalments,
    redo_division,
    redo_instalments,
    redo_renewal,
    renew,
    spend,
    weighted_instalments,
)
from counterfoil.core.errors import Conflict, InvalidInput, TooLarge
from counterfoil.core.money import Money, total_of, unit_of
from tests.core.effort import effort

USD = unit_of("USD")


def at(text: str) -> datetime:
    return parse_instant(f"{text}T00:00:00Z")


def usd(amount: str) -> Money:
    return Money.of(amount, USD)


YEAR = Cycle(parse_interval("year"), at("2024-02-29"), "UTC")
FIRST = Term.of(Period(at("2024-02-29"), at("2025-02-28")), usd("1000"))


def spent(term: Term, commit: str, rolled_over: str = "0", credit: str = "0") -> Term:
    return Term(
        period=term.period,
        commit=Allowance(term.commit.given, usd(commit)),
        rolled_over=Allowance(term.rolled_over.given, usd(rolled_over)),
        credit=Allowance(term.credit.given, usd(credit)),
    )


def test_a_term_renews_from_its_end_to_the_next_anniversary() -> None:
    second = renew(FIRST, YEAR).term
    third = renew(second, YEAR, usd("1200")).term
    assert str(second.period) == "[2025-02-28T00:00:00Z, 2026-02-28T00:00:00Z)"
    assert (second.commit.given, third.commit.given) == (usd("1000"), usd("1200"))
    fifth = renew(renew(third, YEAR).term, YEAR).term
    assert fifth.period.start == at("2028-02-29")


def test_what_is_left_is_lost_or_rolled_over_up_to_a_limit() -> None:
    term = spent(FIRST, "700")
    lost = renew(term, YEAR)
    assert (lost.carried, lost.broken) == (usd("0"), usd("300"))
    carried = renew(term, YEAR, remainder=Remainder.ROLLOVER)
    assert (carried.carried, carried.broken) == (usd("300"), usd("0"))
    assert carried.term.rolled_over.left == usd("300")
    limited = renew(term, YEAR, remainder=Remainder.ROLLOVER, limit=usd("50"))
    assert (limited.carried, limited.broken) == (usd("50"), usd("250"))
    with pytest.raises(InvalidInput) as refusal:
        renew(term, YEAR, remainder=Remainder.ROLLOVER, limit=usd("-1"))
    assert refusal.value.field == "limit"


def test_what_was_rolled_over_once_and_the_credit_of_a_term_end_with_it() -> None:
    second = add_credit(renew(spent(FIRST, "700"), YEAR, remainder=Remainder.ROLLOVER).term, usd("20"))
    renewal = renew(spent(second, "1000", "100", "5"), YEAR, remainder=Remainder.ROLLOVER)
    assert (renewal.carried, renewal.broken) == (usd("0"), usd("215"))


def test_a_renewal_to_nothing_is_one_to_nothing() -> None:
    assert renew(FIRST, YEAR, usd("0")).term.commit.given == usd("0")


def test_credit_is_added_up_and_never_taken_away() -> None:
    term = add_credit(add_credit(FIRST, usd("10")), usd("5"))
    assert (term.credit.given, term.left) == (usd("15"), usd("1015"))
    for amount in ("0", "-1"):
        with pytest.raises(InvalidInput) as refusal:
            add_credit(FIRST, usd(amount))
        assert refusal.value.field == "amount"


def test_usage_takes_a_terms_credit_then_what_was_rolled_over_then_its_commit() -> None:
    renewed = renew(spent(FIRST, "700"), YEAR, remainder=Remainder.ROLLOVER).term
    drawing = draw([Demand("usage", Decimal(500), Decimal(1))], add_credit(renewed, usd("20")).pools())
    assert {drawn.pool.key: drawn.left for drawn in drawing.pools} == {
        "credit": 0,
        "rolled_over": 0,
        "commit": 820,
    }


def test_what_is_spent_is_taken_in_the_declared_order_and_the_rest_is_told() -> None:
    term = add_credit(renew(spent(FIRST, "700"), YEAR, remainder=Remainder.ROLLOVER).term, usd("20"))
    after, rest = spend(term, usd("330"))
    assert (after.credit.used, after.rolled_over.used, after.commit.used) == (
        usd("20"),
        usd("300"),
        usd("10"),
    )
    assert rest == usd("0")
    commit_first = DrawOrder((Source.COMMIT, Source.INCLUDED, Source.USAGE_CREDIT))
    other, _ = spend(term, usd("330"), commit_first)
    assert (other.credit.used, other.commit.used) == (usd("0"), usd("30"))
    empty, beyond = spend(term, usd("2000"))
    assert (empty.left, beyond) == (usd("0"), usd("680"))
    with pytest.raises(InvalidInput) as refusal:
        spend(term, usd("-1"))
    assert refusal.value.field == "amount"


def test_a_term_is_divided_into_parts_that_are_equal_to_the_cent() -> None:
    starts = [at("2024-02-29"), at("2024-07-01"), at("2024-11-01")]
    division = divide(FIRST, starts)
    assert [part.commit.given.amount_text() for part in division.parts] == ["333.34", "333.33", "333.33"]
    assert [part.period.end for part in division.parts] == [*starts[1:], at("2025-02-28")]
    assert division.term.commit.given == usd("0")
    some = divide(FIRST, starts, usd("300"))
    assert some.term.commit.given == usd("700")
    assert redo_division(some.to_json(), USD) == [usd("100")] * 3


@pytest.mark.parametrize(
    ("starts", "amount", "field"),
    [
        ([], None, "starts"),
        (["2024-03-01"], None, "starts"),
        (["2024-02-29", "2024-02-29"], None, "starts"),
        (["2024-02-29", "2025-02-28"], None, "starts"),
        (["2024-02-29"], "0", "amount"),
        (["2024-02-29"], "1000.01", "amount"),
    ],
)
def test_parts_that_do_not_fill_the_term_are_refused(
    starts: list[str], amount: str | None, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        divide(FIRST, [at(start) for start in starts], None if amount is None else usd(amount))
    assert refusal.value.field == field


def test_a_commit_that_is_in_use_is_not_divided() -> None:
    with pytest.raises(Conflict):
        divide(spent(FIRST, "0.01"), [at("2024-02-29")])


def test_more_than_there_is_cannot_be_used() -> None:
    with pytest.raises(AssertionError):
        Allowance(usd("1"), usd("1.01"))


def test_instalments_sum_to_the_whole() -> None:
    """100 in three, and by 50, 30 and 20 per cent."""
    months = Cycle(parse_interval("month"), at("2026-01-31"), "UTC")
    due = due_dates(months, at("2026-01-31"), 3)
    assert due == [at("2026-01-31"), at("2026-02-28"), at("2026-03-31")]
    plan = equal_instalments(usd("100"), due)
    assert [part.amount.amount_text() for part in plan.parts] == ["33.34", "33.33", "33.33"]
    weights = [Decimal(50), Decimal(30), Decimal(20)]
    weighted = weighted_instalments(usd("99.99"), list(zip(due, weights, strict=True)))
    assert [part.amount.amount_text() for part in weighted.parts] == ["49.99", "30.00", "20.00"]


def test_agreed_instalments_are_kept_as_agreed_or_refused() -> None:
    dates = [at("2026-01-01"), at("2026-06-01")]
    plan = declared_instalments(usd("100"), [(dates[0], usd("99.99")), (dates[1], usd("0.01"))])
    assert [part.amount for part in plan.parts] == [usd("99.99"), usd("0.01")]
    with pytest.raises(InvalidInput) as refusal:
        declared_instalments(usd("100"), [(dates[0], usd("99.99"))])
    assert (refusal.value.field, refusal.value.allowed) == ("instalments", "amounts that sum to 100.00 USD")


def test_instalments_without_an_order_or_a_weight_are_refused() -> None:
    first, later = at("2026-01-01"), at("2026-02-01")
    for dates in ([], [later, first], [first, first]):
        with pytest.raises(InvalidInput) as refusal:
            equal_instalments(usd("1"), dates)
        assert refusal.value.field == "instalments"
    with pytest.raises(InvalidInput) as weightless:
        weighted_instalments(usd("1"), [(first, Decimal(1)), (later, Decimal(0))])
    assert weightless.value.field == "instalments.1.weight"
    with pytest.raises(TooLarge):
        equal_instalments(usd("1"), [first + timedelta(days=n) for n in range(1001)])
    for count in (0, 1001):
        with pytest.raises(InvalidInput) as number:
            due_dates(YEAR, first, count)
        assert number.value.field == "count"


money = st.integers(0, 10**12).map(lambda minor: Money(minor, USD))
moments = st.lists(
    st.datetimes(datetime(2000, 1, 1), datetime(2050, 1, 1)), min_size=1, max_size=12, unique=True
).map(lambda times: sorted(time.replace(tzinfo=UTC) for time in times))


@effort(100)
@given(money, moments, st.data())
def test_instalments_sum_to_the_whole_whatever_their_weights(
    whole: Money, due: list[datetime], data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.decimals("0.01", 100, places=2), min_size=len(due), max_size=len(due)))
    plan: InstalmentPlan = weighted_instalments(whole, list(zip(due, weights, strict=True)))
    assert total_of((part.amount for part in plan.parts), USD) == whole
    assert redo_instalments(json.loads(json.dumps(plan.to_json())), USD) == plan


@effort(60)
@given(st.integers(1, 10**9), moments)
def test_a_divided_commit_is_all_of_it(minor: int, starts: list[datetime]) -> None:
    whole = Money(minor, USD)
    term = Term.of(Period(starts[0], starts[-1] + timedelta(days=1)), whole)
    division = divide(term, starts, Money((minor + 1) // 2, USD))
    parts = total_of((part.commit.given for part in division.parts), USD)
    assert parts + division.term.commit.given == whole
    assert redo_division(division.to_json(), USD) == [part.commit.given for part in division.parts]


@effort(80)
@given(
    st.tuples(*[st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)).map(sorted)] * 3),
    st.sampled_from(Remainder),
    st.one_of(st.none(), st.integers(0, 10**6)),
)
def test_what_is_left_of_a_term_is_carried_or_broken_and_nothing_else(
    numbers: tuple[list[int], list[int], list[int]], remainder: Remainder, limit: int | None
) -> None:
    commit, rolled_over, credit = (Allowance(Money(high, USD), Money(low, USD)) for low, high in numbers)
    term = Term(period=FIRST.period, commit=commit, rolled_over=rolled_over, credit=credit)
    renewal = renew(term, YEAR, remainder=remainder, limit=None if limit is None else Money(limit, USD))
    assert renewal.carried + renewal.broken == term.left
    assert renewal.carried <= term.commit.left
    assert renewal.term.rolled_over.given == renewal.carried
    stored = json.loads(json.dumps(renewal.to_json()))
    assert redo_renewal(stored, USD) == (renewal.carried, renewal.broken)


@effort(60)
@given(st.integers(0, 3000), st.tuples(*[st.integers(0, 1000)] * 3))
def test_spending_conserves_value(amount: int, given: tuple[int, int, int]) -> None:
    commit, rolled_over, credit = (Allowance.of(Money(minor, USD)) for minor in given)
    term = Term(period=FIRST.period, commit=commit, rolled_over=rolled_over, credit=credit)
    after, rest = spend(term, Money(amount, USD))
    assert term.left - after.left + rest == Money(amount, USD)
    assert not rest or not after.left
