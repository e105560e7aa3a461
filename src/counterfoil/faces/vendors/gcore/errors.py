"""Gcore's error form, which is Django REST framework's: by field, or one ``detail``."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from counterfoil.faces.kit.errors import ErrorForm

if TYPE_CHECKING:
    from counterfoil.core.errors import CounterfoilError


class GcoreForm(ErrorForm):
    """``{"client_id": ["…"]}`` for a value that is refused, ``{"detail": "…"}`` for everything else."""

    challenge = "apikey"

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        """The reason, under the parameter where one is at fault."""
        if error.field is None or status != HTTPStatus.BAD_REQUEST:
            return {"detail": _told(error, error.message)}
        parameter = error.field.partition(".")[0]  # client_id.0 is one of client_id's values
        message = error.message.removeprefix(f"{error.field}: ").removeprefix(f"{error.field} ")
        return {parameter: [_told(error, message)]}


def _told(error: CounterfoilError, message: str) -> str:
    if error.allowed is None or error.allowed in message:
        return message
    return f"{message} (allowed: {error.allowed})"


FORM: Final = GcoreForm()

_BY_FIELD: Final[dict[str, Any]] = {
    "description": "The reasons, by parameter",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": {
                    "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]
                },
            }
        }
    },
}
_DETAIL: Final[dict[str, Any]] = {
    "description": "The reason",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "required": ["detail"],
                "properties": {"detail": {"type": "string"}},
            }
        }
    },
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = {
    400: _BY_FIELD,
    **dict.fromkeys((401, 403, 404, 429, 500), _DETAIL),
}
