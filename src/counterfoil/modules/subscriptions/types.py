"""Commands and views of subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import Alignment

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.billing_periods import ServicePeriod
    from counterfoil.core.states import SubscriptionState
    from counterfoil.modules.catalog import NewPrice


class CancelWhen(StrEnum):
    """When a cancellation takes effect."""

    NOW = "now"
    PERIOD_END = "period_end"
    AT = "at"
    """At an instant that is given."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A contract: what a customer gets, since when, by which calendar, in which currency.

    ``plan_id`` and ``plan_version_id`` are ``None`` where all its prices are its own; ``plan_reference`` is
    what the seller calls the plan there.  ``payment_method``: how the customer means to pay, one word.
    ``zone`` is the customer's when the subscription was made.  ``anchor_at`` is the instant whose local day
    and time of day its periods remember.  ``cancel_at`` is the end that was scheduled, ``cancelled_at`` when
    it was asked for, ``ended_at`` when the subscription ended; ``paused_at`` since when it is paused, or was
    when it ended.  ``next_billing_at`` is the next instant at which the billing run has something to do here;
    ``None`` once nothing is left.  ``billing_error`` says
    why it could not bill the subscription, which is held then until somebody lets it be tried again.
    """

    id: UUID
    external_id: str | None
    customer_id: UUID
    plan_id: UUID | None
    plan_version_id: UUID | None
    plan_reference: str | None
    payment_method: str | None
    currency: str
    zone: str
    status: SubscriptionState
    started_at: datetime
    anchor_at: datetime
    alignment: Alignment
    cancel_at: datetime | None
    cancelled_at: datetime | None
    ended_at: datetime | None
    paused_at: datetime | None
    next_billing_at: datetime | None
    billing_error: str | None
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SubscriptionItem:
    """One price on a subscription, in ``[started_at, ended_at)`` as it was agreed.

    Other items may go on where it ends, at another price.  It is not billed beyond its subscription's end,
    nor while that is paused.  ``billed_to`` is the end of the last service period that was billed (the start,
    before any was), ``due_at`` when the next one becomes billable: at its start in advance, at its end in
    arrears; ``None`` when none is left.
    """

    id: UUID
    subscription_id: UUID
    price_id: UUID
    quantity: Decimal
    started_at: datetime
    ended_at: datetime | None
    billed_to: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueSubscription:
    """A subscription that the billing run has locked, with its items in the order they were made."""

    subscription: Subscription
    items: Sequence[SubscriptionItem]


@dataclass(frozen=True, slots=True)
class ItemAdvance:
    """An item was billed up to ``billed_to``; its next service period becomes billable at ``due_at``."""

    item_id: UUID
    billed_to: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """The service periods of an item that are to be billed, in order, and where that leaves the item."""

    periods: Sequence[ServicePeriod]
    advance: ItemAdvance


@dataclass(frozen=True, slots=True)
class PriceOverride:
    """Another price for one subscription instead of the plan's price with this ``code``.

    ``params``: the model's parameters in the subscription's currency; ``model``: the plan's price's by
    default.  All else (terms, meter, interval, cadence, taxes ...) is as in the plan.  It holds
    in ``[starts_at, ends_at)``, from the subscription's start and without end where they are not given.
    """

    code: str
    params: Mapping[str, Any]
    model: str | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewSubscription:
    """A subscription to make.

    At most one of ``plan_id`` (its published version is taken) and ``plan_version_id``; with neither,
    ``prices`` has one or more.  ``price_codes``: which of the plan's prices it takes, by their codes; all by
    default, and none only beside prices of its own.  A plan that has no prices gives its features and
    credits for nothing: there is nothing to bill.  ``prices``: its own, beside the plan's; ``overrides``:
    its own instead of the plan's.  ``plan_reference``: what the seller calls the plan (1 to 255 characters).
    ``payment_method``: a word in lower case such as ``card``.  ``currency``: the customer's by default.
    ``quantities``: by the code of prices whose quantity is the item's; 1 by default.  ``started_at``: now by
    default; it may lie in the past, and what has passed is billed at once.  ``anchor_at``: with alignment
    ``anniversary`` only; the start by default.  ``shared_usage``: prices may read a meter that another
    running subscription of the customer is billed by, because the customer's events name their subscription
    or because usage shall be billed on both.
    """

    customer_id: UUID
    plan_id: UUID | None = None
    plan_version_id: UUID | None = None
    price_codes: Collection[str] | None = None
    prices: Sequence[NewPrice] = ()
    overrides: Sequence[PriceOverride] = ()
    plan_reference: str | None = None
    payment_method: str | None = None
    currency: str | None = None
    quantities: Mapping[str, Decimal] = field(default_factory=dict)
    started_at: datetime | None = None
    alignment: Alignment = Alignment.ANNIVERSARY
    anchor_at: datetime | None = None
    shared_usage: bool = False
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubscriptionFilter:
    """Which subscriptions to find; what is ``None`` does not narrow.

    ``plan_ids`` and ``plan_reference`` together find what has one or the other.  ``created_from`` and
    ``created_to`` both count in.  An empty collection finds nothing.
    """

    ids: Collection[UUID] | None = None
    customer_ids: Collection[UUID] | None = None
    plan_ids: Collection[UUID] | None = None
    plan_reference: str | None = None
    statuses: Collection[SubscriptionState] | None = None
    external_ids: Collection[str] | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionChanges:
    """Fields to change, by name; a field that is not there stays as it is.

    ``expected_version`` is the version that the caller saw (If-Match); ``None`` changes any.
    """

    fields: Mapping[str, Any]
    expected_version: int | None = None
