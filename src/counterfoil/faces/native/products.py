"""``/v1/products``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict

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
    update_product,
)

router = APIRouter(prefix="/products", tags=["Products"], route_class=NativeRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")
_page = page_query("product")

_EXAMPLE: dict[str, Any] = {
    "code": "inference",
    "name": "Inference platform",
    "description": "Language models behind one API",
    "external_id": None,
    "metadata": {"team": "platform"},
}


class ProductIn(CodedIn):
    """A product to make."""

    model_config = ConfigDict(json_schema_extra=example(_EXAMPLE))

    description: str | None = None

    def from_wire(self) -> NewProduct:
        """The command."""
        return NewProduct(**self.common(), description=self.description)


class ProductOut(Wire):
    """What is sold."""

    model_config = ConfigDict(
        json_schema_extra=example(
            {"id": "prod_01kahgp1g0edgrx4zm6byashwh", **_EXAMPLE, **SHOWN, "archived_at": None}
        )
    )

    id: ProductId
    external_id: str | None
    code: str
    name: str
    description: str | None
    metadata: Metadata
    version: int
    created_at: InstantText
    updated_at: InstantText
    archived_at: InstantText | None


def to_wire(product: Product) -> ProductOut:
    """A product on the wire."""
    return ProductOut.model_construct(**coded_of(product), description=product.description)


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
) -> Response:
    """Products, newest first."""
    page = await list_products(uow, query, code=code, external_id=external_id)
    return shown(list_of("product", page, to_wire))


@router.get("/{product_id}", response_model=ProductOut, dependencies=[READ])
async def get(product_id: ProductId, uow: Unit) -> Response:
    """One product."""
    product = await get_product(uow, product_id)
    return shown(to_wire(product), version=product.version)


@router.patch("/{product_id}", response_model=ProductOut, dependencies=[WRITE])
async def update(product_id: ProductId, body: DescribedPatch, uow: Unit, if_match: IfMatch) -> Response:
    """Change name, description, external id or metadata of a product."""
    product = await update_product(uow, product_id, body.from_wire(if_match))
    return shown(to_wire(product), version=product.version)


@router.post("/{product_id}/archive", response_model=ProductOut, dependencies=[WRITE])
async def archive(product_id: ProductId, uow: Unit) -> Response:
    """Put a product away; it stays readable, and no new plan may name it."""
    product = await archive_product(uow, product_id)
    return shown(to_wire(product), version=product.version)
