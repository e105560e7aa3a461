"""What a part of a period costs, and what a change or an end in mid-period moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calculator.periods import local_text
from counterfoil.core.calculator.reading import (
    CYCLE_FIELDS,
    check_span,
    clock_at,
    currency_at,
    instant_at,
    interval_at,
    named,
    object_at_any,
    only_one,
    optional_instant_at,
    policy_at,
    required,
    share_text,
    whole_request,
    within,
)
from counterfoil.core.calendar import Period, format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from counterfoil.core.pricing.reading import (
    choice_at,
    decimal_at,
    flag_at,
    join,
    object_at,
    optional_decimal_at,
)
from counterfoil.core.proration import (
    CancelCredit,
    LineKind,
    Running,
    Starting,
    cancel_amounts,
    change_amounts,
    redo_change,
)
from counterfoil.core.rating.sentences import shown

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.core.calculator.reading import Clock, Data
    from counterfoil.core.calendar import Cycle
    from counterfoil.core.money import Unit
    from counterfoil.core.proration import Amounts, ChangeLine, ProrationPolicy

KINDS: Final = ("part", "change", "cancel")
FIELDS: Final = ("currency", *CYCLE_FIELDS, "policy", *KINDS)
_RUNNING: Final = ("amount", "started_at", "billed_to", "in_advance", "paid")
_WORDS: Final = {LineKind.CREDIT: "Credit", LineKind.ARREARS: "Served", LineKind.CHARGE: "Charge"}


def proration(data: Data) -> dict[str, Any]:
    """What a ``part`` of a period costs, or what a ``change`` or ``cancel`` in mid-period moves.

    ``InvalidInput`` names the field at fault.
    """
    data = whole_request(data, FIELDS)
    unit, clock = currency_at(data), clock_at(data)
    policy = policy_at(data, None)
    kind = only_one(data, KINDS)
    with named(kind):
        amounts = _WORK[kind](data, clock, unit, policy)
    told = amounts.to_json()
    redone = redo_change(told, unit)
    begins = amounts.cycle
    return {
        "currency": unit.code,
        "net": amounts.net.amount_text(),
        "invoice_now": amounts.invoice_now,
        "lines": [_line(line) for line in amounts.lines],
        "period": None if begins is None else _period(begins, _at(data)),
        "charged_from": None if amounts.charged_from is None else format_instant(amounts.charged_from),
        "steps": _steps(amounts, clock.zone),
        "redone": {"amount": redone.amount_text(), "matches": redone == amounts.net},
        "explanation": told,
    }


def _part(data: Data, clock: Clock, unit: Unit, policy: ProrationPolicy) -> Amounts:
    part = object_at(data["part"], ("start", "end", "amount"), "part")
    start, end = instant_at(part, "start", "part"), instant_at(part, "end", "part")
    with within("part"):
        Period(start, end)
    cycle, amount = clock.cycle(start), decimal_at(part, "amount", "part")
    check_span(cycle, start, end, "part.end")
    # It is what was served of something that is billed when it is over, and ends there.
    running = Running(amount=amount, cycle=cycle, started_at=start, billed_to=start)
    return cancel_amounts(running, end, unit, CancelCredit.NONE, policy)


def _change(data: Data, clock: Clock, unit: Unit, policy: ProrationPolicy) -> Amounts:
    change = object_at(data["change"], ("at", "old", "new"), "change")
    at = instant_at(change, "at", "change")
    if change.get("old") is None and change.get("new") is None:
        raise InvalidInput("change.new is missing", field="change.new", allowed="old, new or both")
    old = None if change.get("old") is None else _running(change, "change", clock, at)
    cycle = clock.cycle(at) if old is None else old.cycle
    new = None if change.get("new") is None else _starting(change, clock, cycle)
    with within("change"):
        return change_amounts(old, new, at, unit, policy)


def _cancel(data: Data, clock: Clock, unit: Unit, policy: ProrationPolicy) -> Amounts:
    cancel = object_at(data["cancel"], ("at", "old", "credit"), "cancel")
    at = instant_at(cancel, "at", "cancel")
    required(cancel, "old", "what runs until the end", "cancel")
    old = _running(cancel, "cancel", clock, at)
    credit = choice_at(cancel, "credit", CancelCredit.UNUSED, "cancel")
    with within("cancel"):
        return cancel_amounts(old, at, unit, credit, policy)


_WORK: Final = {"part": _part, "change": _change, "cancel": _cancel}


def _running(data: Data, path: str, clock: Clock, at: datetime) -> Running:
    """What runs, billed by default for the period of the change, in advance."""
    path = join(path, "old")
    old = object_at(data["old"], _RUNNING, path)
    started_at = optional_instant_at(old, "started_at", path)
    if started_at is None and not clock.anchored:
        required(old, "started_at", "a time, from which the periods count, or an anchor", path)
    cycle = clock.cycle(at if started_at is None else started_at)
    period = cycle.period_at(at)
    if started_at is None:
        started_at = period.start
    billed_to = optional_instant_at(old, "billed_to", path)
    if billed_to is None:
        in_advance = flag_at(old, "in_advance", path, default=True)
        billed_to = period.end if in_advance else max(period.start, started_at)
    if billed_to < started_at:
        field = f"{path}.billed_to"
        allowed = f"{format_instant(started_at)} or later"
        raise InvalidInput("nothing is billed before the start", field=field, allowed=allowed)
    check_span(cycle, min(started_at, at), max(billed_to, at), f"{path}.billed_to")
    return Running(
        amount=decimal_at(old, "amount", path),
        cycle=cycle,
        started_at=started_at,
        billed_to=billed_to,
        paid=optional_decimal_at(old, "paid", path),
    )


def _starting(change: Data, clock: Clock, cycle: Cycle) -> Starting:
    path = "change.new"
    new = object_at(change["new"], ("amount", "interval", "in_advance"), path)
    if new.get("interval") is not None:
        cycle = clock.other(cycle, interval_at(new, path))
    return Starting(
        amount=decimal_at(new, "amount", path),
        cycle=cycle,
        in_advance=flag_at(new, "in_advance", path, default=True),
    )


def _at(data: Data) -> datetime:
    return instant_at(object_at_any(data["change"], "change"), "at")


def _period(cycle: Cycle, at: datetime) -> dict[str, str]:
    """The period that runs after the change."""
    period = cycle.period_at(at)
    return {"start": format_instant(period.start), "end": format_instant(period.end)}


def _line(line: ChangeLine) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "start": format_instant(line.period.start),
        "end": format_instant(line.period.end),
        "price": decimal_text(line.price),
        "share": share_text(line.proration.share),
        "words": line.proration.words,
        "limited": line.limited,
        "exact": decimal_text(line.exact),
        "amount": line.amount.amount_text(),
    }


def _steps(amounts: Amounts, zone: str) -> list[dict[str, str | None]]:
    steps: list[dict[str, str | None]] = []
    for line in amounts.lines:
        start, end = (local_text(at, zone) for at in (line.period.start, line.period.end))
        text = f"{_WORDS[line.kind]}, {start} until before {end} ({line.proration.words}):"
        text += f" {shown(line.price)} × {share_text(line.proration.share)} = {shown(abs(line.exact))}"
        text += ", no more than was paid" if line.limited else ""
        steps.append({"step": line.kind.value, "text": text, "amount": line.amount.amount_text()})
    when = "invoiced at once" if amounts.invoice_now else "on the next invoice"
    text = f"Net: {amounts.net}, {when}"
    return [*steps, {"step": "net", "text": text, "amount": amounts.net.amount_text()}]
