"""Tables of the catalog."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.coupons import CouponDuration
from counterfoil.core.rating import Aggregation, Cadence, Reset
from counterfoil.modules.catalog.coupon_types import AddOnKind
from counterfoil.modules.catalog.product_types import FeatureKind, Region
from counterfoil.modules.catalog.types import PlanKind, PlanVersionStatus, QuantitySource, Visibility
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified, Records

_KEPT: Final = "archived_at is null"


def _listed(table: str) -> tuple[Any, ...]:
    """What every table of the catalog is found by."""
    return (
        UniqueConstraint("environment_id", "external_id"),
        Index(f"ix_{table}_environment_id_id", "environment_id", text("id desc")),
    )


def _coded(table: str) -> tuple[Any, ...]:
    return (*_listed(table), UniqueConstraint("environment_id", "code"))


class ProductRow(Identified, Base):
    """What is sold."""

    __tablename__ = "products"
    __table_args__ = (
        *_coded("products"),
        Index(None, "environment_id", "channel", text("id desc")),
        # Vendors' lists leave archived products out, at any offset.
        Index("ix_products_kept", "environment_id", text("id desc"), postgresql_where=text(_KEPT)),
        Index(
            "ix_products_kept_channel",
            "environment_id",
            "channel",
            text("id desc"),
            postgresql_where=text(_KEPT),
        ),
    )

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    logo_url: Mapped[str | None]
    category: Mapped[str | None]
    default_currency: Mapped[str | None]
    channel: Mapped[str | None]
    listing: Mapped[dict[str, Any]]
    tax_category: Mapped[str | None]
    published_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class MeterRow(Identified, Base):
    """How events become a quantity."""

    __tablename__ = "meters"
    __table_args__ = (*_coded("meters"), Index(None, "environment_id", "event_name"))

    code: Mapped[str]
    name: Mapped[str]
    event_name: Mapped[str]
    aggregation: Mapped[Aggregation] = mapped_column(Choice(Aggregation))
    property: Mapped[str | None]
    filters: Mapped[dict[str, Any]]
    group_by: Mapped[list[Any]]
    multiplier: Mapped[Decimal | None]
    expression: Mapped[str | None]
    reset: Mapped[Reset] = mapped_column(Choice(Reset))
    archived_at: Mapped[datetime | None]


class FeatureRow(Identified, Base):
    """Something that a plan gives."""

    __tablename__ = "features"
    __table_args__ = (*_coded("features"), Index(None, "environment_id", "product_id", text("id desc")))

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[FeatureKind] = mapped_column(Choice(FeatureKind))
    description: Mapped[str | None]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    meter_id: Mapped[UUID | None] = mapped_column(ForeignKey("meters.id"))
    options: Mapped[list[Any]]
    sku: Mapped[str | None]
    unit: Mapped[dict[str, Any]]
    default_value: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility))
    position: Mapped[int]
    rounding: Mapped[dict[str, Any]]
    regions: Mapped[list[Any]] = mapped_column(Records(Region))
    archived_at: Mapped[datetime | None]


class PricingTableRow(Identified, Base):
    """Plans side by side."""

    __tablename__ = "pricing_tables"
    __table_args__ = (
        *_coded("pricing_tables"),
        Index(None, "environment_id", "product_id", text("id desc")),
    )

    code: Mapped[str]
    name: Mapped[str]
    product_id: Mapped[UUID] = mapped_column(ForeignKey("products.id"))
    title: Mapped[str | None]
    text: Mapped[str | None]
    theme: Mapped[str]
    custom_theme: Mapped[str | None]
    plan_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    feature_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    featured_plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plans.id"))
    archived_at: Mapped[datetime | None]


class TaxRateRow(Identified, Base):
    """A rate of tax."""

    __tablename__ = "tax_rates"
    __table_args__ = (
        *_coded("tax_rates"),
        Index(
            "ix_tax_rates_country",
            "environment_id",
            "country",
            text("id desc"),
            postgresql_where=text("country is not null"),
        ),
    )

    code: Mapped[str]
    name: Mapped[str]
    percent: Mapped[Decimal]
    inclusive: Mapped[bool]
    country: Mapped[str | None]
    region: Mapped[str | None]
    postal_prefix: Mapped[str | None]
    category: Mapped[str | None]
    replaces_wider: Mapped[bool]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class CouponRow(Identified, Base):
    """What is taken off invoices; ``redeemed`` is counted under this row's lock."""

    __tablename__ = "coupons"
    __table_args__ = _coded("coupons")

    code: Mapped[str]
    name: Mapped[str]
    percent: Mapped[Decimal | None]
    amounts: Mapped[dict[str, Any]]
    first_units: Mapped[Decimal | None]
    duration: Mapped[CouponDuration] = mapped_column(Choice(CouponDuration))
    periods: Mapped[int | None]
    months: Mapped[int | None]
    product_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    plan_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    price_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    max_redemptions: Mapped[int | None]
    max_per_customer: Mapped[int | None]
    redeem_by: Mapped[datetime | None]
    redeemed: Mapped[int]
    archived_at: Mapped[datetime | None]


