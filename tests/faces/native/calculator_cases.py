"""The worked examples of ``tests/golden`` as questions to the calculator, under the conventions they name.

An example says what is given and what is expected in the words of its kind; here each is asked over HTTP, and
each expectation is checked on the answer by the function of its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

type Case = dict[str, Any]
type Ask = Callable[[str, Case], Awaitable[Case]]

GOLDEN: Final = Path(__file__).parents[2] / "golden"
FAR: Final = "9000-01-01T00:00:00Z"


def cases(kind: str) -> dict[str, Case]:
    """The examples of a folder, by id."""
    return {
        path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted((GOLDEN / kind).glob("*.toml"))
    }


def text(value: Any) -> Any:
    """Instants of TOML as JSON has them; a day is its midnight in UTC."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return text(datetime.combine(value, time.min, UTC))
        case dict():
            return {key: text(one) for key, one in value.items()}
        case list():
            return [text(one) for one in value]
        case _:
            return value


def moment(value: Any) -> datetime:
    """The instant of an answer or of an example."""
    return datetime.fromisoformat(text(value))


def given_of(case: Case) -> Case:
    given: Case = text(case["given"])
    return given


# ---- prices and whole lines ----


async def price(ask: Ask, case: Case) -> None:
    """An example of ``pricing`` or ``rating``."""
    given, expect = given_of(case), case["expect"]
    question = {"currency": expect.get("currency", "USD")} | {
        key: value for key, value in given.items() if key != "taxes"
    }
    told = await ask("price", question)
    explanation = told["explanation"]
    parts = explanation["parts"]
    assert told["redone"] == {"amount": told["amount"], "matches": True}
    exact = explanation["exact"] if "currency" not in given else told["amount"]
    found: Case = {
        "amount": exact,
        "rounded": told["amount"],
        "listed": told["listed"],
        "lines": [part["amount"] for part in parts],
        "packages": "".join(part["count"] for part in parts if part["kind"] == "packages"),
        "counted": explanation.get("counted", explanation["quantity"]),
        "currency": told["currency"],
    }
    if "fees" in expect:
        found["fees"] = await _fees(ask, question)
    if "tax" in expect:
        rates = [{"percent": percent} for percent in given["taxes"]]
        line = {"amount": told["amount"], "rates": rates}
        found["tax"] = (await ask("tax", {"currency": told["currency"], "lines": [line]}))["tax"]
    same(found, expect)


async def _fees(ask: Ask, question: Case) -> list[Fraction]:
    """What each event adds to what was owed before it."""
    owed = [Fraction(0)]
    for count in range(1, len(question["amounts"]) + 1):
        told = await ask("price", question | {"amounts": question["amounts"][:count]})
        owed.append(Fraction(told["explanation"]["exact"]))
    return [after - before for before, after in pairwise(owed)]


async def aggregation(ask: Ask, case: Case) -> None:
    """Events that a meter makes a quantity of, at a price of 1."""
    given = given_of(case)
    records = given["events"]
    meter = {
        key: given[key]
        for key in ("aggregation", "property", "multiplier", "expression", "reset")
        if key in given
    }
    price_ = {"model": "per_unit", "params": {"unit_amount": "1"}, "meter": meter, "records": records}
    period = {"period": given["period"]} if "period" in given else {}
    told = await ask("price", {"currency": "USD"} | price_ | period)
    assert told["explanation"]["origin"]["events"] == len(records)
    same(told["explanation"], case["expect"])


