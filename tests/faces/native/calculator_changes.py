"""The worked examples of ``tests/golden/proration`` as questions to the calculator."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tests.faces.native.calculator_cases import Ask, Case, cycle_of, given_of, moment, text


def _policy(given: Case) -> Case:
    return {
        "day_count": given["day_count"],
        "interval_change": given.get("interval_change", "keep_anchor"),
        "net_rounding": given.get("net_rounding", "sum_of_rounded"),
    }


async def _moved(ask: Ask, given: Case) -> Case:
    """The change or the end that an example describes; its running period is billed in advance."""
    question = cycle_of(given) | {"currency": given.get("currency", "USD"), "policy": _policy(given)}
    if "cancel_at" in given:
        old = {"amount": given["amount"], "started_at": given["start"], "billed_to": given["billed_to"]}
        question["cancel"] = {"at": given["cancel_at"], "old": old}
    else:
        change: Case = {"at": given["change_at"], "new": {"amount": given["new_amount"]}}
        if "old_amount" in given:
            change["old"] = {"amount": given["old_amount"]}
        if "new_interval" in given:
            change["new"]["interval"] = {"unit": given["new_interval"]}
        question["change"] = change
    told = await ask("proration", question)
    assert told["redone"] == {"amount": told["net"], "matches": True}
    return told


def _total(told: Case, kind: str) -> Fraction:
    """The lines of a kind, without a sign."""
    return abs(sum((Fraction(line["amount"]) for line in told["lines"] if line["kind"] == kind), Fraction(0)))


async def _billed(ask: Ask, given: Case, **changed: Any) -> Case:
    given = given | changed
    question = cycle_of(given) | {"policy": {"day_count": given["day_count"]}}
    question |= {"start": given.get("start") or given["trial_start"]}
    priced = ("amount", "currency") if "amount" in given else ()
    question |= {key: given[key] for key in ("trial_days", "end", *priced) if key in given}
    return await ask("periods", question)


async def _shares(ask: Ask, given: Case, expected: dict[str, str]) -> None:
    part = {"start": given["start"], "end": given["end"], "amount": "1"}
    for name, share in expected.items():
        question = cycle_of(given) | {"currency": "USD", "policy": {"day_count": name}, "part": part}
        [line] = (await ask("proration", question))["lines"]
        assert Fraction(line["share"]) == Fraction(share), name


async def _next_cycle(ask: Ask, given: Case, expected: Case) -> None:
    end = (await _moved(ask, given))["period"]["end"]
    later = {**given, "change_at": end, "old_amount": given["new_amount"]}
    later["new_amount"] = str(expected["seats"] * Fraction(expected["per_seat"]))
    assert _total(await _moved(ask, later), "charge") == Fraction(expected["amount"])


async def proration(ask: Ask, case: Case) -> None:
    """An example of ``proration``: each expectation is read from the answer that holds it."""
    given = given_of(case)
    for name, expected in case["expect"].items():
        match name:
            case "shares":
                await _shares(ask, given, expected)
            case "next_cycle":
                await _next_cycle(ask, given, expected)
            case "rounded_sum_net":
                told = await _moved(ask, given | {"net_rounding": "rounded_sum"})
                assert told["net"] == expected
            case "net":
                assert (await _moved(ask, given))["net"] == expected
            case "credit" | "charge" | "arrears":
                assert _total(await _moved(ask, given), name) == Fraction(expected)
            case "new_period_start" | "new_period_end":
                period = (await _moved(ask, given))["period"]
                assert moment(period[name.removeprefix("new_period_")]) == moment(text(expected))
            case "note" if "cancel_at" in given:
                assert [line["words"] for line in (await _moved(ask, given))["lines"]] == [expected]
            case "first_amounts":
                found = [await _billed(ask, given, amount=amount) for amount in given["amounts"]]
                assert [one["periods"][0]["amount"] for one in found] == expected
            case _:
                _of_periods(await _billed(ask, given), name, expected)


def _of_periods(told: Case, name: str, expected: Any) -> None:
    first, *later = told["periods"]
    match name:
        case "note":
            assert first["words"] == expected
        case "due_at":
            assert moment(first["due_at"]) == moment(text(expected))
        case "first":
            assert first["amount"] == expected
        case "rest":
            assert sum(Fraction(one["amount"]) for one in later) == Fraction(expected)
        case _:
            assert name == "total"
            assert told["total"] == expected
