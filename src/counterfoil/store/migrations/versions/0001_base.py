"""Roles, the beginning of a transaction, changes, idempotency keys, jobs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import protect

revision = "0001"
down_revision = None

ROLES = """
do $$ begin
    if not exists (select from pg_roles where rolname = 'counterfoil_app') then
        create role counterfoil_app login;
    end if;
    if not exists (select from pg_roles where rolname = 'counterfoil_system') then
        create role counterfoil_system nologin;
    end if;
end $$;
"""

RIGHTS = """
grant counterfoil_system to counterfoil_app with inherit false, set true;
grant usage on schema public to counterfoil_app, counterfoil_system;
alter default privileges in schema public
    grant select, insert, update, delete on tables to counterfoil_app, counterfoil_system;
alter default privileges in schema public grant usage on sequences to counterfoil_app, counterfoil_system;
grant select on alembic_version to counterfoil_app, counterfoil_system;
"""

BEGIN = """
create function counterfoil_begin(organization uuid, environment uuid) returns timestamptz
language plpgsql as $$
begin
    perform set_config('counterfoil.organization_id', organization::text, true);
    perform set_config('counterfoil.environment_id', environment::text, true);
    return (select now_at from test_clocks where environment_id = environment);
end $$;
comment on function counterfoil_begin is
    'Sets the tenant of this transaction; returns the instant of its test clock, null without one.';
"""


def upgrade() -> None:
    """Make what every module's tables build on."""
    op.execute(ROLES)
    op.execute(RIGHTS)
    op.execute(BEGIN)
    op.create_table(
        "changes",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("position", sa.BigInteger),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("object_kind", sa.Text, nullable=False),
        sa.Column("object_id", sa.Uuid, nullable=False),
        sa.Column("object_version", sa.BigInteger, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index(
        "ix_changes_environment_id_position", "changes", ["environment_id", "position"], unique=True
    )
    op.create_index(
        "ix_changes_unplaced",
        "changes",
        ["environment_id", "id"],
        postgresql_where=sa.text("position is null"),
    )
    protect("changes")
    op.create_table(
        "idempotency_keys",
        sa.Column("environment_id", sa.Uuid, primary_key=True),
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("method", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("body_hash", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("content_type", sa.Text),
        sa.Column("body", sa.LargeBinary),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])
    protect("idempotency_keys")
    # The schema of the locked version of procrastinate; a later version's own steps become later migrations.
    op.execute(sa.text(SchemaManager.get_schema().replace(":", "\\:")))
    op.execute("grant execute on all functions in schema public to counterfoil_app, counterfoil_system")
