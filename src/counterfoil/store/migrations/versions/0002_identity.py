"""Tables of identity."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import append_only, protect

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    _organizations()
    _keys()
    _people()
    op.create_table(
        "audit_records",
        sa.Column("id", sa.Uuid, primary_key=True),
        _environment(),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object_kind", sa.Text, nullable=False),
        sa.Column("object_id", sa.Uuid, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("request_id", sa.Text),
        sa.Column("recorded_at", INSTANT, nullable=False),
    )
    _newest_first("audit_records", "environment_id")
    protect("audit_records")
    append_only("audit_records")
    op.create_table(
        "test_clocks",
        sa.Column("id", sa.Uuid, primary_key=True),
        _environment(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("now_at", INSTANT, nullable=False),
        *_versioned(),
        sa.UniqueConstraint("environment_id", name="uq_test_clocks_environment_id"),
    )
    protect("test_clocks")
    op.create_table(
        "operations",
        sa.Column("id", sa.Uuid, primary_key=True),
        _environment(),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("input", JSONB, nullable=False),
        sa.Column("progress", JSONB, nullable=False),
        sa.Column("result", JSONB),
        sa.Column("error", JSONB),
        *_versioned(),
        sa.Column("finished_at", INSTANT),
    )
    _newest_first("operations", "environment_id")
    protect("operations")


def _organizations() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("metadata", JSONB, nullable=False),
        *_versioned(),
        sa.UniqueConstraint("slug", name="uq_organizations_slug"),
    )
    protect("organizations", "id")
    op.create_table(
        "environments",
        sa.Column("id", sa.Uuid, primary_key=True),
        _organization(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("organization_id", "name", name="uq_environments_organization_id_name"),
    )
    _newest_first("environments", "organization_id")
    protect("environments", "organization_id")


def _keys() -> None:
    op.create_table(
        "api_clients",
        sa.Column("id", sa.Uuid, primary_key=True),
        _environment(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", JSONB, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.UniqueConstraint("secret_hash", name="uq_api_clients_secret_hash"),
    )
    _newest_first("api_clients", "environment_id")
    protect("api_clients")
    op.create_table(
        "operator_keys",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary, nullable=False),
        sa.Column("hint", sa.Text, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.UniqueConstraint("secret_hash", name="uq_operator_keys_secret_hash"),
    )
    op.execute("revoke all on operator_keys from counterfoil_app")


def _people() -> None:
    op.create_table(
        "roles",
        sa.Column("id", sa.Uuid, primary_key=True),
        _organization(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("permissions", JSONB, nullable=False),
        *_versioned(),
        sa.UniqueConstraint("organization_id", "name", name="uq_roles_organization_id_name"),
    )
    _newest_first("roles", "organization_id")
    protect("roles", "organization_id")
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid, primary_key=True),
        _organization(),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role_id", sa.Uuid, sa.ForeignKey("roles.id"), nullable=False),
        *_versioned(),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("organization_id", "email", name="uq_users_organization_id_email"),
    )
    op.create_index("ix_users_role_id", "users", ["role_id"])
    _newest_first("users", "organization_id")
    protect("users", "organization_id")


def _environment() -> sa.Column[Any]:
    return sa.Column("environment_id", sa.Uuid, sa.ForeignKey("environments.id"), nullable=False)


def _organization() -> sa.Column[Any]:
    return sa.Column("organization_id", sa.Uuid, sa.ForeignKey("organizations.id"), nullable=False)


def _versioned() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )


def _newest_first(table: str, tenant: str) -> None:
    op.create_index(f"ix_{table}_{tenant}_id", table, [tenant, sa.text("id desc")])
