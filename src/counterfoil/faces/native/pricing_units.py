"""``/v1/pricing-units``: units of the seller's own, such as credits, in which prices state amounts."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    DecimalText,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    PricingUnitId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, NamePatch, ObjectIn, coded_of, example
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    NewPricingUnit,
    PricingUnit,
    archive_pricing_unit,
    create_pricing_unit,
    get_pricing_unit,
    list_pricing_units,
    update_pricing_unit,
)

router = APIRouter(prefix="/pricing-units", tags=["Pricing units"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("pricing_unit")

_EXAMPLE: dict[str, Any] = {
    "code": "credits",
    "name": "AI credits",
    "exponent": 0,
    "rates": {"EUR": "0.01", "USD": "0.011"},
    "external_id": None,
    "metadata": {},
}
_RATES = "What one of it is worth in each currency, more than 0; prices that are made keep the rates of then"


class PricingUnitIn(ObjectIn):
    """A unit of pricing to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    code: str = Field(description="2 to 24 lower-case letters, digits or underscores, a letter first")
    name: str
    exponent: int = Field(
        default=0, strict=True, description="How many places its amounts have, 0 to 9; never changes"
    )
    rates: dict[str, DecimalText] = Field(description=_RATES)

    def from_wire(self) -> NewPricingUnit:
        """The command."""
        return NewPricingUnit(
            **self.common(), code=self.code, name=self.name, exponent=self.exponent, rates=self.rates
        )


class PricingUnitPatch(NamePatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra=example({"rates": {"EUR": "0.012"}}))

    rates: dict[str, DecimalText] = Field(default_factory=dict, description=_RATES)


class PricingUnitOut(Wire):
    """A unit of pricing."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"id": "punit_01kahgp1g0edgrx4zm6byashwh", **_EXAMPLE, **SHOWN, "archived_at": None}
        )
    )

    id: PricingUnitId
    external_id: str | None
    code: str
    name: str
    exponent: int
    rates: dict[str, str]
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(unit: PricingUnit) -> PricingUnitOut:
    """A unit of pricing on the wire."""
    return PricingUnitOut.model_construct(**coded_of(unit), exponent=unit.exponent, rates=dict(unit.rates))


@router.post("", status_code=201, response_model=PricingUnitOut, dependencies=[WRITE])
async def create(body: PricingUnitIn, uow: Unit) -> Response:
    """Make a unit of pricing. A price names it in `params` in the place of a currency."""
    unit = await create_pricing_unit(uow, body.from_wire())
    return shown(to_wire(unit), 201, version=unit.version)


@router.get("", response_model=ListOf[PricingUnitOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the unit with this code")] = None,
) -> Response:
    """Units of pricing, newest first, archived ones too."""
    return shown(list_of("pricing_unit", await list_pricing_units(uow, query, code=code), to_wire))


@router.get("/{pricing_unit_id}", response_model=PricingUnitOut, dependencies=[READ])
async def get(pricing_unit_id: PricingUnitId, uow: Unit) -> Response:
    """One unit of pricing."""
    unit = await get_pricing_unit(uow, pricing_unit_id)
    return shown(to_wire(unit), version=unit.version)


@router.patch("/{pricing_unit_id}", response_model=PricingUnitOut, dependencies=[WRITE])
async def update(
    pricing_unit_id: PricingUnitId, body: PricingUnitPatch, uow: Unit, if_match: IfMatch
) -> Response:
    """Change name, external id, metadata or rates; what prices cost that are made does not change."""
    unit = await update_pricing_unit(uow, pricing_unit_id, body.from_wire(if_match))
    return shown(to_wire(unit), version=unit.version)


@router.post("/{pricing_unit_id}/archive", response_model=PricingUnitOut, dependencies=[WRITE])
async def archive(pricing_unit_id: PricingUnitId, uow: Unit) -> Response:
    """Put a unit away: prices stated in it stay, no new one may be."""
    unit = await archive_pricing_unit(uow, pricing_unit_id)
    return shown(to_wire(unit), version=unit.version)
