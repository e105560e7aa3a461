"""Subscriptions with prices of their own, with or without a plan; pauses; what lists of them filter by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.store.migrations.security import protect

revision = "0012"
down_revision = "0011"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Change the tables."""
    _subscriptions()
    _customers()
    _customer_features()


def _subscriptions() -> None:
    op.alter_column("subscriptions", "plan_id", nullable=True)
    op.alter_column("subscriptions", "plan_version_id", nullable=True)
    op.add_column("subscriptions", sa.Column("plan_reference", sa.Text))
    op.add_column("subscriptions", sa.Column("payment_method", sa.Text))
    op.add_column("subscriptions", sa.Column("paused_at", INSTANT))
    newest = sa.text("id desc")
    op.drop_index("ix_subscriptions_environment_id_id", "subscriptions")
    op.create_index(
        "ix_subscriptions_environment_id_id",
        "subscriptions",
        ["environment_id", newest],
        postgresql_include=["status"],
    )
    op.create_index("ix_subscriptions_plan", "subscriptions", ["environment_id", "plan_id", newest])
    op.create_index(
        "ix_subscriptions_plan_reference",
        "subscriptions",
        ["environment_id", "plan_reference", newest],
        postgresql_where=sa.text("plan_reference is not null"),
    )
    op.create_index(
        "ix_subscriptions_created",
        "subscriptions",
        ["environment_id", sa.text("created_at desc"), newest],
    )
    # A scheduled end cuts an item's time where it is read; the item's own time is what was agreed.
    op.execute(
        "update subscription_items i set ended_at = null from subscriptions s"
        " where s.id = i.subscription_id and s.ended_at is null and i.ended_at = s.cancel_at"
    )


def _customers() -> None:
    newest = sa.text("id desc")
    op.create_index("ix_customers_email", "customers", ["environment_id", "email", newest])
    op.create_index(
        "ix_customers_created", "customers", ["environment_id", sa.text("created_at desc"), newest]
    )


def _customer_features() -> None:
    """What customers are charged for, from the items that are there."""
    name = "customer_features"
    op.create_table(
        name,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column(
            "customer_id",
            sa.Uuid,
            sa.ForeignKey("customers.id", name=f"fk_{name}_customer_id"),
            nullable=False,
        ),
        sa.Column(
            "feature_id", sa.Uuid, sa.ForeignKey("features.id", name=f"fk_{name}_feature_id"), nullable=False
        ),
        sa.Column("product_id", sa.Uuid, sa.ForeignKey("products.id", name=f"fk_{name}_product_id")),
        sa.Column("charged", ARRAY(sa.Text), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint(
            "environment_id",
            "customer_id",
            "feature_id",
            name=f"uq_{name}_environment_id_customer_id_feature_id",
        ),
    )
    newest = sa.text("id desc")
    op.create_index(f"ix_{name}_environment_id_id", name, ["environment_id", newest])
    op.create_index(f"ix_{name}_customer", name, ["environment_id", "customer_id", newest])
    op.create_index(f"ix_{name}_feature", name, ["environment_id", "feature_id", newest])
    op.create_index(f"ix_{name}_product", name, ["environment_id", "product_id", newest])
    protect(name)
    # Each has the id of the item that charged first, which is unique and as old as the row should be.
    op.execute(
        f"""
        insert into {name} (id, environment_id, customer_id, feature_id, product_id, charged, created_at)
        select (array_agg(i.id order by i.id))[1], s.environment_id, s.customer_id, f.id, f.product_id,
               array_agg(distinct p.model || '/' || p.quantity_source || '/' || p.cadence),
               min(s.created_at)
        from subscriptions s
        join subscription_items i on i.subscription_id = s.id
        join prices p on p.id = i.price_id
        join features f on f.id = p.feature_id
        group by s.environment_id, s.customer_id, f.id
        """
    )
