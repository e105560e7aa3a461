"""What a change or an end in mid-period moves: lines that give back, catch up and charge.

One rule makes them all: what was billed beyond the instant is given back, what was served before it and not
billed is charged, and what begins at it is charged up to its next boundary if it is billed in advance.  What
begins in arrears is charged at its boundary, by the share that ``prorate`` gives it then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import Cycle, Period, format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, Rounding, decimal_text, round_money, total_of
from counterfoil.core.proration.policies import (
    DEFAULT,
    CancelCredit,
    IntervalChange,
    NetRounding,
    ProrationBehavior,
    ProrationPolicy,
)
from counterfoil.core.proration.shares import Proration, prorate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.money import Exact, Unit


class LineKind(StrEnum):
    """What a line of a change is for."""

    CREDIT = "credit"
    """Time that was billed and is not served."""
    ARREARS = "arrears"
    """Time that was served and is not billed yet."""
    CHARGE = "charge"
    """What begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """What runs until the change: ``amount`` for a whole period of ``cycle``, in major units.

    It began at ``started_at`` and is billed up to ``billed_to``, which lies ahead if it is billed in advance.
    ``paid`` is the most that may be given back, where there is such a limit: what the customer paid for it,
    less what was credited already.
    """

    amount: Exact
    cycle: Cycle
    started_at: datetime
    billed_to: datetime
    paid: Exact | None = None

    def __post_init__(self) -> None:
        _check_amount(self.amount)
        assert self.started_at <= self.billed_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """What begins with the change: ``amount`` for a whole period of ``cycle``, which is the subscription's.

    A change of interval with the policy ``reset`` begins another cycle at the change.
    """

    amount: Exact
    cycle: Cycle
    in_advance: bool = True

    def __post_init__(self) -> None:
        _check_amount(self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLine:
    """``price`` for a whole period, for ``period``, which is the share ``proration`` of one.

    ``exact`` is in major units, below 0 for a credit; ``limited``: the credit is less than the share, since
    no more was paid.  ``amount`` is what is billed.
    """

    kind: LineKind
    period: Period
    price: Exact
    proration: Proration
    exact: Fraction
    amount: Money
    limited: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What a change moves, at once or on the next invoice (``invoice_now``).

    ``lines`` sum to ``net``, which is below 0 where the customer gets something back.  ``cycle`` is that of
    what begins, and ``charged_from`` is from when its service periods are billed in the ordinary way: what
    lies before was paid by what ran, or is on these lines.  Both are ``None`` where nothing begins.
    """

    lines: tuple[ChangeLine, ...]
    exact: Fraction
    net: Money
    invoice_now: bool
    policy: ProrationPolicy
    cycle: Cycle | None = None
    charged_from: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_change`` works the net out from it."""
        return {
            "lines": [_line_json(line) for line in self.lines],
            "exact": decimal_text(self.exact),
            "net_rounding": self.policy.net_rounding.value,
            "rounding": self.policy.rounding.value,
            "net": self.net.amount_text(),
            "unit": self.net.unit.code,
            "invoice_now": self.invoice_now,
        }


def change_amounts(
    old: Running | None,
    new: Starting | None,
    at: datetime,
    unit: Unit,
    policy: ProrationPolicy = DEFAULT,
) -> Amounts:
    """What it moves that ``new`` takes the place of ``old`` at ``at``; either may be none.

    With the behaviour ``none`` the running period stays as it was sold, and what begins is billed from its
    end on (where a new cycle is begun, that begins there), or from its own next boundary if it takes
    nothing's place.  A change before ``old`` began is ``InvalidInput``.
    """
    if old is not None:
        _check_time(old, at)
    resets = (
        old is not None
        and new is not None
        and new.cycle.interval != old.cycle.interval
        and policy.interval_change is IntervalChange.RESET
    )
    keeps = policy.behavior is ProrationBehavior.NONE
    drafts: list[_Draft] = []
    if old is not None and not keeps:
        drafts += _served(old, at, policy)
        drafts += _given_back(old, at, policy)
    cycle = charged_from = None
    if new is not None:
        charged_from = at
        if keeps:
            charged_from = _sold_to(old, at) if old is not None else new.cycle.first_boundary(at)
        cycle = Cycle(new.cycle.interval, charged_from, new.cycle.zone) if resets else new.cycle
        if new.in_advance and not keeps:
            charged_from = cycle.period_at(at).end
            drafts += _pieces(LineKind.CHARGE, new.amount, cycle, at, charged_from, policy)
    at_once = _at_once(policy) or (resets and not keeps)
    return _rounded(drafts, unit, policy, cycle, charged_from, invoice_now=at_once)


def cancel_amounts(
    old: Running,
    at: datetime,
    unit: Unit,
    credit: CancelCredit = CancelCredit.UNUSED,
    policy: ProrationPolicy = DEFAULT,
) -> Amounts:
    """What it moves that ``old`` ends at ``at``: its last line in arrears, and the credit that was agreed.

    An end before ``old`` began is ``InvalidInput``.
    """
    _check_time(old, at)
    drafts = _served(old, at, policy)
    match credit:
        case CancelCredit.UNUSED:
            drafts += _given_back(old, at, policy)
        case CancelCredit.WHOLE:
            running = old.cycle.period_at(at).start if at < old.billed_to else old.billed_to
            drafts += _given_back(old, max(running, old.started_at), policy)
        case CancelCredit.NONE:
            pass
    return _rounded(drafts, unit, policy, None, None, invoice_now=_at_once(policy))


def redo_change(data: Mapping[str, Any], unit: Unit) -> Money:
    """The net, worked out again from what ``Amounts.to_json`` stored, without any stored sum or share."""
    assert data["unit"] == unit.code
    exacts = []
    for line in data["lines"]:
        share = Proration.from_json(line["proration"]).share
        exact = Fraction(line["price"]) * share
        if line["limit"] is not None:
            exact = min(exact, Fraction(line["limit"]))
        exacts.append(-exact if line["kind"] == LineKind.CREDIT else exact)
    mode = Rounding(data["rounding"])
    if data["net_rounding"] == NetRounding.ROUNDED_SUM:
        return round_money(sum(exacts, Fraction(0)), unit, mode)
    return total_of((round_money(exact, unit, mode) for exact in exacts), unit)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A line before rounding."""

    kind: LineKind
    period: Period
    price: Exact
    proration: Proration
    exact: Fraction
    limited: bool = False


def _check_amount(amount: Exact) -> None:
    if amount < 0:
        raise InvalidInput("the price of a period is negative", field="amount", allowed="0 or more")


def _check_time(old: Running, at: datetime) -> None:
    if at < old.started_at:
        raise InvalidInput(
            "the change is before the start",
            field="at",
            allowed=f"{format_instant(old.started_at)} or later",
        )


def _at_once(policy: ProrationPolicy) -> bool:
    return policy.behavior is ProrationBehavior.ALWAYS_INVOICE


def _sold_to(old: Running, at: datetime) -> datetime:
    """The end of the period that runs at ``at``, which may have been billed already."""
    return old.billed_to if old.billed_to > at else old.cycle.first_boundary(at)


def _served(old: Running, at: datetime, policy: ProrationPolicy) -> list[_Draft]:
    return _pieces(LineKind.ARREARS, old.amount, old.cycle, old.billed_to, at, policy)


def _given_back(old: Running, since: datetime, policy: ProrationPolicy) -> list[_Draft]:
    """The credit for ``[since, billed_to)``, as far as it was paid: what lies furthest ahead goes last."""
    drafts = _pieces(LineKind.CREDIT, old.amount, old.cycle, since, old.billed_to, policy)
    if old.paid is None:
        return drafts
    left, limited = Fraction(old.paid), []
    for draft in drafts:
        exact = min(-draft.exact, max(left, Fraction(0)))
        left -= exact
        limited.append(
            _Draft(draft.kind, draft.period, draft.price, draft.proration, -exact, exact < -draft.exact)
        )
    return limited


def _pieces(
    kind: LineKind, price: Exact, cycle: Cycle, start: datetime, end: datetime, policy: ProrationPolicy
) -> list[_Draft]:
    """``[start, end)`` cut at the boundaries of the cycle; none if it is empty."""
    if start >= end:
        return []
    sign = -1 if kind is LineKind.CREDIT else 1
    drafts = []
    for piece in cycle.periods(start, end):
        proration = prorate(piece, cycle, policy)
        drafts.append(_Draft(kind, piece, price, proration, sign * Fraction(price) * proration.share))
    return drafts


def _rounded(
    drafts: Sequence[_Draft],
    unit: Unit,
    policy: ProrationPolicy,
    cycle: Cycle | None,
    charged_from: datetime | None,
    *,
    invoice_now: bool,
) -> Amounts:
    exacts = [draft.exact for draft in drafts]
    exact = sum(exacts, Fraction(0))
    if policy.net_rounding is NetRounding.SUM_OF_ROUNDED:
        amounts = [round_money(line, unit, policy.rounding) for line in exacts]
    else:
        amounts = _shared(round_money(exact, unit, policy.rounding), exacts)
    lines = tuple(
        ChangeLine(
            kind=draft.kind,
            period=draft.period,
            price=draft.price,
            proration=draft.proration,
            exact=draft.exact,
            amount=amount,
            limited=draft.limited,
        )
        for draft, amount in zip(drafts, amounts, strict=True)
    )
    return Amounts(
        lines=lines,
        exact=exact,
        net=total_of(amounts, unit),
        invoice_now=invoice_now,
        policy=policy,
        cycle=cycle,
        charged_from=charged_from,
    )


def _shared(net: Money, exacts: Sequence[Fraction]) -> list[Money]:
    """Amounts that sum to ``net``, each within a minor unit of its exact one, by largest remainder.

    ``allocate`` shares a whole among parts of one sign; here credits and charges meet, so every line is
    first rounded down.
    """
    scaled = [exact * 10**net.unit.exponent for exact in exacts]
    floors = [number.numerator // number.denominator for number in scaled]
    left = net.minor - sum(floors)
    by_rest = sorted(range(len(scaled)), key=lambda index: (floors[index] - scaled[index], index))
    for index in by_rest[:left]:
        floors[index] += 1
    return [Money(minor, net.unit) for minor in floors]


def _line_json(line: ChangeLine) -> dict[str, Any]:
    return {
        "kind": line.kind.value,
        "start": format_instant(line.period.start),
        "end": format_instant(line.period.end),
        "price": decimal_text(line.price),
        "proration": line.proration.to_json(),
        "limit": decimal_text(-line.exact) if line.limited else None,
        "exact": decimal_text(line.exact),
        "amount": line.amount.amount_text(),
    }
