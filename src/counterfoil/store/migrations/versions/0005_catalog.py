"""Tables of catalog."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from counterfoil.store.migrations.security import append_only, identified, protect

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the tables."""
    _coded("products", sa.Column("description", sa.Text))
    _coded(
        "meters",
        sa.Column("event_name", sa.Text, nullable=False),
        sa.Column("aggregation", sa.Text, nullable=False),
        sa.Column("property", sa.Text),
        sa.Column("filters", JSONB, nullable=False),
        sa.Column("group_by", JSONB, nullable=False),
    )
    op.create_index("ix_meters_environment_id_event_name", "meters", ["environment_id", "event_name"])
    _coded(
        "features",
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("meter_id", sa.Uuid, sa.ForeignKey("meters.id", name="fk_features_meter_id")),
        sa.Column("options", JSONB, nullable=False),
    )
    _coded(
        "tax_rates",
        sa.Column("percent", sa.Numeric, nullable=False),
        sa.Column("inclusive", sa.Boolean, nullable=False),
    )
    _coded(
        "plans",
        sa.Column("description", sa.Text),
        sa.Column("product_id", sa.Uuid, sa.ForeignKey("products.id", name="fk_plans_product_id")),
    )
    _table(
        "plan_versions",
        sa.Column(
            "plan_id", sa.Uuid, sa.ForeignKey("plans.id", name="fk_plan_versions_plan_id"), nullable=False
        ),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True)),
        sa.Column("features", JSONB, nullable=False),
        sa.UniqueConstraint("plan_id", "number", name="uq_plan_versions_plan_id_number"),
    )
    _table(
        "prices",
        sa.Column(
            "plan_version_id",
            sa.Uuid,
            sa.ForeignKey("plan_versions.id", name="fk_prices_plan_version_id"),
            nullable=False,
        ),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("params", JSONB, nullable=False),
        sa.Column("meter_id", sa.Uuid, sa.ForeignKey("meters.id", name="fk_prices_meter_id")),
        sa.Column("filters", JSONB, nullable=False),
        sa.Column("quantity_source", sa.Text, nullable=False),
        sa.Column("interval_unit", sa.Text, nullable=False),
        sa.Column("interval_count", sa.Integer, nullable=False),
        sa.Column("cadence", sa.Text, nullable=False),
        sa.Column("tax_rate_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.UniqueConstraint("plan_version_id", "code", name="uq_prices_plan_version_id_code"),
    )
    append_only("prices")
    _keep_published_versions()


def _keep_published_versions() -> None:
    """A published version of a plan never changes, and gets no more prices."""
    op.execute(
        """
        create function catalog_published_version_is_final() returns trigger language plpgsql as $$
        begin
            raise exception 'a published version of a plan never changes'
                using errcode = 'check_violation', constraint = 'published_version_is_final';
        end $$
        """
    )
    op.execute(
        "create trigger published_is_final before update or delete on plan_versions for each row"
        " when (old.status = 'published') execute function catalog_published_version_is_final()"
    )
    op.execute(
        """
        create function catalog_prices_join_drafts() returns trigger language plpgsql as $$
        begin
            if exists (select from added join plan_versions v on v.id = added.plan_version_id
                       where v.status = 'published') then
                raise exception 'a published version of a plan never changes'
                    using errcode = 'check_violation', constraint = 'published_version_is_final';
            end if;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger prices_join_drafts after insert on prices referencing new table as added"
        " for each statement execute function catalog_prices_join_drafts()"
    )


def _coded(table: str, *columns: sa.Column[Any]) -> None:
    _table(
        table,
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        *columns,
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("environment_id", "code", name=f"uq_{table}_environment_id_code"),
    )


def _table(table: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        *identified(),
        *parts,
        sa.UniqueConstraint("environment_id", "external_id", name=f"uq_{table}_environment_id_external_id"),
    )
    op.create_index(f"ix_{table}_environment_id_id", table, ["environment_id", sa.text("id desc")])
    protect(table)
