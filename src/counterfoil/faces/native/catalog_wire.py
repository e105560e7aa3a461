"""What all objects of the catalog have on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ConfigDict, Field

from counterfoil.faces.kit.wire import Metadata, Wire
from counterfoil.modules.catalog import CatalogChanges

if TYPE_CHECKING:
    from counterfoil.modules.catalog import (
        AddOn,
        Coupon,
        Feature,
        Meter,
        Plan,
        PlanVersion,
        Price,
        PricingTable,
        PricingUnit,
        Product,
        TaxRate,
    )

CODE: Final = (
    "Lower-case letters, digits, points, hyphens, underscores; unique among its kind; never changes;"
    " the object's id if left out"
)

SHOWN: Final[dict[str, Any]] = {
    "version": 1,
    "created_at": "2026-01-31T09:30:00Z",
    "updated_at": "2026-01-31T09:30:00Z",
}
"""The end of every example of an answer."""


def example(*examples: dict[str, Any]) -> dict[str, Any]:
    """The extra of a JSON schema that shows these."""
    return {"examples": list(examples)}


class ObjectIn(Wire):
    """The fields that any new object may have."""

    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def common(self) -> dict[str, Any]:
        """Those fields for a command."""
        return {"external_id": self.external_id, "meta": self.metadata}


class CodedIn(ObjectIn):
    """A new object with a code and a name."""

    code: str | None = Field(default=None, description=CODE)
    name: str

    def common(self) -> dict[str, Any]:
        """Those fields for a command."""
        return {"code": self.code, "name": self.name, **super().common()}


class NamePatch(Wire):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra=example({"external_id": "erp-4711", "metadata": {"owner": "Pricing"}})
    )

    name: str = ""
    external_id: str | None = None
    metadata: Metadata = Field(default_factory=dict)

    def from_wire(self, expected_version: int | None) -> CatalogChanges:
        """The command: only the fields that were sent."""
        fields = {name: getattr(self, name) for name in self.model_fields_set}
        if "metadata" in fields:
            fields["meta"] = fields.pop("metadata")
        return CatalogChanges(fields, expected_version)


class DescribedPatch(NamePatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra=example({"name": "Team", "description": "For teams of up to 50 people"})
    )

    description: str | None = None


def common_of(
    view: Product
    | Feature
    | Meter
    | TaxRate
    | Plan
    | PlanVersion
    | Price
    | PricingTable
    | PricingUnit
    | Coupon
    | AddOn,
) -> dict[str, Any]:
    """The fields that every object shows."""
    return {
        "id": view.id,
        "external_id": view.external_id,
        "metadata": dict(view.meta),
        "version": view.version,
        "created_at": view.created_at,
        "updated_at": view.updated_at,
    }


def coded_of(
    view: Product | Feature | Meter | TaxRate | Plan | PricingTable | PricingUnit | Coupon | AddOn,
) -> dict[str, Any]:
    """The fields that every object with a code shows."""
    return {**common_of(view), "code": view.code, "name": view.name, "archived_at": view.archived_at}
