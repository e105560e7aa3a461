"""Terms: one span of a commitment after the other.

A term holds what was promised for it, what was rolled over into it and what credit it was given, and how much
of each is used.  Its end leaves nothing behind unsaid: what is left is carried into the next term or lost
(breakage).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import Cycle, Period, format_instant
from counterfoil.core.commitments.drawing import DEFAULT_ORDER, DrawOrder, Measure, Pool, Source
from counterfoil.core.errors import Conflict, InvalidInput
from counterfoil.core.money import Money, allocate, total_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.money import Unit


@dataclass(frozen=True, slots=True)
class Allowance:
    """An amount that may be used, and how much of it is; more than all of it is a mistake of the program."""

    given: Money
    used: Money

    def __post_init__(self) -> None:
        assert 0 <= self.used.minor <= self.given.minor
        assert self.used.unit == self.given.unit

    @classmethod
    def of(cls, given: Money) -> Allowance:
        """One of which nothing is used."""
        return cls(given, Money.zero(given.unit))

    @property
    def left(self) -> Money:
        """What may still be used."""
        return self.given - self.used

    def take(self, amount: Money) -> tuple[Allowance, Money]:
        """The allowance with as much of the amount used as it has left, and the rest of the amount."""
        taken = amount if amount <= self.left else self.left
        return Allowance(self.given, self.used + taken), amount - taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A span of the commitment with its allowances, all in one unit."""

    period: Period
    commit: Allowance
    rolled_over: Allowance
    credit: Allowance

    @classmethod
    def of(cls, period: Period, commit: Money, rolled_over: Money | None = None) -> Term:
        """A term that begins; nothing of it is used."""
        nothing = Money.zero(commit.unit)
        return cls(
            period=period,
            commit=Allowance.of(commit),
            rolled_over=Allowance.of(rolled_over or nothing),
            credit=Allowance.of(nothing),
        )

    @property
    def left(self) -> Money:
        """All that may still be used."""
        return self.commit.left + self.rolled_over.left + self.credit.left

    def pools(self) -> tuple[Pool, ...]:
        """What usage may draw on; of the commit first what was rolled over, since it ends with the term."""
        return (
            Pool("credit", Source.USAGE_CREDIT, Measure.AMOUNT, self.credit.left.to_decimal()),
            Pool("rolled_over", Source.COMMIT, Measure.AMOUNT, self.rolled_over.left.to_decimal()),
            Pool("commit", Source.COMMIT, Measure.AMOUNT, self.commit.left.to_decimal()),
        )


def spend(term: Term, amount: Money, order: DrawOrder = DEFAULT_ORDER) -> tuple[Term, Money]:
    """The term with so much more of it used, and what it had not enough for.

    Credit and commit are used in the declared order, and of the commit first what was rolled over.
    ``InvalidInput`` for less than nothing.
    """
    if amount.minor < 0:
        raise InvalidInput("less than nothing cannot be used", field="amount", allowed="0 or more")
    for source in order.sources:
        if source is Source.USAGE_CREDIT:
            credit, amount = term.credit.take(amount)
            term = replace(term, credit=credit)
        elif source is Source.COMMIT:
            rolled_over, amount = term.rolled_over.take(amount)
            commit, amount = term.commit.take(amount)
            term = replace(term, rolled_over=rolled_over, commit=commit)
    return term, amount


def add_credit(term: Term, amount: Money) -> Term:
    """The term with so much more credit: it adds up, and less than nothing is ``InvalidInput``."""
    if amount.minor <= 0:
        raise InvalidInput("credit can only be added", field="amount", allowed="more than 0")
    return replace(term, credit=Allowance(term.credit.given + amount, term.credit.used))


