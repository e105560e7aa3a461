"""What a commitment costs, what pays first, caps, instalments, and what becomes of a term's remainder."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calculator.commitment_reading import (
    MAX_LINES,
    commitment_at,
    demands_at,
    instalments_at,
    lines_at,
    optional_money_at,
    order_at,
    pools_at,
    term_at,
)
from counterfoil.core.calculator.reading import (
    MAX_LISTED,
    currency_at,
    each_object,
    instant_at,
    list_at,
    name_at,
    named,
    object_at_any,
    only_one,
    required,
    whole_request,
    within,
)
from counterfoil.core.calculator.told import Answer, drawing_told, settlement_told
from counterfoil.core.commitments import (
    Pool,
    Remainder,
    Source,
    cap_spend,
    committed_lines,
    divide,
    draw,
    redo_cap,
    redo_division,
    redo_drawing,
    redo_instalments,
    redo_renewal,
    redo_settlement,
    redo_windows,
    renew,
    settle,
    settle_windows,
)
from counterfoil.core.commitments.settlement import CommittedLine
from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.pricing.reading import choice_at, decimal_at, flag_at, object_at
from counterfoil.core.rating.sentences import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.commitments import Commitment
    from counterfoil.core.money import Unit

KINDS: Final = ("settlement", "windows", "drawing", "cap", "instalments", "renewal", "division")
FIELDS: Final = ("currency", *KINDS)
_COMMIT: Final = "commit"
_TERM: Final = ("start", "end", "interval", "zone", "commit", "rolled_over", "credit")


def commitment(data: Data) -> dict[str, Any]:
    """One of: a ``settlement`` of a commitment with what was used; the same in ``windows``; a ``drawing`` on
    what pays first; spend under a ``cap``; ``instalments``; the ``renewal`` or ``division`` of a term.

    ``InvalidInput`` names the field at fault.
    """
    data = whole_request(data, FIELDS)
    unit = currency_at(data)
    kind = only_one(data, KINDS)
    with named(kind):
        return _WORK[kind](data, unit).to_json()


def _settlement(data: Data, unit: Unit) -> Answer:
    path = "settlement"
    given = object_at(data[path], ("commitment", "lines", "closed", "pools", "order"), path)
    terms = commitment_at(given, path)
    with within(path):
        lines = _used(given, terms)
        settlement = settle(terms, lines, closed=flag_at(given, "closed", default=True))
    answer = Answer(unit)
    settlement_told(answer, settlement)
    told = settlement.to_json()
    return answer.done(told, matches=redo_settlement(told) == settlement)


def _used(given: Data, terms: Commitment) -> Sequence[CommittedLine]:
    """What is settled of the lines: all of them, or what other sources leave where there are pools."""
    lines = lines_at(given, terms.measure)
    if given.get("pools") is None and given.get("order") is None:
        return lines
    demands, others = demands_at(given), pools_at(given, (Source.INCLUDED, Source.USAGE_CREDIT))
    commit = Pool(_COMMIT, Source.COMMIT, terms.measure, terms.size)
    drawing = draw(demands, [*others, commit], order_at(given))
    overages = {line.key: line.overage for line in lines}
    return [
        CommittedLine(line.key, line.used, overages[line.key]) for line in committed_lines(drawing, _COMMIT)
    ]


def _windows(data: Data, unit: Unit) -> Answer:
    windows, used, running = [], {}, set()
    fields = ("key", "commitment", "lines", "running")
    for window, place in each_object(data, "windows", fields, most=MAX_LINES):
        key = name_at(window, "key", place)
        terms = commitment_at(window, place)
        with within(place):
            lines = lines_at(window, terms.measure)
            if flag_at(window, "running", default=False):
                running.add(key)
        windows.append((key, terms))
        used[key] = lines
    if sum(map(len, used.values())) > MAX_LISTED:
        raise TooLarge("windows have too many lines", field="windows", allowed=f"at most {MAX_LISTED} in all")
    settled = settle_windows(windows, used, running=running)
    answer = Answer(unit)
    for key, settlement in settled.windows:
        settlement_told(answer, settlement, window=key)
    told = settled.to_json()
    return answer.done(told, matches=redo_windows(told) == settled)


def _drawing(data: Data, unit: Unit) -> Answer:
    given = object_at(data["drawing"], ("lines", "pools", "order"), "drawing")
    with within("drawing"):
        drawing = draw(demands_at(given), pools_at(given, tuple(Source)), order_at(given))
    answer = Answer(unit)
    drawing_told(answer, drawing)
    told = drawing.to_json()
    return answer.done(told, matches=redo_drawing(told) == drawing)


def _cap(data: Data, unit: Unit) -> Answer:
    given = object_at(data["cap"], ("cap", "spent", "lines"), "cap")
    lines = [
        (name_at(line, "key", place), decimal_at(line, "amount", place))
        for line, place in each_object(given, "lines", ("key", "amount"), "cap")
    ]
    spent = decimal_at({"spent": 0, **given}, "spent", "cap")
    with within("cap"):
        capped = cap_spend(decimal_at(given, "cap"), lines, spent)
    answer = Answer(unit)
    for line in capped.lines:
        waived = f", {shown(line.waived)} waived" if line.waived else ""
        answer.charge("usage", line.key, line.charged, f"{line.key}: {shown(line.charged)} charged{waived}")
    answer.say("cap", f"{shown(capped.left)} left of the cap of {shown(capped.cap)}")
    told = capped.to_json()
    return answer.done(told, matches=redo_cap(told) == capped)


def _instalments(data: Data, unit: Unit) -> Answer:
    plan = instalments_at(object_at_any(data["instalments"], "instalments"), unit)
    told = plan.to_json()
    answer = Answer(unit)
    for part in told["parts"]:
        text = f"Due {part['due_at']}: {part['amount']} {unit.code}"
        answer.charge("instalment", part["due_at"], Fraction(part["amount"]), text)
    return answer.done(told, matches=redo_instalments(told, unit) == plan)


def _renewal(data: Data, unit: Unit) -> Answer:
    path = "renewal"
    given = object_at(data[path], (*_TERM, "next_commit", "remainder", "limit"), path)
    required(given, "interval", "how long a term is", path)
    term, cycle = term_at(given, unit, path)
    assert cycle is not None
    remainder = choice_at(given, "remainder", Remainder.BREAKAGE, path)
    following = optional_money_at(given, "next_commit", unit, path)
    limit = optional_money_at(given, "limit", unit, path)
    with within(path):
        renewal = renew(term, cycle, following, remainder=remainder, limit=limit)
    told = renewal.to_json()
    answer = Answer(unit)
    answer.say("term", f"The next term: {told['start']} until before {told['end']}, commit {told['commit']}")
    answer.say("carried", f"Carried into it: {renewal.carried}", renewal.carried)
    answer.say("broken", f"Lost: {renewal.broken}", renewal.broken)
    again = redo_renewal(told, unit) == (renewal.carried, renewal.broken)
    return answer.done(told, matches=again, charged=False)


def _division(data: Data, unit: Unit) -> Answer:
    path = "division"
    given = object_at(data[path], (*_TERM, "starts", "amount"), path)
    term, _ = term_at(given, unit, path)
    listed = list_at(given, "starts", path, most=1_000)
    keyed = {str(index): one for index, one in enumerate(listed)}
    starts = [instant_at(keyed, key, f"{path}.starts") for key in keyed]
    amount = optional_money_at(given, "amount", unit, path)
    if term.commit.used:
        field = f"{path}.commit.used"
        raise InvalidInput("a commit in use is not divided", field=field, allowed="0")
    with within(path):
        division = divide(term, starts, amount)
    told = division.to_json()
    answer = Answer(unit)
    for part in told["parts"]:
        answer.say("part", f"{part['start']} until before {part['end']}: {part['commit']} {unit.code}")
    answer.say("kept", f"Not divided: {told['kept']} {unit.code}")
    again = [share.amount_text() for share in redo_division(told, unit)]
    matches = again == [part["commit"] for part in told["parts"]]
    return answer.done(told, matches=matches, charged=False)


_WORK: Final = {
    "settlement": _settlement,
    "windows": _windows,
    "drawing": _drawing,
    "cap": _cap,
    "instalments": _instalments,
    "renewal": _renewal,
    "division": _division,
}
