"""How Flexprice's clients prove themselves: ``x-api-key``, or ``Authorization: Bearer …``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import Unauthenticated
from counterfoil.faces.kit.errors import in_their_words
from counterfoil.faces.kit.routes import Caller, UnitRoute, bearer
from counterfoil.faces.vendors.flexprice.errors import FORM

if TYPE_CHECKING:
    from fastapi import Request


class FlexpriceRoute(UnitRoute):
    """A route of Flexprice's clients; a key opens one environment, whatever ``X-Environment-ID`` says."""

    errors = FORM
    security = "ApiKeyAuth"

    @staticmethod
    def secret_of(request: Request) -> str:
        """The key of ``x-api-key``; without it, that of ``Authorization``."""
        key = request.headers.get("x-api-key", "").strip()
        if key:
            return key
        if "authorization" in request.headers:
            return bearer(request)
        raise Unauthenticated("this call needs an API key", field="x-api-key", allowed="x-api-key: ck_…")

    async def authenticate(self, request: Request) -> Caller:
        """The API client behind a request; a refusal names the header that has the key."""
        own = request.headers.get("x-api-key", "").strip()
        with in_their_words({"Authorization": "x-api-key"} if own else {}):
            return await super().authenticate(request)
