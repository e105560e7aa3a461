"""Changing running subscriptions: what is due by then is billed first, so that a change holds from now on.

The faces change what a subscription owes here, never past this: what a change costs would depend on whether
the billing run came before it.  Invoices that this drafts are those that the run would have drafted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.modules import subscriptions
from counterfoil.modules.billing.run import bill
from counterfoil.modules.billing.subscribing import end_credit_grants
from counterfoil.modules.subscriptions import CancelWhen, lock_subscription
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.modules.catalog import NewPrice
    from counterfoil.modules.subscriptions import Subscription
    from counterfoil.store import Uow


async def catch_up(uow: Uow, subscription_id: UUID, expected_version: int | None = None) -> None:
    """Bill what one subscription owes up to now, as the billing run would; it stays locked.

    What is held, or cannot be billed and so is held now, stays as it is.  Raises ``NotFound``,
    ``VersionMismatch``.
    """
    due = await lock_subscription(uow, subscription_id)
    check_version(due.subscription.version, expected_version)
    while _is_due(due.subscription, uow.now):
        await bill(uow, [due], uow.now)
        due = await lock_subscription(uow, subscription_id)


def _is_due(subscription: Subscription, now: datetime) -> bool:
    at = subscription.next_billing_at
    return at is not None and at <= now and subscription.billing_error is None


async def cancel(
    uow: Uow,
    subscription_id: UUID,
    when: CancelWhen,
    *,
    at: datetime | None = None,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """End a subscription as ``cancel_subscription`` does; its credit grants end with it.

    At a later date they end when it comes, in the billing run.  The period's end cuts nothing that is due.
    """
    if when is not CancelWhen.PERIOD_END:
        await catch_up(uow, subscription_id, expected_version)
        expected_version = None
    after = await subscriptions.cancel_subscription(
        uow,
        subscription_id,
        when,
        at=at,
        shared_usage=shared_usage,
        expected_version=expected_version,
    )
    await end_credit_grants(uow, [after])
    return after


async def pause(uow: Uow, subscription_id: UUID, *, expected_version: int | None = None) -> Subscription:
    """Stop billing now, as ``pause_subscription`` does."""
    await catch_up(uow, subscription_id, expected_version)
    return await subscriptions.pause_subscription(uow, subscription_id)


async def change_quantity(
    uow: Uow, subscription_id: UUID, item_id: UUID, quantity: Decimal, *, expected_version: int | None = None
) -> Subscription:
    """Give an item another quantity, as ``subscriptions.change_quantity`` does."""
    await catch_up(uow, subscription_id, expected_version)
    return await subscriptions.change_quantity(uow, subscription_id, item_id, quantity)


async def reprice(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    new: NewPrice,
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another price, as ``reprice_item`` does: in advance, from the next renewal on."""
    await catch_up(uow, subscription_id, expected_version)
    return await subscriptions.reprice_item(uow, subscription_id, item_id, new, shared_usage=shared_usage)
