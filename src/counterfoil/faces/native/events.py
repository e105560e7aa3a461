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
    AcceptedTimes,
    EventAnswer,
    EventPlace,
    EventQuery,
    NewEvent,
    Outcome,
    get_event,
    ingest,
    list_events,
)

if TYPE_CHECKING:
    pass

router = APIRouter(prefix="/events", tags=["Events"], route_class=NativeRoute)
READ, WRITE = allow("events:read"), allow("events:write")


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
    shown = {"data": [to_wire(event) for event in page.items], "next_cursor": following}
    return Response(encode(shown), media_type="application/json")


@router.get("/{event_id:path}", response_model=EventOut, dependencies=[READ])
async def get(event_id: str, uow: Unit) -> Response:
    """One event, by the id that it was sent with."""
    return Response(encode(to_wire(await get_event(uow, event_id))), media_type="application/json")


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
