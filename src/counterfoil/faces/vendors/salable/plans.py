"""Salable's plans, and what each of them gives and costs."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.salable import checkout
from counterfoil.faces.vendors.salable.assortment import features_in, one_plan
from counterfoil.faces.vendors.salable.auth import SalableRoute
from counterfoil.faces.vendors.salable.convert import (
    Seller,
    plan_capabilities_to_wire,
    plan_currencies_to_wire,
    plan_features_to_wire,
    plan_to_wire,
)
from counterfoil.faces.vendors.salable.errors import NoCheckout
from counterfoil.faces.vendors.salable.expand import Expand, documented, reader
from counterfoil.faces.vendors.salable.wire import (
    CheckoutLink,
    PlanCapability,
    PlanCurrency,
    PlanExpanded,
    PlanFeature,
)

router = APIRouter(prefix="/plans", tags=["Plans"], route_class=SalableRoute)
READ = allow("catalog:read")

RELATIONS: Final = (
    "capabilities",
    "capabilities.capability",
    "features",
    "features.feature",
    "features.enumValue",
    "currencies",
    "currencies.currency",
    "generateCheckoutLink",
)
_WITH_FEATURES: Final = Expand(frozenset({"feature", "enumValue"}))


@router.get(
    "/{planUuid}",
    operation_id="getPlanByUuid",
    response_model=PlanExpanded,
    dependencies=[READ],
    openapi_extra=documented(*RELATIONS, further=checkout.OF_PLANS),
)
async def get(
    planUuid: str, uow: Unit, caller: Caller, asked: Annotated[Expand, Depends(reader(*RELATIONS))]
) -> Response:
    """A plan."""
    found = await one_plan(uow, planUuid)
    asked.refuse_links()
    given = await features_in(uow, [found]) if asked.paths & {"features", "capabilities"} else {}
    return vendor_answer(plan_to_wire(found, Seller.of(caller), asked, given))


@router.get(
    "/{planUuid}/features",
    operation_id="getPlanFeatures",
    response_model=list[PlanFeature],
    dependencies=[READ],
)
async def features(planUuid: str, uow: Unit) -> Response:
    """What a plan says of each feature."""
    found = await one_plan(uow, planUuid)
    return vendor_answer(plan_features_to_wire(found, await features_in(uow, [found]), _WITH_FEATURES))


@router.get(
    "/{planUuid}/currencies",
    operation_id="getPlanCurrencies",
    response_model=list[PlanCurrency],
    dependencies=[READ],
)
async def currencies(planUuid: str, uow: Unit) -> Response:
    """What a plan costs in each of its currencies, in minor units."""
    return vendor_answer(plan_currencies_to_wire(await one_plan(uow, planUuid), named=True))


@router.get(
    "/{planUuid}/capabilities",
    operation_id="getPlanCapabilities",
    response_model=list[PlanCapability],
    dependencies=[READ],
)
async def capabilities(planUuid: str, uow: Unit) -> Response:
    """The capabilities that a plan's licences carry."""
    found = await one_plan(uow, planUuid)
    return vendor_answer(plan_capabilities_to_wire(found, await features_in(uow, [found]), named=True))


@router.get(
    "/{planUuid}/checkoutlink",
    operation_id="getPlanCheckoutLink",
    response_model=CheckoutLink,
    dependencies=[READ],
    openapi_extra={"parameters": checkout.OF_LINKS},
)
async def checkout_link(planUuid: str, uow: Unit) -> Response:
    """Where a customer buys a plan: refused with 400 until there is a checkout."""
    await one_plan(uow, planUuid)
    raise NoCheckout
