"""Beginning subscriptions with the credit grants that begin and end with them.

The faces make subscriptions here, never past this: a plan's grants would be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.modules.subscriptions import (
    CancelWhen,
    add_commitments,
    cancel_subscription,
    create_subscription,
)
from counterfoil.modules.wallets import attach_grants, end_grants

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from counterfoil.modules.subscriptions import NewCommitment, NewSubscription, Subscription
    from counterfoil.modules.wallets import NewCreditGrant
    from counterfoil.store import Uow


async def subscribe(
    uow: Uow,
    new: NewSubscription,
    grants: Sequence[NewCreditGrant] = (),
    *,
    commitments: Sequence[NewCommitment] = (),
    ends_at: datetime | None = None,
) -> Subscription:
    """Make a subscription with its plan's credit grants, ``grants`` of its own, and what it commits to.

    ``ends_at``: it is agreed from the start that it ends then, so no period is billed beyond it.

    A grant of its own has scope subscription and no ``subscription_id``; it starts with the subscription
    unless it says otherwise.  Raises what ``create_subscription`` and ``create_credit_grant`` raise, the
    latter below ``credit_grants.0`` …, and below ``commitments.0`` … what ``add_commitments`` raises.
    """
    subscription = await create_subscription(uow, new)
    await attach_grants(uow, subscription, grants)
    if commitments:
        subscription, _ = await add_commitments(uow, subscription.id, commitments, at_creation=True)
    if ends_at is None:
        return subscription
    return await cancel_subscription(uow, subscription.id, CancelWhen.AT, at=ends_at)


async def end_credit_grants(uow: Uow, subscriptions: Iterable[Subscription]) -> None:
    """End the credit grants of those of these subscriptions that have ended; at most two statements."""
    await end_grants(uow, {one.id: one.ended_at for one in subscriptions if one.ended_at is not None})


async def change_credit_grants(uow: Uow, subscription: Subscription) -> None:
    """Have a subscription that came to another plan get that plan's credit grants from now on.

    Those that came with the plan it left end; those of its own go on.
    """
    since = max(uow.now, subscription.started_at)
    await end_grants(uow, {subscription.id: since}, copied=True)
    await attach_grants(uow, subscription, since=since)
