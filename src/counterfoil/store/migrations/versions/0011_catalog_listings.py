"""Where products are listed, what features are, and plans whose versions share prices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from counterfoil.store.migrations.security import APP, identified, protect

revision = "0011"
down_revision = "0010"

LABELS = "name, description, external_id, metadata, ended_at, version, updated_at"
"""What may change of a price; what it costs never does."""


def upgrade() -> None:
    """Make the tables."""
    _products_and_features()
    _plans_and_prices()


def _products_and_features() -> None:
    """Where products are listed, what features are, and the tables that compare plans."""
    _add(
        "products",
        sa.Column("logo_url", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("default_currency", sa.Text),
        sa.Column("channel", sa.Text),
        sa.Column("listing", JSONB, nullable=False, server_default="{}"),
        sa.Column("published_at", sa.DateTime(timezone=True)),
    )
    op.execute("update products set published_at = created_at")  # until now nothing was a draft
    _add(
        "features",
        sa.Column("description", sa.Text),
        sa.Column("product_id", sa.Uuid, sa.ForeignKey("products.id", name="fk_features_product_id")),
        sa.Column("sku", sa.Text),
        sa.Column("unit", JSONB, nullable=False, server_default="{}"),
        sa.Column("default_value", JSONB),
        sa.Column("visibility", sa.Text, nullable=False, server_default="public"),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("rounding", JSONB, nullable=False, server_default="{}"),
        sa.Column("regions", JSONB, nullable=False, server_default="[]"),
    )
    op.create_table(
        "pricing_tables",
        *identified(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column(
            "product_id",
            sa.Uuid,
            sa.ForeignKey("products.id", name="fk_pricing_tables_product_id"),
            nullable=False,
        ),
        sa.Column("title", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("theme", sa.Text, nullable=False),
        sa.Column("custom_theme", sa.Text),
        sa.Column("plan_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("feature_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column(
            "featured_plan_id", sa.Uuid, sa.ForeignKey("plans.id", name="fk_pricing_tables_featured_plan_id")
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("environment_id", "code", name="uq_pricing_tables_environment_id_code"),
        sa.UniqueConstraint(
            "environment_id", "external_id", name="uq_pricing_tables_environment_id_external_id"
        ),
    )
    op.create_index(
        "ix_pricing_tables_environment_id_id", "pricing_tables", ["environment_id", sa.text("id desc")]
    )
    for table, column in (
        ("products", "channel"),
        ("features", "product_id"),
        ("pricing_tables", "product_id"),
    ):
        op.create_index(
            f"ix_{table}_environment_id_{column}", table, ["environment_id", column, sa.text("id desc")]
        )
    for name, columns in (("ix_products_kept", []), ("ix_products_kept_channel", ["channel"])):
        op.create_index(
            name,
            "products",
            ["environment_id", *columns, sa.text("id desc")],
            postgresql_where=sa.text("archived_at is null"),
        )
    protect("pricing_tables")


def _plans_and_prices() -> None:
    """A version of a plan lists prices; a price belongs to the plan, and its labels may change."""
    _add(
        "plans",
        sa.Column("visibility", sa.Text, nullable=False, server_default="public"),
        sa.Column("position", sa.Integer, nullable=False, server_default="0"),
        sa.Column("kind", sa.Text, nullable=False, server_default="standard"),
        sa.Column("min_seats", sa.Integer, nullable=False, server_default="1"),
        sa.Column("max_seats", sa.Integer),
        sa.Column("trial_days", sa.Integer),
        sa.Column("evaluation_days", sa.Integer),
    )
    _add("plan_versions", sa.Column("price_ids", ARRAY(sa.Uuid), nullable=False, server_default="{}"))
    _add(
        "prices",
        sa.Column("plan_id", sa.Uuid, sa.ForeignKey("plans.id", name="fk_prices_plan_id")),
        sa.Column("feature_id", sa.Uuid, sa.ForeignKey("features.id", name="fk_prices_feature_id")),
        sa.Column("unit", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    _carry_prices_over()
    op.execute("drop trigger prices_join_drafts on prices")
    op.execute("drop function catalog_prices_join_drafts()")
    op.drop_column("prices", "plan_version_id")
    op.drop_column("prices", "position")
    for table, columns in (
        ("plans", ("product_id",)),
        ("prices", ("code", "plan_id", "feature_id", "meter_id")),
    ):
        for column in columns:
            name = f"ix_{table}_environment_id_{column}"
            op.create_index(name, table, ["environment_id", column, sa.text("id desc")])
    op.execute(f"grant update ({LABELS}) on prices to {APP}")


def _carry_prices_over() -> None:
    """Each version lists the prices that were its own; they ended when the next version was published."""
    op.execute("alter table plan_versions disable trigger published_is_final")
    op.execute(
        """
        update plan_versions v set price_ids = own.ids
        from (
            select plan_version_id, array_agg(id order by position) ids from prices group by plan_version_id
        ) own
        where own.plan_version_id = v.id
        """
    )
    op.execute("alter table plan_versions enable trigger published_is_final")
    op.execute(
        """
        update prices p
        set plan_id = v.plan_id,
            ended_at = case when v.status = 'published' then (
                select n.published_at from plan_versions n
                where n.plan_id = v.plan_id and n.number > v.number and n.status = 'published'
                order by n.number limit 1
            ) end
        from plan_versions v
        where v.id = p.plan_version_id
        """
    )


def _add(table: str, *columns: sa.Column[object]) -> None:
    """New columns; a default fills the rows that are there and is not kept."""
    for column in columns:
        op.add_column(table, column)
        if column.server_default is not None:
            op.alter_column(table, column.name, server_default=None)
