"""Simulations of past usage at draft prices; until when usage was known when an invoice became final."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from counterfoil.store.migrations.security import append_only, protect

revision = "0022"
down_revision = "0021"

INSTANT = sa.DateTime(timezone=True)
NEWEST = sa.text("id desc")


def upgrade() -> None:
    """Make the tables; of an invoice that is final already, nobody wrote down what was known."""
    op.add_column("invoices", sa.Column("known_at", INSTANT))
    op.create_table(
        "simulations",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("operation_id", sa.Uuid, sa.ForeignKey("operations.id"), nullable=False),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT, nullable=False),
        sa.Column("customer_ids", ARRAY(sa.Uuid)),
        sa.Column("drafts", JSONB, nullable=False),
        sa.Column("version", JSONB),
        sa.Column("passed", sa.Uuid),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_index("ix_simulations_environment_id_id", "simulations", ["environment_id", NEWEST])
    protect("simulations")
    op.create_table(
        "simulation_results",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("environment_id", sa.Uuid, nullable=False),
        sa.Column("simulation_id", sa.Uuid, sa.ForeignKey("simulations.id"), nullable=False),
        sa.Column("customer_id", sa.Uuid, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("charges", sa.BigInteger, nullable=False),
        sa.Column("current", sa.BigInteger, nullable=False),
        sa.Column("simulated", sa.BigInteger, nullable=False),
        sa.Column("problems", sa.BigInteger, nullable=False),
        sa.Column("told", JSONB, nullable=False),
    )
    op.create_index(
        "ix_simulation_results_simulation", "simulation_results", ["environment_id", "simulation_id", NEWEST]
    )
    protect("simulation_results")
    append_only("simulation_results")
    _permissions()


def _permissions() -> None:
    """Let the two roles that every organization was made with try what they may sell or see."""
    for verb in ("read", "write"):
        op.execute(
            "update roles set permissions = ("
            " select jsonb_agg(one order by one) from ("
            "  select jsonb_array_elements_text(permissions) as one"
            f"  union select 'simulations:{verb}'"
            " ) all_of_them"
            ") where name in ('administrator', 'reader')"
            f" and permissions @> '[\"invoices:{verb}\"]'"
        )
