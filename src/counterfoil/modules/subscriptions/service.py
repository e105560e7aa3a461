"""Use cases of subscriptions that exist."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.ids import parse_id
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.catalog import QuantitySource, prices_by_ids
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.creation import check_billable, check_quantity
from counterfoil.modules.subscriptions.types import (
    CancelWhen,
    DueSubscription,
    ItemAdvance,
    Subscription,
    SubscriptionChanges,
    SubscriptionItem,
)
from counterfoil.modules.usage import SubscriptionName
from counterfoil.store.guards import check_metadata, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.store import Page, PageQuery, SystemUow, Uow

_CHANGEABLE: Final = frozenset({"external_id", "meta"})
_BILLED: Final = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE})


async def get_subscription(uow: Uow, subscription_id: UUID) -> Subscription:
    """The subscription, or ``NotFound``."""
    return await repository.get(uow, subscription_id)


async def list_subscriptions(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None = None,
    status: SubscriptionState | None = None,
    external_id: str | None = None,
    held: bool | None = None,
) -> Page[Subscription]:
    """Subscriptions, newest first, ended ones too; ``held``: those that billing put aside, or the rest."""
    return await repository.page(
        uow, query, customer_id=customer_id, status=status, external_id=external_id, held=held
    )


async def resolve_subscriptions(uow: Uow, names: Collection[str]) -> dict[str, SubscriptionName]:
    """The subscriptions behind names that are public ids or external ids; unknown names are left out."""
    wanted = set(names)
    ids: dict[UUID, str] = {}
    for name in wanted:
        try:
            ids[parse_id("subscription", name)] = name
        except InvalidInput:
            continue  # then it can only be an external id
    found: dict[str, SubscriptionName] = {}
    for id_, external_id, customer_id in await repository.by_names(uow, ids, wanted):
        named = SubscriptionName(id_, customer_id)
        if id_ in ids:
            found[ids[id_]] = named
        if external_id is not None and external_id in wanted:
            found[external_id] = named
    return found


async def items_of(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, list[SubscriptionItem]]:
    """The items of each of these subscriptions, in the order of the plan's prices."""
    return await repository.items_of(uow, subscription_ids)


async def update_subscription(uow: Uow, subscription_id: UUID, changes: SubscriptionChanges) -> Subscription:
    """Change external id or metadata.

    Raises ``NotFound``, ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``.
    """
    assert changes.fields.keys() <= _CHANGEABLE
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, changes.expected_version)
    after = _next_version(uow, replace(before, **changes.fields))
    check_text(after.external_id, "external_id", longest=255)
    check_metadata(after.meta)
    await repository.update(uow, after, changes.fields)
    _announce(uow, "updated", after, {"changed": sorted(changes.fields)})
    return after


async def change_quantity(
    uow: Uow,
    subscription_id: UUID,
    item_id: UUID,
    quantity: Decimal,
    *,
    expected_version: int | None = None,
) -> Subscription:
    """Give an item another quantity, for every service period that is not billed yet.

    So a price in advance changes with its next period, and one in arrears with the running one, whole.
    Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` once the subscription has ended, ``InvalidInput``
    for a quantity that is negative or cannot be billed, or an item whose price takes none.
    """
    check_quantity(quantity, "quantity")
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.CHANGE)
    items = {item.id: item for item in (await items_of(uow, [before.id])).get(before.id, [])}
    if item_id not in items:
        raise NotFound("no such item on this subscription", field="item_id")
    item = items[item_id]
    price = (await prices_by_ids(uow, [item.price_id]))[item.price_id]
    if price.quantity_source is not QuantitySource.ITEM:
        raise InvalidInput(
            f"the price {price.code} takes no quantity",
            field="quantity",
            allowed="an item whose price has the quantity source item",
        )
    if item.quantity == quantity:
        return before
    check_billable(price, quantity, before.currency, "quantity")
    after = _next_version(uow, before)
    await repository.write_items(uow, [replace(item, quantity=quantity)])
    await repository.write_states(uow, [after])
    _announce(uow, "updated", after, {"changed": ["items"], "item_id": item.id, "quantity": quantity})
    return after


