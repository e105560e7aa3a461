"""Commands and views of products and their features, and of the tables that compare plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.modules.catalog.types import CatalogObject, Visibility

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID


class FeatureKind(StrEnum):
    """What a plan says of a feature, and so what the feature's value in a plan is."""

    BOOLEAN = "boolean"
    """There or not: ``true`` or ``false``."""
    METERED = "metered"
    """How much of a meter's usage a period allows: a number of 0 or more, ``null`` without limit."""
    ENUM = "enum"
    """One of the feature's options."""
    NUMERIC = "numeric"
    """A number."""
    CONFIG = "config"
    """A JSON object that the seller's own program understands."""
    CAPABILITY = "capability"
    """A right that a licence carries: ``true``."""
    TEXT = "text"
    """Words, such as the level of support."""


@dataclass(frozen=True, slots=True)
class Product(CatalogObject):
    """What is sold; a draft until ``published_at``.

    ``channel``: where else it is sold, such as ``aws`` or ``stripe``, in lower case.  ``listing``: how it is
    listed there, a JSON object with any of ``product_id``, ``seller_id``, ``type``, ``service``,
    ``fulfillment_url`` (texts) and ``terms`` (an object in the channel's own words; decimals as text).
    ``tax_category``: of its plans' prices that state none.
    """

    code: str
    name: str
    description: str | None
    logo_url: str | None
    category: str | None
    default_currency: str | None
    channel: str | None
    listing: Mapping[str, Any]
    published_at: datetime | None
    archived_at: datetime | None
    tax_category: str | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A place where a feature is sold at its price."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Feature(CatalogObject):
    """Something that a plan gives.

    ``options``: the values of an enum feature; empty for the others.  ``sku``: its name in the seller's ERP.
    ``unit``: ``singular`` and ``plural`` of what is counted, or nothing.  ``default_value``: what a plan
    gives that says nothing else, in the form of its kind.  ``rounding``: ``unit``, ``step`` and ``mode``, a
    multiple to which usage is rounded before it is priced, or nothing.  ``position``: its place in lists.
    """

    code: str
    name: str
    kind: FeatureKind
    description: str | None
    product_id: UUID | None
    meter_id: UUID | None
    options: Sequence[str]
    sku: str | None
    unit: Mapping[str, str]
    default_value: Any
    visibility: Visibility
    position: int
    rounding: Mapping[str, str]
    regions: Sequence[Region]
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class PricingTable(CatalogObject):
    """Plans of a product side by side, with the features by which they are compared, each in their order.

    ``featured_plan_id`` is the plan that stands out; ``theme`` how the table looks, ``custom_theme`` the
    seller's own styles.
    """

    code: str
    name: str
    product_id: UUID
    title: str | None
    text: str | None
    theme: str
    custom_theme: str | None
    plan_ids: Sequence[UUID]
    feature_ids: Sequence[UUID]
    featured_plan_id: UUID | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to make: published at once, unless it is to be a ``draft``."""

    name: str
    code: str | None = None
    description: str | None = None
    draft: bool = False
    logo_url: str | None = None
    category: str | None = None
    default_currency: str | None = None
    channel: str | None = None
    listing: Mapping[str, Any] = field(default_factory=dict)
    tax_category: str | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeature:
    """A feature to make; a metered one names its meter, an enum one its options."""

    name: str
    code: str | None = None
    kind: str
    description: str | None = None
    product_id: UUID | None = None
    meter_id: UUID | None = None
    options: Sequence[str] = ()
    sku: str | None = None
    unit: Mapping[str, str] = field(default_factory=dict)
    default_value: Any = None
    visibility: str = Visibility.PUBLIC
    position: int = 0
    rounding: Mapping[str, Any] = field(default_factory=dict)
    regions: Sequence[Region] = ()
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPricingTable:
    """A pricing table to make."""

    name: str
    product_id: UUID
    code: str | None = None
    title: str | None = None
    text: str | None = None
    theme: str = "light"
    custom_theme: str | None = None
    plan_ids: Sequence[UUID] = ()
    feature_ids: Sequence[UUID] = ()
    featured_plan_id: UUID | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
