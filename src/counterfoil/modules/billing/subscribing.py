"""Beginning and ending subscriptions, with the credit grants that begin and end with them.

The faces make and cancel subscriptions here, never past this: a plan's grants would be missing, or go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.modules.subscriptions import cancel_subscription, create_subscription
from counterfoil.modules.wallets import attach_grants, end_grants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.subscriptions import CancelWhen, NewSubscription, Subscription
    from counterfoil.modules.wallets import NewCreditGrant
    from counterfoil.store import Uow


async def subscribe(uow: Uow, new: NewSubscription, grants: Sequence[NewCreditGrant] = ()) -> Subscription:
    """Make a subscription with its plan's credit grants and ``grants`` of its own.

    A grant of its own has scope subscription and no ``subscription_id``; it starts with the subscription
    unless it says otherwise.  Raises what ``create_subscription`` and ``create_credit_grant`` raise, the
    latter below ``credit_grants.0`` ….
    """
    subscription = await create_subscription(uow, new)
    await attach_grants(uow, subscription, grants)
    return subscription


async def cancel(
    uow: Uow,
    subscription_id: UUID,
    when: CancelWhen,
    *,
    at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """End a subscription as ``cancel_subscription`` does; its credit grants end with it.

    At a later date they end when it comes, in the billing run.
    """
    after = await cancel_subscription(uow, subscription_id, when, at=at, expected_version=expected_version)
    await end_credit_grants(uow, [after])
    return after


async def end_credit_grants(uow: Uow, subscriptions: Iterable[Subscription]) -> None:
    """End the credit grants of those of these subscriptions that have ended; at most two statements."""
    await end_grants(uow, {one.id: one.ended_at for one in subscriptions if one.ended_at is not None})
