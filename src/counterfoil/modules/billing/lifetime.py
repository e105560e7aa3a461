"""What a subscription's own time is agreed to be: its trial, its terms, its phases, and when it rests.

The faces change them here, never past this: what is due by then is billed first, and what a change makes due
at once is drafted with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.calendar import as_instant, format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.modules import subscriptions
from counterfoil.modules.billing.scheduled import catch_up, schedule
from counterfoil.modules.subscriptions import (
    ChangeKind,
    ChangeWhen,
    cancel_change,
    change_due_at,
    end_of,
    pending_changes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.subscriptions import NewPhase, NewTerm, Subscription, TrialEnd
    from counterfoil.store import Uow


async def end_trial(
    uow: Uow, subscription_id: UUID, *, shared_usage: bool = False, expected_version: int | None = None
) -> Subscription:
    """Convert a trial now, as ``subscriptions.end_trial`` does; what is paid in advance is drafted."""
    await catch_up(uow, subscription_id, expected_version)
    await subscriptions.end_trial(uow, subscription_id, shared_usage=shared_usage)
    await catch_up(uow, subscription_id)
    return await subscriptions.get_subscription(uow, subscription_id)


async def change_trial(
    uow: Uow,
    subscription_id: UUID,
    ends_at: datetime | None,
    at_end: TrialEnd | None = None,
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Let a trial end at another time, or otherwise, as ``subscriptions.change_trial`` does."""
    await catch_up(uow, subscription_id, expected_version)
    return await subscriptions.change_trial(uow, subscription_id, ends_at, at_end, shared_usage=shared_usage)


async def change_term(
    uow: Uow,
    subscription_id: UUID,
    term: NewTerm,
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Agree anew how long a subscription runs, as ``subscriptions.change_term`` does."""
    await catch_up(uow, subscription_id, expected_version)
    return await subscriptions.change_term(uow, subscription_id, term, shared_usage=shared_usage)


async def set_phases(
    uow: Uow,
    subscription_id: UUID,
    phases: Sequence[NewPhase],
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Agree what is paid from an instant ahead on, as ``subscriptions.set_phases`` does."""
    await catch_up(uow, subscription_id, expected_version)
    return await subscriptions.set_phases(uow, subscription_id, phases, shared_usage=shared_usage)


async def pause(
    uow: Uow,
    subscription_id: UUID,
    *,
    when: ChangeWhen = ChangeWhen.NOW,
    at: datetime | None = None,
    resume_at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Let a subscription rest, as ``pause_subscription`` does, now or at a date, and go on at ``resume_at``.

    Now: what runs in arrears is drafted up to now.  Raises what the pause raises, also for one ahead as far
    as that is known, and ``InvalidInput`` naming ``at`` or ``resume_at``.
    """
    one = await catch_up(uow, subscription_id, expected_version)
    due_at = await change_due_at(uow, one, when, at)
    start = uow.now if due_at is None else due_at
    if resume_at is not None:
        resume_at = as_instant(resume_at, field="resume_at")
        _check_resume(one.subscription, start, resume_at)
    if due_at is not None:
        await schedule(uow, one, ChangeKind.PAUSE, {"resume_at": resume_at}, due_at)
        return await subscriptions.get_subscription(uow, subscription_id)
    await subscriptions.pause_subscription(uow, subscription_id)
    one = await catch_up(uow, subscription_id)
    if resume_at is not None:
        await schedule(uow, one, ChangeKind.RESUME, {}, resume_at)
    return await subscriptions.get_subscription(uow, subscription_id)


async def resume(
    uow: Uow,
    subscription_id: UUID,
    *,
    at: datetime | None = None,
    expected_version: int | None = None,
) -> Subscription:
    """Let a subscription that rests go on, as ``resume_subscription`` does, now or at a date.

    That takes the place of the date that was set before, if one was.
    """
    one = await catch_up(uow, subscription_id, expected_version)
    for change in await pending_changes(uow, subscription_id):
        if change.kind is ChangeKind.RESUME:
            await cancel_change(uow, subscription_id, change.id)
    if at is not None:
        due_at = await change_due_at(uow, one, ChangeWhen.AT, at)
        assert due_at is not None
        one = await catch_up(uow, subscription_id)
        await schedule(uow, one, ChangeKind.RESUME, {}, due_at)
        return await subscriptions.get_subscription(uow, subscription_id)
    await subscriptions.resume_subscription(uow, subscription_id)
    return (await catch_up(uow, subscription_id)).subscription


def _check_resume(subscription: Subscription, start: datetime, resume_at: datetime) -> None:
    end = end_of(subscription)
    if resume_at <= start or (end is not None and end <= resume_at):
        last = "" if end is None else f" and before its end at {format_instant(end)}"
        raise InvalidInput(
            "the subscription cannot go on then",
            field="resume_at",
            allowed=f"a time after {format_instant(start)}, when it rests{last}",
        )
