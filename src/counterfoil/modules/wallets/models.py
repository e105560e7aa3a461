"""Tables of wallets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.credit_grants import DurationUnit, GrantCadence, GrantExpiration, GrantScope
from counterfoil.core.states import CreditApplicationState
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified


def _listed(name: str, *columns: Any) -> Index:
    """An index that also knows what is archived, so that pages of the others are skipped within it."""
    return Index(f"ix_credit_grants_{name}", "environment_id", *columns, postgresql_include=["archived_at"])


class CreditGrantRow(Identified, Base):
    """A promise of credits, of a plan or of a subscription."""

    __tablename__ = "credit_grants"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        _listed("environment_id_id", text("id desc")),
        _listed("plan", "plan_id", text("id desc")),
        _listed("subscription", "subscription_id", text("id desc")),
        _listed("created", "created_at", "id"),
        _listed("updated", "updated_at", "id"),
        _listed("name", "name", "id"),
    )

    name: Mapped[str]
    scope: Mapped[GrantScope] = mapped_column(Choice(GrantScope))
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plans.id"))
    subscription_id: Mapped[UUID | None] = mapped_column(ForeignKey("subscriptions.id"))
    template_id: Mapped[UUID | None] = mapped_column(ForeignKey("credit_grants.id"))
    credits: Mapped[Decimal]
    currency: Mapped[str | None]
    cadence: Mapped[GrantCadence] = mapped_column(Choice(GrantCadence))
    period: Mapped[IntervalUnit | None] = mapped_column(Choice(IntervalUnit))
    period_count: Mapped[int | None]
    expiration: Mapped[GrantExpiration] = mapped_column(Choice(GrantExpiration))
    expiration_duration: Mapped[int | None]
    expiration_unit: Mapped[DurationUnit | None] = mapped_column(Choice(DurationUnit))
    priority: Mapped[int | None]
    conversion_rate: Mapped[Decimal | None]
    topup_conversion_rate: Mapped[Decimal | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    anchor_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]


class CreditGrantApplicationRow(Base):
    """The credits of a grant for one period."""

    __tablename__ = "credit_grant_applications"
    __table_args__ = (
        Index(
            "uq_credit_grant_applications_period",
            "grant_id",
            "period_start",
            unique=True,
            postgresql_where=text("status <> 'cancelled'"),
        ),
        Index(
            "uq_credit_grant_applications_open",
            "grant_id",
            unique=True,
            postgresql_where=text("status in ('pending', 'failed')"),
        ),
        Index(
            "ix_credit_grant_applications_subscription",
            "environment_id",
            "subscription_id",
            "due_at",
            "id",
        ),
        Index(
            "ix_credit_grant_applications_due",
            "environment_id",
            "due_at",
            "id",
            postgresql_where=text("status in ('pending', 'failed')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    grant_id: Mapped[UUID] = mapped_column(ForeignKey("credit_grants.id"))
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime | None]
    due_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    credits: Mapped[Decimal]
    status: Mapped[CreditApplicationState] = mapped_column(Choice(CreditApplicationState))
    applied_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
