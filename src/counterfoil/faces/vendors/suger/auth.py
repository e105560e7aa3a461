"""How Suger's clients prove themselves: ``Authorization: Key …``, and their organization in the path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput, NotFound, Unauthenticated
from counterfoil.core.ids import read_id
from counterfoil.faces.kit.routes import UnitRoute
from counterfoil.faces.vendors.suger.errors import FORM

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi import Request


class SugerRoute(UnitRoute):
    """A route of one organization of Suger's clients."""

    errors = FORM
    security = "APIKeyAuth"

    @staticmethod
    def secret_of(request: Request) -> str:
        """The key after ``Key`` or ``Bearer``, or alone: a client that sets no prefix sends it bare."""
        words = request.headers.get("authorization", "").split()
        if len(words) == 2 and words[0].lower() in ("key", "bearer"):
            return words[1]
        if len(words) == 1:
            return words[0]
        raise Unauthenticated(
            "this call needs an API key", field="Authorization", allowed="Authorization: Key ck_…"
        )

    def check_caller(self, request: Request) -> None:
        """Refuse an organization in the path that is not the key's: it is not found.

        The path may have it in either form; answers have the bare UUID.
        """
        own = request.state.principal.organization_id
        if not is_id("organization", request.path_params["orgId"], own):
            raise NotFound("no such organization", field="orgId", allowed=f"{own}, your key's organization")
        request.path_params["orgId"] = str(own)


def is_id(kind: str, text: str, own: UUID) -> bool:
    """Whether a text is this id, in either form."""
    try:
        return read_id(kind, text) == own
    except InvalidInput:
        return False
