"""Tables of wallets: credit grants and their applications."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from counterfoil.store.migrations.security import identified, protect

revision = "0013"
down_revision = "0012"

INSTANT = sa.DateTime(timezone=True)
OPEN = "status in ('pending', 'failed')"


def upgrade() -> None:
    """Make the tables."""
    _grants()
    _applications()
    _permissions()


def _grants() -> None:
    op.create_table(
        "credit_grants",
        *identified(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        _reference("credit_grants", "plan_id", "plans"),
        _reference("credit_grants", "subscription_id", "subscriptions"),
        _reference("credit_grants", "template_id", "credit_grants"),
        sa.Column("credits", sa.Numeric, nullable=False),
        sa.Column("currency", sa.Text),
        sa.Column("cadence", sa.Text, nullable=False),
        sa.Column("period", sa.Text),
        sa.Column("period_count", sa.Integer),
        sa.Column("expiration", sa.Text, nullable=False),
        sa.Column("expiration_duration", sa.Integer),
        sa.Column("expiration_unit", sa.Text),
        sa.Column("priority", sa.Integer),
        sa.Column("conversion_rate", sa.Numeric),
        sa.Column("topup_conversion_rate", sa.Numeric),
        sa.Column("starts_at", INSTANT),
        sa.Column("ends_at", INSTANT),
        sa.Column("anchor_at", INSTANT),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint(
            "environment_id", "external_id", name="uq_credit_grants_environment_id_external_id"
        ),
        sa.CheckConstraint("credits > 0", name="ck_credit_grants_credits"),
        sa.CheckConstraint("starts_at <= ends_at", name="ck_credit_grants_ends_at"),
        sa.CheckConstraint(
            "case scope when 'plan' then plan_id is not null and subscription_id is null"
            " and starts_at is null and ends_at is null and anchor_at is null"
            " when 'subscription' then subscription_id is not null and plan_id is null"
            " and currency is not null and starts_at is not null else false end",
            name="ck_credit_grants_scope",
        ),
    )
    newest = sa.text("id desc")
    _listed("environment_id_id", newest)
    for parent in ("plan", "subscription"):
        _listed(parent, f"{parent}_id", newest)
    for name, column in (("created", "created_at"), ("updated", "updated_at"), ("name", "name")):
        _listed(name, column, "id")
    protect("credit_grants")


def _listed(name: str, *columns: str | sa.TextClause) -> None:
    op.create_index(
        f"ix_credit_grants_{name}",
        "credit_grants",
        ["environment_id", *columns],
        postgresql_include=["archived_at"],
    )


def _applications() -> None:
    table = "credit_grant_applications"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        _reference(table, "grant_id", "credit_grants", nullable=False),
        _reference(table, "subscription_id", "subscriptions", nullable=False),
        sa.Column("period_start", INSTANT, nullable=False),
        sa.Column("period_end", INSTANT),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("credits", sa.Numeric, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("applied_at", INSTANT),
        sa.Column("failure", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.CheckConstraint("credits > 0", name="ck_credit_grant_applications_credits"),
        sa.CheckConstraint("period_start < period_end", name="ck_credit_grant_applications_period"),
    )
    # A period gives its credits once; one that was cancelled can come back when the grant is prolonged.
    op.create_index(
        "uq_credit_grant_applications_period",
        table,
        ["grant_id", "period_start"],
        unique=True,
        postgresql_where=sa.text("status <> 'cancelled'"),
    )
    op.create_index(
        "uq_credit_grant_applications_open",
        table,
        ["grant_id"],
        unique=True,
        postgresql_where=sa.text(OPEN),
    )
    op.create_index(
        "ix_credit_grant_applications_subscription",
        table,
        ["environment_id", "subscription_id", "due_at", "id"],
    )
    op.create_index(
        "ix_credit_grant_applications_due",
        table,
        ["environment_id", "due_at", "id"],
        postgresql_where=sa.text(OPEN),
    )
    protect(table)


def _permissions() -> None:
    """Let the two roles that every organization was made with do here what they do with subscriptions."""
    for verb in ("read", "write"):
        op.execute(
            "update roles set permissions = ("
            " select jsonb_agg(one order by one) from ("
            "  select jsonb_array_elements_text(permissions) as one"
            f"  union select 'credit_grants:{verb}'"
            " ) all_of_them"
            ") where name in ('administrator', 'reader')"
            f" and permissions @> '[\"subscriptions:{verb}\"]'"
        )


def _reference(table: str, column: str, target: str, *, nullable: bool = True) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)
