"""Tables of customers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.modules.customers.types import BilledTo
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified


class CustomerRow(Identified, Base):
    """A buyer."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        Index("ix_customers_environment_id_id", "environment_id", text("id desc")),
        Index("ix_customers_email", "environment_id", "email", text("id desc")),
        Index(
            "ix_customers_parent",
            "environment_id",
            "parent_id",
            text("id desc"),
            postgresql_where=text("parent_id is not null"),
        ),
        Index(
            "ix_customers_payer",
            "environment_id",
            "payer_id",
            postgresql_where=text("payer_id is not null"),
        ),
        Index("ix_customers_created", "environment_id", text("created_at desc"), text("id desc")),
    )

    name: Mapped[str]
    email: Mapped[str | None]
    currency: Mapped[str | None]
    zone: Mapped[str]
    address: Mapped[dict[str, Any]]
    tax_number: Mapped[str | None]
    tax_exempt: Mapped[bool] = mapped_column(default=False)
    tax_exemption: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))
    billed_to: Mapped[BilledTo] = mapped_column(Choice(BilledTo), default=BilledTo.SELF)
    payer_id: Mapped[UUID | None] = mapped_column(ForeignKey("customers.id"))  # follows from the two above
    archived_at: Mapped[datetime | None]
