"""What lists of subscriptions read: pages by offset in many shapes, and what each costs next.

Statements are built once for each shape, and no row is touched more than it must: vendors' clients list
hundreds at a time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, any_, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.modules.subscriptions.models import SubscriptionRow
from counterfoil.modules.subscriptions.types import Subscription
from counterfoil.store import Found, OffsetQuery, records
from counterfoil.store.paging import at_offset, counted
from counterfoil.store.rows import columns

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement, Select

    from counterfoil.modules.subscriptions.types import SubscriptionFilter
    from counterfoil.store import Uow

_SELECT: Final = select(*columns(SubscriptionRow, Subscription))
# Few columns, and of usage no parameters: a list shows hundreds.  "offset 0": each is looked up by an index,
# however cheap the server thinks it is to read all the items and prices of a small table.
_PRICED_ITEMS: Final = text(
    """
    select i.subscription_id, i.id, case p.quantity_source when 'item' then i.quantity else 1 end,
        i.started_at, i.ended_at, i.due_at, p.model,
        case when p.quantity_source <> 'usage' then (p.params -> s.currency)::text end,
        p.interval_unit, p.interval_count
    from unnest(cast(:ids as uuid[]), cast(:currencies as text[])) s (id, currency)
    cross join lateral (
        select * from subscription_items
        where environment_id = :environment and subscription_id = s.id offset 0
    ) i
    cross join lateral (
        select * from prices where environment_id = :environment and id = i.price_id offset 0
    ) p
    order by i.subscription_id, i.id
    """
)


async def search(
    uow: Uow, wanted: SubscriptionFilter, query: OffsetQuery, *, count: bool
) -> Found[Subscription]:
    """Subscriptions that the filter asks for, by offset; counted if asked for."""
    shape, values = _asked(wanted)
    values["environment_id"] = uow.environment_id
    page = {**values, "limit": query.limit, "offset": query.offset}
    rows = await uow.execute(_page(shape, query.ascending), page)
    total = (await uow.execute(_count(shape), values)).scalar_one() if count else None
    return Found(records(Subscription, rows), total)


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


# A list is asked for again and again in the same shapes, and building its statement costs as much as a trip
# to the database.
@lru_cache(maxsize=1000)
def _page(shape: _Shape, ascending: bool) -> Select[Any]:
    names = {name for name, _ in shape}
    created = SubscriptionRow.created_at
    order = [created if ascending else created.desc()] if names & {"created_from", "created_to"} else []
    limit: Any = bindparam("limit", type_=Integer)
    offset: Any = bindparam("offset", type_=Integer)
    return at_offset(_found(shape), SubscriptionRow.id, OffsetQuery(limit, offset, ascending), *order)


@lru_cache(maxsize=1000)
def _count(shape: _Shape) -> Select[Any]:
    return counted(_found(shape))


def _found(shape: _Shape) -> Select[Any]:
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


async def priced_items(uow: Uow, subscriptions: Collection[Subscription]) -> Sequence[Sequence[Any]]:
    """The values of ``PricedItem`` for each item of these subscriptions, in the order they were made."""
    if not subscriptions:
        return []
    values = {
        "environment": uow.environment_id,
        "ids": [one.id for one in subscriptions],
        "currencies": [one.currency for one in subscriptions],
    }
    return (await uow.execute(_PRICED_ITEMS, values)).all()
