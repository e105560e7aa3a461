"""Tables of billing."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.modules.billing.late_types import LateState
from counterfoil.store import Base
from counterfoil.store.types import Choice


class LateUsageRow(Base):
    """Usage of the period of an invoice's line that came, or was voided, after it was billed."""

    __tablename__ = "late_usage"
    __table_args__ = (
        UniqueConstraint("line_id", "state"),
        Index("ix_late_usage_environment_id_id", "environment_id", text("id desc")),
        Index("ix_late_usage_subscription", "environment_id", "subscription_id", text("id desc")),
        Index("ix_late_usage_state", "environment_id", "state", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    line_id: Mapped[UUID]  # of a draft too, whose lines may be written again
    state: Mapped[LateState] = mapped_column(Choice(LateState))
    events: Mapped[int] = mapped_column(BigInteger)
    first_received_at: Mapped[datetime]
    last_received_at: Mapped[datetime]
