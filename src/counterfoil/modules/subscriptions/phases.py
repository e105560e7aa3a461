"""Agreeing anew what a running subscription pays from an instant ahead on: phases added, or replaced.

Owns: which items go on into the new phases, which are cut there, and which are never to begin.  Does not own:
what a phase agrees to (``spans``, ``agreeing``), the change of plan that is made now (``plan_changes``).
Always holds: the phases of a subscription tile its time; nothing before the first new one changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from counterfoil.core.calendar import as_instant, format_instant
from counterfoil.core.errors import InvalidInput
from counterfoil.core.states import SUBSCRIPTION, SubscriptionTrigger, advance
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository, repository_life
from counterfoil.modules.subscriptions.agreeing import agree, plans_of_spans
from counterfoil.modules.subscriptions.creation import new_items, phase_coupons, phases_of_spans
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.discounts import cut_discounts, redeem_agreed
from counterfoil.modules.subscriptions.duration import with_term
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.passing import in_phase, paid_from
from counterfoil.modules.subscriptions.spans import phase_spans
from counterfoil.modules.subscriptions.types import NewSubscription, NewTerm, Phase
from counterfoil.modules.subscriptions.writing import announce, save
from counterfoil.store.guards import check_version

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions.agreeing import Agreed, SpanPlan
    from counterfoil.modules.subscriptions.types import NewPhase, Subscription, SubscriptionItem
    from counterfoil.store import Uow


async def set_phases(
    uow: Uow,
    subscription_id: UUID,
    new: Sequence[NewPhase],
    *,
    shared_usage: bool = False,
    expected_version: int | None = None,
) -> Subscription:
    """Let these phases hold from where the first one starts, in place of what was agreed for that time.

    The first needs a ``starts_at`` ahead.  A phase that says no plan is to the one that the subscription has
    then, and takes of it what the subscription takes; a price keeps its quantity where the phase gives none.
    What goes on unchanged is not cut, and neither is an add-on; what was billed beyond the start, and ends
    there, is given back.
    Raises ``NotFound``, ``VersionMismatch``, ``WrongState``, and what ``create_subscription`` raises.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    check_version(before.version, expected_version)
    advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.CHANGE)
    start = _start(before, new, uow.now)
    items = (await repository.items_of(uow, [before.id])).get(before.id, [])
    prices = dict(await prices_by_ids(uow, {item.price_id for item in items}))
    old = (await repository_life.phases_of(uow, [before.id])).get(before.id, [])
    plans = await plans_of_spans(uow, phase_spans(new, start, _defaults(before, old, items, prices, start)))
    plans = [_same_choice(one, items, prices) for one in plans]
    agreed, _ = await agree(uow, plans, max(start, paid_from(before)), before.currency)
    prices |= {one.stretch.price.id: one.stretch.price for one in agreed}
    after = _until(before, old, plans, uow.now)
    if not shared_usage:
        await lock_customer(uow, before.customer_id)
        brought = [(one.stretch.price, one.stretch.field) for one in agreed]
        await refuse_shared_usage(uow, before, brought, start, planning.end_of(after))
    kept = [item for item in items if item.started_at < start]
    going_on, begin = _continued(kept, agreed, start)
    phases = [*_cut(before, old, start, uow.new_id()), *phases_of_spans(uow, before, plans)]
    after = in_phase(after, phases, max(uow.now, before.started_at))
    due = [planning.with_due(after, item, prices[item.price_id]) for item in going_on]
    added = new_items(uow, after, begin, [(prices[item.price_id], item) for item in kept])
    never = [item for item in items if item.started_at >= start and item.add_on_id is None]
    await repository_life.delete_items(uow, never)
    await repository.add_items(uow, added)
    await cut_discounts(uow, before.id, {code for phase in old for code in phase.discounts}, start)
    await redeem_agreed(uow, after, [*due, *added], prices.values(), phase_coupons(plans))
    await repository_life.replace_phases(uow, before.id, phases)
    await note_items(uow, before.customer_id, [one.stretch.price for one in agreed])
    changed = {item.id for item in (*due, *never)}
    others = [item for item in items if item.id not in changed]
    after = await save(uow, after, due, [*added, *others], terms=True)
    announce(uow, "phases_changed", after, {"from": start})
    return after


