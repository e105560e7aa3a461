"""The route classes of the native API and its error form."""

from __future__ import annotations

from counterfoil.faces.kit import routes
from counterfoil.faces.kit.errors import ErrorForm
from counterfoil.faces.kit.wire import Wire

FORM = ErrorForm()


class NativeRoute(routes.UnitRoute):
    """A route of one environment; ``Authorization: Bearer`` with an API key."""

    errors = FORM


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
