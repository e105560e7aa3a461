"""The route classes of the native API and its error form."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from counterfoil.faces.kit import routes
from counterfoil.faces.kit.errors import ErrorForm
from counterfoil.faces.kit.wire import Wire

if TYPE_CHECKING:
    from fastapi import Request

FORM = ErrorForm()


class NativeRoute(routes.UnitRoute):
    """A route of one environment; ``Authorization: Bearer`` with an API key."""

    errors = FORM


class PureRoute(NativeRoute):
    """A route that needs nothing but its request: no transaction, unless its answer is to be kept."""

    async def authenticate(self, request: Request) -> routes.Caller:
        """The API client behind a request."""
        caller = await super().authenticate(request)
        if "idempotency-key" in request.headers:
            return caller
        nothing: Any = nullcontext()
        return replace(caller, open=lambda: nothing)


class OperatorRoute(routes.OperatorRoute):
    """A route for operators; ``Authorization: Bearer`` with an operator key."""

    errors = FORM


class ErrorDetail(Wire):
    """What went wrong and what would have been accepted."""

    code: str
    message: str
    field: str | None
    allowed: str | None
    request_id: str


class ErrorBody(Wire):
    """The one form of every error."""

    error: ErrorDetail
