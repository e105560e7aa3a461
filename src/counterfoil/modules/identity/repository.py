"""Rows of identity.

What belongs to an organization is filtered by it, what belongs to an environment by that.  The functions
that take a ``SystemUow`` look across tenants; they are the named ones of law 7.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, text, update

from counterfoil.core.errors import VersionMismatch
from counterfoil.modules.identity.models import (
    ApiClientRow,
    AuditRecordRow,
    EnvironmentRow,
    OperationRow,
    OperatorKeyRow,
    OrganizationRow,
    RoleRow,
    TestClockRow,
    UserRow,
)
from counterfoil.modules.identity.types import (
    ApiClient,
    AuditRecord,
    Environment,
    EnvironmentKind,
    Operation,
    Organization,
    OrganizationStatus,
    Role,
    TestClock,
    User,
)
from counterfoil.store import Page, PageQuery, SystemUow, only, record, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_values, row_values, update_versioned

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

    from counterfoil.store import Uow

_ORGANIZATION = select(*columns(OrganizationRow, Organization))
_ENVIRONMENT = select(*columns(EnvironmentRow, Environment))
_CLIENT = select(*columns(ApiClientRow, ApiClient))
_ROLE = select(*columns(RoleRow, Role))
_USER = select(*columns(UserRow, User))
_AUDIT = select(*columns(AuditRecordRow, AuditRecord))
_CLOCK = select(*columns(TestClockRow, TestClock))
_OPERATION = select(*columns(OperationRow, Operation))
_KEY = (
    select(
        ApiClientRow.id,
        ApiClientRow.secret_hash,
        ApiClientRow.scopes,
        ApiClientRow.expires_at,
        ApiClientRow.revoked_at,
        EnvironmentRow.id,
        EnvironmentRow.kind,
        EnvironmentRow.organization_id,
        OrganizationRow.status,
    )
    .join(EnvironmentRow, EnvironmentRow.id == ApiClientRow.environment_id)
    .join(OrganizationRow, OrganizationRow.id == EnvironmentRow.organization_id)
)
_INSIDE = text("select set_config('counterfoil.environment_id', :environment, true)")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """What stands behind a secret."""

    client_id: UUID
    secret_hash: bytes
    scopes: list[str]
    expires_at: datetime | None
    revoked_at: datetime | None
    environment_id: UUID
    kind: EnvironmentKind
    organization_id: UUID
    status: OrganizationStatus


# Across tenants


async def key_by_hash(uow: SystemUow, digest: bytes) -> KnownKey | None:
    """The API key with this hash, revoked ones included."""
    row = (await uow.execute(_KEY.where(ApiClientRow.secret_hash == digest))).one_or_none()
    return None if row is None else record(KnownKey, row)


async def operator_by_hash(uow: SystemUow, digest: bytes) -> tuple[UUID, bytes] | None:
    """The id and stored hash of the operator key with this hash, if it was not revoked."""
    statement = select(OperatorKeyRow.id, OperatorKeyRow.secret_hash).where(
        OperatorKeyRow.secret_hash == digest, OperatorKeyRow.revoked_at.is_(None)
    )
    row = (await uow.execute(statement)).one_or_none()
    return None if row is None else (row.id, bytes(row.secret_hash))


async def add_operator_key(uow: SystemUow, name: str, secret_hash: bytes, hint: str) -> None:
    """Write a new operator key."""
    values = {"name": name, "secret_hash": secret_hash, "hint": hint, "created_at": uow.wall}
    await uow.execute(insert(OperatorKeyRow).values(id=uow.new_id(), **values))


async def add_organization(uow: SystemUow, organization: Organization) -> None:
    """Write a new organization; ``AlreadyExists`` if the slug is taken."""
    await uow.execute(insert(OrganizationRow).values(row_values(organization)))


async def get_organization(uow: SystemUow, organization_id: UUID) -> Organization:
    """The organization, or ``NotFound``; locked to the end of the transaction."""
    statement = _ORGANIZATION.where(OrganizationRow.id == organization_id).with_for_update()
    return only(Organization, await uow.execute(statement), "organization")


async def page_of_organizations(uow: SystemUow, query: PageQuery) -> Page[Organization]:
    """Organizations, newest first."""
    return await _page(uow, Organization, _ORGANIZATION, OrganizationRow.id, query)


async def organizations_by_slug(uow: SystemUow, slug: str | None, limit: int) -> list[Organization]:
    """The organization with this slug, or without one the first organizations by slug."""
    statement = _ORGANIZATION.order_by(OrganizationRow.slug).limit(limit)
    if slug is not None:
        statement = statement.where(OrganizationRow.slug == slug)
    return records(Organization, await uow.execute(statement))


async def set_status(uow: SystemUow, organization: Organization) -> None:
    """Write the status of an organization that this transaction holds."""
    await uow.execute(
        update(OrganizationRow)
        .where(OrganizationRow.id == organization.id)
        .values(status=organization.status, version=organization.version, updated_at=organization.updated_at)
    )


async def environments_of(uow: SystemUow | Uow, organization_id: UUID) -> list[Environment]:
    """All environments of an organization, the oldest (its live one) first."""
    statement = _ENVIRONMENT.where(EnvironmentRow.organization_id == organization_id).order_by(
        EnvironmentRow.id
    )
    return records(Environment, await uow.execute(statement))


# Of an organization


async def add_environment(uow: SystemUow | Uow, environment: Environment) -> None:
    """Write a new environment; ``AlreadyExists`` if its organization has the name."""
    await uow.execute(insert(EnvironmentRow).values(row_values(environment)))


async def get_environment(uow: Uow, environment_id: UUID) -> Environment:
    """An environment of the caller's organization, or ``NotFound``."""
    statement = _ENVIRONMENT.where(
        EnvironmentRow.organization_id == uow.organization_id, EnvironmentRow.id == environment_id
    )
    return only(Environment, await uow.execute(statement), "environment")


