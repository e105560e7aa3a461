"""Refusals carry a stable code, a sentence, and the place at fault."""

from __future__ import annotations

import pytest

from counterfoil.core import errors
from counterfoil.core.errors import CounterfoilError, InvalidInput, RateLimited, TooLarge

CODES = {
    "InvalidInput": "invalid",
    "TooLarge": "too_large",
    "Unauthenticated": "unauthenticated",
    "Forbidden": "forbidden",
    "NotFound": "not_found",
    "Conflict": "conflict",
    "AlreadyExists": "already_exists",
    "WrongState": "wrong_state",
    "VersionMismatch": "version_mismatch",
    "IdempotencyReused": "idempotency_reused",
    "RateLimited": "rate_limited",
    "Unavailable": "unavailable",
}


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_codes_are_stable_because_callers_match_on_them(name: str, code: str) -> None:
    assert getattr(errors, name).code == code


def test_a_nested_field_gets_its_whole_path() -> None:
    refusal = (
        InvalidInput("up_to must grow", field="up_to", allowed="more than 10").within("2").within("tiers")
    )
    assert (refusal.field, refusal.allowed, str(refusal)) == (
        "tiers.2.up_to",
        "more than 10",
        "up_to must grow",
    )
    assert InvalidInput("a body is needed").within("body").field == "body"


def test_what_handles_invalid_input_handles_what_is_too_large_too() -> None:
    assert issubclass(TooLarge, InvalidInput)
    assert issubclass(errors.VersionMismatch, errors.Conflict)
    assert issubclass(errors.Unavailable, CounterfoilError)


def test_a_rate_limit_says_when_to_come_back() -> None:
    assert RateLimited("too many calls", retry_after=7).retry_after == 7
