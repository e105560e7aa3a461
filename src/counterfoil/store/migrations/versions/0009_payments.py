"""Tables of payments."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from counterfoil.store.migrations.security import append_only, identified, protect

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "payments",
        *identified(),
        sa.Column("customer_id", sa.Uuid, sa.ForeignKey("customers.id"), nullable=False),
        sa.Column("invoice_id", sa.Uuid, sa.ForeignKey("invoices.id")),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("settled", sa.BigInteger, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("reference", sa.Text),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("environment_id", "external_id", name="uq_payments_environment_id_external_id"),
        sa.CheckConstraint("amount > 0", name="ck_payments_amount"),
        sa.CheckConstraint("settled between 0 and amount", name="ck_payments_settled"),
    )
    newest = sa.text("id desc")
    op.create_index("ix_payments_environment_id_id", "payments", ["environment_id", newest])
    for column in ("customer_id", "invoice_id"):
        op.create_index(
            f"ix_payments_environment_id_{column}_id", "payments", ["environment_id", column, newest]
        )
    protect("payments")
    append_only("payments")
