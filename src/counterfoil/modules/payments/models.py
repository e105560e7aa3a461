"""Tables of payments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.modules.payments.types import PaymentMethod
from counterfoil.store import Base, Minor
from counterfoil.store.types import Choice, Identified


class PaymentRow(Identified, Base):
    """Money that came in; amounts are minor units of ``currency``."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        Index("ix_payments_environment_id_id", "environment_id", text("id desc")),
        Index("ix_payments_environment_id_customer_id_id", "environment_id", "customer_id", text("id desc")),
        Index("ix_payments_environment_id_invoice_id_id", "environment_id", "invoice_id", text("id desc")),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoices.id"))
    currency: Mapped[str]
    amount: Mapped[int] = mapped_column(Minor)
    settled: Mapped[int] = mapped_column(Minor)
    method: Mapped[PaymentMethod] = mapped_column(Choice(PaymentMethod))
    reference: Mapped[str | None]
    received_at: Mapped[datetime]
