"""Coupons, and taxes by place and category."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from counterfoil.store.migrations.security import APP

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the tables of discounts, and say where and to what a tax applies."""
    _taxes()


def _taxes() -> None:
    """Places, categories and dates of tax; what is there has none, and is taxed as it was."""
    instant = sa.DateTime(timezone=True)
    _add(
        "tax_rates",
        *(sa.Column(name, sa.Text) for name in ("country", "region", "postal_prefix", "category")),
        sa.Column("replaces_wider", sa.Boolean, nullable=False, server_default="false"),
        sa.Column("valid_from", instant),
        sa.Column("valid_to", instant),
    )
    op.create_index(
        "ix_tax_rates_country",
        "tax_rates",
        ["environment_id", "country", sa.text("id desc")],
        postgresql_where=sa.text("country is not null"),
    )
    for table in ("products", "plans", "prices"):
        _add(table, sa.Column("tax_category", sa.Text))
    op.execute(f"grant update (tax_category) on prices to {APP}")
    _add(
        "issuers",
        sa.Column("registrations", JSONB, nullable=False, server_default="[]"),
        sa.Column("tax_category", sa.Text, nullable=False, server_default="standard"),
        sa.Column("tax_rounding", sa.Text, nullable=False, server_default="per_invoice"),
        sa.Column("tax_point", sa.Text, nullable=False, server_default="service_end"),
    )
    _add("customers", sa.Column("tax_exemption", JSONB(none_as_null=True)))
    _add("invoice_lines", sa.Column("tax_treatment", sa.Text), sa.Column("tax_reason", sa.Text))


def _add(table: str, *columns: sa.Column[object]) -> None:
    """Add columns; a default is for the rows that are there."""
    for column in columns:
        op.add_column(table, column)
        if column.server_default is not None:
            op.alter_column(table, column.name, server_default=None)
