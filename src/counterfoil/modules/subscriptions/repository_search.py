"""What lists of subscriptions read: pages by offset in many shapes, and what each costs next.

Statements are built once for each shape, and no row is touched more than it must: vendors' clients list
hundreds at a time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, and_, any_, bindparam, case, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.modules.catalog import PriceRow, QuantitySource
from counterfoil.modules.customers import CustomerRow
from counterfoil.modules.subscriptions.models import SubscriptionItemRow, SubscriptionRow
from counterfoil.modules.subscriptions.types import Subscription
from counterfoil.store import Compiled, Found, OffsetQuery, records
from counterfoil.store.paging import at_offset, counted
from counterfoil.store.rows import columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select

    from counterfoil.modules.subscriptions.types import SubscriptionFilter
    from counterfoil.store import Uow

_SELECT: Final = select(*columns(SubscriptionRow, Subscription))


async def search(
    uow: Uow, wanted: SubscriptionFilter, query: OffsetQuery, *, count: bool
) -> Found[Subscription]:
    """Subscriptions that the filter asks for, by offset; counted if asked for."""
    shape, values = _asked(wanted)
    values["environment_id"] = uow.environment_id
    page = {**values, "limit": query.limit, "offset": query.offset}
    rows = await uow.rows(_found(shape, query.ascending), page)
    total = (await uow.rows(_count(shape), values))[0][0] if count else None
    return Found(records(Subscription, rows), total)


async def listed(uow: Uow, wanted: SubscriptionFilter, query: OffsetQuery) -> Sequence[Sequence[Any]]:
    """The values of ``ListedSubscription`` and of ``PricedItem``, for each item of a page's subscriptions.

    One without items is there once.
    """
    shape, values = _asked(wanted)
    values |= {"environment_id": uow.environment_id, "limit": query.limit, "offset": query.offset}
    return await uow.rows(_listed(shape, query.ascending), values)


_Shape = frozenset[tuple[str, bool]]
"""What a filter asks: each name, and whether of several values."""

_AMONG: Final = {
    "ids": SubscriptionRow.id,
    "customer_ids": SubscriptionRow.customer_id,
    "plan_ids": SubscriptionRow.plan_id,
    "statuses": SubscriptionRow.status,
    "external_ids": SubscriptionRow.external_id,
}


def _asked(wanted: SubscriptionFilter) -> tuple[_Shape, dict[str, Any]]:
    """The shape of a filter, and its values by name.

    One of a collection is asked for by equality: an index that goes on with the order serves its page at any
    depth.
    """
    shape: set[tuple[str, bool]] = set()
    values: dict[str, Any] = {}
    for name in _AMONG:
        asked = getattr(wanted, name)
        if asked is not None:
            values[name] = next(iter(asked)) if len(asked) == 1 else list(asked)
            shape.add((name, len(asked) != 1))
    for name in ("plan_reference", "created_from", "created_to"):
        if (one := getattr(wanted, name)) is not None:
            values[name] = one
            shape.add((name, False))
    return frozenset(shape), values


# A list is asked for again and again in the same shapes, and building its statement costs more than a trip
# to the database.
@lru_cache(maxsize=1000)
def _found(shape: _Shape, ascending: bool) -> Compiled:
    return Compiled(_page(shape, ascending))


def _page(shape: _Shape, ascending: bool) -> Select[Any]:
    names = {name for name, _ in shape}
    created = SubscriptionRow.created_at
    order = [created if ascending else created.desc()] if names & {"created_from", "created_to"} else []
    limit: Any = bindparam("limit", type_=Integer)
    offset: Any = bindparam("offset", type_=Integer)
    return at_offset(_wanted(shape), SubscriptionRow.id, OffsetQuery(limit, offset, ascending), *order)


@lru_cache(maxsize=1000)
def _listed(shape: _Shape, ascending: bool) -> Compiled:
    one, item, price = SubscriptionRow, SubscriptionItemRow, PriceRow
    quantity = case((price.quantity_source == QuantitySource.ITEM, item.quantity), else_=1)
    amounts = func.jsonb_extract_path_text(price.params, one.currency)
    params = case((price.quantity_source != QuantitySource.USAGE, amounts))
    page: Any = _page(shape, ascending)
    return Compiled(
        page.with_only_columns(
            *(one.id, one.customer_id, CustomerRow.external_id, one.plan_id, one.plan_reference),
            *(one.payment_method, one.currency, one.zone, one.status, one.anchor_at, one.alignment),
            *(one.cancel_at, one.ended_at, one.meta, one.created_at, one.updated_at),
            *(item.id, quantity, item.started_at, item.ended_at, item.due_at),
            *(price.model, params, price.interval_unit, price.interval_count),
        )
        .join(CustomerRow, CustomerRow.id == one.customer_id)
        .outerjoin(item, and_(item.environment_id == one.environment_id, item.subscription_id == one.id))
        .outerjoin(price, price.id == item.price_id)
        .order_by(item.id)
    )


@lru_cache(maxsize=1000)
def _count(shape: _Shape) -> Compiled:
    return Compiled(counted(_wanted(shape)))


def _wanted(shape: _Shape) -> Select[Any]:
    asked = {name: _one_of(name, several) for name, several in shape if name in _AMONG}
    plans = [one for one in [asked.pop("plan_ids", None)] if one is not None]
    conditions = [SubscriptionRow.environment_id == bindparam("environment_id"), *asked.values()]
    names = {name for name, _ in shape}
    if "plan_reference" in names:
        plans.append(SubscriptionRow.plan_reference == bindparam("plan_reference"))
    if plans:
        conditions.append(or_(*plans))
    if "created_from" in names:
        conditions.append(SubscriptionRow.created_at >= bindparam("created_from"))
    if "created_to" in names:
        conditions.append(SubscriptionRow.created_at <= bindparam("created_to"))
    return _SELECT.where(*conditions)


def _one_of(name: str, several: bool) -> ColumnElement[bool]:
    column: Any = _AMONG[name]
    value = any_(bindparam(name, type_=ARRAY(column.type))) if several else bindparam(name)
    found: ColumnElement[bool] = column == value
    return found
