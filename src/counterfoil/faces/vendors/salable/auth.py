"""How Salable's clients prove themselves: ``x-api-key``; and which version of the API they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, Unauthenticated
from counterfoil.faces.kit.routes import UnitRoute
from counterfoil.faces.vendors.salable.errors import FORM

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request

_VERSION: Final = {
    "name": "version",
    "in": "header",
    "required": False,
    "description": "The version of the API; without it `v1`",
    "schema": {"type": "string", "enum": ["v1"]},
}


class SalableRoute(UnitRoute):
    """A route of Salable's clients, of API version v1."""

    errors = FORM
    json_only = False

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        extra: dict[str, Any] = dict(options.pop("openapi_extra", None) or {})
        extra["parameters"] = [*extra.get("parameters", ()), _VERSION]
        super().__init__(path, endpoint, openapi_extra=extra, **options)

    @staticmethod
    def secret_of(request: Request) -> str:
        """The key in ``x-api-key``."""
        secret = request.headers.get("x-api-key", "").strip()
        if not secret:
            raise Unauthenticated("this call needs an API key in the header x-api-key")
        return secret

    def check_caller(self, request: Request) -> None:
        """Refuse a version of the API that is not served."""
        version = request.headers.get("version", "").strip().lower()
        if version not in ("", "v1"):
            raise InvalidInput(
                f"version {version} of the API is not served here",
                field="version",
                allowed="v1, or no header",
            )
