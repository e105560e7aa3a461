"""Trials, phases and terms that end or renew."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import protect

revision = "0017"
down_revision = "0016"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What is there has no trial, no phases, and goes on without an end of its own."""
    for column in (
        sa.Column("trial_ends_at", INSTANT),
        sa.Column("trial_end_behavior", sa.Text),
        sa.Column("term_unit", sa.Text),
        sa.Column("term_count", sa.Integer),
        sa.Column("term_ends_at", INSTANT),
        sa.Column("auto_renew", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("renewals_left", sa.Integer),
        sa.Column("expires_at", INSTANT),
        sa.Column("phase_id", sa.Uuid),
        sa.Column("next_phase_at", INSTANT),
    ):
        op.add_column("subscriptions", column)
    op.alter_column("subscriptions", "auto_renew", server_default=None)
    op.create_table(
        "subscription_phases",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        _reference("subscription_id", "subscriptions", nullable=False),
        sa.Column("name", sa.Text),
        _reference("plan_id", "plans"),
        _reference("plan_version_id", "plan_versions"),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("discounts", JSONB, nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="ck_subscription_phases_ends_at"),
    )
    op.create_index(
        "ix_subscription_phases_subscription",
        "subscription_phases",
        ["environment_id", "subscription_id", "starts_at"],
    )
    protect("subscription_phases")


def _reference(column: str, target: str, *, nullable: bool = True) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_subscription_phases_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)
