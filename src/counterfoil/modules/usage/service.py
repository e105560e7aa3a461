"""Use cases of usage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, NotFound, TooLarge
from counterfoil.core.ids import parse_id
from counterfoil.core.pricing.measured import MAX_PIECES
from counterfoil.modules.catalog import get_meter, meters_by_codes, meters_for_event_names
from counterfoil.modules.customers import resolve_customers
from counterfoil.modules.usage.checks import Checks, Demands, Refused, lookup_text
from counterfoil.modules.usage.late import note_late
from counterfoil.modules.usage.repository import events as repository
from counterfoil.modules.usage.repository import readings
from counterfoil.modules.usage.repository.events import BoundEvent
from counterfoil.modules.usage.types import (
    MAX_BATCH,
    MAX_ID,
    MAX_NAME,
    AcceptedTimes,
    AmountsReading,
    EventAnswer,
    Outcome,
    Reason,
    Refusal,
    SubscriptionName,
    SubscriptionResolver,
    UsageReport,
    UsageWindow,
    WindowReading,
)
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Meter
    from counterfoil.modules.usage.types import (
        Event,
        EventCount,
        EventQuery,
        GroupReading,
        MeterReading,
        NewEvent,
        UsageQuery,
    )
    from counterfoil.store import Page, Uow

_ACCEPTED_TIMES: Final = AcceptedTimes()
MAX_GROUPS: Final = 1000
"""The most groups of one reading."""
MAX_AMOUNTS: Final = 1_000_000
"""The most events of one window whose amounts are told one by one."""


async def ingest(
    uow: Uow,
    events: Sequence[NewEvent],
    *,
    times: AcceptedTimes = _ACCEPTED_TIMES,
    subscriptions: SubscriptionResolver | None = None,
) -> list[EventAnswer]:
    """Store a batch of events; one answer each, in order.

    An event that is refused stops no other.  The same id with the same content is a duplicate, within the
    batch too; a time that is not sent is not compared, so that a retry without one is a duplicate.  Events
    are facts of their own and are not announced as changes.  A fixed number of statements whatever the
    size.  Raises ``TooLarge`` for over ``MAX_BATCH`` events.
    """
    if len(events) > MAX_BATCH:
        raise TooLarge("too many events", field="events", allowed=f"at most {MAX_BATCH} events a call")
    answers: dict[int, EventAnswer] = {}
    checks = Checks(times, uow.now)
    passed: list[tuple[int, bytes]] = []
    for place, event in enumerate(events):
        try:
            passed.append((place, checks.stored_properties(event)))
        except Refused as refused:
            answers[place] = _refused(event, refused)
    names = await _Names.found(uow, [events[place] for place, _ in passed], subscriptions)
    bound: list[tuple[int, BoundEvent]] = []
    for place, properties in passed:
        try:
            bound.append((place, names.bind(events[place], properties)))
        except Refused as refused:
            answers[place] = _refused(events[place], refused)
    outcomes = await _store(uow, bound)
    return [answers.get(place) or outcomes[place] for place in range(len(events))]


class _Names:
    """What the names in a batch of events mean in this environment."""

    def __init__(
        self,
        customers: Mapping[str, UUID],
        subscriptions: Mapping[str, SubscriptionName],
        meters: Mapping[str, Sequence[Meter]],
    ) -> None:
        self._customers = {name: str(id_) for name, id_ in customers.items()}
        self._subscriptions = {
            name: (str(found.id), str(found.customer_id)) for name, found in subscriptions.items()
        }
        self._demands = {name: Demands(found) for name, found in meters.items() if found}

    @classmethod
    async def found(
        cls, uow: Uow, events: Sequence[NewEvent], resolve: SubscriptionResolver | None
    ) -> _Names:
        """Look up every name once."""
        customers = {event.customer for event in events}
        subscriptions = {event.subscription for event in events if event.subscription is not None}
        known = await resolve(uow, _askable(subscriptions)) if resolve and subscriptions else {}
        return cls(
            await resolve_customers(uow, _askable(customers)) if customers else {},
            known,
            await meters_for_event_names(uow, {event.name for event in events}),
        )

    def bind(self, event: NewEvent, properties: bytes) -> BoundEvent:
        """The event with ids for names; ``Refused`` where a name means nothing or a meter cannot count it."""
        customer = self._customers.get(event.customer)
        if customer is None:
            raise Refused(
                Reason.UNKNOWN_CUSTOMER,
                "customer",
                "there is no such customer",
                "a customer's id or external id",
            )
        demands = self._demands.get(event.name)
        if demands is None:
            raise Refused(
                Reason.UNKNOWN_METER,
                "name",
                "no meter counts events of this name",
                "the event_name of a meter",
            )
        demands.check(event)
        subscription = ""
        if event.subscription is not None:
            subscription, owner = self._subscriptions.get(event.subscription, ("", ""))
            if owner != customer:
                raise Refused(
                    Reason.UNKNOWN_SUBSCRIPTION,
                    "subscription",
                    "this customer has no such subscription",
                    "the id or external id of a subscription of this customer",
                )
        return BoundEvent(event.id, event.name, customer, subscription, event.at, properties)


def _askable(names: Collection[str]) -> list[str]:
    return [name for name in names if lookup_text(name)]


def _refused(event: NewEvent, refused: Refused) -> EventAnswer:
    return EventAnswer(event.id, Outcome.REFUSED, refused.refusal)


async def _store(uow: Uow, bound: Sequence[tuple[int, BoundEvent]]) -> dict[int, EventAnswer]:
    """Write what is new, compare what is not with what is stored."""
    if not bound:
        return {}
    first: dict[str, BoundEvent] = {}
    for _, event in bound:
        if event.id not in first:
            first[event.id] = event._replace(at=uow.now) if event.at is None else event
    new = await repository.insert_new(uow, list(first.values()))
    if new:
        await note_late(uow, [event for event in first.values() if event.id in new])
    outcomes: dict[int, EventAnswer] = {}
    again: list[tuple[int, BoundEvent]] = []
    for place, event in bound:
        if event.id in new:
            new.remove(event.id)
            outcomes[place] = EventAnswer(event.id, Outcome.ACCEPTED)
        else:
            again.append((place, event))
    if again:
        different = await repository.different(uow, [event for _, event in again])
        for number, (place, event) in enumerate(again):
            refusal = _REUSED if number in different else None
            outcome = Outcome.DUPLICATE if refusal is None else Outcome.REFUSED
            outcomes[place] = EventAnswer(event.id, outcome, refusal)
    return outcomes


_REUSED: Final = Refusal(
    Reason.ID_REUSED,
    "id",
    "an event of this id but other content is stored",
    "a new id, or the same content as before",
)


async def get_event(uow: Uow, event_id: str) -> Event:
    """The event; ``NotFound``, or ``InvalidInput`` for what no event's id can be."""
    check_text(event_id, "id", longest=MAX_ID)
    return await repository.get(uow, event_id)


