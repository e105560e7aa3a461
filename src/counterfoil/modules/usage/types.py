"""Commands and views of usage."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from counterfoil.core.money import Exact
from counterfoil.core.rating import PropertyValue, WindowGrid
from counterfoil.modules.catalog import Meter
from counterfoil.settings import Settings
from counterfoil.store import Uow

MAX_BATCH: Final = 1000
"""The most events of one call."""
MAX_ID: Final = 255
MAX_NAME: Final = 255
MAX_PROPERTIES: Final = 100
MAX_PROPERTY_NAME: Final = 100
MAX_REASON: Final = 500
"""The most characters of the reason for a void."""
MAX_TEXT: Final = 1024
"""The most characters of a property that is a text."""


class NewEvent(msgspec.Struct, frozen=True):
    """A usage fact as it comes from outside.

    ``customer`` and ``subscription`` are public or external ids.  ``at`` is when it happened, by default now.
    Made by the thousand, and a frozen dataclass takes twelve times as long to make.
    """

    id: str
    name: str
    customer: str
    subscription: str | None = None
    at: datetime | None = None
    properties: Mapping[str, PropertyValue] = msgspec.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AcceptedTimes:
    """How far before and after business time an event may have happened."""

    max_age: timedelta = timedelta(days=3650)
    max_ahead: timedelta = timedelta(hours=1)

    @classmethod
    def of(cls, settings: Settings) -> AcceptedTimes:
        """The range that the operator set."""
        return cls(
            timedelta(days=settings.event_max_age_days), timedelta(seconds=settings.event_max_ahead_seconds)
        )


@dataclass(frozen=True, slots=True)
class SubscriptionName:
    """The subscription behind a name in an event."""

    id: UUID
    customer_id: UUID


type SubscriptionResolver = Callable[[Uow, Collection[str]], Awaitable[Mapping[str, SubscriptionName]]]
"""Finds subscriptions by public or external id, leaving out unknown ones; that module lies above this one."""


class Outcome(StrEnum):
    """What became of an event that was sent."""

    ACCEPTED = "accepted"
    """It is stored."""
    DUPLICATE = "duplicate"
    """An event of this id and content was stored before; it counts once."""
    REFUSED = "refused"
    """It is not stored; ``reason`` says why."""


class Reason(StrEnum):
    """Why an event was refused."""

    INVALID = "invalid"
    """A field is missing, of the wrong kind or over its limit."""
    TIME_OUT_OF_RANGE = "time_out_of_range"
    """It happened too long ago, or too far ahead."""
    UNKNOWN_CUSTOMER = "unknown_customer"
    UNKNOWN_SUBSCRIPTION = "unknown_subscription"
    """There is no such subscription, or it is another customer's."""
    UNKNOWN_METER = "unknown_meter"
    """No meter counts events of this name."""
    ID_REUSED = "id_reused"
    """An event of this id but other content was stored before."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why, where, in words, and what would be accepted."""

    reason: Reason
    field: str
    message: str
    allowed: str


class EventAnswer(msgspec.Struct, frozen=True):
    """What became of one event; ``id`` is ``None`` where it had none that could be read."""

    id: str | None
    outcome: Outcome
    refusal: Refusal | None = None

    @property
    def reason(self) -> Reason | None:
        """Why it was refused."""
        return None if self.refusal is None else self.refusal.reason

    @property
    def field(self) -> str | None:
        """Where it was refused: ``properties.tokens``."""
        return None if self.refusal is None else self.refusal.field


@dataclass(frozen=True, slots=True)
class Event:
    """A stored usage fact; it never changes.  ``received_at`` is real time.

    ``voided_at`` (real time): no meter counts it since then, for ever; its id stays taken.
    """

    id: str
    name: str
    customer_id: UUID
    subscription_id: UUID | None
    at: datetime
    properties: Mapping[str, Any]
    received_at: datetime
    voided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventVoid:
    """That an event is void: why, who said so, and when (real time); never taken back.

    ``corrected_by`` is the id of the event that says what it should have said, if there is one.
    """

    event_id: str
    reason: str
    voided_by: str
    voided_at: datetime
    corrected_by: str | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What an event should have said: its customer, name and subscription stay.

    ``id`` is that of the new event, made where it is not given; ``properties`` are all of its properties;
    ``at`` is when it happened, as before where it is not given.
    """

    reason: str
    properties: Mapping[str, PropertyValue]
    id: str | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EventHistory:
    """An event with what became of it: its void, and the event that it takes the place of."""

    event: Event
    void: EventVoid | None
    corrects: str | None


@dataclass(frozen=True, slots=True)
class EventCount:
    """How many events there are: ``all`` that stand, ``own`` that may be a subscription's, ``void`` ones."""

    all: int
    own: int
    void: int


@dataclass(frozen=True, slots=True)
class EventPlace:
    """Where an event stands in a list: by time and id, or by id alone."""

    at: datetime | None
    id: str


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Which events to list.

    Of one customer (its public or external id): the newest first, perhaps of one name and of
    ``[start, end)``.  Of all: by id, and no other filter, so that a page never has to look through what it
    does not show.
    """

    limit: int
    after: EventPlace | None = None
    customer: str | None = None
    name: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class UsageWindow:
    """A stretch of time of one customer that is to be counted: half-open ``[start, end)``.

    ``key`` is the caller's own.  With a subscription, events that name another one are left out and events
    that name none take part; without, all events of the customer do.  ``filters`` narrow the meter's: for
    each property, the texts of which one must match.  ``grid``: the windows that it is to be told by.
    ``known_at`` (real time): only what was received by then counts, and what was voided later counts still.
    """

    key: int
    customer_id: UUID
    subscription_id: UUID | None
    start: datetime
    end: datetime
    filters: Mapping[str, Collection[str]] = field(default_factory=dict)
    grid: WindowGrid | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MeterReading:
    """What a meter counted in a window.

    Of no events, ``value`` is ``None`` for max, min, latest and average, and 0 for the others; an average or
    a weighted sum may have no finite decimal.  ``first_at`` and ``last_at`` are the times of the first and
    the last event that took part, those that are carried from before the window included.
    """

    value: Exact | None
    events: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class UsageQuery:
    """What somebody wants to know: a meter (id or code), a customer (id or external id), ``[start, end)``.

    ``group_by`` splits it by properties that the meter lists as ones to group by.
    """

    meter: str
    customer: str
    start: datetime
    end: datetime
    group_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupReading:
    """The part of a reading that falls to one group: a value (``None`` if absent) for each property."""

    group: tuple[str | None, ...]
    reading: MeterReading


@dataclass(frozen=True, slots=True)
class WindowReading:
    """The part of a reading that falls into the window of its grid that begins at ``start``.

    Of a level, the events are those that changed it since the window that was told before.
    """

    start: datetime
    reading: MeterReading


@dataclass(frozen=True, slots=True)
class AmountsReading:
    """What each event of a window contributed, in the order of time and id; ``None``: there are too many."""

    events: int
    amounts: Sequence[Exact] | None


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The answer to a ``UsageQuery``; the groups that have events, in order of their values."""

    meter: Meter
    window: UsageWindow
    total: MeterReading
    groups: list[GroupReading]
