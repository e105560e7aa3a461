"""How a subscription ends and rests: cancelled now or later, taken back, paused, resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.calendar import as_instant
from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.proration import CancelCredit
from counterfoil.core.rating import Cadence
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.checks import check_distance
from counterfoil.modules.subscriptions.overlaps import refuse_longer
from counterfoil.modules.subscriptions.scheduling import cancel_changes_of
from counterfoil.modules.subscriptions.switching import running_from
from counterfoil.modules.subscriptions.types import CancelWhen
from counterfoil.modules.subscriptions.writing import announce, save
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def cancel_subscription(
    uow: Uow,
    subscription_id: UUID,
    when: CancelWhen,
    *,
    at: datetime | None = None,
    credit: CancelCredit = CancelCredit.NONE,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """End a subscription now, at the end of its period, or at an instant ahead.

    Now: what runs in arrears becomes billable at once, up to now.  What was billed in advance stays as it was
    billed, unless ``credit`` says what of it is given back.  Changes that were to come are taken back.  A
    draft is given up, and nothing is billed.  At the period's end: the first boundary after now of
    the longest interval among the prices, so that nothing paid in advance is cut short; of a trial, that is
    its end.  ``at`` is given with
    ``CancelWhen.AT`` and at no other time.  Asking again for the end that is scheduled changes nothing.
    Raises ``NotFound``, ``VersionMismatch``, ``WrongState``, ``InvalidInput`` for an impossible ``at``, and
    ``Conflict`` as ``create_subscription`` does for an end later than the scheduled one.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    end = _end_at(when, at, uow.now)
    now, status = uow.now, planning.as_of(before, uow.now).status
    items, prices = await _items(uow, before)
    if when is CancelWhen.NOW:
        after = replace(
            before,
            status=advance(SUBSCRIPTION, status, SubscriptionTrigger.CANCEL),
            cancel_at=None,
            cancelled_at=now,
            ended_at=now,
        )
        after = await cancel_changes_of(uow, after, "the subscription was cancelled")
        end = now
    else:
        advance(SUBSCRIPTION, status, SubscriptionTrigger.SCHEDULE_CANCEL)
        if end is None and status is SubscriptionState.TRIALING:
            end = before.trial_ends_at
        elif end is None:
            running = [prices[item.price_id].interval for item in running_from(items, now)]
            end = planning.cycle_of(before, planning.main_interval(running)).next_boundary(now)
        assert end is not None
        if before.cancel_at == end and _credited(before, items, prices, end, credit) == items:
            return before
        after = replace(before, cancel_at=end, cancelled_at=now)
        if not shared_usage:
            await refuse_longer(uow, before, after, items, prices, "when" if at is None else "at")
    after = await _saved(uow, after, _credited(before, items, prices, end, credit), prices)
    if when is CancelWhen.NOW:
        announce(uow, "cancelled", after, {"ended_at": now})
    else:
        announce(uow, "cancel_scheduled", after, {"cancel_at": end})
    return after


async def reactivate_subscription(
    uow: Uow, subscription_id: UUID, *, shared_usage: bool = False, expected_version: int | None = None
) -> Subscription:
    """Take back a cancellation whose date has not come: the subscription goes on as before.

    Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` if none is scheduled or its date has come, and
    ``Conflict`` as ``create_subscription`` does for what it bills after that date.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.UNSCHEDULE_CANCEL)
    if before.cancel_at is None:
        raise WrongState(
            "no cancellation of the subscription is scheduled", allowed="a subscription with cancel_at"
        )
    items, prices = await _items(uow, before)
    after = replace(before, cancel_at=None, cancelled_at=None)
    if not shared_usage:
        await refuse_longer(uow, before, after, items, prices, None)
    kept = _credited(before, items, prices, before.cancel_at, CancelCredit.NONE)
    after = await _saved(uow, after, kept, prices)
    announce(uow, "cancel_unscheduled", after, {"cancel_at": None})
    return after


async def pause_subscription(
    uow: Uow, subscription_id: UUID, *, expected_version: int | None = None
) -> Subscription:
    """Stop billing now, until it is resumed; one that has not begun, or has ended, cannot be paused.

    What runs in arrears becomes billable at once, up to now; what was billed in advance stays as it was
    billed.  Raises ``NotFound``, ``VersionMismatch``, ``WrongState``.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    current = planning.as_of(before, uow.now)
    status = advance(SUBSCRIPTION, current.status, SubscriptionTrigger.PAUSE)
    items, prices = await _items(uow, before)
    after = await _saved(uow, replace(before, status=status, paused_at=uow.now), items, prices)
    announce(uow, "paused", after, {"paused_at": uow.now})
    return after


async def resume_subscription(
    uow: Uow, subscription_id: UUID, *, expected_version: int | None = None
) -> Subscription:
    """Bill again from now on what was paused; nothing for the time between, nor twice what is paid ahead.

    Periods go on as the anchor says, so the first one is cut at its beginning.  Raises ``NotFound``,
    ``VersionMismatch``, ``WrongState`` if it is not paused.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    status = advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.RESUME)
    assert before.paused_at is not None
    items, prices = await _items(uow, before)
    after = replace(before, status=status, paused_at=None)
    going_on: list[SubscriptionItem] = []
    if before.paused_at < uow.now:
        items, going_on = planning.resumed(items, before.paused_at, uow.now)
    added = [
        planning.with_due(after, replace(item, id=uow.new_id()), prices[item.price_id]) for item in going_on
    ]
    await repository.add_items(uow, added)
    after = await _saved(uow, after, items, prices, added)
    announce(uow, "resumed", after, {"paused_at": before.paused_at})
    return after


def _end_at(when: CancelWhen, at: datetime | None, now: datetime) -> datetime | None:
    if (when is CancelWhen.AT) != (at is not None):
        allowed = "an instant with when at" if at is None else "no instant, or when at"
        raise InvalidInput("at is given with when at only", field="at", allowed=allowed)
    if at is None:
        return None
    end = as_instant(at, field="at")
    if end <= now:
        raise InvalidInput("at has passed", field="at", allowed="a time after now; when now ends it at once")
    check_distance(end, now, "at", "ten years from now")
    return end


def _credited(
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    end: datetime,
    credit: CancelCredit,
) -> list[SubscriptionItem]:
    """The items with what is given back of each if they all end at ``end``, as far as they run until then."""
    return [
        replace(item, give_back_from=_given_back_from(subscription, item, prices[item.price_id], end, credit))
        if item.ended_at is None or item.ended_at > end
        else item
        for item in items
    ]


def _given_back_from(
    subscription: Subscription, item: SubscriptionItem, price: Price, end: datetime, credit: CancelCredit
) -> datetime | None:
    if credit is CancelCredit.NONE or price.cadence is Cadence.IN_ARREARS:
        return None
    since = end
    if credit is CancelCredit.WHOLE:
        since = planning.item_cycle(subscription, item, price.interval).period_at(end).start
    return max(since, item.started_at)


async def _items(uow: Uow, subscription: Subscription) -> tuple[list[SubscriptionItem], Mapping[UUID, Price]]:
    items = (await repository.items_of(uow, [subscription.id])).get(subscription.id, [])
    return items, await prices_by_ids(uow, {item.price_id for item in items})


async def _saved(
    uow: Uow,
    after: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    added: Sequence[SubscriptionItem] = (),
) -> Subscription:
    due = [planning.with_due(after, item, prices[item.price_id]) for item in items]
    return await save(uow, after, due, added)
