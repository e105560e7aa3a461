"""Rows of subscriptions and their items."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, Uuid, any_, bindparam, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from counterfoil.modules.subscriptions.models import SubscriptionItemRow, SubscriptionRow
from counterfoil.modules.subscriptions.types import Invoicing, Subscription, SubscriptionItem
from counterfoil.store import Compiled, Page, PageQuery, SystemUow, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import among, columns, insert_values, update_versioned, with_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.states import SubscriptionState

_SELECT: Final = select(*columns(SubscriptionRow, Subscription))
_BY_IDS: Final = with_ids(_SELECT, SubscriptionRow)
_SELECT_ITEMS: Final = select(*columns(SubscriptionItemRow, SubscriptionItem)).order_by(
    SubscriptionItemRow.subscription_id, SubscriptionItemRow.id
)
_ITEMS_OF: Final = Compiled(
    _SELECT_ITEMS.where(
        SubscriptionItemRow.environment_id == bindparam("environment_id"),
        SubscriptionItemRow.subscription_id == any_(bindparam("ids", type_=ARRAY(Uuid))),
    )
)
_PRICE_IDS_OF: Final = Compiled(
    _ITEMS_OF.statement.with_only_columns(SubscriptionItemRow.subscription_id, SubscriptionItemRow.price_id)
)
_WRITE_STATES: Final = text(
    """
    update subscriptions s
    set status = u.status, cancel_at = u.cancel_at, cancelled_at = u.cancelled_at, ended_at = u.ended_at,
        paused_at = u.paused_at, anchor_at = u.anchor_at, next_billing_at = u.next_billing_at,
        next_change_at = u.next_change_at, plan_id = u.plan_id, plan_version_id = u.plan_version_id,
        version = u.version, updated_at = u.updated_at, commitment_due_at = u.commitment_due_at
    from unnest(
        cast(:ids as uuid[]), cast(:statuses as text[]), cast(:cancel_at as timestamptz[]),
        cast(:cancelled_at as timestamptz[]), cast(:ended_at as timestamptz[]),
        cast(:paused_at as timestamptz[]), cast(:anchor_at as timestamptz[]),
        cast(:next_billing_at as timestamptz[]), cast(:next_change_at as timestamptz[]),
        cast(:plan_ids as uuid[]), cast(:plan_version_ids as uuid[]), cast(:versions as bigint[]),
        cast(:updated_at as timestamptz[]), cast(:commitment_due_at as timestamptz[])
    ) u (
        id, status, cancel_at, cancelled_at, ended_at, paused_at, anchor_at, next_billing_at,
        next_change_at, plan_id, plan_version_id, version, updated_at,
        commitment_due_at
    )
    where s.environment_id = :environment and s.id = u.id
    """
)
_WRITE_ITEMS: Final = text(
    """
    update subscription_items i
    set price_id = u.price_id, quantity = u.quantity, started_at = u.started_at, ended_at = u.ended_at,
        billed_to = u.billed_to, due_at = u.due_at, anchor_at = u.anchor_at, bill_from = u.bill_from,
        give_back_from = u.give_back_from, paid_by_id = u.paid_by_id
    from unnest(
        cast(:ids as uuid[]), cast(:price_ids as uuid[]), cast(:quantities as numeric[]),
        cast(:started_at as timestamptz[]), cast(:ended_at as timestamptz[]),
        cast(:billed_to as timestamptz[]), cast(:due_at as timestamptz[]),
        cast(:anchor_at as timestamptz[]), cast(:bill_from as timestamptz[]),
        cast(:give_back_from as timestamptz[]), cast(:paid_by_ids as uuid[])
    ) u (
        id, price_id, quantity, started_at, ended_at, billed_to, due_at, anchor_at, bill_from, give_back_from,
        paid_by_id
    )
    where i.environment_id = :environment and i.id = u.id
    """
)
_INSTANTS: Final = (
    *("cancel_at", "cancelled_at", "ended_at", "paused_at", "anchor_at", "next_billing_at"),
    *("next_change_at", "updated_at", "commitment_due_at"),
)
_ITEM_INSTANTS: Final = (
    *("started_at", "ended_at", "billed_to", "due_at", "anchor_at", "bill_from", "give_back_from"),
)
_HOLD: Final = text(
    """
    update subscriptions s
    set billing_error = u.reason, version = version + 1, updated_at = :now
    from unnest(cast(:ids as uuid[]), cast(:reasons as text[])) u (id, reason)
    where s.environment_id = :environment and s.id = u.id
    """
)
# As many rows as there are prices, however many subscriptions; one that ended before it began never ran.
_PRICES_RUNNING: Final = text(
    """
    select distinct on (i.price_id) i.price_id, s.id
    from subscriptions s
    join subscription_items i on i.environment_id = s.environment_id and i.subscription_id = s.id
    where s.environment_id = :environment and s.customer_id = :customer and s.id <> :but
      and coalesce(s.ended_at, least(s.cancel_at, s.expires_at), 'infinity') > greatest(s.started_at, :start)
      and coalesce(i.ended_at, 'infinity') > greatest(i.started_at, :start)
      and i.started_at < coalesce(cast(:end as timestamptz), 'infinity')
    order by i.price_id, s.id
    """
)
# One probe of the index of due subscriptions for each environment, however many subscriptions there are.
_ENVIRONMENTS_WITH_DUE: Final = text(
    """
    select e.organization_id, e.id
    from environments e left join test_clocks c on c.environment_id = e.id
    where exists (
        select from subscriptions s
        where s.environment_id = e.id and s.next_billing_at <= coalesce(c.now_at, :wall)
          and s.billing_error is null
    )
    order by e.id
    """
)


async def add(uow: Uow, subscription: Subscription, items: Sequence[SubscriptionItem]) -> None:
    """Write a new subscription and its items; ``AlreadyExists`` if the external id is taken."""
    await uow.execute(insert(SubscriptionRow).values(insert_values(uow, subscription)))
    await add_items(uow, items)


async def add_items(uow: Uow, items: Sequence[SubscriptionItem]) -> None:
    """Write new items of a subscription that is written."""
    if items:
        await uow.execute(insert(SubscriptionItemRow), [insert_values(uow, item) for item in items])


async def get(uow: Uow, subscription_id: UUID, *, locked: bool = False) -> Subscription:
    """The subscription, or ``NotFound``; ``locked``: nobody else changes it before this unit ends."""
    statement = _SELECT.where(
        SubscriptionRow.environment_id == uow.environment_id, SubscriptionRow.id == subscription_id
    )
    if locked:
        statement = statement.with_for_update()
    return only(Subscription, await uow.execute(statement), "subscription")


async def by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Subscription]:
    """Those of these subscriptions that there are."""
    values = {"environment_id": uow.environment_id, "ids": list(ids)}
    return {one.id: one for one in records(Subscription, await uow.rows(_BY_IDS, values))}


async def page(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None,
    status: SubscriptionState | None,
    plan_reference: str | None,
    external_id: str | None,
    held: bool | None,
) -> Page[Subscription]:
    """Subscriptions, newest first."""
    equal = {
        "customer_id": customer_id,
        "status": status,
        "plan_reference": plan_reference,
        "external_id": external_id,
    }
    values: dict[str, Any] = {name: value for name, value in equal.items() if value is not None}
    statement = _page(tuple(values), held, further=query.after is not None)
    values |= {"environment_id": uow.environment_id, "limit": query.limit, "after": query.after}
    return page_of(records(Subscription, await uow.rows(statement, values)), query)


# Building a statement costs more than a trip to the database, and a list is asked for again and again.
@lru_cache(maxsize=100)
def _page(equal: tuple[str, ...], held: bool | None, *, further: bool) -> Compiled:
    conditions = [getattr(SubscriptionRow, name) == bindparam(name) for name in ("environment_id", *equal)]
    if held is not None:
        error = SubscriptionRow.billing_error
        conditions.append(error.is_not(None) if held else error.is_(None))
    limit: Any = bindparam("limit", type_=Integer)
    after: Any = bindparam("after") if further else None
    return Compiled(paged(_SELECT.where(*conditions), SubscriptionRow.id, PageQuery(limit, after)))


async def items_of(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, list[SubscriptionItem]]:
    """The items of these subscriptions, in the order in which they were made."""
    found: defaultdict[UUID, list[SubscriptionItem]] = defaultdict(list)
    values = {"environment_id": uow.environment_id, "ids": list(subscription_ids)}
    for item in records(SubscriptionItem, await uow.rows(_ITEMS_OF, values)):
        found[item.subscription_id].append(item)
    return found


async def price_ids_of(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The prices of these subscriptions' items, in the order in which they were made."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    values = {"environment_id": uow.environment_id, "ids": subscription_ids}
    for subscription_id, price_id in await uow.rows(_PRICE_IDS_OF, values):
        found[subscription_id].append(price_id)
    return found


async def prices_running(
    uow: Uow, subscription: Subscription, start: datetime, end: datetime | None
) -> dict[UUID, UUID]:
    """The prices that the customer's other subscriptions have in ``[start, end)``, each with the first such.

    A subscription that is to begin later counts too: whatever starts now, without an end, will meet it.
    """
    values = {
        "environment": uow.environment_id,
        "customer": subscription.customer_id,
        "but": subscription.id,
        "start": start,
        "end": end,
    }
    return {row.price_id: row.id for row in await uow.execute(_PRICES_RUNNING, values)}


async def by_names(
    uow: Uow, ids: Collection[UUID], external_ids: Collection[str]
) -> list[tuple[UUID, str | None, UUID]]:
    """Id, external id and customer of the subscriptions with one of these ids or external ids."""
    columns = (SubscriptionRow.id, SubscriptionRow.external_id, SubscriptionRow.customer_id)
    found = []
    for column, values in ((SubscriptionRow.id, ids), (SubscriptionRow.external_id, external_ids)):
        if values:
            statement = select(*columns).where(
                SubscriptionRow.environment_id == uow.environment_id, column.in_(values)
            )
            found += [tuple(row) for row in await uow.execute(statement)]
    return found


async def due(uow: Uow, now: datetime, limit: int) -> list[Subscription]:
    """Subscriptions with something to do at ``now``, locked, without those that somebody else has locked.

    Those that are invoiced jointly are due by their payer (``repository_families``).
    """
    statement = (
        _SELECT.where(
            SubscriptionRow.environment_id == uow.environment_id,
            SubscriptionRow.next_billing_at <= now,
            SubscriptionRow.billing_error.is_(None),
            SubscriptionRow.invoicing == Invoicing.SEPARATE,
        )
        .order_by(SubscriptionRow.next_billing_at, SubscriptionRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return records(Subscription, await uow.execute(statement))


async def free(uow: Uow, subscription_ids: Collection[UUID]) -> list[Subscription]:
    """Those of these subscriptions that nobody else has locked, locked."""
    statement = (
        _SELECT.where(
            SubscriptionRow.environment_id == uow.environment_id,
            among(SubscriptionRow.id, subscription_ids),
        )
        .order_by(SubscriptionRow.id)
        .with_for_update(skip_locked=True)
    )
    return records(Subscription, await uow.execute(statement))


async def earliest(uow: Uow) -> datetime | None:
    """The first instant at which there is something to do."""
    statement = select(func.min(SubscriptionRow.next_billing_at)).where(
        SubscriptionRow.environment_id == uow.environment_id, SubscriptionRow.billing_error.is_(None)
    )
    found: datetime | None = (await uow.execute(statement)).scalar_one()
    return found


async def environments_with_due(uow: SystemUow) -> list[tuple[UUID, UUID]]:
    """Organization and environment, wherever something is due at the environment's business time."""
    rows = await uow.execute(_ENVIRONMENTS_WITH_DUE, {"wall": uow.wall})
    return [(row.organization_id, row.id) for row in rows]


