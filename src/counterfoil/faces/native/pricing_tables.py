"""``/v1/pricing-tables``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    FeatureId,
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    PlanId,
    PricingTableId,
    ProductId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import SHOWN, CodedIn, NamePatch, coded_of, example
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    NewPricingTable,
    PricingTable,
    archive_pricing_table,
    create_pricing_table,
    get_pricing_table,
    list_pricing_tables,
    update_pricing_table,
)

router = APIRouter(prefix="/pricing-tables", tags=["Pricing tables"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("pricing_table")

_EXAMPLE: dict[str, Any] = {
    "code": "web",
    "name": "Web site",
    "product_id": "prod_01kahgp1g0edgrx4zm6byashwh",
    "title": "Plans and prices",
    "text": "All prices without VAT",
    "theme": "light",
    "custom_theme": None,
    "plan_ids": ["plan_01kahgp1g0edgrx4zm6byashwh"],
    "feature_ids": ["feat_01kahgp1g0edgrx4zm6byashwh"],
    "featured_plan_id": "plan_01kahgp1g0edgrx4zm6byashwh",
    "external_id": None,
    "metadata": {},
}
_THEME = "light, dark or custom"
_PLANS = "Plans of the product, in the order in which they stand"
_FEATURES = "What they are compared by, in the order of the rows: features of the product, or of none"
_FEATURED = "The plan that stands out: one of plan_ids"


class PricingTableIn(CodedIn):
    """A pricing table to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    product_id: ProductId
    title: str | None = None
    text: str | None = None
    theme: str = Field(default="light", description=_THEME)
    custom_theme: str | None = Field(default=None, description="The seller's own styles")
    plan_ids: list[PlanId] = Field(default_factory=list, description=_PLANS)
    feature_ids: list[FeatureId] = Field(default_factory=list, description=_FEATURES)
    featured_plan_id: PlanId | None = Field(default=None, description=_FEATURED)

    def from_wire(self) -> NewPricingTable:
        """The command."""
        return NewPricingTable(
            **self.common(),
            product_id=self.product_id,
            title=self.title,
            text=self.text,
            theme=self.theme,
            custom_theme=self.custom_theme,
            plan_ids=self.plan_ids,
            feature_ids=self.feature_ids,
            featured_plan_id=self.featured_plan_id,
        )


class PricingTablePatch(NamePatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(json_schema_extra=example({"title": "Plans", "theme": "dark"}))

    title: str | None = None
    text: str | None = None
    theme: str = Field(default="light", description=_THEME)
    custom_theme: str | None = Field(default=None, description="The seller's own styles")
    plan_ids: list[PlanId] = Field(default_factory=list, description=_PLANS)
    feature_ids: list[FeatureId] = Field(default_factory=list, description=_FEATURES)
    featured_plan_id: PlanId | None = Field(default=None, description=_FEATURED)


class PricingTableOut(Wire):
    """Plans of a product side by side."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"id": "ptbl_01kahgp1g0edgrx4zm6byashwh", **_EXAMPLE, **SHOWN, "archived_at": None}
        )
    )

    id: PricingTableId
    external_id: str | None
    code: str
    name: str
    product_id: ProductId
    title: str | None
    text: str | None
    theme: str
    custom_theme: str | None
    plan_ids: list[PlanId]
    feature_ids: list[FeatureId]
    featured_plan_id: PlanId | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(table: PricingTable) -> PricingTableOut:
    """A pricing table on the wire."""
    return PricingTableOut.model_construct(
        **coded_of(table),
        product_id=table.product_id,
        title=table.title,
        text=table.text,
        theme=table.theme,
        custom_theme=table.custom_theme,
        plan_ids=list(table.plan_ids),
        feature_ids=list(table.feature_ids),
        featured_plan_id=table.featured_plan_id,
    )


@router.post("", status_code=201, response_model=PricingTableOut, dependencies=[WRITE])
async def create(body: PricingTableIn, uow: Unit) -> Response:
    """Make a pricing table."""
    table = await create_pricing_table(uow, body.from_wire())
    return shown(to_wire(table), 201, version=table.version)


@router.get("", response_model=ListOf[PricingTableOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the pricing table with this code")] = None,
    external_id: Annotated[
        str | None, Query(description="Only the pricing table with this external id")
    ] = None,
    product_id: Annotated[ProductId | None, Query(description="Only tables of this product")] = None,
) -> Response:
    """Pricing tables, newest first."""
    page = await list_pricing_tables(uow, query, code=code, external_id=external_id, product_id=product_id)
    return shown(list_of("pricing_table", page, to_wire))


@router.get("/{pricing_table_id}", response_model=PricingTableOut, dependencies=[READ])
async def get(pricing_table_id: PricingTableId, uow: Unit) -> Response:
    """One pricing table."""
    table = await get_pricing_table(uow, pricing_table_id)
    return shown(to_wire(table), version=table.version)


@router.patch("/{pricing_table_id}", response_model=PricingTableOut, dependencies=[WRITE])
async def update(
    pricing_table_id: PricingTableId, body: PricingTablePatch, uow: Unit, if_match: IfMatch
) -> Response:
    """Change anything of a pricing table but its code and its product."""
    table = await update_pricing_table(uow, pricing_table_id, body.from_wire(if_match))
    return shown(to_wire(table), version=table.version)


@router.post("/{pricing_table_id}/archive", response_model=PricingTableOut, dependencies=[WRITE])
async def archive(pricing_table_id: PricingTableId, uow: Unit) -> Response:
    """Put a pricing table away; it stays readable."""
    table = await archive_pricing_table(uow, pricing_table_id)
    return shown(to_wire(table), version=table.version)
