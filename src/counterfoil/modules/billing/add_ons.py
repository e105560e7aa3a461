"""Adding and removing add-ons of running subscriptions, now or at a date, once what is due is billed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.money import decimal_text
from counterfoil.modules import subscriptions
from counterfoil.modules.billing.scheduled import catch_up, schedule
from counterfoil.modules.subscriptions import ChangeKind, ChangeWhen, change_due_at, get_subscription
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.proration import ProrationBehavior
    from counterfoil.modules.subscriptions import ChosenAddOn, Subscription
    from counterfoil.store import Uow


async def add_add_on(
    uow: Uow,
    subscription_id: UUID,
    chosen: ChosenAddOn,
    *,
    behavior: ProrationBehavior | None = None,
    when: ChangeWhen = ChangeWhen.NOW,
    at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Give a subscription an add-on, as ``subscriptions.add_add_on`` does, now or at a date."""
    check_text(chosen.code, "code", longest=100)
    one = await catch_up(uow, subscription_id, expected_version)
    due_at = await change_due_at(uow, one, when, at)
    if due_at is None:
        await subscriptions.add_add_on(uow, subscription_id, chosen, behavior=behavior)
        return (await catch_up(uow, subscription_id)).subscription
    command = {
        "code": chosen.code,
        "quantity": decimal_text(chosen.quantity),
        "shared_usage": chosen.shared_usage,
        "behavior": behavior,
    }
    await schedule(uow, one, ChangeKind.ADD_ADD_ON, command, due_at)
    return await get_subscription(uow, subscription_id)


async def remove_add_on(
    uow: Uow,
    subscription_id: UUID,
    add_on_id: UUID,
    *,
    behavior: ProrationBehavior | None = None,
    when: ChangeWhen = ChangeWhen.NOW,
    at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Take an add-on from a subscription, as ``subscriptions.remove_add_on`` does, now or at a date."""
    one = await catch_up(uow, subscription_id, expected_version)
    due_at = await change_due_at(uow, one, when, at)
    if due_at is None:
        await subscriptions.remove_add_on(uow, subscription_id, add_on_id, behavior=behavior)
        return (await catch_up(uow, subscription_id)).subscription
    command = {"add_on_id": str(add_on_id), "behavior": behavior}
    await schedule(uow, one, ChangeKind.REMOVE_ADD_ON, command, due_at)
    return await get_subscription(uow, subscription_id)
