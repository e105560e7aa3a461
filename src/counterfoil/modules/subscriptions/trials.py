"""Trials: a time in use without charge, what its end does, and changing both while it lasts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.billing_periods import trial_end
from counterfoil.core.calendar import Alignment, aligned_anchor, as_instant, format_instant
from counterfoil.core.errors import InvalidInput, WrongState
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.checks import check_distance
from counterfoil.modules.subscriptions.overlaps import refuse_longer
from counterfoil.modules.subscriptions.passing import first_term_end, own_end, paid_from
from counterfoil.modules.subscriptions.types import NewTrial, TrialEnd
from counterfoil.modules.subscriptions.writing import announce, save
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Plan, Price
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Uow


def read_trial(trial: NewTrial | None, plan: Plan | None, start: datetime, zone: str) -> datetime | None:
    """When the trial of a subscription from ``start`` on is over; ``None`` without one.

    Raises ``InvalidInput`` for a trial that has two ends, none, or an impossible one.
    """
    if trial is None:
        days = None if plan is None else plan.trial_days
        return trial_end(start, days, zone) if days else None
    if trial.ends_at is not None:
        if trial.days is not None:
            raise InvalidInput("a trial ends once", field="trial.days", allowed="either days or ends_at")
        end = as_instant(trial.ends_at, field="trial.ends_at")
        if end <= start:
            raise InvalidInput(
                "the trial ends before the subscription starts",
                field="trial.ends_at",
                allowed=f"a time after {format_instant(start)}",
            )
        check_distance(end, start, "trial.ends_at", "ten years after the start")
        return end
    days = trial.days if trial.days is not None else _days_of(plan, trial.at_end)
    if days is None:
        named = "evaluation_days" if trial.at_end is TrialEnd.EXPIRE else "trial_days"
        raise InvalidInput(
            f"how long the trial lasts is not said, and the plan has no {named}",
            field="trial.days",
            allowed=f"days or ends_at, or a plan with {named}",
        )
    if days == 0:
        return None
    try:
        return trial_end(start, days, zone)
    except InvalidInput as refused:
        refused.field, refused.allowed = "trial.days", f"{refused.allowed}, or 0 for no trial"
        raise


def _days_of(plan: Plan | None, at_end: TrialEnd) -> int | None:
    if plan is None:
        return None
    return plan.evaluation_days if at_end is TrialEnd.EXPIRE else plan.trial_days


async def end_trial(
    uow: Uow, subscription_id: UUID, *, shared_usage: bool = False, expected_version: int | None = None
) -> Subscription:
    """Convert a trial now: the subscription is active, and what it pays begins.

    Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` if it is not in its trial, or needs a payment
    method that it has not, and ``Conflict`` as ``create_subscription`` does for an evaluation that goes on.
    """
    before = await _in_trial(uow, subscription_id, expected_version, SubscriptionTrigger.ACTIVATE)
    if before.trial_end_behavior is TrialEnd.NEED_PAYMENT_METHOD and before.payment_method is None:
        raise WrongState(
            "the subscription needs a payment method to go on after its trial",
            field="payment_method",
            allowed="a subscription with a payment_method",
        )
    after = replace(before, status=SubscriptionState.ACTIVE)
    after = await _moved(uow, before, after, uow.now, shared_usage=shared_usage)
    announce(uow, "activated", after, {"started_at": after.started_at, "trial_ends_at": uow.now})
    return after


async def change_trial(
    uow: Uow,
    subscription_id: UUID,
    ends_at: datetime | None,
    at_end: TrialEnd | None = None,
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Let a trial end at another time, or otherwise; what is ``None`` stays.

    What is paid begins at the new end.  An override, or a phase, that began before it begins with it, or
    never if its own end has come by then.  Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` if the
    subscription is neither in its trial nor before it, ``InvalidInput`` for an end that has passed, and
    ``Conflict`` as above.
    """
    before = await _in_trial(uow, subscription_id, expected_version, SubscriptionTrigger.CHANGE)
    end = before.trial_ends_at if ends_at is None else as_instant(ends_at, field="ends_at")
    assert end is not None
    if end <= max(uow.now, before.started_at):
        raise InvalidInput(
            "the trial would be over already",
            field="ends_at",
            allowed="a time after now and after the start; POST …/trial/end converts it now",
        )
    check_distance(end, before.started_at, "ends_at", "ten years after the start")
    behavior = before.trial_end_behavior if at_end is None else at_end
    if (end, behavior) == (before.trial_ends_at, before.trial_end_behavior):
        return before
    after = replace(before, trial_end_behavior=behavior)
    after = await _moved(uow, before, after, end, shared_usage=shared_usage)
    announce(uow, "trial_changed", after, {"trial_ends_at": end, "trial_end_behavior": behavior})
    return after


async def _in_trial(
    uow: Uow, subscription_id: UUID, expected_version: int | None, trigger: SubscriptionTrigger
) -> Subscription:
    """The locked subscription, which is in its trial now, or before it where it shall only be changed."""
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    status = planning.as_of(before, uow.now).status
    waits = status is SubscriptionState.DRAFT and trigger is SubscriptionTrigger.CHANGE
    if before.trial_ends_at is None or not (status is SubscriptionState.TRIALING or waits):
        raise WrongState("the subscription is not in a trial", allowed="a subscription that is trialing")
    advance(SUBSCRIPTION, status, trigger)
    return before


async def _moved(
    uow: Uow, before: Subscription, after: Subscription, end: datetime, *, shared_usage: bool
) -> Subscription:
    """The subscription with the end of its trial, and all that begins there, at ``end``."""
    begun = before.trial_ends_at
    assert begun is not None
    items = (await repository.items_of(uow, [before.id])).get(before.id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    after = replace(after, trial_ends_at=end)
    after = replace(after, anchor_at=_anchor(after, begun, prices.values()))
    if after.term is not None:
        after = replace(after, term_ends_at=first_term_end(after, end))
    _check_end(after)
    after = replace(after, expires_at=own_end(after))
    if not shared_usage:
        await refuse_longer(uow, before, after, items, prices, None)
    moved = [_begun_later(item, begun, before, after) for item in items]
    due = [planning.with_due(after, item, prices[item.price_id]) for item in moved]
    return await save(uow, after, due, terms=True)


def _check_end(subscription: Subscription) -> None:
    """Refuse a trial that lasts as long as all that is agreed."""
    end = None if subscription.term is not None else subscription.term_ends_at
    if end is not None and end <= paid_from(subscription):
        raise InvalidInput(
            "the subscription ends before the trial would",
            field="ends_at",
            allowed=f"a time before {format_instant(end)}",
        )


def _begun_later(
    item: SubscriptionItem, begun: datetime, before: Subscription, after: Subscription
) -> SubscriptionItem:
    """An item that begins with the end of the trial, or would begin before it, begins there."""
    end = paid_from(after)
    anchor = after.anchor_at if item.anchor_at == before.anchor_at else item.anchor_at
    if item.started_at != begun and item.started_at >= end:
        return replace(item, anchor_at=anchor)
    ended = None if item.ended_at is None else max(item.ended_at, end)
    return replace(item, started_at=end, billed_to=end, ended_at=ended, anchor_at=anchor)


def _anchor(after: Subscription, before: datetime, prices: Iterable[Price]) -> datetime:
    """The anchor, which moves with the end of the trial unless another one was given."""
    assert after.trial_ends_at is not None
    if after.alignment is Alignment.CALENDAR:
        main = planning.main_interval(price.interval for price in prices)
        return aligned_anchor(main, after.trial_ends_at, after.zone)
    return after.trial_ends_at if after.anchor_at == before else after.anchor_at
