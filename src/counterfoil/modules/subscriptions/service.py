"""Use cases of subscriptions that exist: read, labelled, let time pass, put aside."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import parse_id
from counterfoil.core.states import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger, advance
from counterfoil.modules.subscriptions import (
    planning,
    repository,
    repository_families,
    repository_life,
    repository_search,
)
from counterfoil.modules.subscriptions.checks import check_labels, check_late_usage_days
from counterfoil.modules.subscriptions.passing import steps, up_to
from counterfoil.modules.subscriptions.types import (
    DueSubscription,
    ItemAdvance,
    Phase,
    Subscription,
    SubscriptionChanges,
    SubscriptionItem,
)
from counterfoil.modules.subscriptions.writing import announce, announce_passing, next_version
from counterfoil.modules.usage import SubscriptionName
from counterfoil.store.guards import check_metadata, check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.subscriptions.types import SubscriptionFilter
    from counterfoil.store import Found, OffsetQuery, Page, PageQuery, SystemUow, Uow

_CHANGEABLE: Final = frozenset(
    {"external_id", "plan_reference", "payment_method", "invoicing", "late_usage_days", "meta"}
)
_BILLED: Final = frozenset({SubscriptionState.ACTIVE, SubscriptionState.PAST_DUE})


async def get_subscription(uow: Uow, subscription_id: UUID) -> Subscription:
    """The subscription, or ``NotFound``."""
    return await repository.get(uow, subscription_id)


async def subscriptions_by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Subscription]:
    """Those of these subscriptions that there are, in one statement."""
    return await repository.by_ids(uow, ids) if ids else {}


async def list_subscriptions(
    uow: Uow,
    query: PageQuery,
    *,
    customer_id: UUID | None = None,
    status: SubscriptionState | None = None,
    plan_reference: str | None = None,
    external_id: str | None = None,
    held: bool | None = None,
) -> Page[Subscription]:
    """Subscriptions, newest first, ended ones too; ``held``: those that billing put aside, or the rest."""
    return await repository.page(
        uow,
        query,
        customer_id=customer_id,
        status=status,
        plan_reference=plan_reference,
        external_id=external_id,
        held=held,
    )


async def search_subscriptions(
    uow: Uow, wanted: SubscriptionFilter, query: OffsetQuery, *, count: bool
) -> Found[Subscription]:
    """Subscriptions that the filter asks for, newest first; ``count``: how many in all, by a second query.

    With a bound of creation they are ordered by the time of creation, else in the order they were made.
    """
    return await repository_search.search(uow, wanted, query, count=count)


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
    """The items of each of these subscriptions, in the order in which they were made."""
    return await repository.items_of(uow, subscription_ids)


async def price_ids_of(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """The prices of each of these subscriptions' items, in the order in which they were made."""
    return await repository.price_ids_of(uow, subscription_ids)


async def update_subscription(uow: Uow, subscription_id: UUID, changes: SubscriptionChanges) -> Subscription:
    """Change external id, plan reference, payment method or metadata.

    Raises ``NotFound``, ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``.
    """
    assert changes.fields.keys() <= _CHANGEABLE
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, changes.expected_version)
    after = next_version(uow, replace(before, **changes.fields))
    check_labels(after.external_id, after.plan_reference, after.payment_method)
    check_late_usage_days(after.late_usage_days)
    check_metadata(after.meta)
    await repository.update(uow, after, changes.fields)
    announce(uow, "updated", after, {"changed": sorted(changes.fields)})
    return after


async def due_subscriptions(uow: Uow, limit: int) -> list[DueSubscription]:
    """The next subscriptions with something to do now, locked until this unit ends; two statements.

    Those that are invoiced jointly are not among them (``due_families``).  In the order of
    ``next_billing_at``; those that another run works on are left out.  A subscription may be here with
    nothing to bill, because it begins or ends: hand all of them to ``advance_items``.
    """
    return await _with_items(uow, await repository.due(uow, uow.now, limit))


async def due_families(uow: Uow, limit: int) -> list[DueSubscription]:
    """The next subscriptions that are invoiced jointly and have something to do now, in three statements.

    Who pays for one pays for all that are here: of a payer there are all that are due, or none, so there may
    be more than ``limit``.  The payers are locked first, then their subscriptions; payers that another unit
    works on are left out.
    """
    payers = await repository_families.due_payers(uow, uow.now, limit)
    return await _with_items(uow, await repository_families.due_of(uow, uow.now, payers)) if payers else []


async def due_with(uow: Uow, one: Subscription) -> list[DueSubscription]:
    """The due subscriptions that are invoiced jointly with this one, it included; their payer is locked."""
    payer = await repository_families.payer_of(uow, one.id)
    found = [] if payer is None else await repository_families.due_of(uow, uow.now, [payer])
    return await _with_items(uow, found)