async def drop_phases(uow: Uow, subscription: Subscription) -> Subscription:
    """Let what a locked subscription is changed to now be its last phase: those to come never begin.

    It ends where the last of them would have.  Nothing changes where there are none.  The caller writes the
    rest of the subscription.
    """
    if subscription.phase_id is None:
        return subscription
    old = (await repository_life.phases_of(uow, [subscription.id]))[subscription.id]
    start = max(uow.now, subscription.started_at)
    kept = [phase for phase in old if phase.starts_at < start]
    last = Phase(
        id=uow.new_id(),
        subscription_id=subscription.id,
        name=None,
        plan_id=subscription.plan_id,
        plan_version_id=subscription.plan_version_id,
        starts_at=start,
        ends_at=old[-1].ends_at,
        discounts=(),
    )
    kept = [*kept[:-1], replace(kept[-1], ends_at=start)] if kept else []
    ahead = [phase for phase in old if phase.starts_at >= start]
    if ahead:
        codes = {code for phase in ahead for code in phase.discounts}
        await cut_discounts(uow, subscription.id, codes, ahead[0].starts_at)
    await repository_life.replace_phases(uow, subscription.id, [*kept, last])
    after = replace(subscription, phase_id=last.id, next_phase_at=None)
    await repository_life.write_terms(uow, [after])
    return after


def _start(before: Subscription, new: Sequence[NewPhase], now: datetime) -> datetime:
    """Where the new phases begin."""
    earliest = max(now, before.started_at)
    allowed = f"a time after {format_instant(earliest)}"
    if not new:
        raise InvalidInput("phases are needed", field="phases", allowed="one or more")
    if new[0].starts_at is None:
        raise InvalidInput(
            "it is not said when the phases begin", field="phases.0.starts_at", allowed=allowed
        )
    start = as_instant(new[0].starts_at, field="phases.0.starts_at")
    if start <= earliest:
        raise InvalidInput(
            "phases are agreed ahead of their time, and after the start",
            field="phases.0.starts_at",
            allowed=allowed,
        )
    end = planning.end_of(before)
    if end is not None and end <= start:
        raise InvalidInput(
            "the subscription has ended by then",
            field="phases.0.starts_at",
            allowed=f"a time before its end at {format_instant(end)}",
        )
    return start


def _defaults(
    before: Subscription,
    old: Sequence[Phase],
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    start: datetime,
) -> NewSubscription:
    """What a phase has that does not say it: the plan that there is at the start, and the quantities."""
    there = [phase.plan_version_id for phase in old if phase.starts_at <= start]
    begun = [item for item in items if item.started_at <= start]
    return NewSubscription(
        before.customer_id,
        plan_version_id=there[-1] if there else before.plan_version_id,
        quantities={prices[item.price_id].code: item.quantity for item in begun},
    )


def _same_choice(one: SpanPlan, items: Sequence[SubscriptionItem], prices: Mapping[UUID, Price]) -> SpanPlan:
    """A phase to the plan of the subscription takes those of its prices that the subscription takes."""
    if one.span.plan_path or one.version is None or one.span.price_codes is not None:
        return one
    known = {prices[item.price_id].code for item in items}
    codes = [price.code for price in one.version.prices if price.code in known]
    return replace(one, span=replace(one.span, price_codes=codes)) if codes else one


def _until(
    before: Subscription, old: Sequence[Phase], plans: Sequence[SpanPlan], now: datetime
) -> Subscription:
    """The subscription with the end of the last phase for its own, where that has one."""
    span = plans[-1].span
    by_phases = bool(old) and old[-1].ends_at is not None
    if span.end is not None:
        if not by_phases and before.term_ends_at is not None:
            raise InvalidInput(
                "the last phase has an end, and so has the term",
                field=span.field("ends_at"),
                allowed="no ends_at of the last phase beside a term",
            )
        return with_term(before, NewTerm(ends_at=span.end), now)
    return with_term(before, NewTerm(), now) if by_phases else before


def _cut(before: Subscription, old: Sequence[Phase], start: datetime, id_: UUID) -> list[Phase]:
    """The phases before the new ones, of which the first is all that was, if there were none."""
    if not old:
        old = [
            Phase(id_, before.id, None, before.plan_id, before.plan_version_id, before.started_at, None, ())
        ]
    kept = [phase for phase in old if phase.starts_at < start]
    return [*kept[:-1], replace(kept[-1], ends_at=start)]


def _continued(
    kept: Sequence[SubscriptionItem], agreed: Sequence[Agreed], start: datetime
) -> tuple[list[SubscriptionItem], list[Agreed]]:
    """The items that reach the new phases, going on into them or cut, and what begins anew."""
    begin = list(agreed)
    changed: list[SubscriptionItem] = []
    for item in kept:
        if item.add_on_id is not None or (item.ended_at is not None and item.ended_at < start):
            continue
        same = [
            one
            for one in begin
            if one.stretch.start == start
            and one.stretch.price.id == item.price_id
            and one.quantity == item.quantity
        ]
        if same:
            begin.remove(same[0])
            changed.append(replace(item, ended_at=same[0].stretch.end))
        elif item.ended_at is None or item.ended_at > start:
            over = start if item.billed_to > start else item.give_back_from
            changed.append(replace(item, ended_at=start, give_back_from=over))
    return changed, begin
