"""Writing a changed subscription: its next version, when it is due next, and the change that tells of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.states import SubscriptionTrigger
from counterfoil.modules.subscriptions import planning, repository, repository_commitments, repository_life
from counterfoil.modules.subscriptions.commitment_planning import commitment_due_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


_T: Final = SubscriptionTrigger
# The verb that tells of each thing that time does, and the fields that come with it.
_TOLD: Final[Mapping[SubscriptionTrigger, Sequence[str]]] = {
    _T.START_TRIAL: ("trial_started", "started_at", "trial_ends_at"),
    _T.ACTIVATE: ("activated", "started_at", "trial_ends_at"),
    _T.CHANGE: ("phase_began", "phase_id", "plan_id", "plan_version_id"),
    _T.RENEW: ("renewed", "term_ends_at", "renewals_left"),
    _T.CANCEL: ("ended", "ended_at"),
    _T.EXPIRE: ("expired", "ended_at"),
}


async def save(
    uow: Uow,
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    others: Sequence[SubscriptionItem] = (),
    *,
    terms: bool = False,
) -> Subscription:
    """Write changed items and the subscription's next version; ``others`` are its items besides these.

    ``terms``: its trial, its term or its phases have changed as well.
    """
    if subscription.commitment_due_at is not None:  # an end that moved moves what is due at the end
        held = (await repository_commitments.held(uow, [subscription.id])).get(subscription.id, [])
        subscription = replace(subscription, commitment_due_at=commitment_due_at(subscription, held))
    after = planning.scheduled(next_version(uow, subscription), [*items, *others])
    await repository.write_items(uow, items)
    await repository.write_states(uow, [after])
    if terms:
        await repository_life.write_terms(uow, [after])
    return after


def next_version(uow: Uow, subscription: Subscription) -> Subscription:
    """The subscription as changed now."""
    return replace(subscription, version=subscription.version + 1, updated_at=uow.now)


def announce(uow: Uow, verb: str, subscription: Subscription, data: Mapping[str, Any]) -> None:
    """Tell that something happened to the subscription, with its status."""
    told = {"status": subscription.status, **data}
    uow.announce(f"subscription.{verb}", "subscription", subscription.id, subscription.version, told)


def announce_passing(uow: Uow, trigger: SubscriptionTrigger, after: Subscription) -> None:
    """Tell what time did to the subscription."""
    verb, *told = _TOLD[trigger]
    announce(uow, verb, after, {name: getattr(after, name) for name in told})
