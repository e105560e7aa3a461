"""Which service periods are billed, when, and for which share: by hand calculation, and by law."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.billing_periods import ItemTerms, due_periods, next_due, service_periods, trial_end
from counterfoil.core.calendar import Cycle, DayCount, Interval, IntervalUnit, format_instant, parse_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.proration import ProrationPolicy
from counterfoil.core.rating import Cadence

MONTH, YEAR = Interval(IntervalUnit.MONTH), Interval(IntervalUnit.YEAR)
ADVANCE, ARREARS = Cadence.IN_ADVANCE, Cadence.IN_ARREARS
BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return parse_instant(text if "T" in text else f"{text}T00:00:00Z")


def item(
    start: str,
    end: str | None = None,
    *,
    billed_to: str | None = None,
    cadence: Cadence = ADVANCE,
    prorated: bool = True,
) -> ItemTerms:
    return ItemTerms(at(start), None if end is None else at(end), at(billed_to or start), cadence, prorated)


def shown(terms: ItemTerms, cycle: Cycle, now: str) -> list[tuple[str, str, str, str]]:
    """Start, end and due date (the dates where they are midnights in UTC), and the share."""

    def short(instant: datetime) -> str:
        return format_instant(instant).removesuffix("T00:00:00Z")

    return [
        (short(period.start), short(period.end), short(period.due_at), str(period.proration))
        for period in due_periods(terms, cycle, at(now))
    ]


def test_a_fee_in_advance_is_due_when_its_month_begins() -> None:
    cycle = Cycle(MONTH, at("2026-01-31"), "UTC")
    assert shown(item("2026-01-31"), cycle, "2026-03-31") == [
        ("2026-01-31", "2026-02-28", "2026-01-31", "1"),
        ("2026-02-28", "2026-03-31", "2026-02-28", "1"),
        ("2026-03-31", "2026-04-30", "2026-03-31", "1"),
    ]


def test_usage_is_due_when_its_month_is_over_and_not_a_microsecond_earlier() -> None:
    cycle = Cycle(MONTH, at("2026-01-31"), "UTC")
    usage = item("2026-01-31", cadence=ARREARS, prorated=False)
    assert shown(usage, cycle, "2026-02-27T23:59:59.999999Z") == []
    assert shown(usage, cycle, "2026-02-28") == [("2026-01-31", "2026-02-28", "2026-02-28", "1")]


def test_a_start_within_a_calendar_month_pays_for_its_days_by_the_local_calendar() -> None:
    """From 15 January, 10:00 in Berlin: the 15th to the 31st are 17 of 31 days."""
    cycle = Cycle(MONTH, at("2025-12-31T23:00:00Z"), BERLIN)
    fee = item("2026-01-15T09:00:00Z")
    first, second = islice(service_periods(fee, cycle), 2)
    assert (first.end, first.proration, first.is_stub) == (at("2026-01-31T23:00:00Z"), Fraction(17, 31), True)
    assert (second.end, second.proration, second.is_stub) == (at("2026-02-28T23:00:00Z"), Fraction(1), False)


def test_a_later_anchor_makes_the_time_before_it_a_stub() -> None:
    """Yearly from 1 July 2026; 10 April to 1 July are 82 of the 365 days since 1 July 2025."""
    cycle = Cycle(YEAR, at("2026-07-01"), "UTC")
    assert shown(item("2026-04-10"), cycle, "2026-07-01") == [
        ("2026-04-10", "2026-07-01", "2026-04-10", str(Fraction(82, 365))),
        ("2026-07-01", "2027-07-01", "2026-07-01", "1"),
    ]


def test_a_fee_in_arrears_that_ends_early_is_due_at_the_end_for_the_days_it_ran() -> None:
    """10 to 20 June: the 10th to the 19th are 10 of 30 days; then nothing is left."""
    cycle = Cycle(MONTH, at("2026-06-01"), "UTC")
    fee = item("2026-06-10", "2026-06-20", cadence=ARREARS)
    assert shown(fee, cycle, "2026-06-20") == [("2026-06-10", "2026-06-20", "2026-06-20", "1/3")]
    assert next_due(replace(fee, billed_to=at("2026-06-20")), cycle) is None


def test_usage_of_a_piece_of_a_month_counts_whole() -> None:
    cycle = Cycle(MONTH, at("2026-06-01"), "UTC")
    usage = item("2026-06-10", "2026-06-20", cadence=ARREARS, prorated=False)
    [period] = due_periods(usage, cycle, at("2026-06-20"))
    assert period.proration == 1
    assert period.is_stub


def test_what_was_billed_in_advance_stays_when_the_item_ends() -> None:
    cycle = Cycle(MONTH, at("2026-06-01"), "UTC")
    fee = item("2026-06-01", "2026-06-20", billed_to="2026-07-01")
    assert shown(fee, cycle, "2027-01-01") == []
    assert next_due(fee, cycle) is None


def test_an_end_that_is_known_before_the_last_advance_period_shortens_it() -> None:
    """1 to 16 June are 15 of 30 days."""
    cycle = Cycle(MONTH, at("2026-05-01"), "UTC")
    assert shown(item("2026-05-01", "2026-06-16"), cycle, "2026-07-01") == [
        ("2026-05-01", "2026-06-01", "2026-05-01", "1"),
        ("2026-06-01", "2026-06-16", "2026-06-01", "1/2"),
    ]


def test_an_item_that_ends_as_it_starts_is_never_due() -> None:
    cycle = Cycle(MONTH, at("2026-06-01"), "UTC")
    assert next_due(item("2026-06-10", "2026-06-10"), cycle) is None


def test_a_start_in_the_past_is_caught_up_in_order() -> None:
    """The trace of November 2023 that is imported years later: one month, then those up to now."""
    cycle = Cycle(MONTH, at("2023-11-01"), "UTC")
    usage = item("2023-11-01", cadence=ARREARS, prorated=False)
    caught_up = shown(usage, cycle, "2026-01-15")
    assert len(caught_up) == 26  # November 2023 to December 2025
    assert caught_up[0] == ("2023-11-01", "2023-12-01", "2023-12-01", "1")
    assert caught_up[-1] == ("2025-12-01", "2026-01-01", "2026-01-01", "1")


def test_a_day_with_23_hours_is_a_whole_day() -> None:
    """Clocks in Berlin went forward on 29 March 2026."""
    cycle = Cycle(Interval(IntervalUnit.DAY), at("2026-03-27T23:00:00Z"), BERLIN)
    assert shown(item("2026-03-27T23:00:00Z"), cycle, "2026-03-28T23:00:00Z") == [
        ("2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", "2026-03-27T23:00:00Z", "1"),
        ("2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-28T23:00:00Z", "1"),
    ]


def test_a_share_is_counted_by_the_policy_and_says_how() -> None:
    """From 17 February 2023: 12 of the 28 days of the month, or by thirtieths."""
    cycle = Cycle(MONTH, at("2023-02-01"), "UTC")
    for day_count, share, note in (
        (DayCount.LOCAL_DAYS, Fraction(12, 28), "12 of 28 days"),
        (DayCount.FIXED_30, Fraction(12, 30), "12 of 30 days"),
        (DayCount.THIRTY_360, Fraction(14, 30), "14 of 30 days"),
    ):
        policy = ProrationPolicy(day_count=day_count)
        stub, whole = islice(service_periods(item("2023-02-17"), cycle, policy), 2)
        assert (stub.proration, stub.note) == (share, note)
        assert (whole.proration, whole.note) == (Fraction(1), "")
        assert due_periods(item("2023-02-17"), cycle, at("2023-02-17"), policy) == [stub]


def test_a_stub_that_costs_the_whole_says_why() -> None:
    """From 1 March, 06:00: 31 counted days are the whole of 30."""
    cycle = Cycle(MONTH, at("2023-03-01"), "UTC")
    policy = ProrationPolicy(day_count=DayCount.FIXED_30)
    stub = next(service_periods(item("2023-03-01T06:00:00Z"), cycle, policy))
    assert (stub.proration, stub.note) == (Fraction(1), "31 of 30 days, at most the whole")


def test_a_trial_ends_at_the_time_of_day_at_which_it_began() -> None:
    """Ten days over the night on which clocks in Berlin go forward, 29 March 2026."""
    assert format_instant(trial_end(at("2026-03-25T12:00:00Z"), 10, BERLIN)) == "2026-04-04T11:00:00Z"


@pytest.mark.parametrize("days", [0, -1, 1001])
def test_an_impossible_length_of_a_trial_is_refused(days: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        trial_end(at("2026-03-25"), days, BERLIN)
    assert (refusal.value.field, refusal.value.allowed) == ("trial_days", "an integer from 1 to 1000")


def test_a_trial_in_no_zone_is_refused_as_that() -> None:
    with pytest.raises(InvalidInput) as refusal:
        trial_end(at("2026-03-25"), 10, "Europe/Atlantis")
    assert refusal.value.field == "time_zone"


@pytest.mark.parametrize(
    ("start", "end", "billed_to"),
    [("2026-02-02", None, "2026-02-01"), ("2026-02-02", "2026-02-01", "2026-02-02")],
)
def test_impossible_terms_are_a_mistake_of_the_program(start: str, end: str | None, billed_to: str) -> None:
    with pytest.raises(AssertionError):
        item(start, end, billed_to=billed_to)


half_hours = st.integers(0, 60 * 365 * 48).map(
    lambda n: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(minutes=30 * n)
)
spans = st.integers(0, 900 * 24 * 60).map(lambda n: timedelta(minutes=n))
cycles = st.builds(
    Cycle,
    st.builds(
        Interval,
        st.sampled_from([IntervalUnit.WEEK, IntervalUnit.MONTH, IntervalUnit.YEAR]),
        st.integers(1, 3),
    ),
    half_hours,
    st.sampled_from(["UTC", BERLIN, "America/New_York", "Pacific/Apia", "Australia/Lord_Howe"]),
)


@st.composite
def terms(draw: st.DrawFn) -> ItemTerms:
    start = draw(half_hours)
    end = None if draw(st.booleans()) else start + draw(spans)
    return ItemTerms(start, end, start, draw(st.sampled_from(Cadence)), draw(st.booleans()))


@given(terms(), cycles)
def test_service_periods_tile_the_items_time(terms: ItemTerms, cycle: Cycle) -> None:
    periods = list(islice(service_periods(terms, cycle), 40))
    assert all(one.end == other.start for one, other in pairwise(periods))
    assert all(period.start < period.end for period in periods)
    if periods:
        assert periods[0].start == terms.started_at
    if terms.ended_at is not None and len(periods) < 40:
        assert (periods[-1].end if periods else terms.started_at) == terms.ended_at


@given(terms(), cycles, spans, spans)
def test_planning_in_two_steps_bills_what_planning_at_once_does(
    terms: ItemTerms, cycle: Cycle, first: timedelta, second: timedelta
) -> None:
    soon, later = terms.started_at + first, terms.started_at + first + second
    early = due_periods(terms, cycle, soon)
    advanced = replace(terms, billed_to=early[-1].end) if early else terms
    assert early + due_periods(advanced, cycle, later) == due_periods(terms, cycle, later)
    due = next_due(advanced, cycle)
    assert due is None or due > soon


@given(terms(), cycles, spans)
def test_whoever_takes_over_within_a_period_completes_its_price(
    terms: ItemTerms, cycle: Cycle, ran: timedelta
) -> None:
    whole = cycle.period_at(terms.started_at)
    change = min(whole.start + ran, whole.end)
    before = ItemTerms(whole.start, change, whole.start, terms.cadence, prorated=True)
    after = ItemTerms(change, whole.end, change, terms.cadence, prorated=True)
    shares = [period.proration for one in (before, after) for period in service_periods(one, cycle)]
    assert sum(shares) == 1


@given(terms(), cycles, spans)
def test_a_period_is_due_at_its_start_in_advance_and_at_its_end_in_arrears(
    terms: ItemTerms, cycle: Cycle, passed: timedelta
) -> None:
    now = terms.started_at + passed
    due = due_periods(terms, cycle, now)
    ends = [period.end if terms.cadence is ARREARS else period.start for period in due]
    assert [period.due_at for period in due] == ends
    assert all(instant <= now for instant in ends)
    if not terms.prorated:
        assert {period.proration for period in due} <= {Fraction(1)}
