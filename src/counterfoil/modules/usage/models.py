"""Tables of usage."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store import Base


class EventRow(Base):
    """A usage fact, in sixteen partitions by a hash of its key; what may be written is that it is void."""

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
    voided_at: Mapped[datetime | None]


class EventVoidRow(Base):
    """Why an event is void, who said so, and which event says what it should have said; append-only."""

    __tablename__ = "event_voids"
    __table_args__ = (
        Index(
            "uq_event_voids_corrected_by",
            "environment_id",
            "corrected_by",
            unique=True,
            postgresql_where=text("corrected_by is not null"),
        ),
    )

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str]
    voided_by: Mapped[str]
    voided_at: Mapped[datetime]
    corrected_by: Mapped[str | None]


class UsageBilledRow(Base):
    """Up to when usage of a customer stands on an invoice, or on a draft of one."""

    __tablename__ = "usage_billed"

    environment_id: Mapped[UUID] = mapped_column(primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    billed_to: Mapped[datetime]


class LateArrivalRow(Base):
    """That usage of a time that was billed came, or was voided: a note for billing, which takes it away."""

    __tablename__ = "late_arrivals"
    __table_args__ = (Index("ix_late_arrivals_environment_id_id", "environment_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    subscription_id: Mapped[UUID | None]
    name: Mapped[str]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    events: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime]