async def cancel_subscription(
    uow: Uow, subscription_id: UUID, when: CancelWhen, *, expected_version: int | None = None
) -> Subscription:
    """End a subscription now, or at the end of its period.

    Now: what runs in arrears becomes billable at once, up to now; what was billed in advance stays as it was
    billed.  A draft is given up, and nothing is billed.  At the period's end: the first boundary after now of
    the longest interval among the prices, so that nothing paid in advance is cut short.  Asking again for the
    end that is scheduled changes nothing.  Raises ``NotFound``, ``VersionMismatch``, ``WrongState``.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    now, status = uow.now, planning.as_of(before, uow.now).status
    items = (await items_of(uow, [before.id])).get(before.id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    if when is CancelWhen.NOW:
        end = now
        after = replace(
            before,
            status=advance(SUBSCRIPTION, status, SubscriptionTrigger.CANCEL),
            cancel_at=None,
            cancelled_at=now,
            ended_at=now,
        )
    else:
        advance(SUBSCRIPTION, status, SubscriptionTrigger.SCHEDULE_CANCEL)
        running = [prices[item.price_id].interval for item in items]
        end = planning.cycle_of(before, planning.main_interval(running)).next_boundary(now)
        if before.cancel_at == end:
            return before
        after = replace(before, cancel_at=end, cancelled_at=now)
    items = [
        planning.with_due(after, replace(item, ended_at=max(end, item.started_at)), prices[item.price_id])
        if item.ended_at in (None, before.cancel_at)
        else item
        for item in items
    ]
    after = await _save(uow, after, items)
    if when is CancelWhen.NOW:
        _announce(uow, "cancelled", after, {"ended_at": end})
    else:
        _announce(uow, "cancel_scheduled", after, {"cancel_at": end})
    return after


async def reactivate_subscription(
    uow: Uow, subscription_id: UUID, *, expected_version: int | None = None
) -> Subscription:
    """Take back a cancellation whose date has not come: the subscription goes on as before.

    Raises ``NotFound``, ``VersionMismatch``, ``WrongState`` if none is scheduled or its date has come.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.UNSCHEDULE_CANCEL)
    if before.cancel_at is None:
        raise WrongState(
            "no cancellation of the subscription is scheduled", allowed="a subscription with cancel_at"
        )
    items = (await items_of(uow, [before.id])).get(before.id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    after = replace(before, cancel_at=None, cancelled_at=None)
    items = [
        planning.with_due(after, replace(item, ended_at=None), prices[item.price_id])
        if item.ended_at == before.cancel_at
        else item
        for item in items
    ]
    after = await _save(uow, after, items)
    _announce(uow, "cancel_unscheduled", after, {"cancel_at": None})
    return after


async def due_subscriptions(uow: Uow, limit: int) -> list[DueSubscription]:
    """The next subscriptions with something to do now, locked until this unit ends; two statements.

    In the order of ``next_billing_at``; those that another run works on are left out.  A subscription may be
    here with nothing to bill, because it begins or ends: hand all of them to ``advance_items``.
    """
    subscriptions = await repository.due(uow, uow.now, limit)
    if not subscriptions:
        return []
    items = await repository.items_of(uow, [subscription.id for subscription in subscriptions])
    return [DueSubscription(subscription, items.get(subscription.id, [])) for subscription in subscriptions]


async def advance_items(
    uow: Uow, due: Sequence[DueSubscription], advances: Sequence[ItemAdvance]
) -> list[Subscription]:
    """Let time pass for due subscriptions, of which these items were billed; at most two statements.

    Items move on; drafts whose start has come become active; scheduled cancellations whose date has come take
    effect; ``next_billing_at`` is computed anew.  Returns the subscriptions as they now are, in the order of
    ``due``.  The version of a subscription rises only where its status changes.
    """
    moved = {advanced.item_id: advanced for advanced in advances}
    after: list[Subscription] = []
    billed: list[SubscriptionItem] = []
    for one in due:
        items = [_moved(item, moved.pop(item.id, None)) for item in one.items]
        changed = [item for item, before in zip(items, one.items, strict=True) if item is not before]
        current = planning.as_of(one.subscription, uow.now)
        if changed and current.status in _BILLED:
            advance(SUBSCRIPTION, current.status, SubscriptionTrigger.RENEW)
        if current.status is not one.subscription.status:
            current = _next_version(uow, current)
            _announce_passing(uow, current)
        after.append(planning.scheduled(current, items))
        billed += changed
    if moved:
        raise ValueError(f"items of subscriptions that are not due: {sorted(map(str, moved))}")
    await repository.write_items(uow, billed)
    await repository.write_states(uow, after)
    return after


async def lock_subscription(uow: Uow, subscription_id: UUID) -> DueSubscription:
    """One subscription with its items, locked as for the billing run, due or not; or ``NotFound``."""
    subscription = await repository.get(uow, subscription_id, locked=True)
    items = await repository.items_of(uow, [subscription_id])
    return DueSubscription(subscription, items.get(subscription_id, []))


async def hold_billing(uow: Uow, due: Sequence[DueSubscription], reasons: Mapping[UUID, str]) -> None:
    """Put those of these locked subscriptions aside that cannot be billed, each with its reason.

    They stay as they are, no run takes them up, and ``retry_billing`` lets them be tried again.
    """
    await repository.hold(uow, reasons)
    for one in due:
        if one.subscription.id in reasons:
            held = _next_version(uow, one.subscription)
            _announce(uow, "billing_held", held, {"reason": reasons[held.id]})


async def retry_billing(uow: Uow, subscription_id: UUID) -> Subscription:
    """Let the billing run take a held subscription up again; nothing changes if it is not held."""
    before = await repository.get(uow, subscription_id, locked=True)
    if before.billing_error is None:
        return before
    after = _next_version(uow, replace(before, billing_error=None))
    await repository.update(uow, after, {"billing_error": None})
    _announce(uow, "billing_released", after, {})
    return after


async def earliest_due(uow: Uow) -> datetime | None:
    """The next instant of business time at which there is something to do in this environment."""
    return await repository.earliest(uow)


async def environments_with_due(uow: SystemUow) -> list[tuple[UUID, UUID]]:
    """Organization and environment, wherever something is due now.

    Now is the environment's test clock or, without one, real time.
    """
    return await repository.environments_with_due(uow)


def _moved(item: SubscriptionItem, advanced: ItemAdvance | None) -> SubscriptionItem:
    if advanced is None:
        return item
    assert item.billed_to <= advanced.billed_to
    return replace(item, billed_to=advanced.billed_to, due_at=advanced.due_at)


async def _save(uow: Uow, subscription: Subscription, items: Sequence[SubscriptionItem]) -> Subscription:
    after = planning.scheduled(_next_version(uow, subscription), items)
    await repository.write_items(uow, items)
    await repository.write_states(uow, [after])
    return after


def _next_version(uow: Uow, subscription: Subscription) -> Subscription:
    return replace(subscription, version=subscription.version + 1, updated_at=uow.now)


def _announce(uow: Uow, verb: str, subscription: Subscription, data: Mapping[str, Any]) -> None:
    told = {"status": subscription.status, **data}
    uow.announce(f"subscription.{verb}", "subscription", subscription.id, subscription.version, told)


def _announce_passing(uow: Uow, subscription: Subscription) -> None:
    if SUBSCRIPTION.is_final(subscription.status):
        _announce(uow, "ended", subscription, {"ended_at": subscription.ended_at})
    else:
        _announce(uow, "activated", subscription, {"started_at": subscription.started_at})
