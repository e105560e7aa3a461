"""Views of what customers pay for which features, and how they are looked for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.rating import Cadence
    from counterfoil.modules.catalog import Price, QuantitySource


@dataclass(frozen=True, slots=True)
class CustomerFeature:
    """A feature (of a product, or of none) that a customer's subscription charges, or has charged."""

    id: UUID
    customer_id: UUID
    feature_id: UUID
    product_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ChargeForm:
    """In which way a price charges: by which model, of which quantity, when."""

    model: str
    quantity_source: QuantitySource
    cadence: Cadence

    def __str__(self) -> str:
        return f"{self.model}/{self.quantity_source}/{self.cadence}"


@dataclass(frozen=True, slots=True)
class FeatureCharge:
    """One price that a customer pays for a feature, in ``[started_at, ended_at)``.

    ``ended_at`` is when the item or its subscription ends, the earlier one, scheduled ends included, or when
    a pause began that lasts; ``None`` without end.  ``subscription_ended_at`` is the end of the subscription
    alone.
    """

    item_id: UUID
    quantity: Decimal
    started_at: datetime
    ended_at: datetime | None
    price: Price
    subscription_id: UUID
    currency: str
    subscription_started_at: datetime
    subscription_ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFeatureFilter:
    """Which customers' features are looked for; ``None`` asks nothing, an empty collection finds nothing.

    ``…_contains`` compare without regard to case; ``sku`` exactly.  ``product_codes`` are of the features'
    products, ``meter_…`` of their meters.  ``subscription_ids``: charged by an item of one of these.
    ``charged``: charged in one of these forms, ever.
    """

    customer_ids: Collection[UUID] | None = None
    feature_ids: Collection[UUID] | None = None
    product_ids: Collection[UUID] | None = None
    product_codes: Collection[str] | None = None
    meter_ids: Collection[UUID] | None = None
    subscription_ids: Collection[UUID] | None = None
    sku: str | None = None
    customer_contains: str | None = None
    feature_contains: str | None = None
    product_contains: str | None = None
    meter_contains: str | None = None
    charged: Collection[ChargeForm] | None = None


class SortBy(StrEnum):
    """What customers' features are ordered by.  Names compare by their characters' code points."""

    CREATED = "created"
    CUSTOMER = "customer"
    """The customer's number, or id where nobody numbers."""
    FEATURE = "feature"
    FEATURE_NAME = "feature_name"
    PRODUCT = "product"
    PRODUCT_NAME = "product_name"


@dataclass(frozen=True, slots=True)
class SortKey:
    """One key of an order."""

    by: SortBy
    descending: bool = False


@dataclass(frozen=True, slots=True)
class KnownProduct:
    """A product that the asker calls by a number and a name of its own, found by its code."""

    code: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Numbering:
    """By which numbers the asker knows objects: the aliases of a face, by kind.

    ``products`` have numbers and names that are given; the others' numbers are their aliases plus
    ``other_products_after``, and their names are their own.
    """

    face: str
    customer: str
    feature: str
    product: str
    products: Sequence[KnownProduct] = ()
    other_products_after: int = 0
