"""The published examples of ``tests/golden/proration``: each under the convention that it names.

A case says what is given and what is expected; each kind of expectation is checked by the function of its
name below.  Dates without a time are midnights in UTC; amounts of a change are dollars unless it says so.
"""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.billing_periods import ItemTerms, ServicePeriod, service_periods, trial_end
from counterfoil.core.calendar import Cycle, DayCount, Period, aligned_anchor, as_instant, parse_interval
from counterfoil.core.money import Money, round_money, total_of, unit_of
from counterfoil.core.proration import (
    Amounts,
    IntervalChange,
    LineKind,
    NetRounding,
    ProrationPolicy,
    Running,
    Starting,
    cancel_amounts,
    change_amounts,
    prorate,
    redo_change,
)
from counterfoil.core.rating import Cadence

type Case = dict[str, Any]

CASES = sorted((Path(__file__).parents[2] / "golden/proration").glob("*.toml"))


def instant(value: date) -> datetime:
    return as_instant(value) if isinstance(value, datetime) else datetime.combine(value, time.min, UTC)


def cycle_of(given: Case) -> Cycle:
    interval = parse_interval(given["interval"], given.get("interval_count", 1))
    if "anchor" in given:
        return Cycle(interval, instant(given["anchor"]), "UTC")
    return Cycle(interval, aligned_anchor(interval, instant(given["aligned_at"]), "UTC"), "UTC")


def policy_of(given: Case) -> ProrationPolicy:
    return ProrationPolicy(
        day_count=DayCount(given["day_count"]),
        interval_change=IntervalChange(given.get("interval_change", "keep_anchor")),
        net_rounding=NetRounding(given.get("net_rounding", "sum_of_rounded")),
    )


def moved(given: Case) -> Amounts:
    """The change or the end that a case describes; its running period is billed in advance."""
    cycle, unit = cycle_of(given), unit_of(given.get("currency", "USD"))
    policy = policy_of(given)
    if "cancel_at" in given:
        running = Running(
            amount=Fraction(given["amount"]),
            cycle=cycle,
            started_at=instant(given["start"]),
            billed_to=instant(given["billed_to"]),
        )
        return cancel_amounts(running, instant(given["cancel_at"]), unit, policy=policy)
    at, old = instant(given["change_at"]), None
    if "old_amount" in given:
        period = cycle.period_at(at)
        old = Running(
            amount=Fraction(given["old_amount"]),
            cycle=cycle,
            started_at=period.start,
            billed_to=period.end,
        )
    later = given["new_interval"] if "new_interval" in given else given["interval"]
    interval = parse_interval(later, given.get("interval_count", 1))
    new = Starting(amount=Fraction(given["new_amount"]), cycle=Cycle(interval, cycle.anchor, cycle.zone))
    return change_amounts(old, new, at, unit, policy)


def total(amounts: Amounts, kind: LineKind) -> str:
    """The lines of a kind, without a sign."""
    sum_ = total_of((line.amount for line in amounts.lines if line.kind is kind), amounts.net.unit)
    return (-sum_ if sum_.minor < 0 else sum_).amount_text()


def credit(given: Case, expected: str) -> None:
    assert Fraction(total(moved(given), LineKind.CREDIT)) == Fraction(expected)


def charge(given: Case, expected: str) -> None:
    assert total(moved(given), LineKind.CHARGE) == expected


def arrears(given: Case, expected: str) -> None:
    assert total(moved(given), LineKind.ARREARS) == expected


def net(given: Case, expected: str) -> None:
    amounts = moved(given)
    assert amounts.net.amount_text() == expected
    assert redo_change(amounts.to_json(), amounts.net.unit) == amounts.net


def rounded_sum_net(given: Case, expected: str) -> None:
    net({**given, "net_rounding": "rounded_sum"}, expected)


def next_cycle(given: Case, expected: Case) -> None:
    whole = cycle_of(given).period_at(instant(given["change_at"]))
    later = {**given, "change_at": whole.end, "old_amount": given["new_amount"]}
    later["new_amount"] = str(expected["seats"] * Fraction(expected["per_seat"]))
    amounts = moved({**later, "anchor": whole.start})
    assert total(amounts, LineKind.CHARGE) == expected["amount"]


def new_period(given: Case) -> Period:
    amounts = moved(given)
    assert amounts.cycle is not None
    return amounts.cycle.period_at(instant(given["change_at"]))


def new_period_start(given: Case, expected: date) -> None:
    assert new_period(given).start == instant(expected)


def new_period_end(given: Case, expected: date) -> None:
    assert new_period(given).end == instant(expected)


def shares(given: Case, expected: dict[str, str]) -> None:
    part = Period(instant(given["start"]), instant(given["end"]))
    for name, share in expected.items():
        policy = ProrationPolicy(day_count=DayCount(name))
        assert prorate(part, cycle_of(given), policy).share == Fraction(share), name


def billed(given: Case) -> list[ServicePeriod]:
    start = instant(given["start"]) if "start" in given else None
    if start is None:
        start = trial_end(instant(given["trial_start"]), given["trial_days"], "UTC")
    end = instant(given["end"]) if "end" in given else None
    terms = ItemTerms(start, end, start, Cadence.IN_ADVANCE, prorated=True)
    return list(islice(service_periods(terms, cycle_of(given), policy_of(given)), 12))


def amounts_of(given: Case) -> list[Money]:
    unit = unit_of(given["currency"])
    return [round_money(Fraction(given["amount"]) * period.proration, unit) for period in billed(given)]


def first(given: Case, expected: str) -> None:
    assert amounts_of(given)[0].amount_text() == expected


def rest(given: Case, expected: str) -> None:
    later = amounts_of(given)[1:]
    assert total_of(later, later[0].unit).amount_text() == expected


def sum_of_all(given: Case, expected: str) -> None:
    every = amounts_of(given)
    assert total_of(every, every[0].unit).amount_text() == expected


def first_amounts(given: Case, expected: list[str]) -> None:
    found = [amounts_of({**given, "amount": amount})[0].amount_text() for amount in given["amounts"]]
    assert found == expected


def due_at(given: Case, expected: datetime) -> None:
    assert billed(given)[0].due_at == expected


def note(given: Case, expected: str) -> None:
    words = [line.proration.words for line in moved(given).lines] if "cancel_at" in given else None
    assert words == [expected] if words is not None else billed(given)[0].note == expected


CHECKS = {
    check.__name__: check
    for check in (
        arrears,
        charge,
        credit,
        due_at,
        first,
        first_amounts,
        net,
        new_period_end,
        new_period_start,
        next_cycle,
        note,
        rest,
        rounded_sum_net,
        shares,
    )
} | {"total": sum_of_all}


@pytest.mark.golden
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_part_of_a_period_costs_what_is_published(path: Path) -> None:
    case = tomllib.loads(path.read_text(encoding="utf-8"))
    assert case["case"]["id"] == path.stem
    assert case["expect"]
    for name, expected in case["expect"].items():
        CHECKS[name](case["given"], expected)


def test_every_published_example_is_there() -> None:
    assert len(CASES) == 20
