"""``/v1/events``: usage comes in here.  Its wire types are in ``events_wire``, its reference beside them."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput
from counterfoil.faces.kit.context import Unit, allow, context_of
from counterfoil.faces.kit.wire import (
    DEFAULT_PAGE,
    MAX_PAGE,
    CustomerId,
    InstantText,
    ListOf,
    SubscriptionId,
    Wire,
)
from counterfoil.faces.native.events_schema import EVENT, REQUEST, RESPONSES
from counterfoil.faces.native.events_wire import (
    EventRefused,
    answers_to_wire,
    encode,
    read_events,
    to_wire,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.subscriptions import resolve_subscriptions
from counterfoil.modules.usage import (
    MAX_REASON,
    AcceptedTimes,
    Correction,
    EventAnswer,
    EventHistory,
    EventPlace,
    EventQuery,
    NewEvent,
    Outcome,
    correct_event,
    get_event,
    histories,
    ingest,
    list_events,
    void_event,
)

if TYPE_CHECKING:
    pass

router = APIRouter(prefix="/events", tags=["Events"], route_class=NativeRoute)
READ, WRITE = allow("events:read"), allow("events:write")


class VoidOut(Wire):
    """Why an event is void, who said so and when (real time), and the event that says what it should have."""

    reason: str
    by: str
    at: InstantText
    corrected_by: str | None


class EventOut(Wire):
    """A stored event."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **{name: value for name, value in EVENT.items() if name != "customer"},
                    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
                    "subscription_id": None,
                    "received_at": "2026-01-15T09:30:01.250000Z",
                    "corrects": None,
                    "voided": None,
                }
            ]
        }
    )

    id: str
    name: str
    customer_id: CustomerId
    subscription_id: SubscriptionId | None
    at: InstantText
    properties: dict[str, Any] = Field(description="As sent; numbers in their shortest form")
    received_at: InstantText = Field(description="Real time")
    corrects: str | None = Field(description="The id of the event that it takes the place of")
    voided: VoidOut | None = Field(description="That no meter counts it any more, and why")


class VoidIn(Wire):
    """Why an event shall not count."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "sent by a test client"}]})

    reason: str = Field(description=f"1 to {MAX_REASON} characters; kept with the event for ever")


class CorrectionIn(Wire):
    """What an event should have said; its customer, name and subscription stay."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"reason": "counted twice by the proxy", "properties": EVENT["properties"]}]
        }
    )

    reason: str = Field(description=f"1 to {MAX_REASON} characters; kept with the event for ever")
    properties: dict[str, Any] = Field(description="All properties of the new event")
    id: str | None = Field(default=None, description="The new event's id; made where it is not given")
    at: InstantText | None = Field(default=None, description="When it happened; as before by default")

    def from_wire(self) -> Correction:
        """The command."""
        return Correction(self.reason, self.properties, self.id, self.at)


@router.post(
    "", status_code=202, dependencies=[WRITE], openapi_extra=REQUEST, responses=RESPONSES, response_model=None
)
async def send(request: Request, uow: Unit) -> Response:
    """Send one event, or up to 1,000 at once.

    The answer comes once the events are on disk, and says of each, in order, whether it was accepted, is a
    duplicate (its id and content were stored before) or was refused and why; an event that is refused stops
    no other.  A batch is answered with 202 even where every event is refused; a single event that is refused
    is an error, whose `code` is the reason that a batch would give (`unknown_customer`, `id_reused`, …).
    """
    events, single = read_events(await request.body())
    readable = [event for event in events if isinstance(event, NewEvent)]
    times = AcceptedTimes.of(context_of(request).settings)
    made = iter(await ingest(uow, readable, times=times, subscriptions=resolve_subscriptions))
    answers = [
        next(made) if isinstance(event, NewEvent) else EventAnswer(event[0], Outcome.REFUSED, event[1])
        for event in events
    ]
    if single and answers[0].refusal is not None:
        raise EventRefused(answers[0].refusal)
    return Response(encode(answers_to_wire(answers)), 202, media_type="application/json")


@router.get("", response_model=ListOf[EventOut], dependencies=[READ])
async def list_(
    uow: Unit,
    customer: Annotated[str | None, Query(description="A customer's id or external id")] = None,
    name: Annotated[str | None, Query(description="Only events of this name; needs `customer`")] = None,
    start: Annotated[
        InstantText | None, Query(alias="from", description="From here on; needs `customer`")
    ] = None,
    end: Annotated[InstantText | None, Query(alias="to", description="Before this; needs `customer`")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="Events a page")] = DEFAULT_PAGE,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
) -> Response:
    """Events: of one customer the newest first, of all customers in the order of their ids.

    With `customer`, by `at`, the latest first.  Without, by `id`, ascending; ids are the sender's, so this
    order need not be that of the events' times.
    """
    timed = customer is not None
    after = None if cursor is None else _place(cursor, timed=timed)
    page = await list_events(uow, EventQuery(limit, after, customer, name, start, end))
    following = None
    if page.has_more:
        last = page.items[-1]
        following = _cursor(EventPlace(last.at if timed else None, last.id))
    found = await histories(uow, page.items)
    shown = {"data": [to_wire(event) for event in found], "next_cursor": following}
    return Response(encode(shown), media_type="application/json")


@router.get("/{event_id:path}", response_model=EventOut, dependencies=[READ])
async def get(event_id: str, uow: Unit) -> Response:
    """One event, by the id that it was sent with."""
    [found] = await histories(uow, [await get_event(uow, event_id)])
    return _answer(found)


@router.post("/{event_id:path}/void", response_model=EventOut, dependencies=[WRITE])
async def void(event_id: str, body: VoidIn, uow: Unit) -> Response:
    """Let no meter count an event any more, for ever.

    The event and its id stay; who, when and why are kept.  Where its period is on a final invoice, the next
    invoice of the subscription has an adjustment, as long as the issuer's `late_usage_days` last.
    """
    return _answer(await void_event(uow, event_id, body.reason))


@router.post("/{event_id:path}/correct", response_model=EventOut, status_code=201, dependencies=[WRITE])
async def correct(event_id: str, body: CorrectionIn, request: Request, uow: Unit) -> Response:
    """Void an event and store another in its place, which is the answer: both or neither."""
    times = AcceptedTimes.of(context_of(request).settings)
    made = await correct_event(
        uow, event_id, body.from_wire(), subscriptions=resolve_subscriptions, times=times
    )
    return _answer(made, 201)


def _answer(found: EventHistory, status: int = 200) -> Response:
    return Response(encode(to_wire(found)), status, media_type="application/json")


def _cursor(place: EventPlace) -> str:
    parts = [place.id] if place.at is None else [place.id, format_instant(place.at)]
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _place(cursor: str, *, timed: bool) -> EventPlace:
    try:
        parts = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        id_, at = parts if timed else (*parts, None)
        if not (isinstance(id_, str) and id_.isprintable()):
            raise TypeError
        return EventPlace(None if at is None else parse_instant(at, field="cursor"), id_)
    except (binascii.Error, ValueError, TypeError, AttributeError, RecursionError, CounterfoilError):
        raise InvalidInput(
            "this is no cursor of this list", field="cursor", allowed="next_cursor of a page of this list"
        ) from None
