"""Changing running subscriptions, now or at a date: what is due by then is billed first.

The faces change what a subscription owes here, never past this: what a change costs would depend on whether
the billing run came before it.  Invoices that this drafts are those that the run would have drafted; what a
change makes due at once is drafted with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import NotFound
from counterfoil.core.money import decimal_text
from counterfoil.core.proration import CancelCredit
from counterfoil.modules import subscriptions
from counterfoil.modules.billing.scheduled import catch_up, change_plan_now, plan_command, schedule
from counterfoil.modules.billing.subscribing import end_credit_grants
from counterfoil.modules.catalog import create_own_price, prices_by_ids
from counterfoil.modules.subscriptions import (
    CancelWhen,
    ChangeKind,
    ChangeWhen,
    change_due_at,
    get_subscription,
)

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.proration import ProrationBehavior
    from counterfoil.modules.catalog import NewPrice, Price
    from counterfoil.modules.subscriptions import (
        DueSubscription,
        PlanChange,
        Subscription,
        SubscriptionItem,
    )
    from counterfoil.store import Uow


async def change_plan(
    uow: Uow,
    subscription_id: UUID,
    change: PlanChange,
    *,
    when: ChangeWhen = ChangeWhen.NOW,
    at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Put a subscription on another plan, as ``subscriptions.change_plan`` does, now or at a date.

    At a date, or at the end of the period, it is scheduled, and the billing run makes it.  Raises what the
    change raises, also for one ahead as far as that is known, and ``InvalidInput`` naming ``at``.
    """
    one = await catch_up(uow, subscription_id, expected_version)
    due_at = await change_due_at(uow, one, when, at)
    if due_at is None:
        await change_plan_now(uow, subscription_id, change)
        return await _settled(uow, subscription_id)
    await schedule(uow, one, ChangeKind.PLAN, plan_command(change), due_at)
    return await get_subscription(uow, subscription_id)


async def change_quantity(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    quantity: Decimal,
    *,
    behavior: ProrationBehavior | None = None,
    when: ChangeWhen = ChangeWhen.NOW,
    at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another quantity, as ``subscriptions.change_quantity`` does, now or at a date.

    At a date it is that of the price with this item's code, whichever item holds for it then.
    """
    one = await catch_up(uow, subscription_id, expected_version)
    item, price = await _item(uow, one, item_id)
    due_at = await change_due_at(uow, one, when, at, item)
    if due_at is None:
        await subscriptions.change_quantity(uow, subscription_id, item_id, quantity, behavior=behavior)
        return await _settled(uow, subscription_id)
    command = {"code": price.code, "quantity": decimal_text(quantity), "behavior": behavior}
    await schedule(uow, one, ChangeKind.QUANTITY, command, due_at)
    return await get_subscription(uow, subscription_id)


async def reprice(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    new: NewPrice,
    *,
    behavior: ProrationBehavior | None = None,
    when: ChangeWhen = ChangeWhen.NOW,
    at: datetime | None = None,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another price, as ``reprice_item`` does, now or at a date."""
    one = await catch_up(uow, subscription_id, expected_version)
    item, old = await _item(uow, one, item_id)
    due_at = await change_due_at(uow, one, when, at, item)
    if due_at is None:
        await subscriptions.reprice_item(
            uow, subscription_id, item_id, new, behavior=behavior, shared_usage=shared_usage
        )
        return await _settled(uow, subscription_id)
    coded = replace(new, code=old.code if new.code is None else new.code)
    price = await create_own_price(uow, coded, one.subscription.currency)
    command = {
        "code": old.code,
        "price_id": str(price.id),
        "behavior": behavior,
        "shared_usage": shared_usage,
    }
    await schedule(uow, one, ChangeKind.REPRICE, command, due_at)
    return await get_subscription(uow, subscription_id)


async def cancel(
    uow: Uow,
    subscription_id: UUID,
    when: CancelWhen,
    *,
    at: datetime | None = None,
    credit: CancelCredit = CancelCredit.NONE,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """End a subscription as ``cancel_subscription`` does; its credit grants end with it.

    Now: the last invoice is drafted at once, with what is given back by ``credit``.  At a later date grants
    and subscription end when it comes, in the billing run.  The period's end cuts nothing that is due.
    """
    if when is not CancelWhen.PERIOD_END:
        await catch_up(uow, subscription_id, expected_version)
        expected_version = None
    after = await subscriptions.cancel_subscription(
        uow,
        subscription_id,
        when,
        at=at,
        credit=credit,
        shared_usage=shared_usage,
        expected_version=expected_version,
    )
    await end_credit_grants(uow, [after])
    return await _settled(uow, subscription_id) if when is CancelWhen.NOW else after


async def _item(uow: Uow, one: DueSubscription, item_id: UUID) -> tuple[SubscriptionItem, Price]:
    """One of the subscription's items with its price, or ``NotFound``."""
    for item in one.items:
        if item.id == item_id:
            return item, (await prices_by_ids(uow, [item.price_id]))[item.price_id]
    raise NotFound("no such item on this subscription", field="item_id")


async def _settled(uow: Uow, subscription_id: UUID) -> Subscription:
    """The subscription once what a change made due at once is drafted."""
    return (await catch_up(uow, subscription_id)).subscription
