"""Parents of customers, invoices of several subscriptions, add-ons."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Nobody has a parent yet, and every subscription has invoices of its own."""
    _parents()
    _joint_invoices()


def _parents() -> None:
    for name in ("parent_id", "payer_id"):
        op.add_column(
            "customers",
            sa.Column(name, sa.Uuid, sa.ForeignKey("customers.id", name=f"fk_customers_{name}")),
        )
    op.add_column("customers", sa.Column("billed_to", sa.Text, nullable=False, server_default="self"))
    op.alter_column("customers", "billed_to", server_default=None)
    op.create_index(
        "ix_customers_parent",
        "customers",
        ["environment_id", "parent_id", sa.text("id desc")],
        postgresql_where=sa.text("parent_id is not null"),
    )
    op.create_index(
        "ix_customers_payer",
        "customers",
        ["environment_id", "payer_id"],
        postgresql_where=sa.text("payer_id is not null"),
    )


def _joint_invoices() -> None:
    op.add_column("subscriptions", sa.Column("invoicing", sa.Text, nullable=False, server_default="separate"))
    op.alter_column("subscriptions", "invoicing", server_default=None)
    op.create_index(
        "ix_subscriptions_due_joint",
        "subscriptions",
        ["environment_id", "next_billing_at", "id"],
        postgresql_where=sa.text(
            "next_billing_at is not null and billing_error is null and invoicing = 'joint'"
        ),
    )
    # Null where the line's is the invoice's: lines that are there, and those of invoices of one subscription.
    for name in ("subscription_id", "customer_id"):
        op.add_column("invoice_lines", sa.Column(name, sa.Uuid))
    op.create_index(
        "ix_invoice_lines_subscription",
        "invoice_lines",
        ["environment_id", "subscription_id", sa.text("invoice_id desc")],
        postgresql_where=sa.text("subscription_id is not null"),
    )
