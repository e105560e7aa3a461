"""When a credit grant gives its credits, and until when they can be used.

Owns: the periods of a grant, each of which gives the grant's credits once, at its start; when the credits
of a period expire; which periods have begun.
Does not own: wallets and how credits are used up, the clock (now is an argument), where boundaries lie
(calendar).
Always holds: the periods of a recurring grant tile the time from its start to its end, so no day gives
credits twice or never; credits expire after they were given.

A stub at the start or at the end gives the credits whole: what a grant promises is an amount a period, not
a rate.  The semantics are those of Flexprice's credit grants.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, assert_utc

if TYPE_CHECKING:
    from collections.abc import Iterator


class GrantScope(StrEnum):
    """What a grant belongs to."""

    PLAN = "plan"
    """A template: each new subscription to the plan gets a grant of its own like it."""
    SUBSCRIPTION = "subscription"
    """One subscription, with dates."""


class GrantCadence(StrEnum):
    """How often a grant gives its credits."""

    ONE_TIME = "one_time"
    RECURRING = "recurring"


class GrantExpiration(StrEnum):
    """When the credits of a period can no longer be used."""

    NEVER = "never"
    DURATION = "duration"
    """After a time that is counted from the period's start."""
    BILLING_CYCLE = "billing_cycle"
    """When the subscription's billing period ends in which the grant's period begins."""


class DurationUnit(StrEnum):
    """What the time until credits expire is counted in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"

    def times(self, count: int) -> Interval:
        """So many of this unit; ``InvalidInput`` for an impossible count."""
        return Interval(IntervalUnit(self.value), count)


@dataclass(frozen=True, slots=True)
class GrantTerms:
    """What decides the periods of a grant that runs in ``[starts_at, ends_at)``.

    ``cycle`` has the boundaries at which credits are given again; ``None``: they are given once.
    """

    starts_at: datetime
    ends_at: datetime | None
    cycle: Cycle | None

    def __post_init__(self) -> None:
        assert_utc(self.starts_at)
        assert self.ends_at is None or self.starts_at <= self.ends_at


@dataclass(frozen=True, slots=True)
class CreditPeriod:
    """``[start, end)``, at the start of which credits are given; a grant that gives once has no end."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class Expiry:
    """When credits expire; ``after``: how long they last, for a duration."""

    expiration: GrantExpiration
    after: Interval | None = None

    def __post_init__(self) -> None:
        assert (self.after is not None) == (self.expiration is GrantExpiration.DURATION)


def credit_periods(terms: GrantTerms, since: datetime | None = None) -> Iterator[CreditPeriod]:
    """The periods of a grant in order, without end if it has none; with ``since``, those from there on.

    ``since`` is the end of a period that was given already.  A grant that ends as it starts has no period.
    """
    start = terms.starts_at if since is None else since
    if terms.cycle is None:
        if since is None and (terms.ends_at is None or start < terms.ends_at):
            yield CreditPeriod(start, None)
        return
    while terms.ends_at is None or start < terms.ends_at:
        whole = terms.cycle.next_boundary(start)
        end = whole if terms.ends_at is None else min(whole, terms.ends_at)
        yield CreditPeriod(start, end)
        start = end


def next_period(terms: GrantTerms, since: datetime | None = None) -> CreditPeriod | None:
    """The first period, or the first from ``since`` on; ``None`` if there is none any more."""
    return next(credit_periods(terms, since), None)


def begun_periods(
    terms: GrantTerms, now: datetime, since: datetime | None = None, *, limit: int
) -> list[CreditPeriod]:
    """The periods that have begun at ``now`` and were not given yet, in order, at most ``limit``.

    There are several if the start lies in the past, or if nobody gave credits for a while.
    """
    begun = takewhile(lambda period: period.start <= now, credit_periods(terms, since))
    return list(islice(begun, limit))


def expires_at(expiry: Expiry, start: datetime, billing: Cycle) -> datetime | None:
    """When the credits of the period that begins at ``start`` expire; ``None`` if they never do.

    ``billing`` is the cycle of the subscription's billing periods.  A duration is counted in its time zone:
    a month from 31 January, 10:00, ends on 28 February, 10:00.
    """
    if expiry.after is not None:
        return Cycle(expiry.after, start, billing.zone).boundary(1)
    if expiry.expiration is GrantExpiration.BILLING_CYCLE:
        return billing.period_at(start).end
    return None
