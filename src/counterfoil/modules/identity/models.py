"""Tables of identity."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.modules.identity.types import EnvironmentKind, OperationStatus, OrganizationStatus
from counterfoil.store import Base
from counterfoil.store.types import Choice


class OrganizationRow(Base):
    """A tenant."""

    __tablename__ = "organizations"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    slug: Mapped[str] = mapped_column(unique=True)
    status: Mapped[OrganizationStatus] = mapped_column(Choice(OrganizationStatus))
    meta: Mapped[dict[str, Any]] = mapped_column("metadata")
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class EnvironmentRow(Base):
    """A world inside an organization."""

    __tablename__ = "environments"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        Index("ix_environments_organization_id_id", "organization_id", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    kind: Mapped[EnvironmentKind] = mapped_column(Choice(EnvironmentKind))
    created_at: Mapped[datetime]


class ApiClientRow(Base):
    """A key: the SHA-256 of its secret and what it may do."""

    __tablename__ = "api_clients"
    __table_args__ = (Index("ix_api_clients_environment_id_id", "environment_id", text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID] = mapped_column(ForeignKey("environments.id"))
    name: Mapped[str]
    scopes: Mapped[list[Any]]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RoleRow(Base):
    """A named set of permissions."""

    __tablename__ = "roles"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        Index("ix_roles_organization_id_id", "organization_id", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str]
    permissions: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class UserRow(Base):
    """A person of an organization."""

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("organization_id", "email"),
        Index("ix_users_organization_id_id", "organization_id", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    email: Mapped[str]
    name: Mapped[str]
    role_id: Mapped[UUID] = mapped_column(ForeignKey("roles.id"), index=True)
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class AuditRecordRow(Base):
    """Who did what; written once, never changed."""

    __tablename__ = "audit_records"
    __table_args__ = (Index("ix_audit_records_environment_id_id", "environment_id", text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID] = mapped_column(ForeignKey("environments.id"))
    actor: Mapped[str]
    action: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[UUID]
    data: Mapped[dict[str, Any]]
    request_id: Mapped[str | None]
    recorded_at: Mapped[datetime]


class TestClockRow(Base):
    """The instant at which a sandbox stands."""

    __tablename__ = "test_clocks"
    __test__ = False  # not a test class, whatever its name begins with

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID] = mapped_column(ForeignKey("environments.id"), unique=True)
    name: Mapped[str]
    now_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class OperationRow(Base):
    """Progress of something asynchronous."""

    __tablename__ = "operations"
    __table_args__ = (Index("ix_operations_environment_id_id", "environment_id", text("id desc")),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID] = mapped_column(ForeignKey("environments.id"))
    kind: Mapped[str]
    status: Mapped[OperationStatus] = mapped_column(Choice(OperationStatus))
    input: Mapped[dict[str, Any]]
    progress: Mapped[dict[str, Any]]
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    version: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class OperatorKeyRow(Base):
    """A key of those who run the server: it creates and suspends organizations, and sees no tenant's data."""

    __tablename__ = "operator_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str]
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
