"""The state tables: what every table must be, and the lives that users depend on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from counterfoil.core.errors import WrongState
from counterfoil.core.states import (
    CREDIT_APPLICATION,
    INVOICE,
    SUBSCRIPTION,
    CreditApplicationState,
    CreditApplicationTrigger,
    InvoiceState,
    InvoiceTrigger,
    Row,
    StateTable,
    SubscriptionState,
    SubscriptionTrigger,
    advance,
)

TABLES: list[tuple[StateTable[Any, Any], type[StrEnum], type[StrEnum]]] = [
    (CREDIT_APPLICATION, CreditApplicationState, CreditApplicationTrigger),
    (INVOICE, InvoiceState, InvoiceTrigger),
    (SUBSCRIPTION, SubscriptionState, SubscriptionTrigger),
]
FINAL = {
    "credit grant application": {"applied", "skipped", "cancelled"},
    "invoice": {"void"},
    "subscription": {"cancelled", "expired"},
}

each_table = pytest.mark.parametrize(
    ("table", "states", "triggers"), TABLES, ids=[table.thing for table, _, _ in TABLES]
)


@each_table
def test_every_state_and_trigger_is_either_a_row_or_refused(
    table: StateTable[Any, Any], states: type[StrEnum], triggers: type[StrEnum]
) -> None:
    rows = {(row.state, row.trigger): row.to for row in table.rows}
    for state in states:
        for trigger in triggers:
            if (state, trigger) in rows:
                assert advance(table, state, trigger) is rows[state, trigger]
            else:
                with pytest.raises(WrongState, match="allowed now: ") as refused:
                    advance(table, state, trigger)
                assert refused.value.allowed is not None


@each_table
def test_the_final_states_and_no_others_have_no_way_out(
    table: StateTable[Any, Any], states: type[StrEnum], triggers: type[StrEnum]
) -> None:
    assert {state for state in states if table.is_final(state)} == FINAL[table.thing]


@each_table
def test_every_state_can_be_reached_and_every_trigger_is_used(
    table: StateTable[Any, Any], states: type[StrEnum], triggers: type[StrEnum]
) -> None:
    reached = set(table.initial)
    while more := {row.to for row in table.rows if row.state in reached} - reached:
        reached |= more
    assert reached == set(states)
    assert {row.trigger for row in table.rows} == set(triggers)


@each_table
def test_every_state_can_come_to_an_end(
    table: StateTable[Any, Any], states: type[StrEnum], triggers: type[StrEnum]
) -> None:
    ending = {state for state in states if table.is_final(state)}
    while more := {row.state for row in table.rows if row.to in ending} - ending:
        ending |= more
    assert ending == set(states)


@each_table
def test_every_row_says_why_in_a_sentence(
    table: StateTable[Any, Any], states: type[StrEnum], triggers: type[StrEnum]
) -> None:
    assert all(row.why[0].isupper() and row.why.endswith(".") for row in table.rows)


def lived[S: StrEnum, T: StrEnum](table: StateTable[S, T], start: S, *triggers: T) -> list[str]:
    states = [start]
    for trigger in triggers:
        states.append(advance(table, states[-1], trigger))
    return [state.value for state in states]


def test_an_invoice_is_finalised_and_paid_in_two_parts() -> None:
    t = InvoiceTrigger
    assert lived(INVOICE, InvoiceState.DRAFT, t.EDIT, t.FINALISE, t.PAY_IN_PART, t.PAY) == [
        "draft",
        "draft",
        "open",
        "open",
        "paid",
    ]


def test_an_invoice_given_up_can_still_be_paid() -> None:
    t = InvoiceTrigger
    assert lived(INVOICE, InvoiceState.OPEN, t.MARK_UNCOLLECTABLE, t.PAY_IN_PART, t.PAY) == [
        "open",
        "uncollectable",
        "uncollectable",
        "paid",
    ]


def test_a_finalised_invoice_is_never_edited() -> None:
    editable = {row.state for row in INVOICE.rows if row.trigger is InvoiceTrigger.EDIT}
    assert editable == {InvoiceState.DRAFT}


def test_a_refusal_says_what_a_person_can_do_instead_and_nothing_that_no_call_offers() -> None:
    with pytest.raises(WrongState) as refused:  # reopening has a row, but no call
        advance(INVOICE, InvoiceState.PAID, InvoiceTrigger.VOID)
    assert str(refused.value) == "the invoice is paid, so it does not allow: void; allowed now: nothing"
    with pytest.raises(WrongState) as refused:
        advance(INVOICE, InvoiceState.OPEN, InvoiceTrigger.FINALISE)
    assert refused.value.allowed == "pay in part, pay, void"
    with pytest.raises(WrongState) as refused:
        advance(SUBSCRIPTION, SubscriptionState.PAUSED, SubscriptionTrigger.PAUSE)
    assert refused.value.allowed == "resume, schedule cancel, unschedule cancel, cancel"


def test_a_void_invoice_says_that_it_is_final() -> None:
    with pytest.raises(WrongState, match="allowed now: nothing: void is final"):
        advance(INVOICE, InvoiceState.VOID, InvoiceTrigger.PAY)


def test_a_subscription_lives_from_trial_through_debt_and_pause_to_its_end() -> None:
    t = SubscriptionTrigger
    assert lived(
        SUBSCRIPTION,
        SubscriptionState.DRAFT,
        t.START_TRIAL,
        t.ACTIVATE,
        t.RENEW,
        t.FALL_PAST_DUE,
        t.RECOVER,
        t.PAUSE,
        t.RESUME,
        t.EXPIRE,
    ) == ["draft", "trialing", "active", "active", "past_due", "active", "paused", "active", "expired"]


def test_a_cancellation_at_the_periods_end_leaves_the_state_until_it_comes_and_can_be_taken_back() -> None:
    t = SubscriptionTrigger
    scheduled = [t.SCHEDULE_CANCEL, t.UNSCHEDULE_CANCEL, t.SCHEDULE_CANCEL, t.CANCEL]
    assert lived(SUBSCRIPTION, SubscriptionState.ACTIVE, *scheduled) == [*["active"] * 4, "cancelled"]


def test_a_cancelled_subscription_is_not_cancelled_again() -> None:
    with pytest.raises(WrongState, match="the subscription is cancelled, so it does not allow: cancel;"):
        advance(SUBSCRIPTION, SubscriptionState.CANCELLED, SubscriptionTrigger.CANCEL)


def test_a_subscription_that_does_not_run_neither_renews_nor_changes() -> None:
    running = {SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE}
    assert {row.state for row in SUBSCRIPTION.rows if row.trigger is SubscriptionTrigger.RENEW} == running
    for state in (SubscriptionState.PAUSED, SubscriptionState.CANCELLED, SubscriptionState.EXPIRED):
        with pytest.raises(WrongState):
            advance(SUBSCRIPTION, state, SubscriptionTrigger.CHANGE)


def test_a_table_with_two_answers_to_one_trigger_cannot_be_built() -> None:
    row = INVOICE.rows[0]
    with pytest.raises(ValueError, match="two rows"):
        StateTable(
            "invoice",
            INVOICE.initial,
            (row, Row(row.state, row.trigger, InvoiceState.VOID, "Other.")),
            INVOICE.offered,
        )