async def list_events(uow: Uow, query: EventQuery) -> Page[Event]:
    """Events of one customer, newest first; or of all customers, by id, without other filters.

    Raises ``NotFound`` for an unknown customer, ``InvalidInput`` for a filter that needs the customer and
    for a span of no length.
    """
    if query.customer is None:
        for field, value in (("name", query.name), ("from", query.start), ("to", query.end)):
            if value is not None:
                raise InvalidInput(
                    f"{field} needs a customer", field="customer", allowed=f"a customer, or no {field}"
                )
        return await repository.page(uow, query, None)
    check_text(query.name, "name", longest=MAX_NAME)
    _check_span(query.start, query.end)
    return await repository.page(uow, query, await _customer_named(uow, query.customer))


async def read_meter(uow: Uow, meter: Meter, windows: Sequence[UsageWindow]) -> dict[int, MeterReading]:
    """What the meter counted in each window, by the windows' keys, in one statement.

    Exactly what ``core.rating.aggregate`` says of the same events.
    """
    return await readings.read(uow, meter, windows)


async def read_meter_groups(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow], group_by: Sequence[str]
) -> dict[int, list[GroupReading]]:
    """What the meter counted in each window by the values of properties, in one statement.

    Of a window with too many groups for a price, one more than ``MAX_PIECES``.
    """
    return await readings.read_groups(uow, meter, windows, group_by, most=MAX_PIECES + 1)


