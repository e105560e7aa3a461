"""Which service periods of a subscription item are to be billed, and when.

Owns: cutting an item's time at the boundaries of its cycle and at its end, when each piece becomes
billable, and the share of a whole period that a piece is.
Does not own: quantities and prices (rating), where boundaries lie (calendar), how far an item was billed
(subscriptions).
Always holds: the service periods of an item tile its time, with no gap and no overlap, so every instant is
billed once; planning in several steps gives the same periods as planning at once.

What happens here when an item ends: the period that runs then is cut at the end, unless it was billed in
advance already; that one stays as it was billed.  What is given back for it, by the policy that was agreed,
is for ``core.proration`` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import takewhile
from typing import TYPE_CHECKING

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, Period
from counterfoil.core.errors import InvalidInput
from counterfoil.core.proration import DEFAULT, prorate
from counterfoil.core.rating import Cadence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from counterfoil.core.proration import ProrationPolicy


@dataclass(frozen=True, slots=True)
class ItemTerms:
    """What decides an item's periods.

    The item runs in ``[started_at, ended_at)``; everything before ``billed_to`` was billed, which is
    ``started_at`` at first.  ``prorated``: a piece of a period costs its share of the whole; never so for
    usage, whose quantity is itself only that of the piece.
    """

    started_at: datetime
    ended_at: datetime | None
    billed_to: datetime
    cadence: Cadence
    prorated: bool

    def __post_init__(self) -> None:
        assert self.started_at <= self.billed_to
        assert self.ended_at is None or self.started_at <= self.ended_at


@dataclass(frozen=True, slots=True)
class ServicePeriod:
    """A piece of time that is billed at once: ``[start, end)``.

    ``due_at`` is its start in advance and its end in arrears.  ``is_stub``: it is shorter than the cycle's
    period around it.  ``proration`` is the share of local days of that whole period (the day on which the
    piece starts counts, the day on which it ends does not); 1 for a whole one, and for usage.  ``share`` (and
    ``share_note``, in words) is that share for usage too, of which nothing is prorated but a level and what
    is agreed for a whole period.
    """

    start: datetime
    end: datetime
    due_at: datetime
    proration: Fraction
    is_stub: bool
    note: str = ""
    share: Fraction = Fraction(1)
    share_note: str = ""


def service_periods(
    terms: ItemTerms, cycle: Cycle, policy: ProrationPolicy = DEFAULT
) -> Iterator[ServicePeriod]:
    """The periods that are not billed yet, in order; without end if the item has none."""
    start = terms.billed_to
    while terms.ended_at is None or start < terms.ended_at:
        whole = cycle.period_at(start)
        end = whole.end if terms.ended_at is None else min(whole.end, terms.ended_at)
        piece = Period(start, end)
        is_stub = piece != whole
        share, note = Fraction(1), ""
        if is_stub:
            proration = prorate(piece, cycle, policy)
            share, note = proration.share, proration.words
        charged, told = (share, note) if terms.prorated else (Fraction(1), "")
        due_at = start if terms.cadence is Cadence.IN_ADVANCE else end
        yield ServicePeriod(start, end, due_at, charged, is_stub, told, share, note)
        start = end


def due_periods(
    terms: ItemTerms, cycle: Cycle, now: datetime, policy: ProrationPolicy = DEFAULT
) -> list[ServicePeriod]:
    """The periods that are billable at ``now`` and not billed yet, in order.

    There are several if the start lies in the past, or if nobody billed for a while.
    """
    return list(takewhile(lambda period: period.due_at <= now, service_periods(terms, cycle, policy)))


def next_due(terms: ItemTerms, cycle: Cycle) -> datetime | None:
    """When the next period becomes billable; ``None`` if everything up to the item's end is billed."""
    first = next(service_periods(terms, cycle), None)
    return None if first is None else first.due_at


def trial_end(start: datetime, days: int, zone: str) -> datetime:
    """When a trial of so many local days is over: at the time of day at which it began.

    What is charged begins then, so a calendar month in advance is first billed for the rest of that month.
    A trial of no days, or of over 1000, is ``InvalidInput``.
    """
    try:
        return Cycle(Interval(IntervalUnit.DAY, days), start, zone).boundary(1)
    except InvalidInput as refusal:
        if refusal.field != "count":
            raise
        raise InvalidInput(
            "a trial has an impossible length", field="trial_days", allowed=refusal.allowed
        ) from None