async def page_of_environments(uow: Uow, query: PageQuery) -> Page[Environment]:
    """Environments of the caller's organization, newest first."""
    statement = _ENVIRONMENT.where(EnvironmentRow.organization_id == uow.organization_id)
    return await _page(uow, Environment, statement, EnvironmentRow.id, query)


async def add_role(uow: SystemUow | Uow, role: Role) -> None:
    """Write a new role; ``AlreadyExists`` if its organization has the name."""
    await uow.execute(insert(RoleRow).values(row_values(role)))


async def get_role(uow: Uow, role_id: UUID) -> Role:
    """A role of the caller's organization, or ``NotFound``."""
    statement = _ROLE.where(RoleRow.organization_id == uow.organization_id, RoleRow.id == role_id)
    return only(Role, await uow.execute(statement), "role")


async def page_of_roles(uow: Uow, query: PageQuery) -> Page[Role]:
    """Roles, newest first."""
    statement = _ROLE.where(RoleRow.organization_id == uow.organization_id)
    return await _page(uow, Role, statement, RoleRow.id, query)


async def add_user(uow: Uow, user: User) -> None:
    """Write a new user; ``AlreadyExists`` if the organization has the address."""
    await uow.execute(insert(UserRow).values(row_values(user)))


async def get_user(uow: Uow, user_id: UUID) -> User:
    """A user of the caller's organization, or ``NotFound``."""
    statement = _USER.where(UserRow.organization_id == uow.organization_id, UserRow.id == user_id)
    return only(User, await uow.execute(statement), "user")


async def page_of_users(uow: Uow, query: PageQuery) -> Page[User]:
    """Users, newest first."""
    statement = _USER.where(UserRow.organization_id == uow.organization_id)
    return await _page(uow, User, statement, UserRow.id, query)


