"""Changes that come at their date, and bringing one subscription up to now: billed and changed in order.

Owns: what each kind of scheduled change does (``APPLY``: a new kind is a row), in which order changes and
bills come, what happens to a change that cannot be made.
Does not own: when a change is due and what became of it (subscriptions), amounts.
Always holds: what falls due before a change is billed before it, what falls due with it after it; a change
is made whole or not at all, and one that is refused holds nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from counterfoil.core.calendar import parse_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput, Unavailable
from counterfoil.core.proration import ProrationBehavior
from counterfoil.modules import subscriptions
from counterfoil.modules.billing.run import bill
from counterfoil.modules.billing.subscribing import change_credit_grants
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import (
    ChangeKind,
    ChangeStatus,
    ChosenAddOn,
    Invoicing,
    PlanChange,
    PriceOverride,
    ScheduledChange,
    Subscription,
    check_schedulable,
    close_change,
    due_with,
    items_of,
    lock_subscription,
    next_due_change,
    pending_changes,
    running_from,
    schedule_change,
)
from counterfoil.store import Uow
from counterfoil.store.faults import Busy
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from datetime import datetime

    from counterfoil.modules.subscriptions import DueSubscription, SubscriptionItem
    from counterfoil.store import Scope, Store

log = logging.getLogger("counterfoil.billing")

type Command = Mapping[str, Any]
type Apply = Callable[[Uow, UUID, Command], Awaitable[Subscription]]
"""Makes a change of this kind now: the subscription is locked and billed up to now."""


async def apply_plan(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    """Another plan."""
    return await change_plan_now(uow, subscription_id, plan_change_of(command))


async def _apply_quantity(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    item = await _item_of(uow, subscription_id, command["code"])
    quantity = Decimal(command["quantity"])
    return await subscriptions.change_quantity(
        uow, subscription_id, item.id, quantity, behavior=_behavior(command)
    )


async def _apply_reprice(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    item = await _item_of(uow, subscription_id, command["code"])
    price_id = UUID(command["price_id"])
    price = (await prices_by_ids(uow, [price_id]))[price_id]
    return await subscriptions.reprice_item(
        uow,
        subscription_id,
        item.id,
        price,
        behavior=_behavior(command),
        shared_usage=command["shared_usage"],
    )


async def _apply_pause(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    """Rest, and go on at the date that was agreed with it."""
    after = await subscriptions.pause_subscription(uow, subscription_id)
    resume_at = _instant(command["resume_at"])
    if resume_at is not None:
        one = await lock_subscription(uow, subscription_id)
        await schedule_change(uow, one, ChangeKind.RESUME, {}, resume_at)
    return after


async def _apply_resume(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    """Go on."""
    return await subscriptions.resume_subscription(uow, subscription_id)


async def _apply_add_add_on(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    chosen = ChosenAddOn(command["code"], Decimal(command["quantity"]), command["shared_usage"])
    return await subscriptions.add_add_on(uow, subscription_id, chosen, behavior=_behavior(command))


async def _apply_remove_add_on(uow: Uow, subscription_id: UUID, command: Command) -> Subscription:
    return await subscriptions.remove_add_on(
        uow, subscription_id, UUID(command["add_on_id"]), behavior=_behavior(command)
    )


APPLY: Final[Mapping[ChangeKind, Apply]] = {
    ChangeKind.PLAN: apply_plan,
    ChangeKind.QUANTITY: _apply_quantity,
    ChangeKind.REPRICE: _apply_reprice,
    ChangeKind.ADD_ADD_ON: _apply_add_add_on,
    ChangeKind.REMOVE_ADD_ON: _apply_remove_add_on,
    ChangeKind.PAUSE: _apply_pause,
    ChangeKind.RESUME: _apply_resume,
}
"""What each kind of change does when its date comes."""


async def catch_up(uow: Uow, subscription_id: UUID, expected_version: int | None = None) -> DueSubscription:
    """Bill and change one subscription up to now, as the billing run would; it stays locked.

    What is held, or cannot be billed and so is held now, stays as it is.  Raises ``NotFound``,
    ``VersionMismatch``.
    """
    due = await lock_subscription(uow, subscription_id)
    check_version(due.subscription.version, expected_version)
    while due.subscription.billing_error is None:
        change_at = due.subscription.next_change_at
        if _is_due(due.subscription, uow.now):
            joint = due.subscription.invoicing is Invoicing.JOINT
            await bill(uow, await due_with(uow, due.subscription) if joint else [due], uow.now)
        elif change_at is not None and change_at <= uow.now:
            await _make_next(uow, subscription_id)
        else:
            break
        due = await lock_subscription(uow, subscription_id)
    return due


def _is_due(subscription: Subscription, now: datetime) -> bool:
    """Whether something is to be billed before the next change is made, or before now without one."""
    at, change_at = subscription.next_billing_at, subscription.next_change_at
    return at is not None and at <= now and (change_at is None or at < change_at)


async def apply_due(store: Store, scope: Scope, *, now: datetime | None = None) -> int:
    """Make the changes that are due in an environment, in order, each in a transaction at its own date."""
    done = 0
    last: tuple[UUID, datetime] | None = None
    while True:
        async with store.unit(scope, now=now) as uow:
            found = await next_due_change(uow)
        if found is None or found == last:
            return done
        subscription_id, due_at = found
        async with store.unit(scope, now=due_at) as uow:
            await catch_up(uow, subscription_id)
        last = found
        done += 1


async def schedule(
    uow: Uow, one: DueSubscription, kind: ChangeKind, command: Command, due_at: datetime
) -> ScheduledChange:
    """Write a change for its date, if it could be made then as things stand now.

    Raises what the change itself would raise after those that are to come before it.
    """
    check_schedulable(one.subscription, due_at, uow.now)
    subscription_id = one.subscription.id
    try:
        async with uow.savepoint():
            for earlier in await pending_changes(uow, subscription_id):
                if earlier.due_at <= due_at:
                    await _rehearse(uow, earlier)
            with uow.at(due_at):
                await APPLY[kind](uow, subscription_id, command)
            raise _Rehearsed
    except _Rehearsed:
        return await schedule_change(uow, one, kind, command, due_at)


class _Rehearsed(Exception):
    """Ends a savepoint of which nothing shall stay."""


async def _rehearse(uow: Uow, change: ScheduledChange) -> None:
    """Make a change that is to come before another; if it cannot be made, it will not be."""
    try:
        with uow.at(change.due_at):
            async with uow.savepoint():
                await APPLY[change.kind](uow, change.subscription_id, change.command)
    except (Busy, Unavailable):
        raise
    except CounterfoilError:
        return


async def _make_next(uow: Uow, subscription_id: UUID) -> None:
    """Make the next change that is due of a locked subscription, or say why it cannot be made."""
    change = (await pending_changes(uow, subscription_id))[0]
    status, reason = ChangeStatus.APPLIED, None
    with uow.at(change.due_at):
        try:
            async with uow.savepoint():
                await APPLY[change.kind](uow, subscription_id, change.command)
        except (Busy, Unavailable):
            raise  # it is tried again
        except CounterfoilError as error:
            status, reason = ChangeStatus.FAILED, error.message
        except Exception as error:
            log.exception("the change %s of subscription %s cannot be made", change.id, subscription_id)
            status = ChangeStatus.FAILED
            reason = f"it cannot be made ({type(error).__name__}); see the log"
        await close_change(uow, change, status, reason)


async def change_plan_now(uow: Uow, subscription_id: UUID, change: PlanChange) -> Subscription:
    """Another plan from now on, with the credit grants of that plan instead of the old one's."""
    before = await subscriptions.get_subscription(uow, subscription_id)
    after = await subscriptions.change_plan(uow, subscription_id, change)
    if after.plan_id != before.plan_id:
        await change_credit_grants(uow, after)
    return after


