"""Suger's types.

Their client refuses a whole answer for one value that it does not expect, so a field without a value is
null, never an empty text.
"""

from __future__ import annotations

from pydantic import Field

from counterfoil.faces.kit.wire import Wire


class IdentityApiClient(Wire):
    """A key; its secret is shown when it is made and never here."""

    apiKeyHash: str | None = Field(default=None, description="Never shown")
    creationTime: str | None = None
    id: str | None = None
    info: list[int] | None = None
    lastUpdateTime: str | None = None
    organizationID: str | None = None
    provider: str | None = None
    role: str | None = None
    secret: str | None = Field(default=None, description="Never shown")
    type: str | None = None
