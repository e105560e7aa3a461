"""``/v1/organizations``: for those who run the server, with an operator's key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import SystemUnit, after_commit, context_of
from counterfoil.faces.kit.wire import (
    EnvironmentId,
    InstantText,
    ListOf,
    Metadata,
    OrganizationId,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
    shown_once,
)
from counterfoil.faces.native.routes import OperatorRoute
from counterfoil.modules.identity import (
    EnvironmentKind,
    NewApiClient,
    NewOrganization,
    Organization,
    OrganizationStatus,
    create_api_client,
    create_organization,
    environments_of,
    get_organization,
    list_organizations,
    resume_organization,
    suspend_organization,
)

router = APIRouter(prefix="/organizations", tags=["Organizations"], route_class=OperatorRoute)
_page = page_query("organization")

_EXAMPLE: dict[str, Any] = {"name": "Nordwind GmbH", "slug": "nordwind", "metadata": {"contract": "2026-017"}}
_SHOWN: dict[str, Any] = {
    "id": "org_01kahgp1g0edgrx4zm6byashwh",
    **_EXAMPLE,
    "status": "active",
    "version": 1,
    "created_at": "2026-01-31T09:30:00Z",
    "updated_at": "2026-01-31T09:30:00Z",
}


class OrganizationIn(Wire):
    """An organization to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    slug: str | None = Field(default=None, description="Made from the name unless given; never changes")
    metadata: Metadata = Field(default_factory=dict)


class OrganizationOut(Wire):
    """An organization."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SHOWN]})

    id: OrganizationId
    name: str
    slug: str
    status: OrganizationStatus
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


class OrganizationMade(OrganizationOut):
    """A new organization with a key to each of its two environments, shown this once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_SHOWN,
                    "live_environment": "env_01kahgp1g0edgrx4zm6byashwj",
                    "test_environment": "env_01kahgp1g0edgrx4zm6byashwk",
                    "live_key": "ck_live_5d41402abc4b2a76b9719d911017c592…",
                    "test_key": "ck_test_7d793037a0760186574b0282f2f435e7…",
                }
            ]
        }
    )

    live_environment: EnvironmentId
    test_environment: EnvironmentId
    live_key: str | None = Field(description="`null` when the call is replayed")
    test_key: str | None = Field(description="`null` when the call is replayed")


def _fields(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.id,
        "name": organization.name,
        "slug": organization.slug,
        "status": organization.status,
        "metadata": dict(organization.meta),
        "version": organization.version,
        "created_at": organization.created_at,
        "updated_at": organization.updated_at,
    }


def to_wire(organization: Organization) -> OrganizationOut:
    """An organization on the wire."""
    return OrganizationOut.model_construct(**_fields(organization))


@router.post("", status_code=201, response_model=OrganizationMade)
async def create(body: OrganizationIn, uow: SystemUnit, request: Request) -> Response:
    """Make an organization with its live environment and a sandbox; the keys are shown this once."""
    organization = await create_organization(uow, NewOrganization(body.name, body.slug, body.metadata))
    made: dict[str, Any] = _fields(organization)
    for environment in await environments_of(uow, organization.id):
        name = "live" if environment.kind is EnvironmentKind.LIVE else "test"
        made[f"{name}_environment"] = environment.id
        _, made[f"{name}_key"] = await create_api_client(uow, environment, NewApiClient("first key"))
    return shown_once(request, OrganizationMade.model_construct(**made), 201, live_key=None, test_key=None)


@router.get("", response_model=ListOf[OrganizationOut])
async def list_(uow: SystemUnit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """Every organization, newest first."""
    return shown(list_of("organization", await list_organizations(uow, query), to_wire))


@router.get("/{organization_id}", response_model=OrganizationOut)
async def get(organization_id: OrganizationId, uow: SystemUnit) -> Response:
    """One organization."""
    organization = await get_organization(uow, organization_id)
    return shown(to_wire(organization), version=organization.version)


@router.post("/{organization_id}/suspend", response_model=OrganizationOut)
async def suspend(organization_id: OrganizationId, uow: SystemUnit, request: Request) -> Response:
    """Have its keys open nothing; nothing of it is deleted."""
    organization = await suspend_organization(uow, organization_id)
    after_commit(request, context_of(request).authenticator.forget)
    return shown(to_wire(organization), version=organization.version)


@router.post("/{organization_id}/resume", response_model=OrganizationOut)
async def resume(organization_id: OrganizationId, uow: SystemUnit) -> Response:
    """Have its keys open again what they did."""
    organization = await resume_organization(uow, organization_id)
    return shown(to_wire(organization), version=organization.version)
