"""``/v1/users``: people of the organization and their roles; changed with a live key.

Users have no password and cannot sign in yet: that comes with the dashboard.
"""

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
    UserId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.identity import (
    Changes,
    NewUser,
    User,
    archive_user,
    create_user,
    get_user,
    list_users,
    update_user,
)

router = APIRouter(prefix="/users", tags=["Users"], route_class=NativeRoute)
READ, WRITE = allow("users:read"), allow("users:write")
_page = page_query("user")

_EXAMPLE: dict[str, Any] = {
    "email": "ada@nordwind.example",
    "name": "Ada Petersen",
    "role_id": "role_01kahgp1g0edgrx4zm6byashwh",
}


class UserIn(Wire):
    """A person to add."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    email: str = Field(description="Unique in the organization, in whatever case it is written")
    name: str
    role_id: RoleId


class UserPatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Ada Lorenz"}]})

    name: str = ""
    role_id: RoleId = None

    def from_wire(self, expected_version: int | None) -> Changes:
        """The command: only the fields that were sent."""
        return Changes({name: getattr(self, name) for name in self.model_fields_set}, expected_version)


class UserOut(Wire):
    """A person of the organization."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "user_01kahgp1g0edgrx4zm6byashwh",
                    **_EXAMPLE,
                    "version": 1,
                    "created_at": "2026-01-31T09:30:00Z",
                    "updated_at": "2026-01-31T09:30:00Z",
                    "archived_at": None,
                }
            ]
        }
    )

    id: UserId
    email: str
    name: str
    role_id: RoleId
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(user: User) -> UserOut:
    """A user on the wire."""
    return UserOut.model_construct(**{name: getattr(user, name) for name in UserOut.model_fields})


@router.post("", status_code=201, response_model=UserOut, dependencies=[WRITE])
async def create(body: UserIn, uow: Unit, caller: Caller) -> Response:
    """Add a person, with a role that may do no more than the calling key."""
    new = NewUser(body.email, body.name, body.role_id)
    user = await create_user(uow, new, within=caller.permissions)
    return shown(to_wire(user), 201, version=user.version)


@router.get("", response_model=ListOf[UserOut], dependencies=[READ])
async def list_(uow: Unit, query: Annotated[PageQuery, Depends(_page)]) -> Response:
    """People of the organization, newest first, archived ones included."""
    return shown(list_of("user", await list_users(uow, query), to_wire))


@router.get("/{user_id}", response_model=UserOut, dependencies=[READ])
async def get(user_id: UserId, uow: Unit) -> Response:
    """One person."""
    user = await get_user(uow, user_id)
    return shown(to_wire(user), version=user.version)


@router.patch("/{user_id}", response_model=UserOut, dependencies=[WRITE])
async def update(user_id: UserId, body: UserPatch, uow: Unit, caller: Caller, if_match: IfMatch) -> Response:
    """Change a person's name or role."""
    user = await update_user(uow, user_id, body.from_wire(if_match), within=caller.permissions)
    return shown(to_wire(user), version=user.version)


@router.post("/{user_id}/archive", response_model=UserOut, dependencies=[WRITE])
async def archive(user_id: UserId, uow: Unit) -> Response:
    """Take everything from a person that they may do; the audit still knows them."""
    user = await archive_user(uow, user_id)
    return shown(to_wire(user), version=user.version)