async def shared_discount(ask: Ask, case: Case) -> None:
    """A discount of several lines, and the change of one of them for a part of the period."""
    given, expect = case["given"], case["expect"]
    net = []
    for side in ("before", "after"):
        lines = [{"amount": amount} for amount in given[side]]
        told = await ask(
            "tax", {"currency": given["currency"], "lines": lines, "discount": given["discount"]}
        )
        assert [line["discount"] for line in told["lines"]] == expect[f"shares_{side}"]
        net.append(told["lines"][given["line"]]["net"])
    change = {"at": "2025-06-16T00:00:00Z", "old": {"amount": net[0]}, "new": {"amount": net[1]}}
    told = await ask(
        "proration",
        {
            "currency": given["currency"],
            "interval": {"unit": "month"},
            "anchor": {"alignment": "calendar"},
            "change": change,
        },
    )
    assert {line["share"] for line in told["lines"]} == {given["proration"]}
    assert told["net"] == expect["debit"]


async def rounding(ask: Ask, case: Case) -> None:
    """An exact amount that is rounded."""
    given = case["given"]
    question = {"model": "flat", "params": {"amount": given["exact"]}, "rounding": given["mode"]}
    told = await ask("price", question | {"currency": given["currency"]})
    assert told["amount"] == case["expect"]["rounded"]


async def tax(ask: Ask, case: Case) -> None:
    """Lines with rates."""
    given = case["given"]
    mode = given.get("mode", "exclusive")
    lines = [
        {
            "amount": line["amount"],
            "mode": mode,
            "rates": [{"percent": percent} for percent in line["percents"]],
        }
        for line in given["lines"]
    ]
    question = {"currency": given["currency"], "lines": lines}
    told = await ask("tax", question | {key: given[key] for key in given if key == "tax_rounding"})
    assert told["redone"] == {"amount": told["tax"], "matches": True}
    found = told | {
        "taxes": [rate["tax"] for rate in told["by_rate"]],
        "line_taxes": [line["tax"] for line in told["lines"]],
    }
    same(found, case["expect"])


async def commitment(ask: Ask, case: Case) -> None:
    """Windows on their own, or a minimum spend."""
    given = case["given"]
    if "windows" in given:
        question: Case = {
            "windows": [
                {
                    "key": str(window["hour"]),
                    "commitment": {
                        "size": window["commit_amount"],
                        "overage": {"kind": "factor", "value": window["overage_factor"]},
                        "true_up": window["true_up"],
                    },
                    "lines": [{"quantity": window["units"], "unit_amount": window["unit_price"]}],
                }
                for window in given["windows"]
            ]
        }
    else:
        price_ = {"model": "dynamic", "params": {"multiplier": "1"}, "quantity": given["used"]}
        settlement = {"commitment": {"size": given["minimum_spend"]}, "lines": [price_]}
        question = {"settlement": settlement | {"closed": given["closed"]}}
    told = await ask("commitment", {"currency": "USD"} | question)
    assert told["redone"] == {"amount": told["amount"], "matches": True}
    kept = told["explanation"]
    each = [one["settlement"] for one in kept["windows"]] if "windows" in given else [kept]
    found = {
        "total": told["amount"],
        "per_window": [one["total"] for one in each],
        "charges": [charge["amount"] for charge in told["charges"]],
    } | {name: sum(Fraction(one[name]) for one in each) for name in ("utilized", "overage", "true_up")}
    same(found, case["expect"])


def same(found: Case, expect: Case) -> None:
    """Every expectation is met, as a number."""
    assert expect.keys() <= found.keys()
    for name, expected in expect.items():
        if name == "currency":
            assert found[name] == expected
            continue
        pair = [found[name], expected]
        numbers = [[Fraction(n) for n in one] if isinstance(one, list) else Fraction(one) for one in pair]
        assert numbers[0] == numbers[1], (name, found[name], expected)


# ---- the calendar ----


def cycle_of(given: Case, **changed: Any) -> Case:
    """Interval, zone and anchor of an example."""
    given = given | changed
    anchor: Case = {}
    if "anchor" in given:
        anchor = {"at": given["anchor"]}
    elif "aligned_at" in given:
        anchor = {"alignment": "calendar"}
    elif "billing_day" in given:
        anchor = {"day": given["billing_day"]}
    interval = {"unit": given["interval"], "count": given.get("interval_count", 1)}
    return {"interval": interval, "zone": given.get("timezone", "UTC"), "anchor": anchor}