async def read_meter_windows(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow]
) -> dict[int, list[WindowReading]]:
    """What the meter counted in each window by the windows of its grid (alike in all), in one statement.

    Those in which something was counted; of too many for a price, one more than ``MAX_PIECES``.
    """
    return await readings.read_windows(uow, meter, windows, most=MAX_PIECES + 1)


async def read_meter_amounts(
    uow: Uow, meter: Meter, windows: Sequence[UsageWindow]
) -> dict[int, AmountsReading]:
    """What each event contributed to the meter, which sums what comes in a period, in two statements.

    How many there are is asked first, so that no more than ``MAX_AMOUNTS`` of a window are ever fetched.
    """
    counted = {key: reading.events for key, reading in (await read_meter(uow, meter, windows)).items()}
    few = [window for window in windows if 0 < counted[window.key] <= MAX_AMOUNTS]
    amounts = await readings.read_amounts(uow, meter, few) if few else {}
    return {
        key: AmountsReading(events, amounts.get(key) if events else ()) for key, events in counted.items()
    }


async def read_groups(
    uow: Uow, meter: Meter, window: UsageWindow, group_by: Sequence[str]
) -> list[GroupReading]:
    """What the meter counted in one window, split by properties: the groups with events, by their values.

    Raises ``InvalidInput`` for a property that the meter does not list as one to group by, ``TooLarge`` for
    over ``MAX_GROUPS`` groups.
    """
    for name in group_by:
        if name not in meter.group_by:
            raise InvalidInput(
                f"this meter is not grouped by {name}",
                field="group_by",
                allowed=", ".join(meter.group_by) or "nothing: the meter names no properties to group by",
            )
    read = await readings.read_groups(uow, meter, [window], group_by, most=MAX_GROUPS + 1)
    found = read[window.key]
    if len(found) > MAX_GROUPS:
        raise TooLarge(
            "there are too many groups",
            field="group_by",
            allowed=f"a shorter time of at most {MAX_GROUPS} groups",
        )
    return found


async def read_usage(uow: Uow, query: UsageQuery) -> UsageReport:
    """What a meter counted for a customer, of all its subscriptions, in total and by group.

    Raises ``NotFound`` for an unknown meter or customer, ``InvalidInput`` for a span of no length, and what
    ``read_groups`` raises.
    """
    meter = await meter_named(uow, query.meter)
    _check_span(query.start, query.end)
    window = UsageWindow(0, await _customer_named(uow, query.customer), None, query.start, query.end)
    groups = await read_groups(uow, meter, window, query.group_by) if query.group_by else []
    total = (await read_meter(uow, meter, [window]))[0]
    return UsageReport(meter, window, total, groups)


async def _customer_named(uow: Uow, name: str) -> UUID:
    check_text(name, "customer", longest=255)
    found = (await resolve_customers(uow, [name])).get(name)
    if found is None:
        raise NotFound("no such customer", field="customer", allowed="a customer's id or external id")
    return found


async def count_events(uow: Uow, name: str, window: UsageWindow) -> EventCount:
    """How many events of a name a customer has in a window, of whichever subscription; no meter is asked."""
    return await repository.count(uow, name, window)


async def meter_named(uow: Uow, name: str) -> Meter:
    """The meter of an id or a code, or ``NotFound``."""
    check_text(name, "meter", longest=100)
    found = (await meters_by_codes(uow, [name])).get(name)
    if found is not None:
        return found
    try:
        return await get_meter(uow, parse_id("meter", name))
    except (InvalidInput, NotFound):
        raise NotFound("no such meter", field="meter", allowed="a meter's id or code") from None


def _check_span(start: datetime | None, end: datetime | None) -> None:
    if start is not None and end is not None and not start < end:
        raise InvalidInput("to is not after from", field="to", allowed="a time after from")
