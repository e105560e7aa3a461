"""Salable's pricing tables that the seller arranged; the one of a product is among the products."""

from __future__ import annotations

from fastapi import APIRouter, Response

from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.salable import checkout
from counterfoil.faces.vendors.salable.assortment import (
    features_in,
    features_of,
    one_product,
    plans_of,
    wanted_id,
)
from counterfoil.faces.vendors.salable.auth import SalableRoute
from counterfoil.faces.vendors.salable.convert import Seller
from counterfoil.faces.vendors.salable.convert_tables import table_to_wire
from counterfoil.faces.vendors.salable.wire import PricingTable
from counterfoil.modules.catalog import features_by_ids, get_pricing_table

router = APIRouter(prefix="/pricing-tables", tags=["Pricing Tables"], route_class=SalableRoute)
READ = allow("catalog:read")


@router.get(
    "/{pricingTableUuid}",
    operation_id="getPricingTableByUuid",
    response_model=PricingTable,
    dependencies=[READ],
    openapi_extra={"parameters": checkout.OF_TABLES},
)
async def get(
    pricingTableUuid: str,
    globalSuccessUrl: checkout.Needed,
    globalCancelUrl: checkout.Needed,
    globalGranteeId: checkout.Needed,
    member: checkout.Needed,
    uow: Unit,
    caller: Caller,
) -> Response:
    """A pricing table with its product, plans and features in the seller's order."""
    table = await get_pricing_table(uow, wanted_id(pricingTableUuid, "pricing_table"))
    product = await one_product(uow, str(table.product_id))
    plans = await plans_of(uow, product)
    given = await features_in(uow, plans) | await features_by_ids(uow, table.feature_ids)
    features = await features_of(uow, product)
    return vendor_answer(table_to_wire(table, product, plans, Seller.of(caller), features, given))
