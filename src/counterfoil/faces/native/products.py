"""``/v1/products``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    IfMatch,
    InstantText,
    ListOf,
    Metadata,
    PageQuery,
    ProductId,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.catalog_wire import (
    SHOWN,
    CodedIn,
    DescribedPatch,
    coded_of,
    example,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.catalog import (
    NewProduct,
    Product,
    archive_product,
    create_product,
    get_product,
    list_products,
    publish_product,
    update_product,
)

router = APIRouter(prefix="/products", tags=["Products"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("product")

_EXAMPLE: dict[str, Any] = {
    "code": "inference",
    "name": "Inference platform",
    "description": "Language models behind one API",
    "logo_url": "https://lumen.example/inference.svg",
    "category": "AI",
    "default_currency": "EUR",
    "channel": "aws",
    "listing": {
        "product_id": "prod-abcdefghijklm",
        "type": "CONTRACT",
        "fulfillment_url": "https://lumen.example/aws",
        "terms": {"currency": "USD", "dimensions": [{"key": "tokens", "rate": "0.000003"}]},
    },
    "tax_category": "saas",
    "external_id": None,
    "metadata": {"team": "platform"},
}
_LISTING = (
    "How it is listed at the channel: any of product_id, seller_id, type, service, fulfillment_url (texts)"
    " and terms (an object in the channel's own words; numbers with a point are kept as text)"
)
_TAX_CATEGORY = "What its prices are for tax that state nothing else: standard, reduced, saas …"
_CHANNEL = "Where else it is sold: aws, azure, gcp, stripe …"


class ProductIn(CodedIn):
    """A product to make."""

    model_config = ConfigDict(json_schema_extra=example({**_EXAMPLE, "draft": True}))

    description: str | None = None
    draft: bool = Field(default=False, description="Not sold yet; publish it later")
    logo_url: str | None = None
    category: str | None = None
    default_currency: str | None = None
    channel: str | None = Field(default=None, description=_CHANNEL)
    listing: dict[str, Any] = Field(default_factory=dict, description=_LISTING)
    tax_category: str | None = Field(default=None, description=_TAX_CATEGORY)

    def from_wire(self) -> NewProduct:
        """The command."""
        return NewProduct(
            **self.common(),
            description=self.description,
            draft=self.draft,
            logo_url=self.logo_url,
            category=self.category,
            default_currency=self.default_currency,
            channel=self.channel,
            listing=self.listing,
            tax_category=self.tax_category,
        )


class ProductPatch(DescribedPatch):
    """Fields to change; those left out stay."""

    model_config = ConfigDict(
        json_schema_extra=example({"description": "Three models", "category": "AI", "channel": "azure"})
    )

    logo_url: str | None = None
    category: str | None = None
    default_currency: str | None = None
    channel: str | None = Field(default=None, description=_CHANNEL)
    listing: dict[str, Any] = Field(default_factory=dict, description=_LISTING)
    tax_category: str | None = Field(default=None, description=_TAX_CATEGORY)


class ProductOut(Wire):
    """What is sold; a draft until it is published."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {
                "id": "prod_01kahgp1g0edgrx4zm6byashwh",
                **_EXAMPLE,
                **SHOWN,
                "published_at": "2026-01-31T09:30:00Z",
                "archived_at": None,
            }
        )
    )

    id: ProductId
    external_id: str | None
    code: str
    name: str
    description: str | None
    logo_url: str | None
    category: str | None
    default_currency: str | None
    channel: str | None
    listing: dict[str, Any]
    tax_category: str | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    published_at: InstantText | None
    archived_at: InstantText | None


def to_wire(product: Product) -> ProductOut:
    """A product on the wire."""
    return ProductOut.model_construct(
        **coded_of(product),
        description=product.description,
        logo_url=product.logo_url,
        category=product.category,
        default_currency=product.default_currency,
        channel=product.channel,
        listing=dict(product.listing),
        tax_category=product.tax_category,
        published_at=product.published_at,
    )


@router.post("", status_code=201, response_model=ProductOut, dependencies=[WRITE])
async def create(body: ProductIn, uow: Unit) -> Response:
    """Make a product."""
    product = await create_product(uow, body.from_wire())
    return shown(to_wire(product), 201, version=product.version)


@router.get("", response_model=ListOf[ProductOut], dependencies=[READ])
async def list_(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    code: Annotated[str | None, Query(description="Only the product with this code")] = None,
    external_id: Annotated[str | None, Query(description="Only the product with this external id")] = None,
    channel: Annotated[str | None, Query(description="Only products that are sold there too")] = None,
) -> Response:
    """Products, newest first."""
    page = await list_products(uow, query, code=code, external_id=external_id, channel=channel)
    return shown(list_of("product", page, to_wire))


@router.get("/{product_id}", response_model=ProductOut, dependencies=[READ])
async def get(product_id: ProductId, uow: Unit) -> Response:
    """One product."""
    product = await get_product(uow, product_id)
    return shown(to_wire(product), version=product.version)


@router.patch("/{product_id}", response_model=ProductOut, dependencies=[WRITE])
async def update(product_id: ProductId, body: ProductPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change a product's words, its logo, where and how it is listed, external id or metadata."""
    product = await update_product(uow, product_id, body.from_wire(if_match))
    return shown(to_wire(product), version=product.version)


@router.post("/{product_id}/publish", response_model=ProductOut, dependencies=[WRITE])
async def publish(product_id: ProductId, uow: Unit) -> Response:
    """Say that a draft is sold from now on; twice is the same as once."""
    product = await publish_product(uow, product_id)
    return shown(to_wire(product), version=product.version)


@router.post("/{product_id}/archive", response_model=ProductOut, dependencies=[WRITE])
async def archive(product_id: ProductId, uow: Unit) -> Response:
    """Put a product away; it stays readable, and no new plan may name it."""
    product = await archive_product(uow, product_id)
    return shown(to_wire(product), version=product.version)
