"""How a subscription prorates, and the changes that wait for their date."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import protect

revision = "0016"
down_revision = "0015"

INSTANT = sa.DateTime(timezone=True)
POLICY = (
    '{"day_count": "local_days", "denominator": "full_cycle", "interval_change": "reset",'
    ' "behavior": "create_prorations", "net_rounding": "sum_of_rounded", "rounding": "half_up"}'
)
"""By what everything was billed before there was a choice."""


def upgrade() -> None:
    """What is there follows the policy that it was billed by, and its subscription's anchor."""
    op.add_column("subscriptions", sa.Column("policy", JSONB, nullable=False, server_default=POLICY))
    op.alter_column("subscriptions", "policy", server_default=None)
    op.add_column("subscriptions", sa.Column("next_change_at", INSTANT))
    for name in ("anchor_at", "bill_from", "give_back_from"):
        op.add_column("subscription_items", sa.Column(name, INSTANT))
    op.add_column("subscription_items", sa.Column("paid_by_id", sa.Uuid))
    op.execute(
        "update subscription_items i set anchor_at = s.anchor_at"
        " from subscriptions s where s.id = i.subscription_id"
    )
    # Nothing is written without its subscription; what a test leaves without one follows its own start.
    op.execute("update subscription_items set anchor_at = started_at where anchor_at is null")
    op.alter_column("subscription_items", "anchor_at", nullable=False)
    _changes()


def _changes() -> None:
    name = "subscription_changes"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column(
            "subscription_id",
            sa.Uuid,
            sa.ForeignKey("subscriptions.id", name=f"fk_{name}_subscription_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("command", JSONB, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("applied_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
    )
    op.create_index(
        "ix_subscription_changes_subscription",
        name,
        ["environment_id", "subscription_id", sa.text("id desc")],
    )
    op.create_index(
        "ix_subscription_changes_status",
        name,
        ["environment_id", "subscription_id", "status", sa.text("id desc")],
    )
    op.create_index(
        "ix_subscription_changes_due",
        name,
        ["environment_id", "due_at", "id"],
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    protect(name)
