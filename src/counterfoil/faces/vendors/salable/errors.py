"""Salable's error form: one text, or the fields at fault; and only the statuses that its clients know."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from counterfoil.core.errors import Conflict, CounterfoilError, InvalidInput
from counterfoil.faces.kit.errors import ErrorForm
from counterfoil.faces.kit.validation import from_validation

if TYPE_CHECKING:
    from fastapi import Request

_KNOWN: Final = frozenset({400, 401, 403, 404, 500})


class NoCheckout(Conflict):
    """A link to a checkout was asked for."""

    def __init__(self) -> None:
        super().__init__(
            "this server has no checkout yet, so there are no checkout links: ask without "
            "generateCheckoutLink, and make the subscription with POST /v1/subscriptions"
        )


class SalableForm(ErrorForm):
    """``{"validationErrors": […]}`` where fields are at fault, ``{"error": "…"}`` everywhere else."""

    challenge = None

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        """Every field at fault with what it would have taken, or the reason."""
        if isinstance(error, InvalidInput) and error.field not in (None, "body"):
            faults = [error, *getattr(error, "further", ())]
            return {"validationErrors": [{"property": one.field, "error": _told(one)} for one in faults]}
        return {"error": _told(error)}

    def status(self, error: CounterfoilError) -> int:
        """One of five: their clients show no details of any other."""
        status = super().status(error)
        if status in _KNOWN:
            return status
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            return HTTPStatus.NOT_FOUND
        return HTTPStatus.BAD_REQUEST if status < 500 else HTTPStatus.INTERNAL_SERVER_ERROR

    def coded(self, error: Exception, request: Request | None = None) -> CounterfoilError:
        """As the kit has it, with every fault that a schema found, not only the first."""
        if isinstance(error, RequestValidationError):
            faults = [from_validation(RequestValidationError([one]), request) for one in error.errors()]
            faults[0].further = faults[1:]  # type: ignore[attr-defined]
            return faults[0]
        return super().coded(error, request)


def _told(error: CounterfoilError) -> str:
    told = error.message.removeprefix(f"{error.field}: ")
    said = error.allowed is None or told.endswith(error.allowed)
    return told if said else f"{told} (allowed: {error.allowed})"


FORM: Final = SalableForm()


class Error(BaseModel):
    """Why it was refused."""

    error: str


class ValidationErrorItem(BaseModel):
    """A field at fault, and what it would have taken."""

    property: str
    error: str


class ValidationErrors(BaseModel):
    """The fields at fault."""

    validationErrors: list[ValidationErrorItem] = Field(min_length=1)


REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": ValidationErrors | Error, "description": "The request is at fault"},
    401: {"model": Error, "description": "The key opens nothing"},
    403: {"model": Error, "description": "The key may not do this"},
    404: {"model": Error, "description": "Not here"},
    500: {"model": Error, "description": "The server is at fault"},
}
