"""Suger's group Product: what is sold at the clouds' marketplaces and directly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from fastapi import APIRouter, Depends, Path, Query, Response

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.ids import read_id
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.errors import in_their_words
from counterfoil.faces.kit.vendor_paging import OffsetQuery, offset_query
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.vendors.suger.auth import SugerRoute
from counterfoil.faces.vendors.suger.convert_products import (
    DELETED,
    DRAFT,
    PUBLIC,
    WORDS,
    changes_from_wire,
    channel_of,
    dimensions_to_wire,
    fulfillment_url_changes,
    meta_info_changes,
    meta_info_to_wire,
    new_product,
    product_to_wire,
    status_of,
)
from counterfoil.faces.vendors.suger.wire_generated import (
    MeteringDimension,
    UpdateProductParams,
    WorkloadMetaInfo,
    WorkloadProduct,
)
from counterfoil.modules.catalog import (
    CatalogFilter,
    archive_product,
    create_product,
    get_product,
    publish_product,
    search_products,
    update_product,
)

if TYPE_CHECKING:
    from counterfoil.modules.catalog import CatalogChanges, Product

router = APIRouter(prefix="/org/{orgId}", tags=["Product"], route_class=SugerRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_MOST: Final = 1000
_PARTNERS: Final = {"enum": ["AWS", "AZURE", "GCP", "STRIPE"]}
_CLOUDS: Final = {"enum": ["AWS", "AZURE", "GCP"]}


async def _unused(
    view: Annotated[str | None, Query(description="Not used")] = None,
    forCreateOffer: Annotated[str | None, Query(description="Not used")] = None,
    salesforceOpportunityId: Annotated[str | None, Query(description="Not used")] = None,
    salesforceQuoteId: Annotated[str | None, Query(description="Not used")] = None,
    hubspotDealId: Annotated[str | None, Query(description="Not used")] = None,
) -> None:
    """Declare what later clients may send."""


@router.get(
    "/product",
    operation_id="ListProducts",
    response_model=list[WorkloadProduct],
    dependencies=[READ, Depends(_unused)],
)
async def list_(
    orgId: str,
    uow: Unit,
    query: Annotated[OffsetQuery, offset_query(100, _MOST)],
    partner: Annotated[str | None, Query(json_schema_extra=_PARTNERS)] = None,
) -> Response:
    """List products, newest first, deleted ones left out."""
    return _shown_all(await _search(uow, partner, query), orgId)


@router.get(
    "/partner/{partner}/product",
    operation_id="ListProductsByPartner",
    response_model=list[WorkloadProduct],
    dependencies=[READ],
)
async def list_by_partner(
    orgId: str, partner: Annotated[str, Path(json_schema_extra=_CLOUDS)], uow: Unit
) -> Response:
    """List all products of a partner, newest first, deleted ones left out."""
    found: list[Product] = []
    while True:
        page = await _search(uow, partner, OffsetQuery(_MOST, len(found)))
        found += page
        if len(page) < _MOST:
            return _shown_all(found, orgId)


@router.post("/product", operation_id="CreateProduct", response_model=WorkloadProduct, dependencies=[WRITE])
async def create(orgId: str, body: WorkloadProduct, uow: Unit) -> Response:
    """Create a product: public at once, unless its status is to be DRAFT."""
    _check_status(body, PUBLIC, DRAFT)
    return await _made(uow, orgId, body, draft=body.status == DRAFT)


@router.post(
    "/draftProduct",
    operation_id="CreateOrUpdateDraftProduct",
    response_model=WorkloadProduct,
    dependencies=[WRITE],
)
async def create_or_update_draft(orgId: str, body: WorkloadProduct, uow: Unit) -> Response:
    """Create a draft, or change the one whose id is given, prices included."""
    _check_status(body, DRAFT)
    if not body.id:
        return await _made(uow, orgId, body, draft=True)
    draft = await _product(uow, body.id, field="id")
    if status_of(draft) != DRAFT:
        raise WrongState(f"the product is {status_of(draft)}", field="id", allowed="the id of a draft")
    changes = changes_from_wire(body, draft, orgId, with_prices=True)
    return _shown(await _changed(uow, draft, changes), orgId)


@router.get(
    "/product/{productId}", operation_id="GetProduct", response_model=WorkloadProduct, dependencies=[READ]
)
async def get(orgId: str, productId: str, uow: Unit) -> Response:
    """Get a product."""
    return _shown(await _product(uow, productId), orgId)


@router.patch(
    "/product/{productId}",
    operation_id="UpdateProduct",
    response_model=WorkloadProduct,
    dependencies=[WRITE],
)
async def update(orgId: str, productId: str, body: WorkloadProduct, uow: Unit) -> Response:
    """Change a product, but for its prices and its status."""
    product = await _kept(uow, productId)
    _check_status(body, status_of(product))
    changes = changes_from_wire(body, product, orgId, with_prices=False)
    return _shown(await _changed(uow, product, changes), orgId)


@router.delete("/product/{productId}", operation_id="DeleteProduct", response_model=str, dependencies=[WRITE])
async def delete(orgId: str, productId: str, uow: Unit) -> Response:
    """Delete a draft; it stays readable as DELETED, its externalID is free.  Twice is the same as once."""
    product = await _product(uow, productId)
    if status_of(product) == PUBLIC:
        raise WrongState("the product is PUBLIC", field="productId", allowed="the id of a draft")
    await archive_product(uow, product.id, freeing=True)
    return vendor_answer("")


@router.get(
    "/product/{productId}/dimension",
    operation_id="ListProductMeteringDimensions",
    response_model=list[MeteringDimension],
    dependencies=[READ],
)
async def dimensions(orgId: str, productId: str, uow: Unit) -> Response:
    """List the metering dimensions of a product."""
    return vendor_answer(dimensions_to_wire(await _product(uow, productId)))


@router.patch(
    "/product/{productId}/fulfillmentUrl",
    operation_id="UpdateProductFulfillmentUrl",
    response_model=WorkloadProduct,
    dependencies=[WRITE],
)
async def update_fulfillment_url(
    orgId: str, productId: str, body: UpdateProductParams, uow: Unit
) -> Response:
    """Change the address to which buyers are sent."""
    product = await _kept(uow, productId)
    changes = fulfillment_url_changes(
        body.fulfillmentUrl, product, organization=orgId, owner=body.organizationID, product_id=body.id
    )
    return _shown(await _changed(uow, product, changes), orgId)


@router.patch(
    "/product/{productId}/metaInfo",
    operation_id="UpdateProductMetaInfo",
    response_model=WorkloadMetaInfo,
    dependencies=[WRITE],
)
async def update_meta_info(orgId: str, productId: str, body: WorkloadMetaInfo, uow: Unit) -> Response:
    """Change what operators noted on a product, and show that alone."""
    product = await _kept(uow, productId)
    return vendor_answer(meta_info_to_wire(await _changed(uow, product, meta_info_changes(body, product))))


@router.patch(
    "/product/{productId}/publish",
    operation_id="PublishProduct",
    response_model=WorkloadProduct,
    dependencies=[WRITE],
)
async def publish(orgId: str, productId: str, body: WorkloadProduct, uow: Unit) -> Response:
    """Publish a draft as the body has it; from then on its prices stay."""
    product = await _kept(uow, productId)
    status = status_of(product)
    _check_status(body, status, PUBLIC)
    changes = changes_from_wire(body, product, orgId, with_prices=status == DRAFT)
    product = await _changed(uow, product, changes)
    return _shown(await publish_product(uow, product.id), orgId)


async def _search(uow: Unit, partner: str | None, query: OffsetQuery) -> list[Product]:
    wanted = CatalogFilter(channel=channel_of(partner), archived=False)
    return (await search_products(uow, wanted, query, count=False)).items


async def _product(uow: Unit, text: str, *, field: str = "productId") -> Product:
    """The product with this id, or ``NotFound`` naming the field."""
    try:
        return await get_product(uow, read_id("product", text))
    except (InvalidInput, NotFound):
        raise NotFound("no such product", field=field, allowed="the id of a product") from None


async def _kept(uow: Unit, text: str) -> Product:
    """The product with this id, which is not deleted."""
    product = await _product(uow, text)
    if status_of(product) == DELETED:
        raise WrongState("the product is DELETED", field="productId", allowed="a product that is not deleted")
    return product


async def _made(uow: Unit, organization: str, body: WorkloadProduct, *, draft: bool) -> Response:
    with in_their_words(WORDS):
        product = await create_product(uow, new_product(body, organization, draft=draft))
    return _shown(product, organization)


async def _changed(uow: Unit, product: Product, changes: CatalogChanges) -> Product:
    """The product with these changes; without any it stays as it is."""
    if not changes.fields:
        return product
    with in_their_words(WORDS):
        return await update_product(uow, product.id, changes)


def _check_status(body: WorkloadProduct, *allowed: str) -> None:
    if body.status and body.status not in allowed:
        raise InvalidInput("status does not change so", field="status", allowed=" or ".join(allowed))


def _shown(product: Product, organization: str) -> Response:
    return vendor_answer(product_to_wire(product, organization))


def _shown_all(products: list[Product], organization: str) -> Response:
    return vendor_answer([product_to_wire(product, organization) for product in products])