async def update(uow: Uow, subscription: Subscription, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a subscription whose previous version was read."""
    await update_versioned(uow, SubscriptionRow, subscription, changed, kind="subscription")


async def hold(uow: Uow, reasons: Mapping[UUID, str]) -> None:
    """Write why subscriptions that this unit locked cannot be billed, in one statement."""
    values = {
        "environment": uow.environment_id,
        "ids": list(reasons),
        "reasons": list(reasons.values()),
        "now": uow.now,
    }
    await uow.execute(_HOLD, values)


async def write_states(uow: Uow, subscriptions: Sequence[Subscription]) -> None:
    """Write what time and cancellation change, in one statement, of subscriptions that this unit locked."""
    if not subscriptions:
        return
    values: dict[str, Any] = {
        "environment": uow.environment_id,
        "ids": [subscription.id for subscription in subscriptions],
        "statuses": [subscription.status.value for subscription in subscriptions],
        "versions": [subscription.version for subscription in subscriptions],
        "plan_ids": [subscription.plan_id for subscription in subscriptions],
        "plan_version_ids": [subscription.plan_version_id for subscription in subscriptions],
    }
    for name in _INSTANTS:
        values[name] = [getattr(subscription, name) for subscription in subscriptions]
    await uow.execute(_WRITE_STATES, values)


async def write_items(uow: Uow, items: Sequence[SubscriptionItem]) -> None:
    """Write what can change of items whose subscriptions this unit has locked, in one statement."""
    if not items:
        return
    values: dict[str, Any] = {
        "environment": uow.environment_id,
        "ids": [item.id for item in items],
        "price_ids": [item.price_id for item in items],
        "quantities": [item.quantity for item in items],
        "paid_by_ids": [item.paid_by_id for item in items],
    }
    for name in _ITEM_INSTANTS:
        values[name] = [getattr(item, name) for item in items]
    await uow.execute(_WRITE_ITEMS, values)
