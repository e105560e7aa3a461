"""Changing what a running subscription pays: an item's quantity, an item's price."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.calendar import Alignment
from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.ids import show_id
from counterfoil.core.states import SUBSCRIPTION, SubscriptionTrigger, advance
from counterfoil.modules.catalog import QuantitySource, create_own_price, prices_by_ids
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.creation import check_billable, check_quantity
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.writing import announce, next_version, save
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.catalog import NewPrice, Price
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def change_quantity(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    quantity: Decimal,
    *,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another quantity, for every service period that is not billed yet.

    So a price in advance changes with its next period, and one in arrears with the running one, whole.  The
    items that take this one's place later, because an override begins or ends, change as well, also where
    this one is billed to its end.  Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` once the
    subscription or the item has ended, or nothing is left to bill of it and of those after it,
    ``InvalidInput`` for a quantity that is negative or cannot be billed, or an item whose price takes none.
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
    following = [
        one for one in items if prices[one.price_id].code == price.code and one.started_at >= item.started_at
    ]
    if all(map(_is_billed, following)):
        raise _all_billed("an item of which a period is not billed yet")
    changed = [one for one in following if one.quantity != quantity]
    if not changed:
        return before
    for one in changed:
        check_billable(prices[one.price_id], quantity, before.currency, "quantity")
    after = next_version(uow, before)
    await repository.write_items(uow, [replace(one, quantity=quantity) for one in changed])
    await repository.write_states(uow, [after])
    announce(uow, "updated", after, {"changed": ["items"], "item_id": item.id, "quantity": quantity})
    return after


async def reprice_item(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    new: NewPrice,
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another price, of the subscription's own, for every service period that is not billed yet.

    So a price in advance changes with its next period (the next renewal, once this one is billed), and one in
    arrears with the running one, whole.  It holds as long as the item: an override to come is an item of its
    own, which is repriced by itself.  ``new`` without a code keeps the old one's.  Where the interval
    changes and nothing else is left to bill, periods begin anew at the change, so that the first one is
    whole.  Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` once the subscription or the item has
    ended, or is billed to its end, ``InvalidInput`` for a price that is none, or lacks the currency, or
    cannot bill the item's quantity, and ``Conflict`` as ``create_subscription`` does.
    """
    before, items, item = await _running_item(uow, subscription_id, item_id, expected_version)
    prices = await prices_by_ids(uow, {one.price_id for one in items})
    old = prices[item.price_id]
    if _is_billed(item):
        following = [
            show_id("subscription_item", one.id)
            for one in items
            if one.started_at == item.ended_at and prices[one.price_id].code == old.code
        ]
        then = f"the item that takes its place then, {following[0]}" if following else "an item not billed"
        raise _all_billed(then)
    coded = replace(new, code=old.code if new.code is None else new.code)
    price = await create_own_price(uow, coded, before.currency)
    if price.quantity_source is QuantitySource.ITEM:
        check_billable(price, item.quantity, before.currency, "quantity")
    if not shared_usage and price.meter_id is not None:
        await lock_customer(uow, before.customer_id)
        end = planning.item_end(before, item)
        await refuse_shared_usage(uow, before, [(price, "meter_id")], item.billed_to, end)
    others = [one for one in items if one is not item]
    subscription = _anchored_anew(before, others, item.billed_to, old, price)
    after, changed, added = _repriced(subscription, item, price, uow.new_id())
    await repository.add_items(uow, added)
    await note_items(uow, before.customer_id, [price])
    after = await save(uow, after, changed, [*others, *added])
    facts = {"changed": ["items"], "item_id": item.id, "price_id": price.id, "from": item.billed_to}
    announce(uow, "updated", after, facts)
    return after


def _repriced(
    subscription: Subscription, item: SubscriptionItem, price: Price, id_: UUID
) -> tuple[Subscription, list[SubscriptionItem], list[SubscriptionItem]]:
    """The subscription, the item as it is now, and the one that follows it, if the item was ever billed."""
    if item.billed_to == item.started_at:
        now = planning.with_due(subscription, replace(item, price_id=price.id), price)
        return subscription, [now], []
    ended = replace(item, ended_at=item.billed_to, due_at=None)
    following = replace(item, id=id_, price_id=price.id, started_at=item.billed_to)
    return subscription, [ended], [planning.with_due(subscription, following, price)]


def _anchored_anew(
    subscription: Subscription,
    others: Sequence[SubscriptionItem],
    start: datetime,
    old: Price,
    new: Price,
) -> Subscription:
    """The subscription with its periods begun anew at ``start``, if only the repriced item has any left."""
    alone = all(item.due_at is None for item in others)
    if old.interval == new.interval or not alone or subscription.alignment is not Alignment.ANNIVERSARY:
        return subscription
    return replace(subscription, anchor_at=start)


async def _running_item(
    uow: Uow, subscription_id: UUID, item_id: UUID, expected_version: int | None
) -> tuple[Subscription, list[SubscriptionItem], SubscriptionItem]:
    """The locked subscription, its items, and the one of them that is to be changed."""
    subscription = await repository.get(uow, subscription_id, locked=True)
    check_version(subscription.version, expected_version)
    advance(SUBSCRIPTION, planning.as_of(subscription, uow.now).status, SubscriptionTrigger.CHANGE)
    items = (await repository.items_of(uow, [subscription.id])).get(subscription.id, [])
    item = next((one for one in items if one.id == item_id), None)
    if item is None:
        raise NotFound("no such item on this subscription", field="item_id")
    if item.ended_at is not None and item.ended_at <= uow.now:
        raise WrongState("the item has ended", field="item_id", allowed="an item whose time has not passed")
    return subscription, items, item


def _is_billed(item: SubscriptionItem) -> bool:
    """Whether no moment of the item's time is left to bill."""
    return item.ended_at is not None and item.ended_at <= item.billed_to


def _all_billed(allowed: str) -> WrongState:
    return WrongState("the item is billed to its end", field="item_id", allowed=allowed)
