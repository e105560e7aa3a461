"""Tables of the catalog."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.rating import Aggregation, Cadence
from counterfoil.modules.catalog.product_types import FeatureKind
from counterfoil.modules.catalog.types import PlanVersionStatus, QuantitySource
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified


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
    __table_args__ = _coded("products")

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
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
    archived_at: Mapped[datetime | None]


class FeatureRow(Identified, Base):
    """Something that a plan gives."""

    __tablename__ = "features"
    __table_args__ = _coded("features")

    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[FeatureKind] = mapped_column(Choice(FeatureKind))
    meter_id: Mapped[UUID | None] = mapped_column(ForeignKey("meters.id"))
    options: Mapped[list[Any]]
    archived_at: Mapped[datetime | None]


class TaxRateRow(Identified, Base):
    """A rate of tax."""

    __tablename__ = "tax_rates"
    __table_args__ = _coded("tax_rates")

    code: Mapped[str]
    name: Mapped[str]
    percent: Mapped[Decimal]
    inclusive: Mapped[bool]
    archived_at: Mapped[datetime | None]


class PlanRow(Identified, Base):
    """A priced package of features."""

    __tablename__ = "plans"
    __table_args__ = _coded("plans")

    code: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))
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


class PriceRow(Identified, Base):
    """A pricing model with its parameters for each currency."""

    __tablename__ = "prices"
    __table_args__ = (*_listed("prices"), UniqueConstraint("plan_version_id", "code"))

    plan_version_id: Mapped[UUID] = mapped_column(ForeignKey("plan_versions.id"))
    code: Mapped[str]
    name: Mapped[str]
    model: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(JSONB)
    meter_id: Mapped[UUID | None] = mapped_column(ForeignKey("meters.id"))
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB)
    quantity_source: Mapped[QuantitySource] = mapped_column(Choice(QuantitySource))
    interval_unit: Mapped[IntervalUnit] = mapped_column(Choice(IntervalUnit))
    interval_count: Mapped[int]
    cadence: Mapped[Cadence] = mapped_column(Choice(Cadence))
    tax_rate_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    position: Mapped[int]
