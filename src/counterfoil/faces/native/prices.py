"""``/v1/prices``: reading, labels and removing; a price is made in a plan (``/v1/plans``)."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.calendar import IntervalUnit
from counterfoil.core.pricing import MODELS
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    AddOnId,
    FeatureId,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    MeterId,
    PageQuery,
    PlanId,
    PlanVersionId,
    PriceId,
    TaxRateId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, DescribedPatch, ObjectIn, common_of, example
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    Cadence,
    NewPrice,
    Price,
    QuantitySource,
    get_price,
    list_prices,
    remove_price,
    update_price,
)

router = APIRouter(prefix="/prices", tags=["Prices"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("price")

PRICE_EXAMPLE: Final[dict[str, Any]] = {
    "code": "input-tokens",
    "name": "Input tokens",
    "description": "Tokens that a model reads",
    "feature_id": "feat_01kahgp1g0edgrx4zm6byashwh",
    "unit": "token",
    "model": "graduated",
    "params": {
        "EUR": {
            "tiers": [
                {"up_to": "1000000", "unit_amount": "0.000003"},
                {"up_to": None, "unit_amount": "0.0000025"},
            ]
        }
    },
    "terms": {"included": "10000", "minimum": {"amount": {"EUR": "5"}, "prorated": True}},
    "quantity_source": "usage",
    "meter_id": "mtr_01kahgp1g0edgrx4zm6byashwh",
    "filters": {"model": ["large"]},
    "interval": {"unit": "month", "count": 1},
    "cadence": "in_arrears",
    "tax_rate_ids": ["txr_01kahgp1g0edgrx4zm6byashwh"],
    "tax_category": "saas",
}
SHOWN_PRICE: Final[dict[str, Any]] = {
    "id": "price_01kahgp1g0edgrx4zm6byashwh",
    "plan_id": "plan_01kahgp1g0edgrx4zm6byashwh",
    "add_on_id": None,
    **PRICE_EXAMPLE,
    "pricing_unit": None,
    "external_id": None,
    "metadata": {},
    **SHOWN,
    "ended_at": None,
}
PARAMS: Final = (
    "For each currency, the parameters of the model; or, for one pricing unit by its code, those in it."
    " flat: `amount`."
    " per_unit: `unit_amount`."
    " package: `package_size`, `package_amount`, `included`, `rounding` (up, down, exact)."
    " graduated, volume: `tiers` of `up_to`, `unit_amount`, `flat_amount`, `package_size`."
    " stairstep: `tiers` of `up_to`, `flat_amount`."
    " These three also: `above_last_tier` (extend, refuse), `zero_quantity` (free, charge_first_tier_flat),"
    " `bounds` (inclusive, exclusive), `fractions` (continuous, whole_units)."
    " seat: `unit_amount`, `min_seats`, `max_seats`."
    " commit: `unit_amount`, `committed_quantity`, which is paid whatever was used."
    " overcommit: the same; what is used beyond the committed quantity is paid."
    " percentage: `rate_percent`, `fixed_per_event`, `free_events`, `free_amount`, `min_per_event`,"
    " `max_per_event`; graduated_percentage: `tiers` of `up_to`, `rate_percent`, `flat_amount`;"
    " dynamic: `multiplier`; the meter of these three sums the amounts that events carry."
    " cost_plus: `markup_percent`, `unit_cost`; without it the quantity is the cost."
    " matrix: `properties` that the meter is grouped by, `prices` of `values` (null: absent) and"
    " `unit_amount`, `default_unit_amount`."
    " bucketed: `window` of `unit` (minute, hour, day, week, month) and `count`, `model` and `params` of each"
    " window."
)
TERMS: Final = (
    "What is agreed besides the model, all of it optional."
    " `conversion`: usage is counted in one unit and priced in another: `multiply_by`, `divide_by`, `unit`."
    " `rounding`: the quantity is priced in multiples of a `step`, `mode` (ceil, floor, half_up), `unit`."
    " `included`: units that are free."
    " `minimum`, `maximum`: the least and most that a line costs in a period, before tax: `amount` for each"
    " currency (one amount will do where there is one), `prorated` (true) with a period charged in part."
    " `discounts`: before_minimum (a discounted line does not fall below the minimum), after_minimum."
)
TAX_CATEGORY: Final = (
    "What it is for tax, a word such as standard, reduced or saas; the plan's, the product's or the issuer's"
    " if left out"
)
MODEL: Final = f"How a quantity becomes an amount: {', '.join(MODELS)}"


class IntervalWire(Wire):
    """How often something recurs."""

    unit: IntervalUnit = IntervalUnit.MONTH
    count: int = Field(default=1, strict=True, description="1 to 1000")


class PriceIn(ObjectIn):
    """A price to make."""

    model_config = ConfigDict(json_schema_extra=example(PRICE_EXAMPLE))

    code: str | None = Field(default=None, description="Unique in its version; its id if left out")
    name: str | None = Field(default=None, description="What invoices call it; the code if left out")
    description: str | None = None
    feature_id: FeatureId | None = Field(default=None, description="The feature that it charges for")
    unit: str | None = Field(default=None, description="What one of the quantity is called, such as GB")
    model: str = Field(description=MODEL)
    params: dict[str, Any] = Field(description=PARAMS)
    terms: dict[str, Any] = Field(default_factory=dict, description=TERMS)
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
    tax_rate_ids: list[TaxRateId] = Field(
        default_factory=list,
        description="The taxes that it bears wherever it is sold; none: those of the place",
    )
    tax_category: str | None = Field(default=None, description=TAX_CATEGORY)

    def from_wire(self) -> NewPrice:
        """The command."""
        return NewPrice(
            **self.common(),
            code=self.code,
            name=self.name,
            description=self.description,
            feature_id=self.feature_id,
            unit=self.unit,
            model=self.model,
            params=self.params,
            terms=self.terms,
            quantity_source=self.quantity_source,
            meter_id=self.meter_id,
            filters=self.filters,
            interval_unit=self.interval.unit,
            interval_count=self.interval.count,
            cadence=self.cadence,
            tax_rate_ids=self.tax_rate_ids,
            tax_category=self.tax_category,
        )


class PricePatch(DescribedPatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra=example({"name": "Input tokens", "tax_category": "saas"}))

    tax_category: str | None = Field(default=None, description=TAX_CATEGORY)


class PriceOut(Wire):
    """What something costs, in each currency that it is sold in; that never changes, its labels may."""

    model_config = ConfigDict(json_schema_extra=example(SHOWN_PRICE))

    id: PriceId
    external_id: str | None
    plan_id: PlanId | None = Field(description="null: it is an add-on's, or one subscription's own")
    add_on_id: AddOnId | None
    code: str
    name: str
    description: str | None
    feature_id: FeatureId | None
    unit: str | None
    model: str
    params: dict[str, Any]
    terms: dict[str, Any] = Field(description="What is agreed besides the model; {}: nothing")
    quantity_source: QuantitySource
    meter_id: MeterId | None
    filters: dict[str, list[str]]
    interval: IntervalWire
    cadence: Cadence
    tax_rate_ids: list[TaxRateId]
    tax_category: str | None
    pricing_unit: dict[str, Any] | None = Field(
        description="Where its amounts were stated in a pricing unit: its code, exponent and rates then, and "
        "the params in it"
    )
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    ended_at: InstantText | None = Field(description="When it left its plan; who has it keeps it")


def to_wire(price: Price) -> PriceOut:
    """A price on the wire."""
    return PriceOut.model_construct(
        **common_of(price),
        plan_id=price.plan_id,
        add_on_id=price.add_on_id,
        code=price.code,
        name=price.name,
        description=price.description,
        feature_id=price.feature_id,
        unit=price.unit,
        model=price.model,
        params=dict(price.params),
        terms=dict(price.terms),
        quantity_source=price.quantity_source,
        meter_id=price.meter_id,
        filters=dict(price.filters),
        interval=IntervalWire.model_construct(unit=price.interval_unit, count=price.interval_count),
        cadence=price.cadence,
        tax_rate_ids=list(price.tax_rate_ids),
        tax_category=price.tax_category,
        pricing_unit=None if price.pricing_unit is None else dict(price.pricing_unit),
        ended_at=price.ended_at,
    )


@router.get("", response_model=ListOf[PriceOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    plan_id: Annotated[PlanId | None, Query(description="Only prices of this plan, ended ones too")] = None,
    plan_version_id: Annotated[
        PlanVersionId | None, Query(description="Only prices of this version of a plan")
    ] = None,
    external_id: Annotated[str | None, Query(description="Only the price with this external id")] = None,
) -> Response:
    """Prices, newest first."""
    page = await list_prices(
        uow, query, plan_id=plan_id, plan_version_id=plan_version_id, external_id=external_id
    )
    return shown(list_of("price", page, to_wire))


@router.get("/{price_id}", response_model=PriceOut, dependencies=[READ])
async def get(price_id: PriceId, uow: Unit) -> Response:
    """One price."""
    price = await get_price(uow, price_id)
    return shown(to_wire(price), version=price.version)


@router.patch("/{price_id}", response_model=PriceOut, dependencies=[WRITE])
async def update(price_id: PriceId, body: PricePatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, description, external id, metadata or tax category; what it costs never changes."""
    price = await update_price(uow, price_id, body.from_wire(if_match))
    return shown(to_wire(price), version=price.version)


@router.delete("/{price_id}", response_model=PriceOut, dependencies=[WRITE])
async def remove(price_id: PriceId, uow: Unit) -> Response:
    """Take a price out of its plan, of which a version without it is published; who has it keeps it.

    Without its last price the plan is free: new subscriptions to it are billed nothing.
    """
    price = await remove_price(uow, price_id)
    return shown(to_wire(price), version=price.version)