def plan_command(change: PlanChange) -> dict[str, Any]:
    """A change of plan as it is kept until its date."""
    return {
        "plan_id": None if change.plan_id is None else str(change.plan_id),
        "plan_version_id": None if change.plan_version_id is None else str(change.plan_version_id),
        "price_codes": None if change.price_codes is None else list(change.price_codes),
        "quantities": {code: str(quantity) for code, quantity in change.quantities.items()},
        "overrides": [
            {
                "code": one.code,
                "params": one.params,
                "model": one.model,
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
            }
            for one in change.overrides
        ],
        "keep_overrides": change.keep_overrides,
        "behavior": change.behavior,
        "shared_usage": change.shared_usage,
    }


def plan_change_of(command: Command) -> PlanChange:
    """The change of plan that ``plan_command`` wrote."""
    plan_id, version_id = command["plan_id"], command["plan_version_id"]
    return PlanChange(
        plan_id=None if plan_id is None else UUID(plan_id),
        plan_version_id=None if version_id is None else UUID(version_id),
        price_codes=command["price_codes"],
        quantities={code: Decimal(quantity) for code, quantity in command["quantities"].items()},
        overrides=[
            PriceOverride(
                one["code"], one["params"], one["model"], _instant(one["starts_at"]), _instant(one["ends_at"])
            )
            for one in command["overrides"]
        ],
        keep_overrides=command["keep_overrides"],
        behavior=_behavior(command),
        shared_usage=command["shared_usage"],
    )


def _instant(value: str | datetime | None) -> datetime | None:
    return parse_instant(value, field="at") if isinstance(value, str) else value


def _behavior(command: Command) -> ProrationBehavior | None:
    return None if command["behavior"] is None else ProrationBehavior(command["behavior"])


async def _item_of(uow: Uow, subscription_id: UUID, code: str) -> SubscriptionItem:
    """The item that holds now for the price with this code: what takes one's place has another id."""
    items = (await items_of(uow, [subscription_id])).get(subscription_id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    for item in running_from(items, uow.now):
        if prices[item.price_id].code == code:
            return item
    raise InvalidInput(
        f"the subscription has no price {code} any more", field="item_id", allowed="a price that it has"
    )
