"""``/v1/prices``: reading; a price is made with its version of a plan (``/v1/plans``)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.calendar import IntervalUnit
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    InstantText,
    ListOf,
    Metadata,
    MeterId,
    PageQuery,
    PlanVersionId,
    PriceId,
    TaxRateId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, ObjectIn, common_of, example
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    Cadence,
    NewPrice,
    Price,
    QuantitySource,
    get_price,
    list_prices,
)

router = APIRouter(prefix="/prices", tags=["Prices"], route_class=NativeRoute)
READ: Final = allow("catalog:read")
_page = page_query("price")

PRICE_EXAMPLE: Final[dict[str, Any]] = {
    "code": "input-tokens",
    "name": "Input tokens",
    "model": "graduated",
    "params": {
        "EUR": {
            "tiers": [
                {"up_to": "1000000", "unit_amount": "0.000003"},
                {"up_to": None, "unit_amount": "0.0000025"},
            ]
        }
    },
    "quantity_source": "usage",
    "meter_id": "mtr_01kahgp1g0edgrx4zm6byashwh",
    "filters": {"model": ["large"]},
    "interval": {"unit": "month", "count": 1},
    "cadence": "in_arrears",
    "tax_rate_ids": ["txr_01kahgp1g0edgrx4zm6byashwh"],
}


class IntervalWire(Wire):
    """How often something recurs."""

    unit: IntervalUnit = IntervalUnit.MONTH
    count: int = Field(default=1, strict=True, description="1 to 1000")


class PriceIn(ObjectIn):
    """A price of a new version."""

    model_config = ConfigDict(json_schema_extra=example(PRICE_EXAMPLE))

    code: str = Field(description="Unique in its version")
    name: str | None = Field(default=None, description="What invoices call it; the code if left out")
    model: str = Field(description="flat, per_unit, package, graduated, volume or stairstep")
    params: dict[str, Any] = Field(description="For each currency, the parameters of the model")
    quantity_source: QuantitySource = Field(
        default=QuantitySource.ONE,
        description="usage: its meter; item: the subscription item's quantity; one: a fee",
    )
    meter_id: MeterId | None = None
    filters: dict[str, list[Any]] = Field(
        default_factory=dict, description="Narrow the meter's events to these values of properties"
    )
    interval: IntervalWire = IntervalWire()
    cadence: Cadence = Cadence.IN_ADVANCE
    tax_rate_ids: list[TaxRateId] = Field(default_factory=list)

    def from_wire(self) -> NewPrice:
        """The command."""
        return NewPrice(
            **self.common(),
            code=self.code,
            name=self.name,
            model=self.model,
            params=self.params,
            quantity_source=self.quantity_source,
            meter_id=self.meter_id,
            filters=self.filters,
            interval_unit=self.interval.unit,
            interval_count=self.interval.count,
            cadence=self.cadence,
            tax_rate_ids=self.tax_rate_ids,
        )


class PriceOut(Wire):
    """What something costs, in each currency that it is sold in; it never changes."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "id": "price_01kahgp1g0edgrx4zm6byashwh",
                "plan_version_id": "plv_01kahgp1g0edgrx4zm6byashwh",
                **PRICE_EXAMPLE,
                "position": 0,
                "external_id": None,
                "metadata": {},
                **SHOWN,
            }
        )
    )

    id: PriceId
    external_id: str | None
    plan_version_id: PlanVersionId
    code: str
    name: str
    model: str
    params: dict[str, Any]
    quantity_source: QuantitySource
    meter_id: MeterId | None
    filters: dict[str, list[str]]
    interval: IntervalWire
    cadence: Cadence
    tax_rate_ids: list[TaxRateId]
    position: int
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText


def to_wire(price: Price) -> PriceOut:
    """A price on the wire."""
    return PriceOut.model_construct(
        **common_of(price),
        plan_version_id=price.plan_version_id,
        code=price.code,
        name=price.name,
        model=price.model,
        params=dict(price.params),
        quantity_source=price.quantity_source,
        meter_id=price.meter_id,
        filters=dict(price.filters),
        interval=IntervalWire.model_construct(unit=price.interval_unit, count=price.interval_count),
        cadence=price.cadence,
        tax_rate_ids=list(price.tax_rate_ids),
        position=price.position,
    )


@router.get("", response_model=ListOf[PriceOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    plan_version_id: Annotated[
        PlanVersionId | None, Query(description="Only prices of this version of a plan")
    ] = None,
    external_id: Annotated[str | None, Query(description="Only the price with this external id")] = None,
) -> Response:
    """Prices, newest first."""
    page = await list_prices(uow, query, plan_version_id=plan_version_id, external_id=external_id)
    return shown(list_of("price", page, to_wire))


@router.get("/{price_id}", response_model=PriceOut, dependencies=[READ])
async def get(price_id: PriceId, uow: Unit) -> Response:
    """One price."""
    price = await get_price(uow, price_id)
    return shown(to_wire(price), version=price.version)
