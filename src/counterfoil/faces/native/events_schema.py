"""The reference of ``POST /v1/events``: written by hand, since msgspec and not pydantic reads the body."""

from __future__ import annotations

from typing import Any, Final

from counterfoil.modules.usage import (
    MAX_BATCH,
    MAX_ID,
    MAX_NAME,
    MAX_PROPERTIES,
    MAX_TEXT,
    Outcome,
    Reason,
)

EVENT: Final[dict[str, Any]] = {
    "id": "req-8f14e45f",
    "name": "llm.request",
    "customer": "crm-4711",
    "at": "2026-01-15T09:30:00.125Z",
    "properties": {"model": "sonata-large", "input_tokens": 1830, "output_tokens": 412, "seconds": 1.25},
}
_ANSWERS: Final[dict[str, Any]] = {
    "received": 3,
    "stored": 1,
    "duplicate": 1,
    "refused": 1,
    "events": [
        {"id": "req-8f14e45f", "outcome": "accepted"},
        {"id": "req-c9f0f895", "outcome": "duplicate"},
        {
            "id": "req-45c48cce",
            "outcome": "refused",
            "reason": "unknown_customer",
            "field": "customer",
            "message": "there is no such customer",
            "allowed": "a customer's id or external id",
        },
    ],
}
_SCALAR: Final = {"type": ["string", "number", "boolean", "null"], "maxLength": MAX_TEXT}
_EVENT_SCHEMA: Final[dict[str, Any]] = {
    "title": "EventIn",
    "type": "object",
    "required": ["id", "name", "customer"],
    "additionalProperties": False,
    "properties": {
        "id": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_ID,
            "description": "Its identity in this environment, for ever: sent twice, it counts once",
        },
        "name": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_NAME,
            "description": "The `event_name` of one meter or more",
        },
        "customer": {"type": "string", "description": "A customer's id or external id"},
        "subscription": {
            "type": ["string", "null"],
            "description": "A subscription's id or external id; without one the event counts for each of the"
            " customer's subscriptions",
        },
        "at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "When it happened, RFC 3339 with its zone; by default now",
        },
        "properties": {
            "type": "object",
            "maxProperties": MAX_PROPERTIES,
            "additionalProperties": _SCALAR,
            "description": "Single values; numbers have at most 38 digits and keep each of them",
        },
    },
    "examples": [EVENT],
}
_LIST_SCHEMA: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_BATCH,
    "items": _EVENT_SCHEMA,
}
_ANSWER_SCHEMA: Final[dict[str, Any]] = {
    "title": "EventAnswer",
    "type": "object",
    "required": ["id", "outcome"],
    "properties": {
        "id": {"type": ["string", "null"], "description": "Null where it could not be read"},
        "outcome": {"enum": [outcome.value for outcome in Outcome]},
        "reason": {"enum": [reason.value for reason in Reason], "description": "Why it was refused"},
        "field": {"type": "string"},
        "message": {"type": "string"},
        "allowed": {"type": "string"},
    },
}
BATCH_SCHEMA: Final[dict[str, Any]] = {
    "title": "EventAnswers",
    "type": "object",
    "required": ["received", "stored", "duplicate", "refused", "events"],
    "properties": {
        "received": {"type": "integer", "description": "stored + duplicate + refused"},
        "stored": {"type": "integer"},
        "duplicate": {"type": "integer"},
        "refused": {"type": "integer"},
        "events": {"type": "array", "items": _ANSWER_SCHEMA, "description": "In the order of the events"},
    },
}

REQUEST: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        _EVENT_SCHEMA,
                        {
                            "title": "EventBatch",
                            "type": "object",
                            "required": ["events"],
                            "additionalProperties": False,
                            "properties": {"events": _LIST_SCHEMA},
                        },
                        _LIST_SCHEMA,
                    ]
                },
                "examples": {
                    "one": {"summary": "One event", "value": EVENT},
                    "batch": {"summary": "A batch", "value": {"events": [EVENT]}},
                    "list": {"summary": "A batch as a bare list", "value": [EVENT]},
                },
            }
        },
    }
}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    202: {
        "description": "On disk; what became of each event, in order",
        "content": {"application/json": {"schema": BATCH_SCHEMA, "example": _ANSWERS}},
    }
}
