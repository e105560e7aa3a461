"""``/v1/tax-rates``."""

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
    TaxRateId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import (
    SHOWN,
    CodedIn,
    NamePatch,
    coded_of,
    example,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    NewTaxRate,
    TaxRate,
    archive_tax_rate,
    create_tax_rate,
    get_tax_rate,
    list_tax_rates,
    update_tax_rate,
)

router = APIRouter(prefix="/tax-rates", tags=["Tax rates"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("tax_rate")

_EXAMPLE: dict[str, Any] = {
    "code": "de-vat",
    "name": "VAT",
    "percent": "19",
    "inclusive": False,
    "country": "DE",
    "region": None,
    "postal_prefix": None,
    "category": "standard",
    "replaces_wider": False,
    "valid_from": "2021-01-01T00:00:00Z",
    "valid_to": None,
    "external_id": None,
    "metadata": {},
}


_COUNTRY = "Where it applies by itself, ISO 3166-1; null: only to prices that name it"
_REGION = "A part of the country, as in addresses: CA, BY"
_CATEGORY = "The tax_category of prices that it is for; null: any that has no rate of its own there"
_REPLACES = "It applies instead of the country's (or the region's) rates, not on top of them"
_OWN = (
    *("percent", "inclusive", "country", "region", "postal_prefix", "category", "replaces_wider"),
    *("valid_from", "valid_to"),
)


class TaxRateIn(CodedIn):
    """A tax rate to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    percent: DecimalText = Field(description="0 to 100; never changes")
    inclusive: bool = Field(default=False, description="Whether prices contain it; never changes")
    country: str | None = Field(default=None, description=_COUNTRY)
    region: str | None = Field(default=None, description=_REGION)
    postal_prefix: str | None = Field(default=None, description="Only where the postal code begins so")
    category: str | None = Field(default=None, description=_CATEGORY)
    replaces_wider: bool = Field(default=False, description=_REPLACES)
    valid_from: InstantText | None = Field(default=None, description="In force from this instant on")
    valid_to: InstantText | None = Field(default=None, description="No longer in force at this instant")

    def from_wire(self) -> NewTaxRate:
        """The command."""
        return NewTaxRate(**self.common(), **{name: getattr(self, name) for name in _OWN})


class TaxRatePatch(NamePatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra=example({"valid_to": "2027-01-01T00:00:00Z"}))

    valid_from: InstantText | None = None
    valid_to: InstantText | None = None


class TaxRateOut(Wire):
    """A rate of tax in per cent."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"id": "txr_01kahgp1g0edgrx4zm6byashwh", **_EXAMPLE, **SHOWN, "archived_at": None}
        )
    )

    id: TaxRateId
    external_id: str | None
    code: str
    name: str
    percent: DecimalText
    inclusive: bool
    country: str | None
    region: str | None
    postal_prefix: str | None
    category: str | None
    replaces_wider: bool
    valid_from: InstantText | None
    valid_to: InstantText | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(tax_rate: TaxRate) -> TaxRateOut:
    """A tax rate on the wire."""
    return TaxRateOut.model_construct(
        **coded_of(tax_rate), **{name: getattr(tax_rate, name) for name in _OWN}
    )


@router.post("", status_code=201, response_model=TaxRateOut, dependencies=[WRITE])
async def create(body: TaxRateIn, uow: Unit) -> Response:
    """Make a rate of tax."""
    tax_rate = await create_tax_rate(uow, body.from_wire())
    return shown(to_wire(tax_rate), 201, version=tax_rate.version)


@router.get("", response_model=ListOf[TaxRateOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the tax rate with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the tax rate with this external id")] = None,
    country: Annotated[str | None, Query(description="Only rates that apply in this country")] = None,
) -> Response:
    """Rates of tax, newest first."""
    page = await list_tax_rates(uow, query, code=code, external_id=external_id, country=country)
    return shown(list_of("tax_rate", page, to_wire))


@router.get("/{tax_rate_id}", response_model=TaxRateOut, dependencies=[READ])
async def get(tax_rate_id: TaxRateId, uow: Unit) -> Response:
    """One tax rate."""
    tax_rate = await get_tax_rate(uow, tax_rate_id)
    return shown(to_wire(tax_rate), version=tax_rate.version)


@router.patch("/{tax_rate_id}", response_model=TaxRateOut, dependencies=[WRITE])
async def update(tax_rate_id: TaxRateId, body: TaxRatePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, external id, metadata of a tax rate, or when it is in force."""
    tax_rate = await update_tax_rate(uow, tax_rate_id, body.from_wire(if_match))
    return shown(to_wire(tax_rate), version=tax_rate.version)


@router.post("/{tax_rate_id}/archive", response_model=TaxRateOut, dependencies=[WRITE])
async def archive(tax_rate_id: TaxRateId, uow: Unit) -> Response:
    """Put a tax rate away; prices that bear it go on bearing it, and no new price may name it."""
    tax_rate = await archive_tax_rate(uow, tax_rate_id)
    return shown(to_wire(tax_rate), version=tax_rate.version)
