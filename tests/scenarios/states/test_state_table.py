"""Every row of the state table of subscriptions is reached through the API, and tells of itself once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger
from counterfoil.store import Store
from tests.support.contracts import SEATS, Contracts, opened

S, T = SubscriptionState, SubscriptionTrigger
LATER = "2026-01-20T00:00:00Z"
"""When what waits for its time has it."""

NOT_YET = {
    row: "what is owed too long is noticed with the reminders, which are not built"
    for row in [(one.state, one.trigger) for one in SUBSCRIPTION.rows]
    if S.PAST_DUE in row or T.FALL_PAST_DUE in row
}
VERBS = {
    T.CHANGE: "updated",
    T.START_TRIAL: "trial_started",
    T.ACTIVATE: "activated",
    T.RENEW: "renewed",
    T.PAUSE: "paused",
    T.RESUME: "resumed",
    T.SCHEDULE_CANCEL: "cancel_scheduled",
    T.UNSCHEDULE_CANCEL: "cancel_unscheduled",
    T.CANCEL: "cancelled",
    T.EXPIRE: "expired",
}


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-01-01T00:00:00Z") as contracts:
        yield contracts


type Do = Callable[[Contracts, str], Awaitable[Any]]


def post(what: str, **body: Any) -> Do:
    return lambda seller, contract: seller.ask("POST", f"/subscriptions/{contract}/{what}", **body)


async def wait(seller: Contracts, contract: str) -> None:
    await seller.until(LATER)


async def another_quantity(seller: Contracts, contract: str) -> None:
    (item,) = (await seller.get(contract))["items"]
    await seller.ask("PATCH", f"/subscriptions/{contract}/items/{item['id']}", quantity="3")


def of(**terms: Any) -> dict[str, Any]:
    return terms


AHEAD = of(started_at=LATER)
TRIAL = of(trial={"ends_at": LATER})
ENDING = of(term={"ends_at": LATER})
ending = post("cancel", when="at", at=LATER)
# How a contract is made, what is done to it before, and what pulls the trigger.
WAYS: dict[tuple[SubscriptionState, SubscriptionTrigger], tuple[dict[str, Any], list[Do], Do]] = {
    (S.DRAFT, T.CHANGE): (AHEAD, [], another_quantity),
    (S.DRAFT, T.START_TRIAL): (AHEAD | of(trial={"days": 5}), [], wait),
    (S.DRAFT, T.ACTIVATE): (AHEAD, [], wait),
    (S.DRAFT, T.CANCEL): (AHEAD, [], post("cancel", when="now")),
    (S.TRIALING, T.CHANGE): (TRIAL, [], another_quantity),
    (S.TRIALING, T.ACTIVATE): (TRIAL, [], wait),
    (S.TRIALING, T.SCHEDULE_CANCEL): (TRIAL, [], post("cancel", when="period_end")),
    (S.TRIALING, T.UNSCHEDULE_CANCEL): (TRIAL, [ending], post("reactivate")),
    (S.TRIALING, T.CANCEL): (TRIAL, [], post("cancel", when="now")),
    (S.TRIALING, T.EXPIRE): (of(trial={"ends_at": LATER, "at_end": "expire"}), [], wait),
    (S.ACTIVE, T.CHANGE): ({}, [], another_quantity),
    (S.ACTIVE, T.RENEW): (of(term={"interval": {"unit": "week", "count": 2}, "auto_renew": True}), [], wait),
    (S.ACTIVE, T.PAUSE): ({}, [], post("pause")),
    (S.ACTIVE, T.SCHEDULE_CANCEL): ({}, [], post("cancel", when="period_end")),
    (S.ACTIVE, T.UNSCHEDULE_CANCEL): ({}, [ending], post("reactivate")),
    (S.ACTIVE, T.CANCEL): ({}, [], post("cancel", when="now")),
    (S.ACTIVE, T.EXPIRE): (ENDING, [], wait),
    (S.PAUSED, T.RESUME): ({}, [post("pause")], post("resume")),
    (S.PAUSED, T.SCHEDULE_CANCEL): ({}, [post("pause")], ending),
    (S.PAUSED, T.UNSCHEDULE_CANCEL): ({}, [post("pause"), ending], post("reactivate")),
    (S.PAUSED, T.CANCEL): ({}, [post("pause")], post("cancel", when="now")),
    (S.PAUSED, T.EXPIRE): (ENDING, [post("pause")], wait),
}
# What time does to what was scheduled, instead of a person: the same rows, in another way.
BY_DATE: dict[tuple[SubscriptionState, SubscriptionTrigger], tuple[dict[str, Any], list[Do], str]] = {
    (S.TRIALING, T.CANCEL): (TRIAL, [ending], "ended"),
    (S.ACTIVE, T.CANCEL): ({}, [ending], "ended"),
    (S.ACTIVE, T.PAUSE): ({}, [post("pause", when="at", at=LATER)], "paused"),
    (S.PAUSED, T.RESUME): ({}, [post("pause", when="now", resume_at=LATER)], "resumed"),
    (S.PAUSED, T.CANCEL): ({}, [post("pause"), ending], "ended"),
}
TO = {(row.state, row.trigger): row.to for row in SUBSCRIPTION.rows}


def test_every_row_has_a_way_or_a_reason_why_it_has_none_yet() -> None:
    assert WAYS.keys() | NOT_YET.keys() == TO.keys()
    assert not WAYS.keys() & NOT_YET.keys()
    assert BY_DATE.keys() <= WAYS.keys()


async def walked(
    seller: Contracts, row: tuple[SubscriptionState, SubscriptionTrigger], way: tuple[Any, list[Do], Do]
) -> list[str]:
    """Go this way to the row and through it; the events that the trigger told."""
    terms, before, trigger = way
    contract = await seller.subscribe(await seller.plan(SEATS), **terms)
    for step in before:
        await step(seller, contract)
    assert (await seller.get(contract))["status"] == row[0]
    known = len(await seller.told(contract))
    await trigger(seller, contract)
    assert (await seller.get(contract))["status"] == TO[row]
    return [event for _, event in (await seller.told(contract))[known:]]


@pytest.mark.parametrize("row", WAYS, ids="-".join)
async def test_a_row_is_gone_through_and_told_once(
    seller: Contracts, row: tuple[SubscriptionState, SubscriptionTrigger]
) -> None:
    assert await walked(seller, row, WAYS[row]) == [VERBS[row[1]]]


@pytest.mark.parametrize("row", BY_DATE, ids="-".join)
async def test_a_row_that_was_scheduled_comes_at_its_date_and_is_told_once(
    seller: Contracts, row: tuple[SubscriptionState, SubscriptionTrigger]
) -> None:
    terms, before, verb = BY_DATE[row]
    events = await walked(seller, row, (terms, before, wait))
    assert [one for one in events if not one.startswith("change_")] == [verb]


async def test_a_trial_is_converted_by_hand_and_told_once(seller: Contracts) -> None:
    way: tuple[Any, list[Do], Do] = (TRIAL, [], post("trial/end"))
    assert await walked(seller, (S.TRIALING, T.ACTIVATE), way) == ["activated"]
