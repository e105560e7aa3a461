"""Commands and views of coupons and of add-ons."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.core.coupons import CouponDuration
from counterfoil.modules.catalog.types import CatalogObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.catalog.types import NewPrice


class AddOnKind(StrEnum):
    """How often an add-on is charged."""

    RECURRING = "recurring"
    """With each interval of its prices, until it is removed."""
    ONE_TIME = "one_time"
    """Once, whole, for one interval of each of its prices from when it is added."""


@dataclass(frozen=True, slots=True)
class Coupon(CatalogObject):
    """What is taken off invoices of those who redeem it.

    Either ``percent``, of everything it covers or of the ``first_units`` of each price, or ``amounts``: major
    units by currency, as text.  Repeating, it holds for ``periods`` of the subscription or for ``months``.
    It covers what is of one of its products, of one of its plans and has one of its price codes; an empty
    list covers everything.  ``redeemed``: how often it was.
    """

    code: str
    name: str
    percent: Decimal | None
    amounts: Mapping[str, str]
    first_units: Decimal | None
    duration: CouponDuration
    periods: int | None
    months: int | None
    product_ids: Sequence[UUID]
    plan_ids: Sequence[UUID]
    price_codes: Sequence[str]
    max_redemptions: int | None
    max_per_customer: int | None
    redeem_by: datetime | None
    redeemed: int
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class AddOn(CatalogObject):
    """What a subscription may have besides its plan.

    ``price_ids``: its prices, in order; who has another one keeps that.  ``feature_ids``: what it gives.
    ``plan_ids``: the plans that it fits; an empty list: all, and subscriptions without a plan.
    ``max_quantity``: the most of it on one subscription.
    """

    code: str
    name: str
    description: str | None
    kind: AddOnKind
    price_ids: Sequence[UUID]
    feature_ids: Sequence[UUID]
    plan_ids: Sequence[UUID]
    max_quantity: Decimal | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCoupon:
    """A coupon to make; what it grants never changes."""

    name: str
    code: str | None = None
    percent: Decimal | None = None
    amounts: Mapping[str, Decimal | str] = field(default_factory=dict)
    first_units: Decimal | None = None
    duration: str = CouponDuration.ONCE
    periods: int | None = None
    months: int | None = None
    product_ids: Sequence[UUID] = ()
    plan_ids: Sequence[UUID] = ()
    price_codes: Sequence[str] = ()
    max_redemptions: int | None = None
    max_per_customer: int | None = None
    redeem_by: datetime | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddOn:
    """An add-on to make, with one price or more."""

    name: str
    prices: Sequence[NewPrice]
    code: str | None = None
    description: str | None = None
    kind: str = AddOnKind.RECURRING
    feature_ids: Sequence[UUID] = ()
    plan_ids: Sequence[UUID] = ()
    max_quantity: Decimal | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
