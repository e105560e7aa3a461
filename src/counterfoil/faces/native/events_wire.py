"""Events on the wire: read from the raw body with msgspec, since this is the hottest path of the API.

Always holds: a number is the decimal that was written, never a float; what is wrong with one event of a batch
is that event's answer, and only a body that is no JSON, or no batch, is refused as a whole.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import msgspec

from counterfoil.core.calendar import format_instant, parse_instant
from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.ids import show_id
from counterfoil.faces.kit.wire import shown_actor
from counterfoil.modules.usage import (
    MAX_BATCH,
    EventAnswer,
    EventHistory,
    NewEvent,
    Outcome,
    Reason,
    Refusal,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIELDS: Final = "id, name, customer (texts), and perhaps subscription, at (texts), properties (an object)"
_BATCH: Final = f"1 to {MAX_BATCH} events"
_JSON: Final = "an event, a list of events, or an object with a list named events, as JSON in UTF-8"
_BEYOND: Final = Decimal("1E+1000")
"""Stands for a number whose exponent no decimal can hold; it is refused like any with too many digits."""

type Unread = tuple[str | None, Refusal]
"""An event that could not be read: its id if that could, and why."""


class EventIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An event as it is sent."""

    id: str
    name: str
    customer: str
    subscription: str | None = None
    at: str | None = None
    properties: dict[str, Any] = {}  # msgspec makes a new one for each event

    def from_wire(self) -> NewEvent:
        """The command; ``InvalidInput`` where the time is none."""
        at = None if self.at is None else parse_instant(self.at, field="at")
        return NewEvent(self.id, self.name, self.customer, self.subscription, at, self.properties)


class _Id(msgspec.Struct):
    id: Any = None


class AnswerOut(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of an event."""

    id: str | None
    outcome: str
    reason: str | None = None
    field: str | None = None
    message: str | None = None
    allowed: str | None = None


class BatchOut(msgspec.Struct, frozen=True):
    """What became of a batch: ``received`` = ``stored`` + ``duplicate`` + ``refused``."""

    received: int
    stored: int
    duplicate: int
    refused: int
    events: list[AnswerOut]


def _number(written: str) -> Decimal:
    try:
        return Decimal(written)
    except InvalidOperation:
        return _BEYOND


_one: Final = msgspec.json.Decoder(EventIn, float_hook=_number).decode
_many: Final = msgspec.json.Decoder(list[EventIn], float_hook=_number).decode
_outline: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_list: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_id: Final = msgspec.json.Decoder(_Id).decode
encode: Final = msgspec.json.Encoder(decimal_format="number").encode

_LIST_BEGINS: Final = re.compile(rb"[ \t\r\n]*\[")
_PLACE: Final = re.compile(r" - at `\$\.?(.*?)`$")
_NAMED_FIELD: Final = re.compile(r"(?:required|unknown) field `(.*)`")
_FAULTS: Final = (msgspec.MsgspecError, UnicodeDecodeError)


def read_events(body: bytes) -> tuple[list[NewEvent | Unread], bool]:
    """The events of a body, each read or not, and whether the body is a single event.

    Raises ``InvalidInput`` or ``TooLarge`` for what is no batch at all.
    """
    try:
        if _LIST_BEGINS.match(body):
            return _read_batch(body), False
        outline = _outline(body)
        if "events" not in outline:
            return [_read_one(body)], True
        if len(outline) > 1:
            unknown = next(name for name in outline if name != "events")
            raise InvalidInput(f"{unknown} is no field of a batch", field=unknown, allowed="events alone")
        return _read_batch(outline["events"]), False
    except RecursionError:
        raise TooLarge("the body is nested too deeply", field="body", allowed=_JSON) from None
    except _FAULTS as error:
        raise InvalidInput(f"the body cannot be read: {error}", field="body", allowed=_JSON) from None


def _read_batch(body: bytes | msgspec.Raw) -> list[NewEvent | Unread]:
    try:
        events = _many(body)
        _check_size(len(events))
        return [event.from_wire() for event in events]
    except (InvalidInput, *_FAULTS) as error:
        if isinstance(error, TooLarge):
            raise
    # Something is wrong with some of them: each by itself, which takes longer.
    try:
        raws = _list(body)
    except msgspec.ValidationError:
        raise InvalidInput("events is not a list", field="events", allowed=_BATCH) from None
    _check_size(len(raws))
    return [_read_one(raw) for raw in raws]


def _check_size(count: int) -> None:
    if count > MAX_BATCH:
        raise TooLarge(f"there are {count} events", field="events", allowed=_BATCH)
    if count == 0:
        raise InvalidInput("there are no events", field="events", allowed=_BATCH)


def _read_one(body: bytes | msgspec.Raw) -> NewEvent | Unread:
    try:
        return _one(body).from_wire()
    except InvalidInput as error:
        refusal = Refusal(Reason.INVALID, error.field or "at", error.message, error.allowed or _FIELDS)
    except _FAULTS as error:
        refusal = Refusal(
            Reason.INVALID, _field_of(str(error)), f"the event cannot be read: {error}", _FIELDS
        )
    try:
        found = _id(body).id
    except _FAULTS:
        found = None
    return found if isinstance(found, str) else None, refusal


def _field_of(message: str) -> str:
    """The field in a message of msgspec: ``Expected `str`, got `int` - at `$.id` `` → ``id``."""
    place = _PLACE.search(message)
    path = place[1].replace("[...]", "") if place else ""
    named = _NAMED_FIELD.search(message)
    return ".".join(part for part in (path, named[1] if named else "") if part) or "event"


class EventRefused(InvalidInput):
    """The refusal of a single event, as the error of its call; the code is the reason (``id_reused``)."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, field=refusal.field, allowed=refusal.allowed)
        self.code = refusal.reason.value


def answers_to_wire(answers: Sequence[EventAnswer]) -> BatchOut:
    """What became of a batch, on the wire."""
    shown: list[AnswerOut] = []
    duplicate = refused = 0
    for answer in answers:
        refusal = answer.refusal
        if refusal is not None:
            refused += 1
            shown.append(
                AnswerOut(
                    answer.id,
                    answer.outcome.value,
                    refusal.reason.value,
                    refusal.field,
                    refusal.message,
                    refusal.allowed,
                )
            )
        else:
            duplicate += answer.outcome is Outcome.DUPLICATE
            shown.append(AnswerOut(answer.id, answer.outcome.value))
    stored = len(shown) - duplicate - refused
    return BatchOut(len(shown), stored, duplicate, refused, shown)


def to_wire(history: EventHistory) -> dict[str, Any]:
    """A stored event on the wire; its numbers are JSON numbers with the digits that were sent."""
    event, void = history.event, history.void
    subscription = event.subscription_id
    return {
        "id": event.id,
        "name": event.name,
        "customer_id": show_id("customer", event.customer_id),
        "subscription_id": None if subscription is None else show_id("subscription", subscription),
        "at": format_instant(event.at),
        "properties": dict(event.properties),
        "received_at": format_instant(event.received_at),
        "corrects": history.corrects,
        "voided": None
        if void is None
        else {
            "reason": void.reason,
            "by": shown_actor(void.voided_by),
            "at": format_instant(void.voided_at),
            "corrected_by": void.corrected_by,
        },
    }
