"""Tables of subscriptions."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from counterfoil.store.migrations.security import identified, protect

revision = "0007"
down_revision = "0006"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "subscriptions",
        *identified(),
        _reference("subscriptions", "customer_id", "customers"),
        _reference("subscriptions", "plan_id", "plans"),
        _reference("subscriptions", "plan_version_id", "plan_versions"),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("anchor_at", INSTANT, nullable=False),
        sa.Column("alignment", sa.Text, nullable=False),
        sa.Column("cancel_at", INSTANT),
        sa.Column("cancelled_at", INSTANT),
        sa.Column("ended_at", INSTANT),
        sa.Column("next_billing_at", INSTANT),
        sa.Column("billing_error", sa.Text),
        sa.UniqueConstraint(
            "environment_id", "external_id", name="uq_subscriptions_environment_id_external_id"
        ),
    )
    newest = sa.text("id desc")
    op.create_index("ix_subscriptions_environment_id_id", "subscriptions", ["environment_id", newest])
    op.create_index("ix_subscriptions_customer", "subscriptions", ["environment_id", "customer_id", newest])
    op.create_index("ix_subscriptions_status", "subscriptions", ["environment_id", "status", newest])
    op.create_index(
        "ix_subscriptions_held",
        "subscriptions",
        ["environment_id", newest],
        postgresql_where=sa.text("billing_error is not null"),
    )
    op.create_index(
        "ix_subscriptions_due",
        "subscriptions",
        ["environment_id", "next_billing_at", "id"],
        postgresql_where=sa.text("next_billing_at is not null and billing_error is null"),
    )
    protect("subscriptions")
    op.create_table(
        "subscription_items",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        _reference("subscription_items", "subscription_id", "subscriptions"),
        _reference("subscription_items", "price_id", "prices"),
        sa.Column("quantity", sa.Numeric, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT),
        sa.Column("billed_to", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT),
    )
    op.create_index(
        "ix_subscription_items_subscription",
        "subscription_items",
        ["environment_id", "subscription_id", "id"],
    )
    protect("subscription_items")


def _reference(table: str, column: str, target: str) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=False)
