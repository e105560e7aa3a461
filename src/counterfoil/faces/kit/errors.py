"""From an error to an answer: one table of statuses, and a form for each face.

A face's form subclasses ``ErrorForm`` and says only what its body looks like; which status an error of the
core gets is the same for every face unless the form overrides it.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Final

from fastapi import Response
from fastapi.exceptions import RequestValidationError

from counterfoil.core.errors import (
    Conflict,
    CounterfoilError,
    Forbidden,
    InvalidInput,
    NotFound,
    RateLimited,
    TooLarge,
    Unauthenticated,
    Unavailable,
    VersionMismatch,
)
from counterfoil.faces.kit.validation import from_validation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fastapi import Request
    from starlette.exceptions import HTTPException

STATUSES: Final[dict[type[CounterfoilError], int]] = {
    TooLarge: HTTPStatus.BAD_REQUEST,
    InvalidInput: HTTPStatus.BAD_REQUEST,
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    VersionMismatch: HTTPStatus.PRECONDITION_FAILED,
    Conflict: HTTPStatus.CONFLICT,
    RateLimited: HTTPStatus.TOO_MANY_REQUESTS,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of each error; a subclass without a row has its parent's."""


_LONGEST: Final = 500


def status_of(error: CounterfoilError) -> int:
    """The HTTP status of an error: that of the nearest class in the table."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


class ErrorForm:
    """How one face says no."""

    challenge: ClassVar[str | None] = "Bearer"
    """The ``WWW-Authenticate`` of a 401; ``None`` where the vendor's keys stand in a header of their own."""

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        """The JSON of an error; a face overrides this."""
        return {
            "error": {
                "code": error.code,
                "message": error.message,
                "field": error.field,
                "allowed": error.allowed,
                "request_id": request_id,
            }
        }

    def status(self, error: CounterfoilError) -> int:
        """The status of an error in this face."""
        return status_of(error)

    def answer(
        self, request: Request, error: CounterfoilError | RequestValidationError | HTTPException | Exception
    ) -> Response:
        """The answer to a request that failed."""
        coded = self.coded(error, request)
        coded.message = _short(coded.message)
        coded.field = None if coded.field is None else _short(coded.field)
        status = self.status(coded)
        headers = dict(getattr(error, "headers", None) or {})  # Allow, of a method that is not taken
        if isinstance(coded, RateLimited):
            headers["Retry-After"] = str(coded.retry_after)
        if status == HTTPStatus.UNAUTHORIZED and self.challenge is not None:
            headers["WWW-Authenticate"] = self.challenge
        # In ASCII: a message may quote a lone surrogate, which JSON can escape and UTF-8 cannot hold.
        text = json.dumps(self.body(coded, status, request_id_of(request)), separators=(",", ":"))
        return Response(text, status, headers, "application/json")

    def coded(self, error: Exception, request: Request | None = None) -> CounterfoilError:
        """Any exception as one of ours; what is not expected says nothing of its inside."""
        if isinstance(error, VersionMismatch) and not (request is not None and "if-match" in request.headers):
            return _ChangedMeanwhile("somebody else changed it at the same time; read it and try again")
        if isinstance(error, CounterfoilError):
            return error
        if isinstance(error, RequestValidationError):
            return from_validation(error, request)
        if isinstance(error.__cause__, CounterfoilError):  # the framework's wrapping of our own JSON reader
            return error.__cause__
        status = getattr(error, "status_code", None)
        if status == HTTPStatus.NOT_FOUND:
            return NotFound("there is nothing at this address")
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            return _MethodNotAllowed("this address does not take this method")
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return _BodyTooLarge("the body is too large", field="body", allowed=_body_limit(request))
        if status is not None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return InvalidInput(
                str(getattr(error, "detail", "")) or "the request cannot be read", field="body"
            )
        return CounterfoilError("something went wrong here; the log has the request id")


@contextmanager
def in_their_words(words: Mapping[str, str]) -> Iterator[None]:
    """Name the fields of a refusal as a vendor calls them: ``{"external_id": "externalID"}``.

    Of several names that fit, the longest counts; what is below it keeps its place.
    """
    try:
        yield
    except CounterfoilError as refused:
        field = refused.field
        fitting = [ours for ours in words if field == ours or (field or "").startswith(f"{ours}.")]
        if field is not None and fitting:
            ours = max(fitting, key=len)
            refused.field = words[ours] + field.removeprefix(ours)
            refused.message = refused.message.replace(field, refused.field, 1)
        raise


def _short(text: str) -> str:
    """A text that may quote what was sent, held to a length that anyone would read."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _body_limit(request: Request | None) -> str | None:
    if request is None or not hasattr(request.app.state, "context"):
        return None
    return f"at most {request.app.state.context.settings.max_body} bytes"


class _MethodNotAllowed(NotFound):
    code = "method_not_allowed"


class _BodyTooLarge(TooLarge):
    code = "too_large"


class _ChangedMeanwhile(VersionMismatch):
    """Two who change at once, of whom this one named no version."""


STATUSES[_ChangedMeanwhile] = HTTPStatus.CONFLICT
STATUSES[_MethodNotAllowed] = HTTPStatus.METHOD_NOT_ALLOWED
STATUSES[_BodyTooLarge] = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


def request_id_of(request: Request) -> str:
    """The id under which this request is logged."""
    return str(request.scope.get("state", {}).get("request_id", ""))
