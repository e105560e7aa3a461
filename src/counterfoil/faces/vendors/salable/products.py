"""Salable's products, and what each of them consists of."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from counterfoil.faces.kit.context import Caller, Unit, allow
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.salable import checkout
from counterfoil.faces.vendors.salable.assortment import (
    all_products,
    features_in,
    features_of,
    one_product,
    plans_and_paid,
    plans_of,
)
from counterfoil.faces.vendors.salable.auth import SalableRoute
from counterfoil.faces.vendors.salable.convert import (
    Seller,
    capabilities_to_wire,
    features_to_wire,
    plan_to_wire,
    product_currencies_to_wire,
    product_fields,
    product_to_wire,
)
from counterfoil.faces.vendors.salable.convert_tables import product_table_to_wire
from counterfoil.faces.vendors.salable.expand import Expand, documented, reader
from counterfoil.faces.vendors.salable.plans import RELATIONS as OF_PLANS
from counterfoil.faces.vendors.salable.wire import (
    Capability,
    Feature,
    PlanExpanded,
    Product,
    ProductCurrency,
    ProductExpanded,
    ProductPricingTable,
)
from counterfoil.modules.catalog import paid_products

router = APIRouter(prefix="/products", tags=["Products"], route_class=SalableRoute)
READ = allow("catalog:read")

RELATIONS: Final = (
    "generateCheckoutLinks",
    "features",
    "features.featureEnumOptions",
    "capabilities",
    "currencies",
    "currencies.currency",
    "organisationPaymentIntegration",
    "plans",
    "plans.capabilities",
    "plans.features",
    "plans.features.feature",
    "plans.features.enumValue",
    "plans.currencies",
    "plans.currencies.currency",
)


@router.get("", operation_id="getProducts", response_model=list[Product], dependencies=[READ])
async def list_(uow: Unit, caller: Caller) -> Response:
    """Every product that is or was on sale, oldest first."""
    products, seller = await all_products(uow), Seller.of(caller)
    paid = await paid_products(uow, [product.id for product in products])
    return vendor_answer(
        [Product(**product_fields(product, seller, paid=product.id in paid)) for product in products]
    )


@router.get(
    "/{productUuid}",
    operation_id="getProductByUuid",
    response_model=ProductExpanded,
    dependencies=[READ],
    openapi_extra=documented(*RELATIONS),
)
async def get(
    productUuid: str, uow: Unit, caller: Caller, asked: Annotated[Expand, Depends(reader(*RELATIONS))]
) -> Response:
    """A product."""
    product = await one_product(uow, productUuid)
    asked.refuse_links()
    needed = bool(asked.paths & {"plans", "currencies"})
    plans, paid = await plans_and_paid(uow, product, needed=needed)
    inside = asked.below("plans")
    features = await features_of(uow, product) if asked.paths & {"features", "capabilities"} else []
    given = await features_in(uow, plans) if inside.paths & {"features", "capabilities"} else {}
    return vendor_answer(
        product_to_wire(product, plans, Seller.of(caller), asked, features, given, paid=paid)
    )


@router.get(
    "/{productUuid}/plans",
    operation_id="getProductPlans",
    response_model=list[PlanExpanded],
    dependencies=[READ],
    openapi_extra=documented(*OF_PLANS, further=checkout.OF_PLANS),
)
async def plans(
    productUuid: str, uow: Unit, caller: Caller, asked: Annotated[Expand, Depends(reader(*OF_PLANS))]
) -> Response:
    """The plans of a product, deprecated ones too."""
    product = await one_product(uow, productUuid)
    asked.refuse_links()
    found = await plans_of(uow, product)
    given = await features_in(uow, found) if asked.paths & {"features", "capabilities"} else {}
    seller = Seller.of(caller)
    return vendor_answer([plan_to_wire(one, seller, asked, given) for one in found])


@router.get(
    "/{productUuid}/pricingtable",
    operation_id="getProductPricingTable",
    response_model=ProductPricingTable,
    dependencies=[READ],
    openapi_extra={"parameters": [*checkout.optional("member"), *checkout.OF_TABLES]},
)
async def pricing_table(
    productUuid: str,
    globalSuccessUrl: checkout.Needed,
    globalCancelUrl: checkout.Needed,
    globalGranteeId: checkout.Needed,
    uow: Unit,
    caller: Caller,
) -> Response:
    """A product with every plan that is offered: free ones, paid ones by price, then those to come."""
    product = await one_product(uow, productUuid)
    plans = await plans_of(uow, product)
    given = await features_in(uow, plans)
    features = await features_of(uow, product)
    return vendor_answer(product_table_to_wire(product, plans, Seller.of(caller), features, given))


@router.get(
    "/{productUuid}/features",
    operation_id="getProductFeatures",
    response_model=list[Feature],
    dependencies=[READ],
)
async def features(productUuid: str, uow: Unit) -> Response:
    """The features of a product with the options of enums, deprecated ones too."""
    product = await one_product(uow, productUuid)
    return vendor_answer(features_to_wire(await features_of(uow, product), options=True))


@router.get(
    "/{productUuid}/currencies",
    operation_id="getProductCurrencies",
    response_model=list[ProductCurrency],
    dependencies=[READ],
)
async def currencies(productUuid: str, uow: Unit) -> Response:
    """The currencies in which a product's plans are sold."""
    product = await one_product(uow, productUuid)
    return vendor_answer(product_currencies_to_wire(product, await plans_of(uow, product), named=True))


@router.get(
    "/{productUuid}/capabilities",
    operation_id="getProductCapabilities",
    response_model=list[Capability],
    dependencies=[READ],
)
async def capabilities(productUuid: str, uow: Unit) -> Response:
    """The capabilities of a product, deprecated ones too."""
    product = await one_product(uow, productUuid)
    return vendor_answer(capabilities_to_wire(await features_of(uow, product), product.id))
