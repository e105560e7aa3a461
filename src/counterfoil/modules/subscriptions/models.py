"""Tables of subscriptions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.calendar import Alignment
from counterfoil.core.states import SubscriptionState
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified


class SubscriptionRow(Identified, Base):
    """A contract with a customer."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("environment_id", "external_id"),
        Index(
            "ix_subscriptions_environment_id_id",
            "environment_id",
            text("id desc"),
            postgresql_include=["status"],  # several states at once are told apart in the index
        ),
        Index("ix_subscriptions_customer", "environment_id", "customer_id", text("id desc")),
        Index("ix_subscriptions_status", "environment_id", "status", text("id desc")),
        Index("ix_subscriptions_plan", "environment_id", "plan_id", text("id desc")),
        Index(
            "ix_subscriptions_plan_reference",
            "environment_id",
            "plan_reference",
            text("id desc"),
            postgresql_where=text("plan_reference is not null"),
        ),
        Index("ix_subscriptions_created", "environment_id", text("created_at desc"), text("id desc")),
        Index(
            "ix_subscriptions_held",
            "environment_id",
            text("id desc"),
            postgresql_where=text("billing_error is not null"),
        ),
        Index(
            "ix_subscriptions_due",
            "environment_id",
            "next_billing_at",
            "id",
            postgresql_where=text("next_billing_at is not null and billing_error is null"),
        ),
    )

    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plans.id"))
    plan_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan_versions.id"))
    plan_reference: Mapped[str | None]
    payment_method: Mapped[str | None]
    currency: Mapped[str]
    zone: Mapped[str]
    status: Mapped[SubscriptionState] = mapped_column(Choice(SubscriptionState))
    started_at: Mapped[datetime]
    anchor_at: Mapped[datetime]
    alignment: Mapped[Alignment] = mapped_column(Choice(Alignment))
    cancel_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    next_billing_at: Mapped[datetime | None]
    billing_error: Mapped[str | None]


class SubscriptionItemRow(Base):
    """One price on a subscription."""

    __tablename__ = "subscription_items"
    __table_args__ = (Index("ix_subscription_items_subscription", "environment_id", "subscription_id", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    price_id: Mapped[UUID] = mapped_column(ForeignKey("prices.id"))
    quantity: Mapped[Decimal]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    billed_to: Mapped[datetime]
    due_at: Mapped[datetime | None]


class CustomerFeatureRow(Base):
    """A feature that items of a customer's subscriptions charge; ``charged``: in which forms, ever."""

    __tablename__ = "customer_features"
    __table_args__ = (
        UniqueConstraint("environment_id", "customer_id", "feature_id"),
        Index("ix_customer_features_environment_id_id", "environment_id", text("id desc")),
        Index("ix_customer_features_customer", "environment_id", "customer_id", text("id desc")),
        Index("ix_customer_features_feature", "environment_id", "feature_id", text("id desc")),
        Index("ix_customer_features_product", "environment_id", "product_id", text("id desc")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("customers.id"))
    feature_id: Mapped[UUID] = mapped_column(ForeignKey("features.id"))
    product_id: Mapped[UUID | None] = mapped_column(ForeignKey("products.id"))  # the feature's, for good
    charged: Mapped[list[str]] = mapped_column(ARRAY(Text))
    created_at: Mapped[datetime]
