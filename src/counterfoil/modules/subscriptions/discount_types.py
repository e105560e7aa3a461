"""Commands and views of discounts: coupons as customers redeemed them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class SubscriptionDiscount:
    """A coupon that was redeemed for a subscription or, without one, for all of a customer's.

    It is taken from what is charged in ``[starts_at, ends_at)``, without end where that is ``None``.
    ``taken_on``: the invoice that has it, of a coupon that is taken once.
    """

    id: UUID
    external_id: str | None
    coupon_id: UUID
    customer_id: UUID
    subscription_id: UUID | None
    starts_at: datetime
    ends_at: datetime | None
    taken_on: UUID | None
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDiscount:
    """A redemption of the coupon with this code; it holds from ``starts_at`` on, which is now by default."""

    coupon: str
    starts_at: datetime | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgreedCoupon:
    """A coupon's code with the field that names it, and from when until when it was agreed to hold.

    ``ends_at`` ends it before its own time does, as the phase does that it is of.
    """

    code: str
    field: str
    starts_at: datetime
    ends_at: datetime | None = None
