"""What subscriptions commit to over their terms, and organizations' own units of pricing."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from counterfoil.store.migrations.security import identified, protect

revision = "0018"
down_revision = "0017"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """What is there has committed to nothing."""
    op.add_column("subscriptions", sa.Column("commitment_due_at", INSTANT))
    _commitments()
    _terms()
    _lines()
    _pricing_units()


def _commitments() -> None:
    table = "subscription_commitments"
    op.create_table(
        table,
        *identified(),
        _reference(table, "subscription_id", "subscriptions"),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("price_codes", ARRAY(sa.Text)),
        sa.Column("measure", sa.Text, nullable=False),
        sa.Column("size", sa.Numeric, nullable=False),
        sa.Column("price", sa.Numeric),
        sa.Column("overage", JSONB, nullable=False),
        sa.Column("true_up", sa.Boolean, nullable=False),
        sa.Column("drawn_by_usage", sa.Boolean, nullable=False),
        sa.Column("draw_order", ARRAY(sa.Text), nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("interval_unit", sa.Text, nullable=False),
        sa.Column("interval_count", sa.Integer, nullable=False),
        sa.Column("renews", sa.Boolean, nullable=False),
        sa.Column("prorated", sa.Boolean, nullable=False),
        sa.Column("remainder", sa.Text, nullable=False),
        sa.Column("rollover_limit", sa.Numeric),
        sa.Column("instalments", JSONB),
        sa.Column("on_cancel", sa.Text, nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.UniqueConstraint("environment_id", "external_id", name=f"uq_{table}_environment_id_external_id"),
        sa.CheckConstraint("size > 0", name=f"ck_{table}_size"),
    )
    op.create_index(f"ix_{table}_subscription", table, ["environment_id", "subscription_id", "id"])
    protect(table)


def _terms() -> None:
    table = "commitment_terms"
    op.create_table(
        table,
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        _reference(table, "commitment_id", "subscription_commitments"),
        _reference(table, "subscription_id", "subscriptions"),
        sa.Column("start_at", INSTANT, nullable=False),
        sa.Column("end_at", INSTANT, nullable=False),
        sa.Column("committed", sa.Numeric, nullable=False),
        sa.Column("rolled_over", sa.Numeric, nullable=False),
        sa.Column("credit", sa.Numeric, nullable=False),
        sa.Column("opening", JSONB, nullable=False),
        sa.Column("plan", JSONB),
        sa.Column("billed_parts", sa.Integer, nullable=False),
        sa.Column("carried", sa.Numeric, nullable=False),
        sa.Column("closed_at", INSTANT),
        sa.UniqueConstraint("commitment_id", "start_at", name=f"uq_{table}_commitment_id_start_at"),
        sa.CheckConstraint("start_at < end_at", name=f"ck_{table}_end_at"),
        sa.CheckConstraint(
            "committed > 0 and rolled_over >= 0 and credit >= 0", name=f"ck_{table}_committed"
        ),
    )
    op.create_index(f"ix_{table}_subscription", table, ["environment_id", "subscription_id", "end_at"])
    op.create_index(f"ix_{table}_commitment", table, ["environment_id", "commitment_id", sa.text("id desc")])
    protect(table)


def _lines() -> None:
    """Which term a line belongs to, which part of it, and how much it counts towards it."""
    op.add_column("invoice_lines", sa.Column("commitment_term_id", sa.Uuid))
    op.add_column("invoice_lines", sa.Column("commitment_part", sa.Text))
    op.add_column("invoice_lines", sa.Column("commitment_used", sa.Numeric))
    op.create_index(
        "ix_invoice_lines_commitment_term",
        "invoice_lines",
        ["environment_id", "commitment_term_id"],
        postgresql_where=sa.text("commitment_term_id is not null"),
    )


def _pricing_units() -> None:
    """Prices that were there have amounts of money."""
    table = "pricing_units"
    op.create_table(
        table,
        *identified(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("exponent", sa.Integer, nullable=False),
        sa.Column("rates", JSONB, nullable=False),
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("environment_id", "external_id", name=f"uq_{table}_environment_id_external_id"),
        sa.UniqueConstraint("environment_id", "code", name=f"uq_{table}_environment_id_code"),
        sa.CheckConstraint("exponent between 0 and 9", name=f"ck_{table}_exponent"),
    )
    op.create_index(f"ix_{table}_environment_id_id", table, ["environment_id", sa.text("id desc")])
    protect(table)
    op.add_column("prices", sa.Column("pricing_unit", JSONB))


def _reference(table: str, column: str, target: str) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=False)
