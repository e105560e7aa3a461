"""Suger's error form: the reason as one JSON text, whatever the status."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from counterfoil.core.errors import CounterfoilError, WrongState
from counterfoil.faces.kit.errors import ErrorForm


class SugerForm(ErrorForm):
    """The message with the field and what is allowed, as a text."""

    challenge = "Key"

    def status(self, error: CounterfoilError) -> int:
        """Suger's status: what the present state refuses is a 400 there."""
        return HTTPStatus.BAD_REQUEST if isinstance(error, WrongState) else super().status(error)

    def body(self, error: CounterfoilError, status: int, request_id: str) -> Any:
        """``"limit: … (allowed: 1 to 1000)"``."""
        told = error.message
        if error.field is not None and not told.startswith(error.field):
            told = f"{error.field}: {told}"
        said = error.allowed is None or told.endswith(f"allowed now: {error.allowed}")
        return told if said else f"{told} (allowed: {error.allowed})"


FORM: Final = SugerForm()

_TEXT: Final[dict[str, Any]] = {
    "description": "The reason, as a JSON text",
    "content": {"application/json": {"schema": {"type": "string"}}},
}
REFUSALS: Final[dict[int | str, dict[str, Any]]] = dict.fromkeys((400, 401, 403, 404, 409, 429, 500), _TEXT)
