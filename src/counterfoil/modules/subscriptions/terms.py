"""Changing what a running subscription pays: an item's quantity, an item's price."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.ids import show_id
from counterfoil.core.proration import ProrationBehavior
from counterfoil.core.states import SUBSCRIPTION, SubscriptionTrigger, advance
from counterfoil.modules.catalog import (
    NewPrice,
    QuantitySource,
    create_own_price,
    get_add_on,
    get_plan,
    plan_versions_by_ids,
    prices_by_ids,
)
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.checks import check_billable, check_quantity
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.passing import paid_from
from counterfoil.modules.subscriptions.seats import check_add_on_quantity, check_seats
from counterfoil.modules.subscriptions.switching import Replacement, running_from, switched
from counterfoil.modules.subscriptions.writing import announce, save
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from typing import Any
    from uuid import UUID

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions.switching import Switched
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def change_quantity(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    quantity: Decimal,
    *,
    behavior: ProrationBehavior | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another quantity from now on: it ends, and one with the new quantity begins.

    ``behavior`` says what that moves, the subscription's policy by default; by ``none`` the new quantity
    begins where the period that runs ends.  The items that take this one's place later, because an override
    begins or ends, have the new quantity as well; a phase to come keeps what was agreed for it.  Raises
    ``NotFound``, ``VersionMismatch``, ``WrongState`` once the subscription or the item has ended, or where by
    ``none`` nothing is left to bill of it and of those after it, ``InvalidInput`` for a quantity that is
    negative, cannot be billed or is not one that the plan allows, or an item whose price takes none.
    """
    check_quantity(quantity, "quantity")
    before, items, item = await _running_item(uow, subscription_id, item_id, expected_version)
    prices = await prices_by_ids(uow, {one.price_id for one in items})
    price = prices[item.price_id]
    if price.quantity_source is not QuantitySource.ITEM:
        raise InvalidInput(
            f"the price {price.code} takes no quantity",
            field="quantity",
            allowed="an item whose price has the quantity source item",
        )
    behavior = behavior or before.policy.behavior
    following = [
        one
        for one in running_from(items, change_at(before, uow.now))
        if prices[one.price_id].code == price.code and _follows(before, item, one)
    ]
    if behavior is ProrationBehavior.NONE and all(map(_is_billed, following)):
        raise _all_billed("an item of which a period is not billed yet, or another behavior")
    changed = [one for one in following if one.quantity != quantity]
    if not changed:
        return before
    if item.add_on_id is not None:
        check_add_on_quantity(await get_add_on(uow, item.add_on_id), quantity, "quantity")
    elif before.plan_id is not None and await _is_plans(uow, before, price.code):
        check_seats(await get_plan(uow, before.plan_id), quantity, "quantity")
    for one in changed:
        check_billable(prices[one.price_id], quantity, before.currency, "quantity")
    replacements = [Replacement(one, prices[one.price_id], quantity, one.ended_at) for one in changed]
    return await write_switch(
        uow, before, items, prices, replacements, behavior, {"item_id": item.id, "quantity": quantity}
    )


