"""``/v1/environments``."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.wire import (
    EnvironmentId,
    InstantText,
    ListOf,
    OrganizationId,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
    shown_once,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import (
    Environment,
    EnvironmentKind,
    NewApiClient,
    create_api_client,
    create_sandbox,
    get_environment,
    list_environments,
)

router = APIRouter(prefix="/environments", tags=["Environments"], route_class=NativeRoute)
READ, WRITE = allow("environments:read"), allow("environments:write")
_page = page_query("environment")

_SHOWN: dict[str, Any] = {
    "id": "env_01kahgp1g0edgrx4zm6byashwh",
    "name": "price trial",
    "kind": "sandbox",
    "organization_id": "org_01kahgp1g0edgrx4zm6byashwh",
    "organization_uuid": "019aa30b-0600-7361-8e93-f432fcacc791",
    "created_at": "2026-01-31T09:30:00Z",
}


class EnvironmentIn(Wire):
    """A sandbox to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "price trial"}]})

    name: str


class EnvironmentOut(Wire):
    """An environment: a world of its own inside the organization."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: EnvironmentId
    name: str
    kind: EnvironmentKind
    organization_id: OrganizationId
    organization_uuid: UUID = Field(description="The same id as vendors' faces show it")
    created_at: InstantText


class EnvironmentMade(EnvironmentOut):
    """A new sandbox with its first key, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_SHOWN, "key": "ck_test_7d793037a0760186574b0282f2f435e7…"}]}
    )

    key: str | None = Field(description="`null` when the call is replayed")


def _fields(environment: Environment) -> dict[str, Any]:
    return {
        "id": environment.id,
        "name": environment.name,
        "kind": environment.kind,
        "organization_id": environment.organization_id,
        "organization_uuid": environment.organization_id,
        "created_at": environment.created_at,
    }


def to_wire(environment: Environment) -> EnvironmentOut:
    """An environment on the wire."""
    return EnvironmentOut.model_construct(**_fields(environment))


@router.post("", status_code=201, response_model=EnvironmentMade, dependencies=[WRITE])
async def create(body: EnvironmentIn, uow: Unit, caller: Caller, request: Request) -> Response:
    """Make a sandbox, with a first key that may do what the calling key may; it is shown this once."""
    environment = await create_sandbox(uow, body.name)
    new = NewApiClient("first key", expires_at=caller.expires_at)
    _, key = await create_api_client(uow, environment, new, within=caller.permissions)
    made = EnvironmentMade.model_construct(**_fields(environment), key=key)
    return shown_once(request, made, 201, key=None)


@router.get("", response_model=ListOf[EnvironmentOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """The organization's environments, newest first."""
    return shown(list_of("environment", await list_environments(uow, query), to_wire))


@router.get("/{environment_id}", response_model=EnvironmentOut, dependencies=[READ])
async def get(environment_id: EnvironmentId, uow: Unit) -> Response:
    """One environment."""
    return shown(to_wire(await get_environment(uow, environment_id)))
