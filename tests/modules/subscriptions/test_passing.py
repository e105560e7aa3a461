"""What time does to a subscription is the same in one go and in any steps, each step a row of the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.calendar import Interval, IntervalUnit
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger
from counterfoil.modules.subscriptions import Phase, Subscription, TrialEnd
from counterfoil.modules.subscriptions.passing import (
    Step,
    first_term_end,
    in_phase,
    next_step_at,
    own_end,
    steps,
    term_at,
)
from tests.core.effort import effort
from tests.modules.subscriptions.test_billed_once import contract
from tests.modules.subscriptions.world import at

START = at("2026-01-01")
days = st.integers(0, 400).map(lambda count: START + timedelta(days=count))


@st.composite
def contracts(draw: st.DrawFn) -> tuple[Subscription, list[Phase]]:
    """A contract that has not begun, with any trial, term, end and phases."""
    one = replace(contract(), started_at=START, anchor_at=START, status=SubscriptionState.DRAFT)
    if draw(st.booleans()):
        trial = START + timedelta(days=draw(st.integers(1, 60)))
        behavior = draw(st.sampled_from(TrialEnd))
        one = replace(one, trial_ends_at=trial, trial_end_behavior=behavior)
        one = replace(one, payment_method=draw(st.sampled_from(["card", None])))
    if draw(st.booleans()):
        every = Interval(draw(st.sampled_from(IntervalUnit)), draw(st.integers(1, 3)))
        renews = draw(st.booleans())
        left = draw(st.none() | st.integers(0, 5)) if renews else None
        one = replace(one, term_unit=every.unit, term_count=every.count, auto_renew=renews)
        one = replace(one, renewals_left=left, term_ends_at=first_term_end(one, START))
    one = replace(one, expires_at=own_end(one), cancel_at=draw(st.none() | days.filter(lambda d: d > START)))
    bounds = sorted(draw(st.sets(days.filter(lambda day: day > START), max_size=4)))
    phases = [
        Phase(uuid4(), one.id, None, uuid4(), uuid4(), begin, end, ())
        for begin, end in zip([START, *bounds], [*bounds, None], strict=True)
    ]
    return (in_phase(one, phases, START), phases) if bounds else (one, [])


def told(found: list[Step]) -> list[tuple[SubscriptionTrigger, datetime, UUID | None]]:
    return [(step.trigger, step.at, step.after.phase_id) for step in found]


@effort(200)
@given(contracts(), st.lists(days, max_size=6))
def test_a_time_passes_in_one_go_as_in_any_steps(
    made: tuple[Subscription, list[Phase]], stops: list[datetime]
) -> None:
    one, phases = made
    last = START + timedelta(days=400)
    at_once = steps(one, last, phases)
    seen: list[Step] = []
    current = one
    for stop in [*sorted(stops), last]:
        found = steps(current, stop, phases)
        seen += found
        current = found[-1].after if found else current
    assert told(seen) == told(at_once)
    assert current == (at_once[-1].after if at_once else one)


@effort(200)
@given(contracts())
def test_each_step_is_a_row_at_its_time_and_nothing_follows_an_end(
    made: tuple[Subscription, list[Phase]],
) -> None:
    before, phases = made
    last = START + timedelta(days=400)
    rows = {(row.state, row.trigger): row.to for row in SUBSCRIPTION.rows}
    at_before = START
    for step in steps(before, last, phases):
        assert step.after.status is rows[before.status, step.trigger]
        assert step.at == next_step_at(before)
        assert at_before <= step.at <= last
        before, at_before = step.after, step.at
    if SUBSCRIPTION.is_final(before.status):
        assert before.ended_at is not None
        assert next_step_at(before) is None
        known = [end for end in (before.cancel_at, before.expires_at) if end is not None]
        assert before.ended_at in (*known, before.trial_ends_at)
        assert all(before.ended_at <= end for end in known)


@effort(200)
@given(contracts(), days)
def test_terms_tile_the_paid_time(made: tuple[Subscription, list[Phase]], instant: datetime) -> None:
    one, _ = made
    found = term_at(one, instant)
    begin = one.trial_ends_at or one.started_at
    assert (found is None) == (one.term is None or instant < begin)
    if found is not None:
        assert found.start <= instant < found.end
        assert found.start >= begin
        following = term_at(one, found.end)
        assert following is not None
        assert following.start == found.end
