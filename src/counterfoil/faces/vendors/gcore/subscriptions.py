"""Gcore's list of client features, at ``/billing/org/v1/subscriptions``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from counterfoil.faces.kit.aliases import numbers_by_kind, numbers_of, objects_of
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.proxies import base_url
from counterfoil.faces.kit.vendor_wire import vendor_answer
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.gcore.auth import GcoreRoute
from counterfoil.faces.vendors.gcore.convert import FACE, Books, order_from_wire, row_to_wire
from counterfoil.faces.vendors.gcore.tables import OTHER_PRODUCTS_AFTER, PRODUCTS, forms_of
from counterfoil.faces.vendors.gcore.wire import PAGE, ClientFeatureQuery, PaginatedClientFeatureList
from counterfoil.modules.catalog import (
    features_by_ids,
    meters_by_ids,
    plans_by_ids,
    products_by_ids,
    tax_rates_by_ids,
)
from counterfoil.modules.customers import exempt_customers, names_of_customers
from counterfoil.modules.subscriptions import (
    CustomerFeature,
    CustomerFeatureFilter,
    Numbering,
    charges_of,
    list_customer_features,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

router = APIRouter(prefix="/billing/org/v1", tags=["billing"], route_class=GcoreRoute)
_NUMBERING: Final = Numbering(
    face=FACE,
    customer="client",
    feature="feature",
    product="product",
    products=tuple(PRODUCTS.values()),
    other_products_after=OTHER_PRODUCTS_AFTER,
)


@router.get(
    "/subscriptions",
    operation_id="listClientFeatures",
    response_model=PaginatedClientFeatureList,
    dependencies=[allow("subscriptions:read"), allow("customers:read"), allow("catalog:read")],
)
async def list_(request: Request, uow: Unit, asked: Annotated[ClientFeatureQuery, Query()]) -> Response:
    """List what clients pay for which features: a row for each client and feature.

    In the order in which the rows came to be, where `ordering` says no other.
    """
    query = OffsetQuery(min(asked.limit, PAGE), asked.offset)
    order = order_from_wire(asked.ordering or ())
    found = await list_customer_features(uow, await _filter(uow, asked), order, query, _NUMBERING)
    assert found.total is not None
    books = await _books(uow, found.items)
    return vendor_answer(
        PaginatedClientFeatureList(
            count=found.total,
            next=_next(request, query, found.total),
            previous=_previous(request, query),
            results=[row_to_wire(one, books) for one in found.items],
        )
    )


async def _filter(uow: Unit, asked: ClientFeatureQuery) -> CustomerFeatureFilter:
    """What is asked, in our ids; a number that nothing has here finds nothing."""
    clients = await _objects(uow, "client", asked.client_id)
    sellers = [numbers for numbers in (asked.provider_id, asked.reseller_id) if numbers is not None]
    if sellers:
        organization = uow.organization_id
        own = (await numbers_of(uow, FACE, "organization", [organization]))[organization]
        if not all(own in numbers for numbers in sellers):
            clients = []
    rules = asked.calc_rule_type
    return CustomerFeatureFilter(
        customer_ids=clients,
        feature_ids=await _objects(uow, "feature", asked.feature_id),
        product_codes=await _product_codes(uow, asked),
        meter_ids=await _objects(uow, "metric", asked.metric_id),
        subscription_ids=await _objects(uow, "subscription", None if asked.id is None else [asked.id]),
        sku=asked.feature_erp_sku_id,
        customer_contains=asked.company_name,
        feature_contains=asked.feature_name,
        product_contains=asked.product_name,
        meter_contains=asked.metric_ext_name,
        charged=None if rules is None else forms_of(rules),
    )


async def _product_codes(uow: Unit, asked: ClientFeatureQuery) -> set[str] | None:
    """The codes of products that both ways of naming one allow; ``None`` where neither is used."""
    ways = []
    if asked.product_id is not None:
        ways.append(await _codes_of(uow, asked.product_id))
    if asked.product_internal_name is not None:
        ways.append({name.lower() for name in asked.product_internal_name if name == name.upper()})
    return set.intersection(*ways) if ways else None


async def _codes_of(uow: Unit, numbers: Sequence[int]) -> set[str]:
    """The codes of the products that have these numbers, Gcore's own and others."""
    codes = {code for code, product in PRODUCTS.items() if product.number in numbers}
    others = [number - OTHER_PRODUCTS_AFTER for number in numbers if number > OTHER_PRODUCTS_AFTER]
    if others:
        ids = (await objects_of(uow, FACE, "product", others)).values()
        codes |= {one.code for one in (await products_by_ids(uow, set(ids))).values()} - PRODUCTS.keys()
    return codes


async def _objects(uow: Unit, kind: str, numbers: Sequence[int] | None) -> Collection[UUID] | None:
    return None if numbers is None else (await objects_of(uow, FACE, kind, numbers)).values()


async def _books(uow: Unit, rows: Sequence[CustomerFeature]) -> Books:
    """Everything that these rows speak of, each kind in one statement, with its numbers."""
    clients = {one.customer_id for one in rows}
    features = await features_by_ids(uow, {one.feature_id for one in rows})
    charges = await charges_of(uow, rows)
    prices = [charge.price for group in charges.values() for charge in group]
    books = Books(
        environment_id=uow.environment_id,
        clients=await names_of_customers(uow, clients),
        exempt=await exempt_customers(uow, clients),
        features=features,
        products=await products_by_ids(
            uow, {one.product_id for one in features.values() if one.product_id is not None}
        ),
        meters=await meters_by_ids(
            uow, {one.meter_id for one in features.values() if one.meter_id is not None}
        ),
        plans=await plans_by_ids(uow, {one.plan_id for one in prices if one.plan_id is not None}),
        tax_rates=await tax_rates_by_ids(uow, {id_ for one in prices for id_ in one.tax_rate_ids}),
        charges=charges,
    )
    return replace(books, numbers=await numbers_by_kind(uow, FACE, books.words()))


def _next(request: Request, query: OffsetQuery, total: int) -> str | None:
    after = query.offset + query.limit
    return _url(request, query.limit, after) if after < total else None


def _previous(request: Request, query: OffsetQuery) -> str | None:
    return _url(request, query.limit, query.offset - query.limit) if query.offset else None


def _url(request: Request, limit: int, offset: int) -> str:
    """This list from another place on, as the outside reaches it, all other parameters as they were."""
    paging = [("limit", limit), *([("offset", offset)] if offset > 0 else [])]
    kept = [pair for pair in request.query_params.multi_items() if pair[0] not in ("limit", "offset")]
    return f"{base_url(request)}{request.url.path}?{urlencode([*kept, *paging])}"
