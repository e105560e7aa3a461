"""Reevit's error form: ``error``, ``code``, ``message`` and ``details``, all four whatever fails."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel, Field

from counterfoil.core.errors import (
    Conflict,
    CounterfoilError,
    Forbidden,
    IdempotencyReused,
    InvalidInput,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from counterfoil.faces.kit.errors import ErrorForm, status_of

CODES: Final[dict[type[CounterfoilError], tuple[str, int]]] = {
    InvalidInput: ("validation_error", HTTPStatus.BAD_REQUEST),
    Unauthenticated: ("invalid_api_key", HTTPStatus.UNAUTHORIZED),
    Forbidden: ("forbidden", HTTPStatus.FORBIDDEN),
    NotFound: ("not_found", HTTPStatus.NOT_FOUND),
    IdempotencyReused: ("idempotency_key_reused", HTTPStatus.CONFLICT),
    Conflict: ("invalid_request", HTTPStatus.BAD_REQUEST),
    RateLimited: ("rate_limited", HTTPStatus.TOO_MANY_REQUESTS),
    Unavailable: ("server_error", HTTPStatus.SERVICE_UNAVAILABLE),
    CounterfoilError: ("server_error", HTTPStatus.INTERNAL_SERVER_ERROR),
}
"""Their code and status of each error of ours; a subclass without a row has its parent's."""

_BY_FIELD: Final = {"amount": "invalid_amount", "currency": "invalid_currency"}
_OUTSIDE: Final = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""What the web server says before anything of ours is asked keeps its own status."""


def _row(error: CounterfoilError) -> tuple[str, int]:
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


class ReevitForm(ErrorForm):
    """The reason with the field and what is allowed, under one of Reevit's codes."""

    challenge = None

    def status(self, error: CounterfoilError) -> int:
        """Reevit's status: what the present state refuses is a 400 there."""
        outside = status_of(error)
        return outside if outside in _OUTSIDE else _row(error)[1]

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        """``{"error": "Bad Request", "code": "validation_error", "message": "limit …", "details": {…}}``."""
        code, _ = _row(error)
        if code == "validation_error":
            code = _BY_FIELD.get(error.field or "", code)
        told = error.message
        if error.field is not None and error.field not in told:
            told = f"{error.field}: {told}"
        if error.allowed is not None:
            told = f"{told} (allowed: {error.allowed})"
        details = {"field": error.field, "allowed": error.allowed}
        return {
            "error": HTTPStatus(status).phrase,
            "code": code,
            "message": told,
            "details": {name: value for name, value in details.items() if value is not None},
        }


FORM: Final = ReevitForm()


class ErrorBody(BaseModel):
    """A refusal; ``details`` name the field at fault and what is allowed."""

    error: str
    code: str
    message: str
    details: dict[str, str] = Field(default_factory=dict)


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 409, 413, 429, 500)
}
