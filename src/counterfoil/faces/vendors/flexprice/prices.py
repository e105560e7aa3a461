"""Prices of plans: another amount is another price, and who has the old one keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from counterfoil.core.errors import AlreadyExists, CounterfoilError, InvalidInput, NotFound
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.vendor_wire import DateTimeText, vendor_answer
from counterfoil.faces.kit.wire import OffsetQuery
from counterfoil.faces.vendors.flexprice import ids
from counterfoil.faces.vendors.flexprice.auth import FlexpriceRoute
from counterfoil.faces.vendors.flexprice.convert.common import pagination
from counterfoil.faces.vendors.flexprice.convert.prices import (
    check_begun,
    check_entity,
    costs_otherwise,
    currency_of,
    labels_from_wire,
    price_from_wire,
    price_to_wire,
    replacement_from_wire,
    words,
)
from counterfoil.faces.vendors.flexprice.errors import in_their_words
from counterfoil.faces.vendors.flexprice.searching import (
    Column,
    ListQuery,
    Names,
    column_of_ids,
    expanded,
    page_of,
    refuse,
    terms_of,
)
from counterfoil.faces.vendors.flexprice.wire import (
    CreateBulkPriceRequest,
    CreatePriceRequest,
    UpdatePriceRequest,
)
from counterfoil.faces.vendors.flexprice.wire_generated import (
    CreateBulkPriceResponse,
    DeletePriceRequest,
    ListPricesResponse,
    PriceFilter,
    PriceResponse,
    SuccessResponse,
)
from counterfoil.modules import catalog
from counterfoil.modules.catalog import CatalogChanges
from counterfoil.modules.catalog import PriceFilter as Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from counterfoil.modules.catalog import NewPrice, Price

router = APIRouter(prefix="/v1/prices", tags=["Prices"], route_class=FlexpriceRoute)
READ, WRITE = allow("catalog:read"), allow("catalog:write")

_COLUMNS: Final = {
    "id": column_of_ids("price", "ids"),
    "lookup_key": Column("external_ids"),
    "entity_id": column_of_ids("plan", "plan_ids"),
    "meter_id": column_of_ids("meter", "meter_ids"),
}


class PriceQuery(ListQuery):
    """What prices are listed by."""

    price_ids: Names | None = None
    plan_ids: Names | None = None
    entity_ids: Names | None = None
    entity_type: str | None = None
    meter_ids: Names | None = None
    subscription_id: str | None = None
    parent_price_id: str | None = None
    start_date_lt: DateTimeText | None = None
    allow_expired_prices: bool = False
    sort: str | None = None


@router.post(
    "", operation_id="createPrice", status_code=201, response_model=PriceResponse, dependencies=[WRITE]
)
async def create(body: CreatePriceRequest, uow: Unit) -> Response:
    """Create a price of a plan."""
    with in_their_words(words(body.currency.upper())):
        new = price_from_wire(body, uow.now)
        [(plan_id, named)] = await _named(uow, [ids.parse("plan", body.entity_id, "entity_id")], [new])
        made = await catalog.add_price(uow, plan_id, named)
    return vendor_answer(price_to_wire(uow, made), 201)


@router.post(
    "/bulk",
    operation_id="createPricesBulk",
    status_code=201,
    response_model=CreateBulkPriceResponse,
    dependencies=[WRITE],
)
async def create_bulk(body: CreateBulkPriceRequest, uow: Unit) -> Response:
    """Create prices of plans, all or none."""
    plan_ids, news = [], []
    for number, one in enumerate(body.items):
        try:
            with in_their_words(words(one.currency.upper())):
                news.append(price_from_wire(one, uow.now))
                plan_ids.append(ids.parse("plan", one.entity_id, "entity_id"))
        except CounterfoilError as refused:
            raise refused.within(f"items.{number}") from None
    named = await _named(uow, plan_ids, news, place="items")
    await _check_keys(uow, news)
    made: dict[int, Price] = {}
    for plan_id in dict.fromkeys(plan_ids):
        numbers = [number for number, one in enumerate(plan_ids) if one == plan_id]
        with in_their_words(_bulk_words(body, numbers)):
            prices = await catalog.add_prices(uow, plan_id, [named[number][1] for number in numbers])
        made |= zip(numbers, prices, strict=True)
    items = [price_to_wire(uow, made[number]) for number in range(len(named))]
    return vendor_answer(CreateBulkPriceResponse(items=items), 201)


@router.get("", operation_id="listPrices", response_model=ListPricesResponse, dependencies=[READ])
async def list_(query: Annotated[PriceQuery, Query()], uow: Unit) -> Response:
    """List prices, those that ended left out unless they are asked for."""
    return await _found(uow, query)


@router.post("/search", operation_id="queryPrice", response_model=ListPricesResponse, dependencies=[READ])
async def search(body: PriceFilter, uow: Unit) -> Response:
    """Find prices."""
    return await _found(uow, body)


@router.get(
    "/lookup/{lookup_key}",
    operation_id="getPriceByLookupKey",
    response_model=PriceResponse,
    dependencies=[READ],
)
async def by_lookup_key(lookup_key: str, uow: Unit) -> Response:
    """The price with the seller's own key."""
    wanted = [] if "\0" in lookup_key else [lookup_key]  # which no price can be called
    with in_their_words({"external_ids": "lookup_key"}):
        found = await catalog.search_prices(uow, Wanted(external_ids=wanted), OffsetQuery(1))
    if not found.items:
        raise NotFound("no such price", field="lookup_key", allowed="the lookup key of a price")
    return await _one(uow, found.items[0])


