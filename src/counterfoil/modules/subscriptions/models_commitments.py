"""Tables of what subscriptions commit to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.commitments import Measure, Remainder
from counterfoil.modules.subscriptions.commitment_types import CommitmentKind, CommitmentPeriod, OnCancel
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified


class SubscriptionCommitmentRow(Identified, Base):
    """What a customer committed to on a subscription; ``size`` is in its ``measure``."""

    __tablename__ = "subscription_commitments"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        Index("ix_subscription_commitments_subscription", "environment_id", "subscription_id", "id"),
    )

    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    name: Mapped[str]
    kind: Mapped[CommitmentKind] = mapped_column(Choice(CommitmentKind))
    price_codes: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    measure: Mapped[Measure] = mapped_column(Choice(Measure))
    size: Mapped[Decimal]
    price: Mapped[Decimal | None]
    overage: Mapped[dict[str, Any]]
    true_up: Mapped[bool]
    drawn_by_usage: Mapped[bool]
    draw_order: Mapped[list[str]] = mapped_column(ARRAY(Text))
    period: Mapped[CommitmentPeriod] = mapped_column(Choice(CommitmentPeriod))
    interval_unit: Mapped[IntervalUnit] = mapped_column(Choice(IntervalUnit))
    interval_count: Mapped[int] = mapped_column(Integer)
    renews: Mapped[bool]
    prorated: Mapped[bool]
    remainder: Mapped[Remainder] = mapped_column(Choice(Remainder))
    rollover_limit: Mapped[Decimal | None]
    instalments: Mapped[dict[str, Any] | None]
    on_cancel: Mapped[OnCancel] = mapped_column(Choice(OnCancel))
    starts_at: Mapped[datetime]


class CommitmentTermRow(Base):
    """One term of a commitment, with what may be used in it; what is used stands on the lines of invoices."""

    __tablename__ = "commitment_terms"
    __table_args__ = (
        UniqueConstraint("commitment_id", "start_at"),
        Index("ix_commitment_terms_subscription", "environment_id", "subscription_id", "end_at"),
        Index("ix_commitment_terms_commitment", "environment_id", "commitment_id", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    commitment_id: Mapped[UUID] = mapped_column(ForeignKey("subscription_commitments.id"))
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    start_at: Mapped[datetime]
    end_at: Mapped[datetime]
    committed: Mapped[Decimal]
    rolled_over: Mapped[Decimal]
    credit: Mapped[Decimal]
    opening: Mapped[dict[str, Any]]
    plan: Mapped[dict[str, Any] | None]
    billed_parts: Mapped[int] = mapped_column(Integer)
    carried: Mapped[Decimal]
    closed_at: Mapped[datetime | None]