async def calendar(ask: Ask, case: Case) -> None:
    """An example of ``calendar``: each expectation by the function of its name."""
    given = given_of(case)
    for name, expected in case["expect"].items():
        await _CALENDAR[name](ask, given, expected)


async def _periods(ask: Ask, given: Case, **asked: Any) -> list[Case]:
    start = next(given[name] for name in ("start", "aligned_at", "anchor", "from", "after") if name in given)
    told = await ask("periods", cycle_of(given) | {"start": start} | asked)
    found: list[Case] = told["periods"]
    assert all(earlier["end"] == later["start"] for earlier, later in pairwise(found))
    return found


async def _dates(ask: Ask, given: Case, expected: list[date]) -> None:
    since = given["from"]
    found = await _periods(ask, given, **{"from": since, "count": len(expected) + 1})
    boundaries = [moment(one["start"]) for one in found] + [moment(found[-1]["end"])]
    after = [one.date() for one in boundaries if one >= moment(since)]
    assert after[: len(expected)] == expected


async def _period_start(ask: Ask, given: Case, expected: datetime) -> None:
    [found] = await _periods(ask, given, **{"from": given["at"], "count": 1})
    assert moment(found["start"]) == expected


async def _period_end(ask: Ask, given: Case, expected: datetime) -> None:
    [found] = await _periods(ask, given, **{"from": given["at"], "count": 1})
    assert moment(found["end"]) == expected


async def _next_boundary(ask: Ask, given: Case, expected: datetime) -> None:
    [found] = await _periods(ask, given, **{"from": given["after"], "count": 1})
    assert moment(found["end"]) == expected


async def _first_boundary(ask: Ask, given: Case, expected: dict[str, date]) -> None:
    for said, first in expected.items():
        count, unit = said.split()
        question = given | {"interval": unit, "interval_count": int(count)}
        [found] = await _periods(ask, question, count=1)
        boundary = found["end"] if found["stub"] else found["start"]
        assert moment(boundary) == moment(first), said


async def _elapsed_cycles(ask: Ask, given: Case, expected: int) -> None:
    [found] = await _periods(ask, given, **{"from": given["at"], "count": 1})
    assert found["number"] - 1 == expected


async def _cycles(ask: Ask, given: Case, expected: str) -> None:
    found = await _periods(ask, given, end=given["end"])
    assert [Fraction(one["share"]) for one in found] == [Fraction(term) for term in expected.split("+")]


async def _local_calendar_days(ask: Ask, given: Case, expected: int) -> None:
    part = {"start": given["start"], "end": given["end"], "amount": "1"}
    month = {"interval": {"unit": "month"}, "zone": given["timezone"], "anchor": {"alignment": "calendar"}}
    told = await ask("proration", month | {"currency": "USD", "part": part})
    assert [line["words"].split()[0] for line in told["lines"]] == [str(expected)]


async def _boundaries_begun_per_run(ask: Ask, given: Case, expected: list[int]) -> None:
    runs = [moment(run) for run in [given["aligned_at"], *given["runs_at"]]]
    starts = [moment(one["start"]) for one in await _periods(ask, given)]
    begun = [sum(before < start <= run for start in starts) for before, run in pairwise(runs)]
    assert begun == expected


_CALENDAR: Final[dict[str, Callable[[Ask, Case, Any], Awaitable[None]]]] = {
    "boundaries_begun_per_run": _boundaries_begun_per_run,
    "cycles": _cycles,
    "dates": _dates,
    "elapsed_cycles": _elapsed_cycles,
    "first_boundary": _first_boundary,
    "local_calendar_days": _local_calendar_days,
    "next_boundary": _next_boundary,
    "period_end": _period_end,
    "period_start": _period_start,
}
