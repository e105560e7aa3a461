"""Tables of invoicing.

The migration adds what is not said here: the sums that must hold in each row, and the triggers that refuse
any change of a finalised invoice and of its lines.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.rating import Cadence, CommitmentPart, LineKind
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.core.tax import TaxMode, TaxRounding
from counterfoil.core.tax_rules import Registration, TaxPoint, TaxTreatment
from counterfoil.store import Base, Minor
from counterfoil.store.types import Choice, Identified, Records


class IssuerRow(Identified, Base):
    """A legal entity that invoices; ``next_number`` is taken under this row's lock."""

    __tablename__ = "issuers"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        UniqueConstraint("environment_id", "code"),
        Index("ix_issuers_environment_id_id", "environment_id", text("id desc")),
        Index("uq_issuers_default", "environment_id", unique=True, postgresql_where=text("is_default")),
    )

    code: Mapped[str]
    is_default: Mapped[bool]
    name: Mapped[str]
    address: Mapped[dict[str, Any]]
    tax_number: Mapped[str | None]
    footer: Mapped[str | None]
    number_prefix: Mapped[str]
    next_number: Mapped[int] = mapped_column(BigInteger)
    grace_seconds: Mapped[int] = mapped_column(BigInteger)
    net_days: Mapped[int] = mapped_column(Integer)
    late_usage_days: Mapped[int] = mapped_column(Integer)
    language: Mapped[str]
    registrations: Mapped[list[Any]] = mapped_column(Records(Registration))
    tax_category: Mapped[str]
    tax_rounding: Mapped[TaxRounding] = mapped_column(Choice(TaxRounding))
    tax_point: Mapped[TaxPoint] = mapped_column(Choice(TaxPoint))


class InvoiceRow(Identified, Base):
    """An invoice; amounts are minor units of ``currency``."""

    __tablename__ = "invoices"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        UniqueConstraint("environment_id", "number", "issuer_id"),
        Index("ix_invoices_environment_id_id", "environment_id", text("id desc")),
        Index("ix_invoices_environment_id_customer_id_id", "environment_id", "customer_id", text("id desc")),
        Index(
            "ix_invoices_environment_id_subscription_id_id",
            "environment_id",
            "subscription_id",
            text("id desc"),
        ),
        Index("ix_invoices_environment_id_status_id", "environment_id", "status", text("id desc")),
        Index(
            "ix_invoices_due",
            "environment_id",
            "finalise_at",
            "id",
            postgresql_where=text("status = 'draft'"),
        ),
    )

    number: Mapped[str | None]
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("issuers.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    subscription_id: Mapped[UUID | None] = mapped_column(ForeignKey("subscriptions.id"))
    currency: Mapped[str]
    zone: Mapped[str]
    status: Mapped[InvoiceState] = mapped_column(Choice(InvoiceState))
    period_start: Mapped[datetime]
    period_end: Mapped[datetime]
    drafted_at: Mapped[datetime]
    finalise_at: Mapped[datetime]
    finalised_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]
    subtotal: Mapped[int] = mapped_column(Minor)
    tax: Mapped[int] = mapped_column(Minor)
    total: Mapped[int] = mapped_column(Minor)
    amount_paid: Mapped[int] = mapped_column(Minor)
    taxes: Mapped[list[Any]]
    discounts: Mapped[list[Any]]
    seller: Mapped[dict[str, Any] | None]
    buyer: Mapped[dict[str, Any] | None]
    known_at: Mapped[datetime | None]


class InvoiceLineRow(Base):
    """A line; amounts are minor units of the invoice's currency."""

    __tablename__ = "invoice_lines"
    __table_args__ = (
        UniqueConstraint("invoice_id", "position"),
        # Law 5: a period is billed once; what is given back or caught up of it may be several lines.
        Index(
            "uq_invoice_lines_service_start",
            "subscription_item_id",
            "price_id",
            "service_start",
            unique=True,
            postgresql_where=text("not voided and kind = 'charge'"),
        ),
        Index(
            "ix_invoice_lines_other",
            "environment_id",
            "subscription_item_id",
            "service_start",
            postgresql_where=text("not voided and kind <> 'charge'"),
        ),
        Index(
            "ix_invoice_lines_subscription",
            "environment_id",
            "subscription_id",
            text("invoice_id desc"),
            postgresql_where=text("subscription_id is not null"),
        ),
        Index(
            "ix_invoice_lines_commitment_term",
            "environment_id",
            "commitment_term_id",
            postgresql_where=text("commitment_term_id is not null"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoices.id"))
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[LineKind] = mapped_column(Choice(LineKind))
    of_line_id: Mapped[UUID | None]
    subscription_item_id: Mapped[UUID | None]
    price_id: Mapped[UUID | None]
    description: Mapped[str]
    service_start: Mapped[datetime]
    service_end: Mapped[datetime]
    cadence: Mapped[Cadence] = mapped_column(Choice(Cadence))
    quantity: Mapped[Decimal]
    tax_mode: Mapped[TaxMode] = mapped_column(Choice(TaxMode))
    amount: Mapped[int] = mapped_column(Minor)
    tax: Mapped[int] = mapped_column(Minor)
    total: Mapped[int] = mapped_column(Minor)
    taxes: Mapped[list[Any]]
    explanation: Mapped[dict[str, Any]]
    voided: Mapped[bool]
    subscription_id: Mapped[UUID | None]  # null: the invoice's
    customer_id: Mapped[UUID | None]  # null: the invoice's
    tax_treatment: Mapped[TaxTreatment | None] = mapped_column(Choice(TaxTreatment))
    tax_reason: Mapped[str | None]
    commitment_term_id: Mapped[UUID | None]
    commitment_part: Mapped[CommitmentPart | None] = mapped_column(Choice(CommitmentPart))
    commitment_used: Mapped[Decimal | None]
