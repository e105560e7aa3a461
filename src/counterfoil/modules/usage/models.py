"""Tables of usage."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store import Base


class EventRow(Base):
    """A usage fact; append-only, in sixteen partitions by a hash of its key."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_at", "at", postgresql_using="brin"),
        Index("ix_events_customer", "environment_id", "customer_id", "at"),
        {"postgresql_partition_by": "HASH (environment_id, id)"},
    )

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    customer_id: Mapped[UUID]
    subscription_id: Mapped[UUID | None]
    at: Mapped[datetime]
    properties: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]
