"""Suger's group API: the keys of the organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Response
from pydantic import TypeAdapter

from counterfoil.core.errors import InvalidInput, NotFound
from counterfoil.core.ids import read_id
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import MAX_PAGE, PageQuery, shown
from counterfoil.faces.vendors.suger.auth import SugerRoute
from counterfoil.faces.vendors.suger.convert import api_client_to_wire
from counterfoil.faces.vendors.suger.wire import IdentityApiClient
from counterfoil.modules.identity import get_api_client, list_api_clients

if TYPE_CHECKING:
    from counterfoil.modules.identity import ApiClient

router = APIRouter(prefix="/org/{orgId}/apiClient", tags=["API"], route_class=SugerRoute)
READ = allow("api_clients:read")
_LIST = TypeAdapter(list[IdentityApiClient])


@router.get("", operation_id="ListApiClients", response_model=list[IdentityApiClient], dependencies=[READ])
async def list_(orgId: str, uow: Unit) -> Response:
    """List API clients of the key's environment, newest first, revoked ones left out."""
    found: list[ApiClient] = []
    query = PageQuery(MAX_PAGE)
    while True:
        page = await list_api_clients(uow, query)
        found += [client for client in page.items if client.revoked_at is None]
        if not page.has_more:
            break
        query = PageQuery(MAX_PAGE, page.items[-1].id)
    shown_clients = [api_client_to_wire(client, orgId) for client in found]
    return Response(_LIST.dump_json(shown_clients), media_type="application/json")


@router.get(
    "/{apiClientId}", operation_id="GetApiClient", response_model=IdentityApiClient, dependencies=[READ]
)
async def get(orgId: str, apiClientId: str, uow: Unit) -> Response:
    """Get an API client."""
    try:
        client_id = read_id("api_client", apiClientId)
    except InvalidInput:
        raise NotFound("no such API client", field="apiClientId", allowed="the id of an API client") from None
    return shown(api_client_to_wire(await get_api_client(uow, client_id), orgId))
