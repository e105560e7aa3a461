"""Tables of subscriptions."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    Text,
    TypeDecorator,
    UniqueConstraint,
    cast,
    text,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from counterfoil.core.calendar import Alignment, IntervalUnit
from counterfoil.core.proration import ProrationPolicy
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.subscriptions.types import ChangeKind, ChangeStatus, Invoicing, TrialEnd
from counterfoil.store import Base
from counterfoil.store.types import Choice, Identified, json_value

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Dialect


class Policy(TypeDecorator[ProrationPolicy]):
    """How a subscription prorates, as the object that ``ProrationPolicy.from_json`` reads."""

    impl = JSONB
    cache_ok = True

    def process_bind_param(self, value: ProrationPolicy | None, dialect: Dialect) -> dict[str, str] | None:
        """The object of its fields."""
        return None if value is None else value.to_json()

    def column_expression(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """Read as text, by which it is known again: there are few, however many subscriptions."""
        return type_coerce(cast(column, Text), self)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        """The policy again."""
        return _policy


@lru_cache(maxsize=1000)
def _policy(stored: str | None) -> ProrationPolicy | None:
    return None if stored is None else ProrationPolicy.from_json(json_value(stored))


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
            "ix_subscriptions_due_joint",
            "environment_id",
            "next_billing_at",
            "id",
            postgresql_where=text(
                "next_billing_at is not null and billing_error is null and invoicing = 'joint'"
            ),
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
    late_usage_days: Mapped[int | None] = mapped_column(Integer)
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
    trial_ends_at: Mapped[datetime | None]
    trial_end_behavior: Mapped[TrialEnd | None] = mapped_column(Choice(TrialEnd))
    term_unit: Mapped[IntervalUnit | None] = mapped_column(Choice(IntervalUnit))
    term_count: Mapped[int | None]
    term_ends_at: Mapped[datetime | None]
    auto_renew: Mapped[bool]
    renewals_left: Mapped[int | None]
    expires_at: Mapped[datetime | None]
    phase_id: Mapped[UUID | None]
    next_phase_at: Mapped[datetime | None]
    next_billing_at: Mapped[datetime | None]
    billing_error: Mapped[str | None]
    policy: Mapped[ProrationPolicy] = mapped_column(Policy)
    next_change_at: Mapped[datetime | None]
    commitment_due_at: Mapped[datetime | None]
    invoicing: Mapped[Invoicing] = mapped_column(Choice(Invoicing), default=Invoicing.SEPARATE)


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
    anchor_at: Mapped[datetime]
    bill_from: Mapped[datetime | None]
    give_back_from: Mapped[datetime | None]
    paid_by_id: Mapped[UUID | None]
    add_on_id: Mapped[UUID | None] = mapped_column(ForeignKey("add_ons.id"))


class SubscriptionChangeRow(Base):
    """A change that was asked for ahead of its time."""

    __tablename__ = "subscription_changes"
    __table_args__ = (
        Index("ix_subscription_changes_subscription", "environment_id", "subscription_id", text("id desc")),
        Index(
            "ix_subscription_changes_status",
            "environment_id",
            "subscription_id",
            "status",
            text("id desc"),
        ),
        Index(
            "ix_subscription_changes_due",
            "environment_id",
            "due_at",
            "id",
            postgresql_where=text("status = 'scheduled'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    kind: Mapped[ChangeKind] = mapped_column(Choice(ChangeKind))
    command: Mapped[dict[str, Any]]
    due_at: Mapped[datetime]
    status: Mapped[ChangeStatus] = mapped_column(Choice(ChangeStatus))
    reason: Mapped[str | None]
    applied_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class SubscriptionPhaseRow(Base):
    """A span of a subscription with terms of its own."""

    __tablename__ = "subscription_phases"
    __table_args__ = (
        Index("ix_subscription_phases_subscription", "environment_id", "subscription_id", "starts_at"),
        CheckConstraint("starts_at < ends_at", name="ends_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    environment_id: Mapped[UUID]
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("subscriptions.id"))
    name: Mapped[str | None]
    plan_id: Mapped[UUID | None] = mapped_column(ForeignKey("plans.id"))
    plan_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("plan_versions.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    discounts: Mapped[list[Any]] = mapped_column(JSONB)


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
