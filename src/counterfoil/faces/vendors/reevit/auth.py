"""How Reevit's clients prove themselves: ``X-Reevit-Key``, and their organization in ``X-Org-Id``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import Header

from counterfoil.core.errors import Forbidden, InvalidInput, Unauthenticated
from counterfoil.core.ids import parse_id
from counterfoil.faces.kit.errors import in_their_words
from counterfoil.faces.kit.routes import Caller, UnitRoute, bearer
from counterfoil.faces.vendors.reevit.errors import FORM

if TYPE_CHECKING:
    from fastapi import Request

OrgId = Annotated[str, Header(alias="X-Org-Id", description="The key's organization: its UUID or `org_…`")]
IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="The same call with the same key is done once in 24 hours"),
]


class ReevitRoute(UnitRoute):
    """A route of one organization of Reevit's clients; a key opens one environment, live or test."""

    errors = FORM
    security = "ApiKeyAuth"
    limit_headers = "X-RateLimit"

    @staticmethod
    def secret_of(request: Request) -> str:
        """The key of ``X-Reevit-Key``; without it, that of ``Authorization``, as one Node client sends it."""
        key = request.headers.get("x-reevit-key", "").strip()
        if key:
            return key
        if "authorization" in request.headers:
            return bearer(request)
        raise Unauthenticated(
            "this call needs an API key", field="X-Reevit-Key", allowed="X-Reevit-Key: ck_…"
        )

    async def authenticate(self, request: Request) -> Caller:
        """The API client behind a request."""
        with in_their_words({"Authorization": "X-Reevit-Key"}):
            return await super().authenticate(request)

    def check_caller(self, request: Request) -> None:
        """Refuse a call whose header names no organization, or another one than the key's."""
        named = request.headers.get("x-org-id", "").strip()
        if not named:
            raise InvalidInput("X-Org-Id is missing", field="X-Org-Id", allowed="your key's organization")
        if _organization(named) != request.state.principal.organization_id:
            raise Forbidden(
                "this key is not of that organization", field="X-Org-Id", allowed="your key's organization"
            )


def _organization(named: str) -> UUID | None:
    try:
        return parse_id("organization", named) if named.startswith("org_") else UUID(named)
    except (InvalidInput, ValueError):
        return None  # nobody's
