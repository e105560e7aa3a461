"""What migrations use to keep tenants apart: row-level security and append-only tables.

The policies are law 7 of the design: enabled, not forced (the owner migrates), one policy a role.  The
expressions use only ``=`` on uuid, which is leakproof, so indexes keep working under them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

APP = "counterfoil_app"
SYSTEM = "counterfoil_system"


def protect(table: str, column: str = "environment_id") -> None:
    """Let the application role see only rows whose ``column`` is its transaction's tenant.

    ``column`` is ``environment_id`` or ``organization_id`` (``id`` for the table of organizations).
    """
    setting = "environment_id" if column == "environment_id" else "organization_id"
    tenant = f"nullif(current_setting('counterfoil.{setting}', true), '')::uuid"
    op.execute(f"alter table {table} enable row level security")
    op.execute(
        f"create policy tenant on {table} to {APP}"
        f" using ({column} = {tenant}) with check ({column} = {tenant})"
    )
    op.execute(f"create policy system on {table} to {SYSTEM} using (true) with check (true)")


def append_only(table: str) -> None:
    """Take away the right to change or delete rows of ``table`` from both roles."""
    op.execute(f"revoke update, delete, truncate on {table} from {APP}, {SYSTEM}")


def identified() -> tuple[sa.Column[Any], ...]:
    """The columns of ``store.types.Identified``, for ``op.create_table``."""
    return (
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("external_id", sa.Text),
        sa.Column("metadata", JSONB, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
