"""Flexprice's error form: ``code``, ``message`` and ``http_status_code``, whatever fails."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, Field

from counterfoil.core.errors import (
    AlreadyExists,
    Conflict,
    CounterfoilError,
    Forbidden,
    InvalidInput,
    NotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
    VersionMismatch,
    with_article,
)
from counterfoil.faces.kit.errors import ErrorForm, status_of
from counterfoil.faces.kit.errors import in_their_words as in_their_words

if TYPE_CHECKING:
    from fastapi import Request

CODES: Final[dict[type[CounterfoilError], tuple[str, int]]] = {
    InvalidInput: ("validation_error", HTTPStatus.BAD_REQUEST),
    Unauthenticated: ("permission_denied", HTTPStatus.UNAUTHORIZED),
    Forbidden: ("permission_denied", HTTPStatus.FORBIDDEN),
    NotFound: ("not_found", HTTPStatus.NOT_FOUND),
    AlreadyExists: ("already_exists", HTTPStatus.CONFLICT),
    VersionMismatch: ("version_conflict", HTTPStatus.CONFLICT),
    Conflict: ("invalid_operation", HTTPStatus.BAD_REQUEST),
    RateLimited: ("too_many_requests", HTTPStatus.TOO_MANY_REQUESTS),
    Unavailable: ("service_unavailable", HTTPStatus.SERVICE_UNAVAILABLE),
    CounterfoilError: ("internal_error", HTTPStatus.INTERNAL_SERVER_ERROR),
}
"""Their code and status of each error of ours; a subclass without a row has its parent's."""

ALLOWED: Final = {
    "in_arrears": "ARREAR",
    "none, or quantity_source usage": "none, or type USAGE",
    "none with one_time": "none with ONETIME",
    "none unless duration": "none unless DURATION",
    "day, week, month, quarter, half_year, year": "DAILY, WEEKLY, MONTHLY, QUARTERLY, HALF_YEARLY, ANNUAL",
    "day, week, month, year": "DAY, WEEK, MONTH, YEAR",
    "subscription, without a subscription_id": "SUBSCRIPTION, without a subscription_id",
    "no anchor_at with alignment calendar": "no billing_anchor with billing_cycle calendar",
    "its start or later": "its start_date or later",
}
"""What Flexprice calls what our modules say is allowed."""

_OUTSIDE: Final = (HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""What the web server says before anything of ours is asked keeps its own status."""


def _row(error: CounterfoilError) -> tuple[str, int]:
    return next(CODES[kind] for kind in type(error).__mro__ if kind in CODES)


class FlexpriceForm(ErrorForm):
    """The reason with the field and what is allowed, under one of Flexprice's codes."""

    def coded(self, error: Exception, request: Request | None = None) -> CounterfoilError:
        """Any exception as one of ours, in Flexprice's words; an unknown id of the address is named."""
        found = super().coded(error, request)
        found.allowed = ALLOWED.get(found.allowed or "", found.allowed)
        if type(found) is NotFound and found.message.startswith("no such "):
            named = list({} if request is None else request.path_params)
            found.field = found.field or (named[-1] if named else None)
            noun = found.message.removeprefix("no such ")
            found.allowed = found.allowed or f"the id of {with_article(noun)}"
        return found

    def status(self, error: CounterfoilError) -> int:
        """Flexprice's status: what the present state refuses is a 400 there."""
        outside = status_of(error)
        return outside if outside in _OUTSIDE else _row(error)[1]

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        """``{"code": "validation_error", "message": "credits: …", "http_status_code": 400, …}``."""
        code = "invalid_operation" if status == HTTPStatus.METHOD_NOT_ALLOWED else _row(error)[0]
        told = error.message
        if error.field is not None and not told.startswith(error.field):
            told = f"{error.field}: {told}"
        if error.allowed is not None:
            told = f"{told} (allowed: {error.allowed})"
        details = {"field": error.field, "allowed": error.allowed, "request_id": request_id}
        return {
            "code": code,
            "message": told,
            "http_status_code": int(status),
            "details": {name: value for name, value in details.items() if value is not None},
        }


FORM: Final = FlexpriceForm()


class ErrorBody(BaseModel):
    """A refusal; ``details`` name the field at fault and what is allowed."""

    code: str
    message: str
    http_status_code: int
    details: dict[str, str] = Field(default_factory=dict)


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": ErrorBody, "description": HTTPStatus(status).phrase}
    for status in (400, 401, 403, 404, 409, 429, 500)
}
