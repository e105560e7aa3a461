"""Use cases of people: roles and users.

Both belong to the organization, so they are changed with a key of its live environment: a sandbox's key,
which is handed around more freely, must not decide who may do what where money is real.
Users have no password and cannot sign in yet; that comes with the dashboard.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from counterfoil.core.errors import Forbidden, NotFound
from counterfoil.core.ids import show_id
from counterfoil.modules.identity import repository
from counterfoil.modules.identity.audit import audit
from counterfoil.modules.identity.clients import check_permissions
from counterfoil.modules.identity.types import PERMISSIONS, Changes, EnvironmentKind, NewUser, Role, User
from counterfoil.store.guards import check_email, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, Uow


async def create_role(
    uow: Uow, name: str, permissions: Sequence[str], *, within: frozenset[str] = PERMISSIONS
) -> Role:
    """Make a role.

    Raises ``InvalidInput`` for a permission that does not exist, ``Forbidden`` for one that is not in
    ``within`` or a sandbox's key, ``AlreadyExists`` for a name that is taken.
    """
    await _in_live(uow)
    check_text(name, "name", longest=100)
    permissions = check_permissions(permissions, "permissions", within=within)
    role = Role(uow.new_id(), uow.organization_id, name.strip(), permissions, 1, uow.wall, uow.wall)
    await repository.add_role(uow, role)
    await _tell(uow, "role.created", role, {"name": role.name, "permissions": permissions})
    return role


async def get_role(uow: Uow, role_id: UUID) -> Role:
    """A role of the caller's organization, or ``NotFound``."""
    return await repository.get_role(uow, role_id)


async def list_roles(uow: Uow, query: PageQuery) -> Page[Role]:
    """Roles, newest first."""
    return await repository.page_of_roles(uow, query)


async def update_role(
    uow: Uow, role_id: UUID, changes: Changes, *, within: frozenset[str] = PERMISSIONS
) -> Role:
    """Change a role's name or permissions; raises as ``create_role`` does, and ``VersionMismatch``."""
    await _in_live(uow)
    before = await repository.get_role(uow, role_id)
    check_version(before.version, changes.expected_version)
    assert changes.fields.keys() <= {"name", "permissions"}
    check_text(changes.fields.get("name"), "name", longest=100)
    fields = dict(changes.fields)
    if "permissions" in fields:
        fields["permissions"] = check_permissions(fields["permissions"], "permissions", within=within)
    after = replace(before, **fields, version=before.version + 1, updated_at=uow.wall)
    await repository.save_role(uow, after, fields)
    await _tell(uow, "role.updated", after, fields)
    return after


async def create_user(uow: Uow, new: NewUser, *, within: frozenset[str] = PERMISSIONS) -> User:
    """Add a person.

    Raises ``InvalidInput`` for an address that is none, ``NotFound`` for an unknown role, ``Forbidden`` for a
    role that may do more than ``within`` or a sandbox's key, ``AlreadyExists`` for an address that is taken.
    """
    await _in_live(uow)
    await _check_role(uow, new.role_id, within)
    user = User(
        id=uow.new_id(),
        organization_id=uow.organization_id,
        email=_address(new.email),
        name=new.name.strip(),
        role_id=new.role_id,
        version=1,
        created_at=uow.wall,
        updated_at=uow.wall,
        archived_at=None,
    )
    check_text(user.name, "name", longest=200)
    await repository.add_user(uow, user)
    await _tell(uow, "user.created", user, {"email": user.email, "role_id": user.role_id})
    return user


async def get_user(uow: Uow, user_id: UUID) -> User:
    """A user of the caller's organization, or ``NotFound``."""
    return await repository.get_user(uow, user_id)


async def list_users(uow: Uow, query: PageQuery) -> Page[User]:
    """Users, newest first, archived ones included."""
    return await repository.page_of_users(uow, query)


async def update_user(
    uow: Uow, user_id: UUID, changes: Changes, *, within: frozenset[str] = PERMISSIONS
) -> User:
    """Change a user's name or role; raises as ``create_user`` does, and ``VersionMismatch``."""
    await _in_live(uow)
    before = await repository.get_user(uow, user_id)
    check_version(before.version, changes.expected_version)
    assert changes.fields.keys() <= {"name", "role_id"}
    check_text(changes.fields.get("name"), "name", longest=200)
    if "role_id" in changes.fields:
        await _check_role(uow, changes.fields["role_id"], within)
    return await _save_user(uow, before, changes.fields, "user.updated")


async def archive_user(uow: Uow, user_id: UUID) -> User:
    """The person may do nothing any more; the audit still knows them.  Twice is the same as once."""
    await _in_live(uow)
    before = await repository.get_user(uow, user_id)
    if before.archived_at is not None:
        return before
    return await _save_user(uow, before, {"archived_at": uow.wall}, "user.archived")


async def _save_user(uow: Uow, before: User, fields: Mapping[str, Any], event: str) -> User:
    after = replace(before, **fields, version=before.version + 1, updated_at=uow.wall)
    await repository.save_user(uow, after, fields)
    await _tell(uow, event, after, fields)
    return after


async def _tell(uow: Uow, event: str, thing: Role | User, told: Mapping[str, Any]) -> None:
    kind = event.partition(".")[0]
    told = {name: show_id("role", one) if name == "role_id" else one for name, one in told.items()}
    await audit(uow, event, kind, thing.id, told)
    uow.announce(event, kind, thing.id, thing.version, {"changed": sorted(told)})


async def _in_live(uow: Uow) -> None:
    environment = await repository.get_environment(uow, uow.environment_id)
    if environment.kind is not EnvironmentKind.LIVE:
        raise Forbidden(
            "roles and users belong to the whole organization and are changed with a live key",
            field="Authorization",
            allowed="a key that begins with ck_live_",
        )


async def _check_role(uow: Uow, role_id: UUID, within: frozenset[str]) -> None:
    try:
        role = await repository.get_role(uow, role_id)
    except NotFound:
        raise NotFound("no such role", field="role_id", allowed="the id of a role") from None
    if not within >= set(role.permissions):
        raise Forbidden("this key may not give a role that may do more than it", field="role_id")


def _address(email: str) -> str:
    check_email(email)
    name, _, host = email.strip().rpartition("@")
    return f"{name}@{host}".lower()
