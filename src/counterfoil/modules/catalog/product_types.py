"""Commands and views of products and their features, and of the tables that compare plans."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.modules.catalog.types import CatalogObject

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


@dataclass(frozen=True, slots=True)
class Product(CatalogObject):
    """What is sold."""

    code: str
    name: str
    description: str | None
    archived_at: datetime | None


@dataclass(frozen=True, slots=True)
class Feature(CatalogObject):
    """Something that a plan gives.  ``options``: the values of an enum feature; empty for the others."""

    code: str
    name: str
    kind: FeatureKind
    meter_id: UUID | None
    options: Sequence[str]
    archived_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewProduct:
    """A product to make."""

    code: str
    name: str
    description: str | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeature:
    """A feature to make; a metered one names its meter, an enum one its options."""

    code: str
    name: str
    kind: str
    meter_id: UUID | None = None
    options: Sequence[str] = ()
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