class Remainder(StrEnum):
    """What becomes of the commit that is left at a term's end."""

    BREAKAGE = "breakage"
    """It is lost to the customer (the default: a promise is for its term)."""
    ROLLOVER = "rollover"
    """It is carried into the next term, once: what is left of it there is lost."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The term that ended, the one that follows, and what became of all that was left."""

    ended: Term
    term: Term
    remainder: Remainder
    limit: Money | None
    carried: Money
    broken: Money

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_renewal`` works the remainder out again from it."""
        return {
            "start": format_instant(self.term.period.start),
            "end": format_instant(self.term.period.end),
            "commit": self.term.commit.given.amount_text(),
            "unit": self.carried.unit.code,
            "remainder": self.remainder.value,
            "limit": None if self.limit is None else self.limit.amount_text(),
            "left": {
                "commit": self.ended.commit.left.amount_text(),
                "rolled_over": self.ended.rolled_over.left.amount_text(),
                "credit": self.ended.credit.left.amount_text(),
            },
            "carried": self.carried.amount_text(),
            "broken": self.broken.amount_text(),
        }


def renew(
    term: Term,
    cycle: Cycle,
    commit: Money | None = None,
    *,
    remainder: Remainder = Remainder.BREAKAGE,
    limit: Money | None = None,
) -> Renewal:
    """The next term, from the end of this to the next boundary of ``cycle``, with the same commit or another.

    With rollover, what is left of the commit is carried into it, at most ``limit``; the rest, credit, and
    what had been rolled over before are lost.
    """
    if limit is not None and limit.minor < 0:
        raise InvalidInput("a negative amount cannot be carried", field="limit", allowed="0 or more")
    carried = _carried(term.commit.left, remainder, limit)
    period = Period(term.period.end, cycle.next_boundary(term.period.end))
    return Renewal(
        ended=term,
        term=Term.of(period, term.commit.given if commit is None else commit, carried),
        remainder=remainder,
        limit=limit,
        carried=carried,
        broken=term.left - carried,
    )


def redo_renewal(data: Mapping[str, Any], unit: Unit) -> tuple[Money, Money]:
    """What is carried and what is broken, worked out again from what ``Renewal.to_json`` stored as left."""
    assert data["unit"] == unit.code
    left = {name: Money.of(amount, unit) for name, amount in data["left"].items()}
    limit = None if data["limit"] is None else Money.of(data["limit"], unit)
    carried = _carried(left["commit"], Remainder(data["remainder"]), limit)
    return carried, total_of(left.values(), unit) - carried


def _carried(left: Money, remainder: Remainder, limit: Money | None) -> Money:
    if remainder is Remainder.BREAKAGE:
        return Money.zero(left.unit)
    return left if limit is None or left <= limit else limit


@dataclass(frozen=True, slots=True)
class Division:
    """The amount that was divided, the term with what it keeps of its commit, and the parts."""

    divided: Money
    term: Term
    parts: tuple[Term, ...]

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_division`` shares the amount again from it."""
        return {
            "divided": self.divided.amount_text(),
            "unit": self.divided.unit.code,
            "kept": self.term.commit.given.amount_text(),
            "parts": [
                {
                    "start": format_instant(part.period.start),
                    "end": format_instant(part.period.end),
                    "commit": part.commit.given.amount_text(),
                }
                for part in self.parts
            ],
        }


def divide(term: Term, starts: Sequence[datetime], amount: Money | None = None) -> Division:
    """The term's commit, or ``amount`` of it, in equal parts by largest remainder, one from each start.

    The first part begins with the term, each ends where the next begins and the last ends with the term.
    What is not divided stays with the term.  Starts that are not so, or an amount that is not there, are
    ``InvalidInput``; a term whose commit is in use is ``Conflict``, since that use would belong to no part.
    """
    whole = term.commit.given if amount is None else amount
    if not 0 < whole.minor <= term.commit.given.minor:
        raise InvalidInput(
            "that is no part of the commit",
            field="amount",
            allowed=f"more than 0, at most {term.commit.given}",
        )
    ends = [*starts, term.period.end]
    ascending = all(earlier < later for earlier, later in pairwise(ends))
    if not starts or starts[0] != term.period.start or not ascending:
        raise InvalidInput(
            "the parts do not fill the term",
            field="starts",
            allowed=f"ascending, from {format_instant(term.period.start)} and before the term's end",
        )
    if term.commit.used:
        raise Conflict(
            "the commit is in use", field="commit", allowed="a term of whose commit nothing is used"
        )
    shares = allocate(whole, [1] * len(starts))
    parts = [Term.of(Period(*span), share) for span, share in zip(pairwise(ends), shares, strict=True)]
    kept = replace(term, commit=Allowance.of(term.commit.given - whole))
    return Division(whole, kept, tuple(parts))


def redo_division(data: Mapping[str, Any], unit: Unit) -> list[Money]:
    """The parts' commits, shared again from the amount that ``Division.to_json`` stored."""
    assert data["unit"] == unit.code
    return allocate(Money.of(data["divided"], unit), [1] * len(data["parts"]))
