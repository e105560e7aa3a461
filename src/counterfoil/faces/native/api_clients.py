"""``/v1/api-clients``: the keys of this environment."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Caller, Unit, after_commit, allow, context_of
from counterfoil.faces.kit.wire import (
    ApiClientId,
    InstantText,
    ListOf,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
    shown_once,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import (
    ApiClient,
    NewApiClient,
    create_api_client,
    get_api_client,
    get_environment,
    list_api_clients,
    revoke_api_client,
)

router = APIRouter(prefix="/api-clients", tags=["API clients"], route_class=NativeRoute)
READ, WRITE = allow("api_clients:read"), allow("api_clients:write")
_page = page_query("api_client")

_EXAMPLE: dict[str, Any] = {
    "name": "usage collector",
    "scopes": ["events:write"],
    "expires_at": "2027-01-31T00:00:00Z",
}
_SHOWN: dict[str, Any] = {
    "id": "key_01kahgp1g0edgrx4zm6byashwh",
    **_EXAMPLE,
    "hint": "…c592",
    "created_at": "2026-01-31T09:30:00Z",
    "revoked_at": None,
}


class ApiClientIn(Wire):
    """A key to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    scopes: list[str] | None = Field(
        default=None, min_length=1, description="Left out: the same as the calling key's"
    )
    expires_at: InstantText | None = Field(default=None, description="From then on it opens nothing")

    def from_wire(self) -> NewApiClient:
        """The command."""
        return NewApiClient(self.name, tuple(self.scopes or ()), self.expires_at)


class ApiClientOut(Wire):
    """A key, without its secret; no scopes means every one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: ApiClientId
    name: str
    scopes: list[str]
    hint: str
    created_at: InstantText
    expires_at: InstantText | None
    revoked_at: InstantText | None


class ApiClientMade(ApiClientOut):
    """A new key with its secret, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_SHOWN, "secret": "ck_live_5d41402abc4b2a76b9719d911017c592…"}]}
    )

    secret: str | None = Field(description="`null` when the call is replayed")


def _fields(client: ApiClient) -> dict[str, Any]:
    return {name: getattr(client, name) for name in ApiClientOut.model_fields}


def to_wire(client: ApiClient) -> ApiClientOut:
    """A key on the wire."""
    return ApiClientOut.model_construct(**_fields(client))


@router.post("", status_code=201, response_model=ApiClientMade, dependencies=[WRITE])
async def create(body: ApiClientIn, uow: Unit, caller: Caller, request: Request) -> Response:
    """Make a key, with no scope that the calling key lacks; the secret is shown this once."""
    environment = await get_environment(uow, uow.environment_id)
    client, secret = await create_api_client(uow, environment, body.from_wire(), within=caller.permissions)
    made = ApiClientMade.model_construct(**_fields(client), secret=secret)
    return shown_once(request, made, 201, secret=None)


@router.get("", response_model=ListOf[ApiClientOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """Keys of this environment, newest first, revoked ones included."""
    return shown(list_of("api_client", await list_api_clients(uow, query), to_wire))


@router.get("/{client_id}", response_model=ApiClientOut, dependencies=[READ])
async def get(client_id: ApiClientId, uow: Unit) -> Response:
    """One key."""
    return shown(to_wire(await get_api_client(uow, client_id)))


@router.post("/{client_id}/revoke", response_model=ApiClientOut, dependencies=[WRITE])
async def revoke(client_id: ApiClientId, uow: Unit, request: Request) -> Response:
    """Have a key open nothing any more: at once in this process, within two seconds in others."""
    client = await revoke_api_client(uow, client_id)
    after_commit(request, context_of(request).authenticator.forget)
    return shown(to_wire(client))