async def reprice_item(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    new: NewPrice | Price,
    *,
    behavior: ProrationBehavior | None = None,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another price, of the subscription's own, from now on: it ends, and another begins.

    ``behavior`` is as for ``change_quantity``; by ``none`` the new price begins where the period that runs
    ends, which for a price in advance is the next renewal.  It holds as long as the item: an override to come
    is an item of its own, which is repriced by itself.  ``new`` without a code keeps the old one's.  Raises
    ``NotFound``, ``VersionMismatch``, ``WrongState`` once the subscription or the item has ended, or by
    ``none`` where it is billed to its end, ``InvalidInput`` for a price that is none, or lacks the currency,
    or cannot bill the item's quantity, and ``Conflict`` as ``create_subscription`` does.
    """
    before, items, item = await _running_item(uow, subscription_id, item_id, expected_version)
    prices = dict(await prices_by_ids(uow, {one.price_id for one in items}))
    old, behavior = prices[item.price_id], behavior or before.policy.behavior
    if behavior is ProrationBehavior.NONE and _is_billed(item):
        following = [
            show_id("subscription_item", one.id)
            for one in items
            if one.started_at == item.ended_at and prices[one.price_id].code == old.code
        ]
        then = f"the item that takes its place then, {following[0]}" if following else "an item not billed"
        raise _all_billed(f"{then}, or another behavior")
    if isinstance(new, NewPrice):
        coded = replace(new, code=old.code if new.code is None else new.code)
        price = await create_own_price(uow, coded, before.currency)
    else:
        price = new
    prices[price.id] = price
    if price.quantity_source is QuantitySource.ITEM:
        check_billable(price, item.quantity, before.currency, "quantity")
    if not shared_usage and price.meter_id is not None:
        await lock_customer(uow, before.customer_id)
        start = max(item.started_at, uow.now if behavior is not ProrationBehavior.NONE else item.billed_to)
        await refuse_shared_usage(uow, before, [(price, "meter_id")], start, planning.item_end(before, item))
    await note_items(uow, before.customer_id, [price])
    replacement = Replacement(item, price, item.quantity, item.ended_at)
    facts = {"item_id": item.id, "price_id": price.id}
    return await write_switch(uow, before, items, prices, [replacement], behavior, facts)


async def write_switch(
    uow: Uow,
    before: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    replacements: Sequence[Replacement],
    behavior: ProrationBehavior,
    facts: Mapping[str, Any],
) -> Subscription:
    """Write what ``switched`` makes of replacements, and tell of it."""
    at = change_at(before, uow.now)
    done = switched(before, items, prices, replacements, (), at, behavior, uow.new_id)
    return await write_switched(uow, done, {"changed": ["items"], "from": at, **facts})


async def write_switched(uow: Uow, done: Switched, facts: Mapping[str, Any]) -> Subscription:
    """Write a change of items that was worked out, and tell of it."""
    await repository.add_items(uow, done.added)
    after = await save(uow, done.subscription, done.changed, [*done.others, *done.added])
    announce(uow, "updated", after, facts)
    return after


def _follows(subscription: Subscription, item: SubscriptionItem, later: SubscriptionItem) -> bool:
    """Whether what is agreed on the quantity of an item holds for another one of the same price's code."""
    if later.id == item.id:
        return True
    ahead = subscription.next_phase_at
    in_phase = ahead is None or later.started_at < ahead or item.started_at >= ahead
    return later.started_at >= item.started_at and in_phase


def change_at(subscription: Subscription, now: datetime) -> datetime:
    """When a change that is made now begins: not before what is paid does."""
    return max(now, paid_from(subscription))


async def _running_item(
    uow: Uow, subscription_id: UUID, item_id: UUID, expected_version: int | None
) -> tuple[Subscription, list[SubscriptionItem], SubscriptionItem]:
    """The locked subscription, its items, and the one of them that is to be changed."""
    subscription, items = await changeable(uow, subscription_id, expected_version)
    item = next((one for one in items if one.id == item_id), None)
    if item is None:
        raise NotFound("no such item on this subscription", field="item_id")
    if item.ended_at is not None and item.ended_at <= uow.now:
        raise WrongState("the item has ended", field="item_id", allowed="an item whose time has not passed")
    return subscription, items, item


async def changeable(
    uow: Uow, subscription_id: UUID, expected_version: int | None = None
) -> tuple[Subscription, list[SubscriptionItem]]:
    """The locked subscription and its items, or ``WrongState`` if it allows no change now."""
    subscription = await repository.get(uow, subscription_id, locked=True)
    check_version(subscription.version, expected_version)
    current = planning.as_of(subscription, uow.now)
    advance(SUBSCRIPTION, current.status, SubscriptionTrigger.CHANGE)
    items = (await repository.items_of(uow, [subscription.id])).get(subscription.id, [])
    return subscription, items


async def _is_plans(uow: Uow, subscription: Subscription, code: str) -> bool:
    """Whether the subscription's plan has a price with this code, and so a say in its quantity."""
    assert subscription.plan_version_id is not None
    versions = await plan_versions_by_ids(uow, [subscription.plan_version_id])
    return any(price.code == code for price in versions[subscription.plan_version_id].prices)


def _is_billed(item: SubscriptionItem) -> bool:
    """Whether no moment of the item's time is left to bill."""
    return item.ended_at is not None and item.ended_at <= item.billed_to


def _all_billed(allowed: str) -> WrongState:
    return WrongState("the item is billed to its end", field="item_id", allowed=allowed)
