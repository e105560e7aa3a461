"""``Proration``: the share of a period that a piece of it is, and where the share comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import (
    CountedIn,
    Cycle,
    DayCount,
    Interval,
    IntervalUnit,
    Measured,
    Period,
    aligned_anchor,
    measure,
    parse_zone,
    to_local,
)
from counterfoil.core.money import decimal_text
from counterfoil.core.proration.policies import DEFAULT, ProrationPolicy, StubDenominator

if TYPE_CHECKING:
    from datetime import datetime

_MONTH: Final = Interval(IntervalUnit.MONTH)
_YEAR: Final = Interval(IntervalUnit.YEAR)
_MICROSECONDS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Term:
    """``counted`` of ``of`` days, or of that much time, ``within`` what is named (the period, if nothing)."""

    measured: Measured
    within: str = ""

    @property
    def words(self) -> str:
        """``14 of 31 days in 2018-08``."""
        counted, of = self.measured.counted, self.measured.of
        text = f"{counted} of {of} days"
        if self.measured.unit is CountedIn.MICROSECONDS:
            seconds = [decimal_text(Fraction(number, _MICROSECONDS)) for number in (counted, of)]
            text = f"{seconds[0]} of {seconds[1]} seconds"
        return f"{text} in {self.within}" if self.within else text


@dataclass(frozen=True, slots=True)
class Proration:
    """A share of a period, 0 to 1: the sum of its terms, times ``factor``, at most the whole.

    ``factor`` turns months or a year into the interval: 1/3 where a quarter is measured month by month, 12
    where a month is measured against the year.
    """

    terms: tuple[Term, ...]
    factor: Fraction
    day_count: DayCount

    @property
    def share(self) -> Fraction:
        """The share itself, exactly."""
        return min(self._uncapped, Fraction(1))

    @property
    def words(self) -> str:
        """Where the share comes from: ``17 of 31 days``."""
        text = " + ".join(term.words for term in self.terms)
        if self.factor != 1:
            text = f"({text})" if len(self.terms) > 1 else text
            text += f" × {decimal_text(self.factor)}"
        return text if self._uncapped <= 1 else f"{text}, at most the whole"

    @property
    def _uncapped(self) -> Fraction:
        counted = (Fraction(term.measured.counted, term.measured.of) for term in self.terms)
        return sum(counted, Fraction(0)) * self.factor

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown."""
        return {
            "share": decimal_text(self.share),
            "words": self.words,
            "day_count": self.day_count.value,
            "factor": decimal_text(self.factor),
            "terms": [
                {
                    "counted": term.measured.counted,
                    "of": term.measured.of,
                    "unit": term.measured.unit.value,
                    "within": term.within,
                }
                for term in self.terms
            ],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Proration:
        """The proration that ``to_json`` wrote; its share is worked out again from the terms."""
        return cls(
            tuple(
                Term(Measured(term["counted"], term["of"], CountedIn(term["unit"])), term["within"])
                for term in data["terms"]
            ),
            Fraction(data["factor"]),
            DayCount(data["day_count"]),
        )


def prorate(part: Period, cycle: Cycle, policy: ProrationPolicy = DEFAULT) -> Proration:
    """The share of ``cycle``'s period around it that ``part`` is.

    Days are those of the cycle's time zone, so a day of 23 or 25 hours is one.  A part that reaches over a
    boundary of the cycle is a mistake of the program.  An interval of days or weeks has neither months nor a
    year of its own, and is measured against its own period whatever the denominator says.
    """
    whole = cycle.period_at(part.start)
    assert whole.covers(part)
    interval = cycle.interval
    if policy.denominator is StubDenominator.FULL_CYCLE or interval.days:
        measured = measure(part, whole, cycle.zone, policy.day_count, interval)
        return Proration((Term(measured),), Fraction(1), policy.day_count)
    if policy.denominator is StubDenominator.CALENDAR_MONTH:
        months = Cycle(_MONTH, aligned_anchor(_MONTH, part.start, cycle.zone), cycle.zone)
        return _by(months, part, Fraction(1, interval.months), policy.day_count)
    years = Cycle(_YEAR, cycle.anchor, cycle.zone)
    return _by(years, part, Fraction(12, interval.months), policy.day_count)


def _by(wholes: Cycle, part: Period, factor: Fraction, day_count: DayCount) -> Proration:
    """The part cut at the boundaries of ``wholes``, each piece measured against its own."""
    terms = []
    for piece in wholes.periods(part.start, part.end):
        whole = wholes.period_at(piece.start)
        measured = measure(piece, whole, wholes.zone, day_count, wholes.interval)
        terms.append(Term(measured, _name(wholes, whole.start)))
    return Proration(tuple(terms), factor, day_count)


def _name(wholes: Cycle, start: datetime) -> str:
    day = to_local(start, parse_zone(wholes.zone)).date()
    return f"{day:%Y-%m}" if wholes.interval == _MONTH else f"the year from {day.isoformat()}"
