"""Changes that were asked for ahead of their time: written, listed, taken back, closed.

Owns: when such a change is due, and what became of it.  Does not own: what it does, which its kind says
(billing).  Always holds: ``next_change_at`` of a subscription is the first date of those to come, so that no
run bills beyond it before the change is made.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import as_instant, format_instant
from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.ids import show_id
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import planning, repository, repository_changes
from counterfoil.modules.subscriptions.checks import check_distance
from counterfoil.modules.subscriptions.terms import change_at
from counterfoil.modules.subscriptions.types import (
    ChangeStatus,
    ChangeWhen,
    DueSubscription,
    ScheduledChange,
)
from counterfoil.modules.subscriptions.writing import announce, save

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.subscriptions.types import ChangeKind, Subscription, SubscriptionItem
    from counterfoil.store import Page, PageQuery, Uow

MOST_CHANGES: Final = 50
"""How many changes of one subscription may wait at one time."""


async def change_due_at(
    uow: Uow,
    one: DueSubscription,
    when: ChangeWhen,
    at: datetime | None,
    item: SubscriptionItem | None = None,
) -> datetime | None:
    """When a change is due; ``None``: now.

    At the period's end: of the item, if there is one, else of the longest interval among the prices that run.
    Raises ``InvalidInput`` naming ``at`` where it is missing or not wanted, has passed, or lies before the
    subscription's start.
    """
    if (when is ChangeWhen.AT) != (at is not None):
        allowed = "an instant with when at" if at is None else "no instant, or when at"
        raise InvalidInput("at is given with when at only", field="at", allowed=allowed)
    if when is ChangeWhen.NOW:
        return None
    subscription = one.subscription
    if at is not None:
        due_at = as_instant(at, field="at")
        if due_at <= uow.now:
            allowed = "a time after now; when now makes it at once"
            raise InvalidInput("at has passed", field="at", allowed=allowed)
        if due_at < subscription.started_at:
            raise InvalidInput(
                "the change is before the start",
                field="at",
                allowed=f"{format_instant(subscription.started_at)} or later",
            )
        check_distance(due_at, uow.now, "at", "ten years from now")
        return due_at
    start = change_at(subscription, uow.now)
    if subscription.status in (SubscriptionState.DRAFT, SubscriptionState.TRIALING) and start > uow.now:
        return start  # of what has not begun, or is tried out, the period ends where what is paid begins
    prices = await prices_by_ids(uow, {each.price_id for each in one.items})
    if item is not None:
        cycle = planning.item_cycle(subscription, item, prices[item.price_id].interval)
        return cycle.next_boundary(max(start, item.started_at))
    running = [prices[each.price_id].interval for each in one.items if _runs(each, start)]
    return planning.cycle_of(subscription, planning.main_interval(running)).next_boundary(start)


def _runs(item: SubscriptionItem, at: datetime) -> bool:
    return item.started_at <= at and (item.ended_at is None or at < item.ended_at)


async def schedule_change(
    uow: Uow, one: DueSubscription, kind: ChangeKind, command: Mapping[str, Any], due_at: datetime
) -> ScheduledChange:
    """Write a change of a locked subscription for its date; nothing says yet that it can be made then.

    Raises what ``check_schedulable`` does, and ``WrongState`` for one that has too many changes to come.
    """
    before = one.subscription
    check_schedulable(before, due_at, uow.now)
    if len(await repository_changes.pending(uow, before.id)) >= MOST_CHANGES:
        raise WrongState(
            "too many changes of the subscription are scheduled",
            allowed=f"at most {MOST_CHANGES} to come",
        )
    change = ScheduledChange(
        id=uow.new_id(),
        subscription_id=before.id,
        kind=kind,
        command=command,
        due_at=due_at,
        status=ChangeStatus.SCHEDULED,
        reason=None,
        applied_at=None,
        created_at=uow.now,
        updated_at=uow.now,
    )
    await repository_changes.add(uow, change)
    await _write_next(uow, one, "change_scheduled", change)
    return change


def check_schedulable(subscription: Subscription, due_at: datetime, now: datetime) -> None:
    """Refuse a change of a subscription that has ended, or has by then."""
    if SUBSCRIPTION.is_final(planning.as_of(subscription, now).status):
        raise WrongState("the subscription has ended", allowed="a subscription that runs")
    end = planning.end_of(subscription)
    if end is not None and end <= due_at:
        raise InvalidInput(
            "the subscription has ended by then",
            field="at",
            allowed=f"a time before its end at {format_instant(end)}",
        )


async def list_changes(
    uow: Uow, subscription_id: UUID, query: PageQuery, *, status: ChangeStatus | None = None
) -> Page[ScheduledChange]:
    """The scheduled changes of a subscription, also those that were made, newest first; or ``NotFound``."""
    await repository.get(uow, subscription_id)
    return await repository_changes.page(uow, subscription_id, query, status)


async def get_change(uow: Uow, subscription_id: UUID, change_id: UUID) -> ScheduledChange:
    """One scheduled change of a subscription, or ``NotFound``."""
    return await repository_changes.get(uow, subscription_id, change_id)


async def pending_changes(uow: Uow, subscription_id: UUID) -> list[ScheduledChange]:
    """What is still to come of a subscription, in the order in which it will be done."""
    return await repository_changes.pending(uow, subscription_id)


async def next_due_change(uow: Uow) -> tuple[UUID, datetime] | None:
    """The subscription with the next change that is due now, and its date; none that billing put aside."""
    return await repository_changes.next_due(uow)


async def cancel_change(uow: Uow, subscription_id: UUID, change_id: UUID) -> ScheduledChange:
    """Take back a change whose date has not come; ``NotFound``, or ``WrongState`` if it is closed."""
    await repository.get(uow, subscription_id, locked=True)
    change = await repository_changes.get(uow, subscription_id, change_id)
    if change.status is not ChangeStatus.SCHEDULED:
        raise WrongState(
            f"the change is {change.status.value}", field="change_id", allowed="a change that is scheduled"
        )
    return await close_change(uow, change, ChangeStatus.CANCELLED)


async def close_change(
    uow: Uow, change: ScheduledChange, status: ChangeStatus, reason: str | None = None
) -> ScheduledChange:
    """Write what became of a change whose subscription this unit has locked, and tell of it."""
    subscription = await repository.get(uow, change.subscription_id, locked=True)
    applied_at = uow.now if status is ChangeStatus.APPLIED else None
    closed = replace(change, status=status, reason=reason, applied_at=applied_at, updated_at=uow.now)
    await repository_changes.close(uow, [closed])
    items = (await repository.items_of(uow, [subscription.id])).get(subscription.id, [])
    await _write_next(uow, DueSubscription(subscription, items), f"change_{status.value}", closed)
    return closed


async def cancel_changes_of(uow: Uow, subscription: Subscription, reason: str) -> Subscription:
    """Take back all that is to come of a locked subscription that has ended; its ``next_change_at`` is none.

    The caller writes the subscription.
    """
    pending = await repository_changes.pending(uow, subscription.id)
    closed = [
        replace(one, status=ChangeStatus.CANCELLED, reason=reason, updated_at=uow.now) for one in pending
    ]
    await repository_changes.close(uow, closed)
    return replace(subscription, next_change_at=None)


async def _write_next(uow: Uow, one: DueSubscription, verb: str, change: ScheduledChange) -> None:
    """Write when the next change of a locked subscription is due, and tell what happened to one of them."""
    pending = await repository_changes.pending(uow, one.subscription.id)
    next_at = pending[0].due_at if pending else None
    after = await save(uow, replace(one.subscription, next_change_at=next_at), [], one.items)
    told = {"change_id": show_id("subscription_change", change.id), "kind": change.kind}
    announce(uow, verb, after, {**told, "due_at": change.due_at, "reason": change.reason})