async def _with_items(uow: Uow, subscriptions: Sequence[Subscription]) -> list[DueSubscription]:
    if not subscriptions:
        return []
    items = await repository.items_of(uow, [subscription.id for subscription in subscriptions])
    return [DueSubscription(subscription, items.get(subscription.id, [])) for subscription in subscriptions]


async def advance_items(
    uow: Uow,
    due: Sequence[DueSubscription],
    advances: Sequence[ItemAdvance],
    commitments_due: Mapping[UUID, datetime | None] | None = None,
) -> list[Subscription]:
    """Let time pass for due subscriptions, of which these items were billed; at most four statements.

    Items move on; what time does takes effect, each step with a version and an announcement of its own: a
    start, the end of a trial, a phase, a renewal, an end; ``next_billing_at`` is computed anew.
    ``commitments_due`` is when commitments have something to do next, where that has changed.  Returns the
    subscriptions as they now are, in the order of ``due``.
    """
    moved = {advanced.item_id: advanced for advanced in advances}
    phases = await _phases_due(uow, due)
    stepped: list[Subscription] = []
    after: list[Subscription] = []
    billed: list[SubscriptionItem] = []
    for one in due:
        items = [_moved(item, moved.pop(item.id, None)) for item in one.items]
        changed = [item for item, before in zip(items, one.items, strict=True) if item is not before]
        passed = steps(
            one.subscription, up_to(one.subscription, uow.now), phases.get(one.subscription.id, ())
        )
        due_at = (commitments_due or {}).get(one.subscription.id, one.subscription.commitment_due_at)
        current = replace(one.subscription, commitment_due_at=due_at)
        for step in passed:
            current = replace(
                step.after, version=current.version + 1, updated_at=uow.now, commitment_due_at=due_at
            )
            announce_passing(uow, step.trigger, current)
        if passed:
            stepped.append(current)
        if changed and current.status in _BILLED:
            advance(SUBSCRIPTION, current.status, SubscriptionTrigger.RENEW)
        after.append(planning.scheduled(current, items))
        billed += changed
    if moved:
        raise ValueError(f"items of subscriptions that are not due: {sorted(map(str, moved))}")
    await repository.write_items(uow, billed)
    await repository.write_states(uow, after)
    await repository_life.write_terms(uow, stepped)
    return after


async def _phases_due(uow: Uow, due: Sequence[DueSubscription]) -> Mapping[UUID, Sequence[Phase]]:
    """The phases of those subscriptions in which another one begins by now; one statement, or none."""
    begin = [
        one.subscription.id
        for one in due
        if one.subscription.next_phase_at is not None and one.subscription.next_phase_at <= uow.now
    ]
    return await repository_life.phases_of(uow, begin)


async def phases_of(uow: Uow, subscriptions: Collection[Subscription]) -> dict[UUID, list[Phase]]:
    """The phases of each of these subscriptions that has any, in the order of time."""
    return await repository_life.phases_of(uow, [one.id for one in subscriptions if one.phase_id is not None])


async def lock_subscription(uow: Uow, subscription_id: UUID) -> DueSubscription:
    """One subscription with its items, locked as for the billing run, due or not; or ``NotFound``.

    Of one that is invoiced jointly the payer is locked before it, as the billing run does it.
    """
    await repository_families.payer_of(uow, subscription_id)
    subscription = await repository.get(uow, subscription_id, locked=True)
    items = await repository.items_of(uow, [subscription_id])
    return DueSubscription(subscription, items.get(subscription_id, []))


async def lock_subscriptions(uow: Uow, subscription_ids: Collection[UUID]) -> list[DueSubscription]:
    """These subscriptions with their items, locked as for the billing run; what is locked is left out.

    Two statements.
    """
    subscriptions = await repository.free(uow, subscription_ids)
    items = await repository.items_of(uow, [subscription.id for subscription in subscriptions])
    return [DueSubscription(subscription, items.get(subscription.id, [])) for subscription in subscriptions]


async def hold_billing(uow: Uow, due: Sequence[DueSubscription], reasons: Mapping[UUID, str]) -> None:
    """Put those of these locked subscriptions aside that cannot be billed, each with its reason.

    They stay as they are, no run takes them up, and ``retry_billing`` lets them be tried again.
    """
    await repository.hold(uow, reasons)
    for one in due:
        if one.subscription.id in reasons:
            held = next_version(uow, one.subscription)
            announce(uow, "billing_held", held, {"reason": reasons[held.id]})


async def retry_billing(uow: Uow, subscription_id: UUID) -> Subscription:
    """Let the billing run take a held subscription up again; nothing changes if it is not held."""
    before = await repository.get(uow, subscription_id, locked=True)
    if before.billing_error is None:
        return before
    after = next_version(uow, replace(before, billing_error=None))
    await repository.update(uow, after, {"billing_error": None})
    announce(uow, "billing_released", after, {})
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
    return replace(
        item,
        billed_to=advanced.billed_to,
        due_at=advanced.due_at,
        give_back_from=advanced.give_back_from,
        paid_by_id=item.paid_by_id if advanced.billed_to == item.billed_to else None,
    )
