"""What time alone does to a subscription: it begins, its trial ends, a phase begins, it renews, it ends.

Pure: the subscription and an instant decide.  Owns: in which order these happen, and what each leaves behind.
Does not own: what is billed meanwhile (core, billing), changes that somebody scheduled.  Always holds: each
step is a row of ``core.states``; passing a time in one go or in several gives the same steps.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import Cycle, Period
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.subscriptions.types import TrialEnd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from counterfoil.modules.subscriptions.types import Phase, Subscription

_T = SubscriptionTrigger
_RUNNING: Final = frozenset(
    {SubscriptionState.TRIALING, SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE}
)
_INSTANT: Final = timedelta(microseconds=1)
# What happens first where several things fall on one instant: an end leaves nothing to begin or renew.
_ORDER: Final = (_T.CANCEL, _T.EXPIRE, _T.START_TRIAL, _T.ACTIVATE, _T.RENEW, _T.CHANGE)


@dataclass(frozen=True, slots=True)
class Step:
    """Time did ``trigger`` to a subscription at ``at``; ``after`` is how that left it."""

    trigger: SubscriptionTrigger
    at: datetime
    after: Subscription


def steps(subscription: Subscription, now: datetime, phases: Sequence[Phase] = ()) -> list[Step]:
    """What has happened by ``now`` and is not in the subscription yet, in order.

    ``phases`` are its phases; without them everything is told but that one began.
    """
    found: list[Step] = []
    while True:
        due = [one for one in _ahead(subscription) if one[0] <= now and (phases or one[1] is not _T.CHANGE)]
        if not due:
            return found
        at, trigger = min(due, key=lambda one: (one[0], _ORDER.index(one[1])))
        subscription = _after(subscription, trigger, at, phases)
        found.append(Step(trigger, at, subscription))


def up_to(subscription: Subscription, now: datetime) -> datetime:
    """Until when time may pass at ``now``: a change that is due comes before all that falls due with it."""
    at = subscription.next_change_at
    return now if at is None or at > now else at - _INSTANT


def next_step_at(subscription: Subscription) -> datetime | None:
    """When time does something to it next, apart from what is to be billed."""
    return min((at for at, _ in _ahead(subscription)), default=None)


def own_end(subscription: Subscription) -> datetime | None:
    """When a subscription ends by its own terms, as far as that is known now.

    That an evaluation ends with its trial is known, but not whether a payment method will come in time.
    """
    waits = subscription.status in (SubscriptionState.DRAFT, SubscriptionState.TRIALING)
    if waits and subscription.trial_end_behavior is TrialEnd.EXPIRE:
        return subscription.trial_ends_at
    if subscription.term is None or not subscription.auto_renew:
        return subscription.term_ends_at
    if subscription.renewals_left is None:
        return None
    assert subscription.term_ends_at is not None
    cycle = _terms(subscription)
    return cycle.boundary(cycle.index_at(subscription.term_ends_at) + subscription.renewals_left)


def paid_from(subscription: Subscription) -> datetime:
    """Where what is paid begins: at the end of the trial, or with the subscription."""
    return subscription.trial_ends_at or subscription.started_at


def term_at(subscription: Subscription, instant: datetime) -> Period | None:
    """The term in which an instant lies; ``None`` where no terms recur, or before the first.

    Terms are counted from where what is paid begins.
    """
    if subscription.term is None or instant < paid_from(subscription):
        return None
    return _terms(subscription).period_at(instant)


def first_term_end(subscription: Subscription, now: datetime) -> datetime:
    """The end of the term that runs at ``now``, or of the first one if none has begun."""
    return _terms(subscription).next_boundary(max(now, paid_from(subscription)))


def _terms(subscription: Subscription) -> Cycle:
    assert subscription.term is not None
    return Cycle(subscription.term, paid_from(subscription), subscription.zone)


def _ahead(subscription: Subscription) -> list[tuple[datetime, SubscriptionTrigger]]:
    """What waits for its instant."""
    status = subscription.status
    if SUBSCRIPTION.is_final(status):
        return []
    if status is SubscriptionState.DRAFT:
        begin = _T.ACTIVATE if subscription.trial_ends_at is None else _T.START_TRIAL
        return [(subscription.started_at, begin)]
    found = []
    if subscription.cancel_at is not None:
        found.append((subscription.cancel_at, _T.CANCEL))
    if subscription.expires_at is not None:
        found.append((subscription.expires_at, _T.EXPIRE))
    if status is SubscriptionState.TRIALING:
        assert subscription.trial_ends_at is not None
        goes_on = subscription.trial_end_behavior is TrialEnd.CONVERT or subscription.payment_method
        found.append((subscription.trial_ends_at, _T.ACTIVATE if goes_on else _T.EXPIRE))
    elif subscription.auto_renew and status in _RUNNING:  # what rests renews once it goes on
        assert subscription.term_ends_at is not None
        found.append((subscription.term_ends_at, _T.RENEW))
    if subscription.next_phase_at is not None and status in _RUNNING:
        found.append((subscription.next_phase_at, _T.CHANGE))
    return found


def _after(
    before: Subscription, trigger: SubscriptionTrigger, at: datetime, phases: Sequence[Phase]
) -> Subscription:
    after = replace(before, status=advance(SUBSCRIPTION, before.status, trigger))
    match trigger:
        case _T.CANCEL | _T.EXPIRE:
            return replace(after, ended_at=at)
        case _T.RENEW:
            left = before.renewals_left
            return replace(
                after,
                term_ends_at=_terms(before).next_boundary(at),
                renewals_left=None if left is None else left - 1,
            )
        case _T.CHANGE:
            return in_phase(after, phases, at)
    return after


def in_phase(subscription: Subscription, phases: Sequence[Phase], at: datetime) -> Subscription:
    """The subscription in the phase that begins at ``at``, or runs then, with that one's plan."""
    begun = [phase for phase in phases if phase.starts_at <= at] or phases[:1]
    ahead = [phase.starts_at for phase in phases if at < phase.starts_at and phase is not begun[-1]]
    return replace(
        subscription,
        phase_id=begun[-1].id,
        plan_id=begun[-1].plan_id,
        plan_version_id=begun[-1].plan_version_id,
        next_phase_at=min(ahead, default=None),
    )
