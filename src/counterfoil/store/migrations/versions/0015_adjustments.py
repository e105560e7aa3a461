"""Lines that give back or catch up, and events that were voided or corrected."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Every line that is there is a charge."""
    _line_kinds()


def _line_kinds() -> None:
    op.add_column("invoice_lines", sa.Column("kind", sa.Text, nullable=False, server_default="charge"))
    op.alter_column("invoice_lines", "kind", server_default=None)
    op.add_column("invoice_lines", sa.Column("of_line_id", sa.Uuid))
    # Law 5: a period is billed once; what is given back or caught up of it may be several lines.
    op.drop_index("uq_invoice_lines_service_start", "invoice_lines")
    op.create_index(
        "uq_invoice_lines_service_start",
        "invoice_lines",
        ["subscription_item_id", "price_id", "service_start"],
        unique=True,
        postgresql_where=sa.text("not voided and kind = 'charge'"),
    )
    op.create_index(
        "ix_invoice_lines_other",
        "invoice_lines",
        ["environment_id", "subscription_item_id", "service_start"],
        postgresql_where=sa.text("not voided and kind <> 'charge'"),
    )