@router.get("/{id}", operation_id="getPrice", response_model=PriceResponse, dependencies=[READ])
async def get(id: str, uow: Unit) -> Response:
    """Get a price."""
    return await _one(uow, await catalog.get_price(uow, ids.parse("price", id)))


@router.put("/{id}", operation_id="updatePrice", response_model=PriceResponse, dependencies=[WRITE])
async def update(id: str, body: UpdatePriceRequest, uow: Unit) -> Response:
    """Change what a price is called; another cost ends it and answers the price in its place."""
    price = await catalog.get_price(uow, ids.parse("price", id))
    with in_their_words(words(currency_of(price))):
        if costs_otherwise(uow, body, price):
            new = replacement_from_wire(body, price)
            if price.external_id is not None:  # the key names the price that takes this one's place
                await catalog.update_price(uow, price.id, CatalogChanges({"external_id": None}))
            price = await catalog.replace_price(uow, price.id, new)
        elif fields := labels_from_wire(body, price):
            price = await catalog.update_price(uow, price.id, CatalogChanges(fields))
    return await _one(uow, price)


@router.delete("/{id}", operation_id="deletePrice", response_model=SuccessResponse, dependencies=[WRITE])
async def delete(id: str, uow: Unit, body: DeletePriceRequest | None = None) -> Response:
    """End a price: new subscriptions do not get it, and who has it keeps it."""
    check_begun(None if body is None else body.end_date, uow.now, "end_date")
    await catalog.remove_price(uow, ids.parse("price", id), freeing=True)
    return vendor_answer(SuccessResponse(message="price deleted successfully"))


async def _named(
    uow: Unit, plan_ids: Sequence[UUID], news: Sequence[NewPrice], *, place: str | None = None
) -> list[tuple[UUID, NewPrice]]:
    """New prices with their plans; one without a name is called as its meter, or as its plan.

    ``place``: the list in which they were given, if they were.
    """
    plans = await catalog.plans_by_ids(uow, set(plan_ids))
    wanted = {new.meter_id for new in news if new.meter_id is not None}
    meters = await catalog.meters_by_ids(uow, wanted) if wanted else {}
    found = []
    for number, (plan_id, new) in enumerate(zip(plan_ids, news, strict=True)):
        if plan_id not in plans:
            field = "entity_id" if place is None else f"{place}.{number}.entity_id"
            raise NotFound("no such plan", field=field, allowed="the id of a plan")
        meter = None if new.meter_id is None else meters.get(new.meter_id)
        called = new.name or (plans[plan_id] if meter is None else meter).name
        found.append((plan_id, replace(new, name=called)))
    return found


async def _check_keys(uow: Unit, news: Sequence[NewPrice]) -> None:
    """Refuse a key that another price has, of those that are there or that are made with it."""
    keys = {number: new.external_id for number, new in enumerate(news) if new.external_id is not None}
    wanted = Wanted(external_ids=sorted(set(keys.values())))
    try:
        found = await catalog.search_prices(uow, wanted, OffsetQuery(len(news)))
    except InvalidInput:
        return  # what no price can be called is refused where its price is made
    taken = {one.external_id for one in found.items}
    for number, key in keys.items():
        if key in taken:
            field = f"items.{number}.lookup_key"
            raise AlreadyExists("another price has this key", field=field, allowed="a key not in use")
        taken.add(key)


def _bulk_words(body: CreateBulkPriceRequest, numbers: Sequence[int]) -> dict[str, str]:
    """Their names of the fields of those items that are made together."""
    found: dict[str, str] = {}
    for position, number in enumerate(numbers):
        here, there = f"prices.{position}", f"items.{number}"
        found[here] = there
        known = words(body.items[number].currency.upper())
        found |= {f"{here}.{ours}": f"{there}.{theirs}" for ours, theirs in known.items()}
    return found


async def _one(uow: Unit, price: Price) -> Response:
    meter = None if price.meter_id is None else await catalog.get_meter(uow, price.meter_id)
    return vendor_answer(price_to_wire(uow, price, meter=meter))


async def _found(uow: Unit, asked: PriceFilter | PriceQuery) -> Response:
    refuse(asked, "subscription_id", "parent_price_id", "start_date_lt", why="is not searched by yet")
    refuse(asked, "billing_periods", "updated_after", why="is not searched by yet")
    page, terms = page_of(asked), terms_of(asked, _COLUMNS)
    wanted: dict[str, Any] = terms.values
    if wanted.pop("archived", False):
        wanted["ids"] = []  # a price ends; it is never archived
    if asked.entity_type is not None:
        check_entity(asked.entity_type)
    terms.ids("price", "ids", asked, "price_ids")
    terms.ids("plan", "plan_ids", asked, "plan_ids", "entity_ids")
    terms.ids("meter", "meter_ids", asked, "meter_ids")
    if not asked.allow_expired_prices:
        wanted["ended"] = False
    with in_their_words({"external_ids": "lookup_key"}):
        found = await catalog.search_prices(uow, Wanted(**wanted), page)
    meter_ids = {one.meter_id for one in found.items if one.meter_id is not None}
    meters = await catalog.meters_by_ids(uow, meter_ids) if "meters" in expanded(asked) else {}
    items = [
        price_to_wire(uow, one, meter=meters.get(one.meter_id) if one.meter_id else None)
        for one in found.items
    ]
    return vendor_answer(ListPricesResponse(items=items, pagination=pagination(found, page)))
