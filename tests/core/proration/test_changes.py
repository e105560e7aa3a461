"""What changes and ends in mid-period move: by hand calculation, and by law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import (
    ALWAYS_WHOLE,
    ZONE_NAMES,
    Cycle,
    DayCount,
    Period,
    parse_instant,
    parse_interval,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Rounding, total_of, unit_of
from counterfoil.core.proration import (
    Amounts,
    CancelCredit,
    IntervalChange,
    LineKind,
    NetRounding,
    ProrationBehavior,
    ProrationPolicy,
    Running,
    Starting,
    cancel_amounts,
    change_amounts,
    prorate,
    redo_change,
)
from tests.core.effort import effort

USD = unit_of("USD")


def at(text: str) -> datetime:
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


JUNE = Cycle(parse_interval("month"), at("2026-06-01"), "UTC")
YEARS = Cycle(parse_interval("year"), at("2026-06-01"), "UTC")


def running(
    amount: str, billed_to: str, *, cycle: Cycle = JUNE, start: str = "2026-01-01", paid: str | None = None
) -> Running:
    limit = None if paid is None else Decimal(paid)
    return Running(
        amount=Decimal(amount), cycle=cycle, started_at=at(start), billed_to=at(billed_to), paid=limit
    )


def starting(amount: str, cycle: Cycle = JUNE, *, in_advance: bool = True) -> Starting:
    return Starting(amount=Decimal(amount), cycle=cycle, in_advance=in_advance)


def shown(amounts: Amounts) -> list[tuple[str, str, str]]:
    """Kind, words of the share, and amount of each line."""
    return [(line.kind.value, line.proration.words, line.amount.amount_text()) for line in amounts.lines]


def test_an_upgrade_gives_back_the_rest_of_the_old_and_charges_the_rest_of_the_new() -> None:
    amounts = change_amounts(running("30", "2026-07-01"), starting("60"), at("2026-06-11"), USD)
    assert shown(amounts) == [("credit", "20 of 30 days", "-20.00"), ("charge", "20 of 30 days", "40.00")]
    assert amounts.net.amount_text() == "20.00"
    assert (amounts.charged_from, amounts.cycle) == (at("2026-07-01"), JUNE)
    assert not amounts.invoice_now


def test_a_change_to_the_same_price_moves_nothing_and_is_no_mistake() -> None:
    amounts = change_amounts(running("30", "2026-07-01"), starting("30"), at("2026-06-11"), USD)
    assert amounts.exact == 0
    assert not amounts.net


def test_what_was_paid_for_several_periods_ahead_is_given_back_for_each() -> None:
    amounts = cancel_amounts(running("30", "2026-09-01"), at("2026-06-16"), USD)
    assert shown(amounts) == [
        ("credit", "15 of 30 days", "-15.00"),
        ("credit", "31 of 31 days", "-30.00"),
        ("credit", "31 of 31 days", "-30.00"),
    ]


def test_in_arrears_the_old_is_charged_up_to_the_change_and_the_new_later() -> None:
    old, new = running("30", "2026-06-01"), starting("60", in_advance=False)
    amounts = change_amounts(old, new, at("2026-06-11"), USD)
    assert shown(amounts) == [("arrears", "10 of 30 days", "10.00")]
    assert amounts.charged_from == at("2026-06-11")


def test_a_change_of_interval_begins_a_new_cycle_and_is_invoiced_at_once() -> None:
    old = running("30", "2026-07-01")
    amounts = change_amounts(old, starting("300", YEARS), at("2026-06-16"), USD)
    assert shown(amounts) == [("credit", "15 of 30 days", "-15.00"), ("charge", "365 of 365 days", "300.00")]
    assert amounts.cycle == replace(YEARS, anchor=at("2026-06-16"))
    assert amounts.charged_from == at("2027-06-16")
    assert amounts.invoice_now


def test_a_new_cycle_in_arrears_is_charged_when_its_first_period_is_over() -> None:
    old, new = running("30", "2026-06-01"), starting("300", YEARS, in_advance=False)
    amounts = change_amounts(old, new, at("2026-06-16"), USD)
    assert shown(amounts) == [("arrears", "15 of 30 days", "15.00")]
    assert amounts.charged_from == at("2026-06-16")
    assert amounts.cycle == replace(YEARS, anchor=at("2026-06-16"))


def test_or_keeps_the_anchor_and_has_a_stub() -> None:
    policy = ProrationPolicy(interval_change=IntervalChange.KEEP_ANCHOR)
    amounts = change_amounts(
        running("30", "2026-07-01"), starting("365", YEARS), at("2026-06-16"), USD, policy
    )
    assert shown(amounts) == [("credit", "15 of 30 days", "-15.00"), ("charge", "350 of 365 days", "350.00")]
    assert (amounts.cycle, amounts.invoice_now) == (YEARS, False)


def test_without_proration_the_running_period_stays_as_it_was_sold() -> None:
    policy = ProrationPolicy(behavior=ProrationBehavior.NONE)
    for billed_to in ("2026-07-01", "2026-06-01"):  # in advance, and in arrears
        amounts = change_amounts(running("30", billed_to), starting("60"), at("2026-06-11"), USD, policy)
        assert (amounts.lines, amounts.charged_from) == ((), at("2026-07-01"))
    ahead = change_amounts(running("30", "2026-09-01"), starting("60"), at("2026-06-11"), USD, policy)
    assert ahead.charged_from == at("2026-09-01")
    at_once = change_amounts(running("30", "2026-06-01"), starting("60"), at("2026-06-01"), USD, policy)
    assert at_once.charged_from == at("2026-06-01")
    years = starting("365", YEARS)
    reset = change_amounts(running("30", "2026-07-01"), years, at("2026-06-11"), USD, policy)
    assert (reset.lines, reset.charged_from) == ((), at("2026-07-01"))
    assert (reset.cycle, reset.invoice_now) == (replace(YEARS, anchor=at("2026-07-01")), False)


def test_without_proration_an_item_that_is_added_is_free_to_the_next_boundary() -> None:
    policy = ProrationPolicy(behavior=ProrationBehavior.NONE)
    for moment, expected in (("2026-06-11", "2026-07-01"), ("2026-06-01", "2026-06-01")):
        added = change_amounts(None, starting("60"), at(moment), USD, policy)
        assert (added.lines, added.charged_from) == ((), at(expected))


def test_always_invoice_bills_at_once() -> None:
    policy = ProrationPolicy(behavior=ProrationBehavior.ALWAYS_INVOICE)
    amounts = change_amounts(running("30", "2026-07-01"), starting("60"), at("2026-06-11"), USD, policy)
    assert amounts.invoice_now


def test_an_item_that_is_added_or_taken_away_has_one_side_only() -> None:
    added = change_amounts(None, starting("60"), at("2026-06-11"), USD)
    assert shown(added) == [("charge", "20 of 30 days", "40.00")]
    gone = change_amounts(running("60", "2026-07-01"), None, at("2026-06-11"), USD)
    assert shown(gone) == [("credit", "20 of 30 days", "-40.00")]
    assert gone.charged_from is None


@pytest.mark.parametrize(
    ("credit", "lines"),
    [
        (CancelCredit.UNUSED, [("credit", "20 of 30 days", "-20.00")]),
        (CancelCredit.WHOLE, [("credit", "30 of 30 days", "-30.00")]),
        (CancelCredit.NONE, []),
    ],
)
def test_at_the_end_the_credit_is_what_was_agreed(
    credit: CancelCredit, lines: list[tuple[str, str, str]]
) -> None:
    assert shown(cancel_amounts(running("30", "2026-07-01"), at("2026-06-11"), USD, credit)) == lines


def test_the_whole_of_a_first_stub_is_what_was_billed_of_it() -> None:
    old = running("30", "2026-07-01", start="2026-06-06")
    amounts = cancel_amounts(old, at("2026-06-11"), USD, CancelCredit.WHOLE)
    assert shown(amounts) == [("credit", "25 of 30 days", "-25.00")]


@pytest.mark.parametrize("credit", CancelCredit)
def test_an_end_in_arrears_leaves_the_last_line_and_no_credit(credit: CancelCredit) -> None:
    amounts = cancel_amounts(running("30", "2026-06-01"), at("2026-06-11"), USD, credit)
    assert shown(amounts) == [("arrears", "10 of 30 days", "10.00")]


def test_no_more_is_given_back_than_was_paid() -> None:
    """Of 20 and 30 for the rest of June and July only 25 were paid: the last is given back in part."""
    amounts = cancel_amounts(running("30", "2026-08-01", paid="25"), at("2026-06-11"), USD)
    assert [(line.amount.amount_text(), line.limited) for line in amounts.lines] == [
        ("-20.00", False),
        ("-5.00", True),
    ]
    assert redo_change(amounts.to_json(), USD) == amounts.net
    nothing = cancel_amounts(running("30", "2026-08-01", paid="-1"), at("2026-06-11"), USD)
    assert nothing.net.minor == 0


def test_the_lines_sum_to_a_net_that_was_rounded_as_one() -> None:
    """17/31 of 10 and 20: 5.4839 and 10.9677; each rounded they differ by 5.49, together by 5.48."""
    cycle = Cycle(parse_interval("month"), at("2024-03-01"), "UTC")
    old = Running(amount=Decimal(10), cycle=cycle, started_at=cycle.anchor, billed_to=at("2024-04-01"))
    policy = ProrationPolicy(net_rounding=NetRounding.ROUNDED_SUM)
    amounts = change_amounts(old, starting("20", cycle), at("2024-03-15"), USD, policy)
    assert [line.amount.amount_text() for line in amounts.lines] == ["-5.49", "10.97"]
    assert amounts.net.amount_text() == "5.48"


def test_a_change_before_the_start_is_refused() -> None:
    old = running("30", "2026-07-01", start="2026-06-06")
    with pytest.raises(InvalidInput) as changed:
        change_amounts(old, None, at("2026-06-05"), USD)
    with pytest.raises(InvalidInput) as cancelled:
        cancel_amounts(old, at("2026-06-05"), USD)
    for refusal in (changed, cancelled):
        assert (refusal.value.field, refusal.value.allowed) == ("at", "2026-06-06T00:00:00Z or later")


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(InvalidInput) as old:
        running("-1", "2026-07-01")
    with pytest.raises(InvalidInput) as new:
        starting("-1")
    assert (old.value.field, new.value.field) == ("amount", "amount")


prices = st.decimals(0, 10**6, places=4)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)).map(lambda t: t.replace(tzinfo=UTC))
units = st.sampled_from(["week", "month", "quarter", "year"])
zones = st.sampled_from(sorted(ZONE_NAMES))
policies = st.builds(
    ProrationPolicy,
    day_count=st.sampled_from(sorted(ALWAYS_WHOLE)),
    interval_change=st.sampled_from(IntervalChange),
    behavior=st.sampled_from(ProrationBehavior),
    net_rounding=st.sampled_from(NetRounding),
    rounding=st.sampled_from(Rounding),
)


@st.composite
def changes(draw: st.DrawFn) -> tuple[Running, Starting, datetime]:
    zone, anchor = draw(zones), draw(instants)
    old_cycle = Cycle(parse_interval(draw(units)), anchor, zone)
    new_cycle = Cycle(parse_interval(draw(units)), anchor, zone)
    moment = anchor + timedelta(minutes=draw(st.integers(0, 600 * 24 * 60)))
    period = old_cycle.period_at(moment)
    billed_to = draw(st.sampled_from([period.start, moment, period.end]))
    old = Running(
        amount=draw(prices), cycle=old_cycle, started_at=min(anchor, billed_to), billed_to=billed_to
    )
    return old, Starting(amount=draw(prices), cycle=new_cycle, in_advance=draw(st.booleans())), moment


@effort(120)
@given(changes(), policies, st.sampled_from(["USD", "JPY", "KWD"]))
def test_lines_sum_to_the_net_and_the_net_can_be_redone(
    change: tuple[Running, Starting, datetime], policy: ProrationPolicy, currency: str
) -> None:
    old, new, moment = change
    unit = unit_of(currency)
    amounts = change_amounts(old, new, moment, unit, policy)
    assert total_of((line.amount for line in amounts.lines), unit) == amounts.net
    assert redo_change(amounts.to_json(), unit) == amounts.net
    assert sum((line.exact for line in amounts.lines), Fraction(0)) == amounts.exact
    for line in amounts.lines:
        assert abs(Fraction(line.amount.to_decimal()) - line.exact) < Fraction(1, 10**unit.exponent)
        assert (line.exact <= 0) == (line.kind is LineKind.CREDIT) or line.exact == 0
    if len(amounts.lines) > 1 and policy.net_rounding is NetRounding.ROUNDED_SUM:
        error = abs(Fraction(amounts.net.to_decimal()) - amounts.exact)
        assert error < Fraction(1, 10**unit.exponent)


@effort(80)
@given(changes(), st.sampled_from(sorted(ALWAYS_WHOLE)))
def test_to_leave_and_come_back_at_once_costs_what_staying_does(
    change: tuple[Running, Starting, datetime], day_count: DayCount
) -> None:
    """Used and unused time of a period are the whole of it, whoever was billed how far."""
    old, _, moment = change
    policy = ProrationPolicy(day_count=day_count)
    same = Starting(amount=old.amount, cycle=old.cycle)
    paid = sum((line.exact for line in change_amounts(old, same, moment, USD, policy).lines), Fraction(0))
    period = old.cycle.period_at(moment)
    staying = cancel_amounts(old, period.end, USD, CancelCredit.NONE, policy).exact
    assert paid == staying


@effort(60)
@given(changes(), policies)
def test_no_more_than_was_paid_is_ever_given_back(
    change: tuple[Running, Starting, datetime], policy: ProrationPolicy
) -> None:
    old, _, moment = change
    limited = replace(old, paid=Decimal("12.34"))
    for credit in CancelCredit:
        amounts = cancel_amounts(limited, moment, USD, credit, policy)
        given_back = -sum((line.exact for line in amounts.lines if line.kind is LineKind.CREDIT), Fraction(0))
        assert 0 <= given_back <= Fraction("12.34")


@effort(60)
@given(
    zones,
    instants,
    units,
    st.lists(st.tuples(st.integers(1, 10**6 - 1), prices), min_size=1, max_size=6),
    prices,
    st.sampled_from(sorted(ALWAYS_WHOLE)),
)
def test_after_any_number_of_changes_each_price_is_paid_for_its_own_time(
    zone: str,
    anchor: datetime,
    unit: str,
    marks: list[tuple[int, Decimal]],
    first: Decimal,
    day_count: DayCount,
) -> None:
    """Nothing is billed twice: what was paid at the start and every net are the prices by their shares."""
    cycle, policy = Cycle(parse_interval(unit), anchor, zone), ProrationPolicy(day_count=day_count)
    whole = cycle.period_at(anchor)
    paid, owed, price, since = Fraction(first), Fraction(0), first, whole.start
    for mark, later in sorted(marks):
        moment = whole.start + timedelta(microseconds=whole.microseconds * mark // 10**6)
        old = Running(amount=price, cycle=cycle, started_at=since, billed_to=whole.end)
        paid += change_amounts(old, Starting(amount=later, cycle=cycle), moment, USD, policy).exact
        if since < moment:
            owed += Fraction(price) * prorate(Period(since, moment), cycle, policy).share
        price, since = later, moment
    owed += Fraction(price) * prorate(Period(since, whole.end), cycle, policy).share
    assert paid == owed


@effort(80)
@given(changes(), policies)
def test_what_begins_is_charged_without_a_gap(
    change: tuple[Running, Starting, datetime], policy: ProrationPolicy
) -> None:
    """The line of the change, if there is one, reaches to where the ordinary service periods go on."""
    old, new, moment = change
    amounts = change_amounts(old, new, moment, USD, policy)
    assert amounts.cycle is not None
    assert amounts.charged_from is not None
    charges = [line.period for line in amounts.lines if line.kind is LineKind.CHARGE]
    if charges:
        assert charges == [Period(moment, amounts.charged_from)]
        assert amounts.cycle.first_boundary(amounts.charged_from) == amounts.charged_from
    elif policy.behavior is not ProrationBehavior.NONE:
        assert amounts.charged_from == moment
    assert amounts.charged_from >= moment
