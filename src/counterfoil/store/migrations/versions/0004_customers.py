"""Tables of customers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import identified, protect

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "customers",
        *identified(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("currency", sa.Text),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("address", JSONB, nullable=False),
        sa.Column("tax_number", sa.Text),
        sa.Column("tax_exempt", sa.Boolean, nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("environment_id", "external_id", name="uq_customers_environment_id_external_id"),
    )
    op.create_index("ix_customers_environment_id_id", "customers", ["environment_id", sa.text("id desc")])
    protect("customers")
