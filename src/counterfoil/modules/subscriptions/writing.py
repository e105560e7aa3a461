"""Writing a changed subscription: its next version, when it is due next, and the change that tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from counterfoil.core.states import SUBSCRIPTION
from counterfoil.modules.subscriptions import planning, repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def save(
    uow: Uow,
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    others: Sequence[SubscriptionItem] = (),
) -> Subscription:
    """Write changed items and the subscription's next version; ``others`` are its items besides these."""
    after = planning.scheduled(next_version(uow, subscription), [*items, *others])
    await repository.write_items(uow, items)
    await repository.write_states(uow, [after])
    return after


def next_version(uow: Uow, subscription: Subscription) -> Subscription:
    """The subscription as changed now."""
    return replace(subscription, version=subscription.version + 1, updated_at=uow.now)


def announce(uow: Uow, verb: str, subscription: Subscription, data: Mapping[str, Any]) -> None:
    """Tell that something happened to the subscription, with its status."""
    told = {"status": subscription.status, **data}
    uow.announce(f"subscription.{verb}", "subscription", subscription.id, subscription.version, told)


def announce_passing(uow: Uow, subscription: Subscription) -> None:
    """Tell that time began or ended the subscription."""
    if SUBSCRIPTION.is_final(subscription.status):
        announce(uow, "ended", subscription, {"ended_at": subscription.ended_at})
    else:
        announce(uow, "activated", subscription, {"started_at": subscription.started_at})