async def save_role(uow: Uow, role: Role, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a role."""
    await _save(uow, RoleRow, role, changed, "role")


async def save_user(uow: Uow, user: User, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a user."""
    await _save(uow, UserRow, user, changed, "user")


async def _save(uow: Uow, model: Any, after: Role | User, changed: Mapping[str, Any], kind: str) -> None:
    values = {name: getattr(after, name) for name in changed}
    statement = (
        update(model)
        .where(
            model.organization_id == uow.organization_id,
            model.id == after.id,
            model.version == after.version - 1,
        )
        .values(**values, version=after.version, updated_at=after.updated_at)
    )
    if (await uow.execute(statement)).rowcount != 1:
        raise VersionMismatch(f"this {kind} was changed by someone else at the same time")


# Of an environment


@asynccontextmanager
async def _inside(uow: SystemUow | Uow, environment_id: UUID) -> AsyncGenerator[None]:
    """Write rows of another environment of the same organization.

    An error needs no way back: the rollback undoes the setting too.
    """
    if isinstance(uow, SystemUow):  # which is in no environment
        yield
        return
    await uow.execute(_INSIDE, {"environment": str(environment_id)})
    yield
    await uow.execute(_INSIDE, {"environment": str(uow.environment_id)})


async def _page[T](
    uow: SystemUow | Uow, view: type[T], statement: Select[Any], id_column: Any, query: PageQuery
) -> Page[T]:
    return page_of(records(view, await uow.execute(paged(statement, id_column, query))), query)


async def add_client(uow: SystemUow | Uow, client: ApiClient, secret_hash: bytes) -> None:
    """Write a new key."""
    async with _inside(uow, client.environment_id):
        await uow.execute(insert(ApiClientRow).values(**row_values(client), secret_hash=secret_hash))


async def get_client(uow: Uow, client_id: UUID) -> ApiClient:
    """A key of this environment, or ``NotFound``."""
    statement = _CLIENT.where(ApiClientRow.environment_id == uow.environment_id, ApiClientRow.id == client_id)
    return only(ApiClient, await uow.execute(statement), "API client")


async def page_of_clients(uow: Uow, query: PageQuery) -> Page[ApiClient]:
    """Keys of this environment, newest first, revoked ones included."""
    statement = _CLIENT.where(ApiClientRow.environment_id == uow.environment_id)
    return await _page(uow, ApiClient, statement, ApiClientRow.id, query)


async def revoke_client(uow: Uow, client: ApiClient) -> bool:
    """Write that a key opens nothing from now on; whether this call was the one that did."""
    statement = (
        update(ApiClientRow)
        .where(
            ApiClientRow.environment_id == uow.environment_id,
            ApiClientRow.id == client.id,
            ApiClientRow.revoked_at.is_(None),
        )
        .values(revoked_at=client.revoked_at)
    )
    return (await uow.execute(statement)).rowcount == 1


async def add_audit_record(uow: SystemUow | Uow, audited: AuditRecord, environment_id: UUID) -> None:
    """Write one line of the audit."""
    values = {**row_values(audited), "environment_id": environment_id}
    await uow.execute(insert(AuditRecordRow).values(values))


async def page_of_audit_records(uow: Uow, query: PageQuery) -> Page[AuditRecord]:
    """The audit, newest first."""
    statement = _AUDIT.where(AuditRecordRow.environment_id == uow.environment_id)
    return await _page(uow, AuditRecord, statement, AuditRecordRow.id, query)


async def add_clock(uow: Uow, clock: TestClock) -> None:
    """Write the clock of this environment; ``AlreadyExists`` if it has one."""
    await uow.execute(insert(TestClockRow).values(insert_values(uow, clock)))


async def clock(uow: Uow) -> TestClock | None:
    """The clock of this environment, if it has one."""
    rows = await uow.execute(_CLOCK.where(TestClockRow.environment_id == uow.environment_id))
    row = rows.one_or_none()
    return None if row is None else record(TestClock, row)


async def save_clock(uow: Uow, after: TestClock) -> None:
    """Write the clock's new instant."""
    await update_versioned(uow, TestClockRow, after, {"now_at": after.now_at}, kind="test clock")


async def add_operation(uow: Uow, operation: Operation) -> None:
    """Write a new operation."""
    await uow.execute(insert(OperationRow).values(insert_values(uow, operation)))


async def get_operation(uow: Uow, operation_id: UUID, *, locked: bool = False) -> Operation:
    """An operation of this environment, or ``NotFound``; ``locked`` to the end of the transaction."""
    statement = _OPERATION.where(
        OperationRow.environment_id == uow.environment_id, OperationRow.id == operation_id
    )
    if locked:
        statement = statement.with_for_update()
    return only(Operation, await uow.execute(statement), "operation")


async def page_of_operations(uow: Uow, query: PageQuery) -> Page[Operation]:
    """Operations, newest first."""
    statement = _OPERATION.where(OperationRow.environment_id == uow.environment_id)
    return await _page(uow, Operation, statement, OperationRow.id, query)


async def save_operation(uow: Uow, after: Operation, changed: Mapping[str, Any]) -> None:
    """Write changed fields of an operation."""
    await update_versioned(uow, OperationRow, after, changed, kind="operation")