class AddOnRow(Identified, Base):
    """What a subscription may have besides its plan."""

    __tablename__ = "add_ons"
    __table_args__ = _coded("add_ons")

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    kind: Mapped[AddOnKind] = mapped_column(Choice(AddOnKind))
    price_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    feature_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    plan_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    max_quantity: Mapped[Decimal | None]
    archived_at: Mapped[datetime | None]


class PlanRow(Identified, Base):
    """A priced package of features."""

    __tablename__ = "plans"
    __table_args__ = (*_coded("plans"), Index(None, "environment_id", "product_id", text("id desc")))

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
    visibility: Mapped[Visibility] = mapped_column(Choice(Visibility))
    position: Mapped[int]
    kind: Mapped[PlanKind] = mapped_column(Choice(PlanKind))
    min_seats: Mapped[int]
    max_seats: Mapped[int | None]
    trial_days: Mapped[int | None]
    evaluation_days: Mapped[int | None]
    tax_category: Mapped[str | None]
    archived_at: Mapped[datetime | None]


class PlanVersionRow(Identified, Base):
    """What a plan gives and costs."""

    __tablename__ = "plan_versions"
    __table_args__ = (*_listed("plan_versions"), UniqueConstraint("plan_id", "number"))

    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.id"))
    number: Mapped[int]
    status: Mapped[PlanVersionStatus] = mapped_column(Choice(PlanVersionStatus))
    published_at: Mapped[datetime | None]
    features: Mapped[list[Any]]
    price_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))


class PricingUnitRow(Identified, Base):
    """A unit of an organization's own, in which prices may state amounts."""

    __tablename__ = "pricing_units"
    __table_args__ = (*_coded("pricing_units"),)

    code: Mapped[str]
    name: Mapped[str]
    exponent: Mapped[int]
    rates: Mapped[dict[str, Any]]
    archived_at: Mapped[datetime | None]


class PriceRow(Identified, Base):
    """A pricing model with its parameters for each currency."""

    __tablename__ = "prices"
    __table_args__ = (
        *_listed("prices"),
        Index(None, "environment_id", "code", text("id desc")),
        Index(None, "environment_id", "plan_id", text("id desc")),
        Index(None, "environment_id", "add_on_id", text("id desc")),
        Index(None, "environment_id", "feature_id", text("id desc")),
        Index(None, "environment_id", "meter_id", text("id desc")),
    )

    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plans.id"))
    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    feature_id: Mapped[UUID | None] = mapped_column(ForeignKey("features.id"))
    unit: Mapped[str | None]
    model: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    meter_id: Mapped[UUID | None] = mapped_column(ForeignKey("meters.id"))
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    quantity_source: Mapped[QuantitySource] = mapped_column(Choice(QuantitySource))
    interval_unit: Mapped[IntervalUnit] = mapped_column(Choice(IntervalUnit))
    interval_count: Mapped[int]
    cadence: Mapped[Cadence] = mapped_column(Choice(Cadence))
    tax_rate_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    tax_category: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    add_on_id: Mapped[UUID | None] = mapped_column(ForeignKey("add_ons.id"))
    pricing_unit: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
