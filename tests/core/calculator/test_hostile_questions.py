"""Whatever a question says, it is answered and redone, or refused by a field with what is allowed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core import calculator
from counterfoil.core.errors import CounterfoilError
from tests.core.effort import effort

type Place = tuple[str | int, ...]

START: Final = "2026-01-15T00:00:00Z"
LATER: Final = "2026-02-15T00:00:00Z"
TIERS: Final = {"tiers": [{"up_to": 5, "unit_amount": 1}, {"unit_amount": "2", "flat_amount": "0.5"}]}
LINES: Final = [{"key": "calls", "quantity": "60", "unit_amount": "0.5"}, {"quantity": 5}]
ANCHORED: Final = {"interval": {"unit": "month"}, "anchor": {"alignment": "calendar"}, "zone": "Asia/Kolkata"}
TERM: Final = {"start": START, "interval": "year", "commit": {"given": "100", "used": "30"}}
QUESTIONS: Final[list[tuple[str, dict[str, Any]]]] = [
    (
        "price",
        {
            "model": "graduated",
            "params": TIERS,
            "quantity": "7",
            "terms": {"conversion": {"divide_by": 60}, "minimum": {"amount": 1}, "maximum": {"amount": 9}},
            "discounts": [{"value": "10", "name": "Launch"}],
            "proration": "14/31",
        },
    ),
    (
        "price",
        {
            "model": "bucketed",
            "params": {"window": {"unit": "day", "count": 2}, "model": "volume", "params": TIERS},
            "meter": {"aggregation": "max", "property": "tokens", "filters": {"region": ["us", 1]}},
            "records": [{"at": START, "properties": {"tokens": "5", "region": "us"}}],
            "period": {"start": START, "end": LATER, "zone": "Asia/Kolkata"},
        },
    ),
    (
        "price",
        {
            "model": "matrix",
            "params": {"properties": ["region"], "prices": [{"values": ["eu"], "unit_amount": 1}]},
            "groups": [{"values": ["eu"], "quantity": "3"}],
        },
    ),
    ("proration", {**ANCHORED, "part": {"start": START, "end": LATER, "amount": "31"}}),
    (
        "proration",
        {
            **ANCHORED,
            "policy": {"day_count": "inclusive_end", "behavior": "none"},
            "change": {
                "at": START,
                "old": {"amount": "10", "started_at": "2025-10-02T00:00:00Z", "paid": "4"},
                "new": {"amount": "120", "interval": {"unit": "year"}},
            },
        },
    ),
    ("proration", {**ANCHORED, "cancel": {"at": START, "credit": "whole", "old": {"amount": 10}}}),
    ("periods", {**ANCHORED, "start": START, "end": LATER, "trial_days": 3, "amount": "10", "count": 3}),
    (
        "commitment",
        {
            "settlement": {
                "commitment": {"measure": "quantity", "size": 50, "price": "10", "overage": {"value": 2}},
                "lines": LINES,
                "pools": [{"balance": 3, "lines": ["calls"]}],
            }
        },
    ),
    ("commitment", {"windows": [{"key": "9", "commitment": {"size": "5"}, "lines": LINES}]}),
    ("commitment", {"drawing": {"lines": LINES, "pools": [{"source": "commit", "balance": "20"}]}}),
    ("commitment", {"cap": {"cap": "50", "spent": 1, "lines": [{"key": "a", "amount": "60"}]}}),
    ("commitment", {"instalments": {"amount": "100", "count": 3, "start": START, "interval": "month"}}),
    ("commitment", {"renewal": {**TERM, "remainder": "rollover", "limit": "50"}}),
    ("commitment", {"division": {**TERM, "commit": {"given": "10"}, "starts": [START, LATER]}}),
    ("tax", {"lines": [{"amount": "108.00", "rates": [{"percent": "8"}], "mode": "inclusive"}]}),
]
ODD: Final[list[Any]] = [
    *(None, 0, 1, -1, 7, 31, 1000, 2**63, 10**37, True, False, [], {}, [1], {"a": 1}, [None], ["eu"]),
    *("", "x", "0", "-1", "1e37", "9" * 38, "0." + "0" * 37 + "1", Decimal("1.5"), "1/3", "1/0"),
    *("1970-01-01T00:00:00Z", "9998-12-31T00:00:00Z", "0001-01-01T00:00:00Z", "Pacific/Apia"),
    *("month", "day", "year", "KWD", "flat", "inclusive", "commit", "half_up", "\ud800", "\x00"),
]


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every place in a question but the whole."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        yield (*at, key)
        yield from places(one, (*at, key))


def changed(question: dict[str, Any], choices: random.Random) -> dict[str, Any]:
    """The question with one to three values put in place of others, taken away or doubled."""
    question = copy.deepcopy(question)
    for _ in range(choices.choice([1, 1, 1, 2, 3])):
        found = list(places(question))
        if not found:
            break
        *path, last = choices.choice(found)
        at: Any = question
        for key in path:
            at = at[key]
        act = choices.choice(["replace", "replace", "replace", "remove", "double"])
        if act == "remove":
            del at[last]
        elif act == "double" and isinstance(at, list):
            at.append(copy.deepcopy(at[last]))  # type: ignore[index]  # the key of a list is a number
        else:
            at[last] = copy.deepcopy(choices.choice(ODD))
    return question


@effort(1_000)
@given(asked=st.sampled_from(QUESTIONS), choices=st.randoms(use_true_random=False))
def test_a_question_is_answered_or_refused_by_its_field(
    asked: tuple[str, dict[str, Any]], choices: random.Random
) -> None:
    work, question = asked
    told, refusal = answered(work, changed({"currency": "EUR"} | question, choices))
    if refusal is None:
        assert json.dumps(told, ensure_ascii=False).encode()
        assert told.get("redone", {"matches": True})["matches"]
    else:
        assert refusal.field
        assert refusal.allowed


def answered(work: str, question: dict[str, Any]) -> tuple[dict[str, Any], CounterfoilError | None]:
    """The answer, or the refusal."""
    try:
        return getattr(calculator, work)(question), None
    except CounterfoilError as refusal:
        return {}, refusal


def test_every_question_is_answered_as_it_stands() -> None:
    for work, question in QUESTIONS:
        assert getattr(calculator, work)({"currency": "EUR"} | question)["steps"]
