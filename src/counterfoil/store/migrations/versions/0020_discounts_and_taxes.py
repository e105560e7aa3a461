"""Coupons, and taxes by place and category."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from counterfoil.store.migrations.security import APP, identified, protect

revision = "0020"
down_revision = "0019"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables of discounts, and say where and to what a tax applies."""
    _discounts()
    _taxes()


def _discounts() -> None:
    """Coupons, what customers redeemed, and add-ons; invoices that are there had no discounts."""
    _coded(
        "coupons",
        sa.Column("percent", sa.Numeric),
        sa.Column("amounts", JSONB, nullable=False),
        sa.Column("first_units", sa.Numeric),
        sa.Column("duration", sa.Text, nullable=False),
        sa.Column("periods", sa.Integer),
        sa.Column("months", sa.Integer),
        sa.Column("product_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("plan_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("price_codes", ARRAY(sa.Text), nullable=False),
        sa.Column("max_redemptions", sa.Integer),
        sa.Column("max_per_customer", sa.Integer),
        sa.Column("redeem_by", INSTANT),
        sa.Column("redeemed", sa.Integer, nullable=False),
        sa.CheckConstraint("(percent is null) = (amounts <> '{}')", name="ck_coupons_value"),
    )
    _coded(
        "add_ons",
        sa.Column("description", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("price_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("feature_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("plan_ids", ARRAY(sa.Uuid), nullable=False),
        sa.Column("max_quantity", sa.Numeric),
    )
    for table in ("prices", "subscription_items"):
        key = sa.ForeignKey("add_ons.id", name=f"fk_{table}_add_on_id")
        op.add_column(table, sa.Column("add_on_id", sa.Uuid, key))
    newest = sa.text("id desc")
    op.create_index("ix_prices_environment_id_add_on_id", "prices", ["environment_id", "add_on_id", newest])
    _redeemed(newest)
    _add("invoices", sa.Column("discounts", JSONB, nullable=False, server_default="[]"))


def _redeemed(newest: sa.TextClause) -> None:
    table = "subscription_discounts"
    op.create_table(
        table,
        *identified(),
        _reference(table, "coupon_id", "coupons", nullable=False),
        _reference(table, "customer_id", "customers", nullable=False),
        _reference(table, "subscription_id", "subscriptions", nullable=True),
        sa.Column("starts_at", INSTANT, nullable=False),
        sa.Column("ends_at", INSTANT),
        sa.Column("taken_on", sa.Uuid),
        sa.UniqueConstraint("environment_id", "external_id", name=f"uq_{table}_environment_id_external_id"),
        sa.CheckConstraint("starts_at <= ends_at", name=f"ck_{table}_ends_at"),
    )
    op.create_index(f"ix_{table}_environment_id_id", table, ["environment_id", newest])
    for column in ("coupon_id", "customer_id", "subscription_id"):
        op.create_index(f"ix_{table}_environment_id_{column}", table, ["environment_id", column, newest])
    protect(table)


def _coded(table: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        *identified(),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        *parts,
        sa.Column("archived_at", INSTANT),
        sa.UniqueConstraint("environment_id", "code", name=f"uq_{table}_environment_id_code"),
        sa.UniqueConstraint("environment_id", "external_id", name=f"uq_{table}_environment_id_external_id"),
    )
    op.create_index(f"ix_{table}_environment_id_id", table, ["environment_id", sa.text("id desc")])
    protect(table)


def _reference(table: str, column: str, target: str, *, nullable: bool) -> sa.Column[Any]:
    key = sa.ForeignKey(f"{target}.id", name=f"fk_{table}_{column}")
    return sa.Column(column, sa.Uuid, key, nullable=nullable)


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


def _add(table: str, *columns: sa.Column[Any]) -> None:
    """Add columns; a default is for the rows that are there."""
    for column in columns:
        op.add_column(table, column)
        if column.server_default is not None:
            op.alter_column(table, column.name, server_default=None)
