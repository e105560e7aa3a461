"""Between Suger's types and ours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.calendar import format_instant
from counterfoil.faces.vendors.suger.wire import IdentityApiClient

if TYPE_CHECKING:
    from counterfoil.modules.identity import ApiClient


def api_client_to_wire(client: ApiClient, organization: str) -> IdentityApiClient:
    """A key without its secret; a key with all permissions is an admin's."""
    changed = client.revoked_at or client.created_at
    return IdentityApiClient(
        id=str(client.id),
        organizationID=organization,
        type="API_KEY",
        role="EDITOR" if client.scopes else "ADMIN",
        creationTime=format_instant(client.created_at),
        lastUpdateTime=format_instant(changed),
    )
