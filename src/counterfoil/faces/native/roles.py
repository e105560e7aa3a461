"""``/v1/roles``: named sets of permissions; changed with a live key."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.wire import (
    IfMatch,
    InstantText,
    ListOf,
    PageQuery,
    RoleId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import Changes, Role, create_role, get_role, list_roles, update_role

router = APIRouter(prefix="/roles", tags=["Roles"], route_class=NativeRoute)
READ, WRITE = allow("roles:read"), allow("roles:write")
_page = page_query("role")

_EXAMPLE: dict[str, Any] = {"name": "accounting", "permissions": ["invoices:read", "payments:write"]}


class RoleIn(Wire):
    """A role to make."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: str
    permissions: list[str] = Field(min_length=1)


class RolePatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"permissions": ["invoices:read"]}]})

    name: str = ""
    permissions: list[str] = Field(default=[], min_length=1)

    def from_wire(self, expected_version: int | None) -> Changes:
        """The command: only the fields that were sent."""
        return Changes({name: getattr(self, name) for name in self.model_fields_set}, expected_version)


class RoleOut(Wire):
    """A role."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "role_01kahgp1g0edgrx4zm6byashwh",
                    **_EXAMPLE,
                    "version": 1,
                    "created_at": "2026-01-31T09:30:00Z",
                    "updated_at": "2026-01-31T09:30:00Z",
                }
            ]
        }
    )

    id: RoleId
    name: str
    permissions: list[str]
    version: int
    created_at: InstantText
    updated_at: InstantText


def to_wire(role: Role) -> RoleOut:
    """A role on the wire."""
    return RoleOut.model_construct(**{name: getattr(role, name) for name in RoleOut.model_fields})


@router.post("", status_code=201, response_model=RoleOut, dependencies=[WRITE])
async def create(body: RoleIn, uow: Unit, caller: Caller) -> Response:
    """Make a role, with no permission that the calling key lacks."""
    role = await create_role(uow, body.name, body.permissions, within=caller.permissions)
    return shown(to_wire(role), 201, version=role.version)


@router.get("", response_model=ListOf[RoleOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """Roles of the organization, newest first; `administrator` and `reader` are there from the start."""
    return shown(list_of("role", await list_roles(uow, query), to_wire))


@router.get("/{role_id}", response_model=RoleOut, dependencies=[READ])
async def get(role_id: RoleId, uow: Unit) -> Response:
    """One role."""
    role = await get_role(uow, role_id)
    return shown(to_wire(role), version=role.version)


@router.patch("/{role_id}", response_model=RoleOut, dependencies=[WRITE])
async def update(role_id: RoleId, body: RolePatch, uow: Unit, caller: Caller, if_match: IfMatch) -> Response:
    """Change a role's name or permissions."""
    role = await update_role(uow, role_id, body.from_wire(if_match), within=caller.permissions)
    return shown(to_wire(role), version=role.version)
