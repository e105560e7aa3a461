"""A seller who uses Suger, for the tests over all faces."""

from __future__ import annotations

from typing import Any, Final

from tests.conftest import Tenant
from tests.support.faces import Samples, World


def _headers(key: str, _: Tenant) -> dict[str, str]:
    return {"Authorization": f"Key {key}"}


def _reason(refusal: Any) -> str:
    assert isinstance(refusal, str), "a refusal is one JSON text"
    return refusal


async def _make(world: World) -> None:
    """The organization, and a second key."""
    body = {"name": "spare", "scopes": ["customers:read"]}
    made = await world.native.post("/v1/api-clients", json=body)
    organization = str(world.tenant.organization.id)
    [spare] = [
        one["id"]
        for one in await world.call("GET", f"/org/{organization}/apiClient")
        if made.is_success and one["role"] == "EDITOR"
    ]
    world.ids |= {"orgId": organization, "apiClientId": spare}


SAMPLES: Final = Samples(headers=_headers, make=_make, reason=_reason)
