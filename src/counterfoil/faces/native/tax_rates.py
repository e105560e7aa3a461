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
    "external_id": None,
    "metadata": {},
}


class TaxRateIn(CodedIn):
    """A tax rate to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    percent: DecimalText = Field(description="0 to 100; never changes")
    inclusive: bool = Field(default=False, description="Whether prices contain it; never changes")

    def from_wire(self) -> NewTaxRate:
        """The command."""
        return NewTaxRate(**self.common(), percent=self.percent, inclusive=self.inclusive)


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
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(tax_rate: TaxRate) -> TaxRateOut:
    """A tax rate on the wire."""
    return TaxRateOut.model_construct(
        **coded_of(tax_rate), percent=tax_rate.percent, inclusive=tax_rate.inclusive
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
) -> Response:
    """Rates of tax, newest first."""
    page = await list_tax_rates(uow, query, code=code, external_id=external_id)
    return shown(list_of("tax_rate", page, to_wire))


@router.get("/{tax_rate_id}", response_model=TaxRateOut, dependencies=[READ])
async def get(tax_rate_id: TaxRateId, uow: Unit) -> Response:
    """One tax rate."""
    tax_rate = await get_tax_rate(uow, tax_rate_id)
    return shown(to_wire(tax_rate), version=tax_rate.version)


@router.patch("/{tax_rate_id}", response_model=TaxRateOut, dependencies=[WRITE])
async def update(tax_rate_id: TaxRateId, body: NamePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, external id or metadata of a tax rate."""
    tax_rate = await update_tax_rate(uow, tax_rate_id, body.from_wire(if_match))
    return shown(to_wire(tax_rate), version=tax_rate.version)


@router.post("/{tax_rate_id}/archive", response_model=TaxRateOut, dependencies=[WRITE])
async def archive(tax_rate_id: TaxRateId, uow: Unit) -> Response:
    """Put a tax rate away; prices that bear it go on bearing it, and no new price may name it."""
    tax_rate = await archive_tax_rate(uow, tax_rate_id)
    return shown(to_wire(tax_rate), version=tax_rate.version)
