"""The table of what customers redeemed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.store import Base
from counterfoil.store.types import Identified


class DiscountRow(Identified, Base):
    """A coupon that a customer redeemed, for one subscription or for all; ``taken_on`` is an invoice."""

    __tablename__ = "subscription_discounts"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        Index("ix_subscription_discounts_environment_id_id", "environment_id", text("id desc")),
        *(
            Index(
                f"ix_subscription_discounts_environment_id_{column}",
                "environment_id",
                column,
                text("id desc"),
            )
            for column in ("coupon_id", "customer_id", "subscription_id")
        ),
    )

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupons.id"))
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    subscription_id: Mapped[UUID | None] = mapped_column(ForeignKey("subscriptions.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    taken_on: Mapped[UUID | None]
