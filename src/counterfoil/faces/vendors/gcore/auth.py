"""How Gcore's clients prove themselves: ``Authorization: apikey <token>``, the word in any case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.errors import Unauthenticated
from counterfoil.faces.kit.routes import UnitRoute
from counterfoil.faces.vendors.gcore.errors import FORM

if TYPE_CHECKING:
    from fastapi import Request


class GcoreRoute(UnitRoute):
    """A route of Gcore's clients; their organization is the key's."""

    errors = FORM
    security = "APIKey"

    @staticmethod
    def secret_of(request: Request) -> str:
        """The token after ``apikey``: the docs write the word so, and Gcore's own client ``APIKey``."""
        scheme, _, token = request.headers.get("authorization", "").strip().partition(" ")
        if scheme.lower() != "apikey" or not token.strip():
            raise Unauthenticated(
                "authentication credentials were not provided",
                field="Authorization",
                allowed="Authorization: apikey ck_…",
            )
        return token.strip()
