"""Making a subscription: everything that a new one is checked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.core.calendar import Alignment, aligned_anchor, as_instant
from counterfoil.core.errors import InvalidInput, NotFound, WrongState
from counterfoil.core.proration import IntervalChange
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository, repository_life
from counterfoil.modules.subscriptions.add_ons import add_on_items, pick_add_ons
from counterfoil.modules.subscriptions.agreeing import agree, check_taken, plans_of_spans
from counterfoil.modules.subscriptions.checks import (
    check_distance,
    check_labels,
    check_late_usage_days,
    check_policy,
)
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.discount_types import AgreedCoupon
from counterfoil.modules.subscriptions.discounts import redeem_agreed
from counterfoil.modules.subscriptions.duration import with_term
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.passing import in_phase
from counterfoil.modules.subscriptions.spans import spans_of
from counterfoil.modules.subscriptions.trials import read_trial
from counterfoil.modules.subscriptions.types import (
    NewTerm,
    Phase,
    Subscription,
    SubscriptionItem,
    TrialEnd,
)
from counterfoil.store.guards import check_metadata

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from counterfoil.modules.catalog import Price
    from counterfoil.modules.customers import Customer
    from counterfoil.modules.subscriptions.add_ons import PickedPrice
    from counterfoil.modules.subscriptions.agreeing import Agreed, SpanPlan
    from counterfoil.modules.subscriptions.types import NewSubscription
    from counterfoil.store import Uow


async def create_subscription(uow: Uow, new: NewSubscription) -> Subscription:
    """Make a subscription to a plan, to prices of its own, or to both, with an item for each price.

    A price that gives way to another, by an override or a phase, has an item for each part of its time.  What
    is paid begins at the end of the trial, if it has one.  It is active, or in its trial, at once, or a draft
    if its start lies ahead; the billing run begins it then.  Raises ``NotFound`` for an unknown customer,
    plan or version, ``WrongState`` for an archived customer or plan or a version that is not published,
    ``InvalidInput`` for a currency that a price lacks, a price or an override that is none, a quantity that
    is negative, cannot be billed or has no place, phases that overlap or leave a gap, terms that contradict
    each other or an impossible time, ``AlreadyExists`` for an external id that is taken, and ``Conflict`` if
    another subscription of the customer bills the same usage, which would be paid for twice, unless
    ``shared_usage`` says that this is meant.
    """
    check_labels(new.external_id, new.plan_reference, new.payment_method)
    check_late_usage_days(new.late_usage_days)
    check_metadata(new.meta)
    check_policy(new.policy)
    customer = await _customer(uow, new)
    started_at = uow.now if new.started_at is None else as_instant(new.started_at, field="started_at")
    check_distance(started_at, uow.now, "started_at", "ten years from now")
    plans = await plans_of_spans(uow, spans_of(new, started_at))
    trial_ends_at = read_trial(new.trial, plans[0].plan, started_at, customer.zone)
    paid_at = trial_ends_at or started_at
    _check_paid(plans, paid_at)
    agreed, currency = await agree(uow, plans, paid_at, _currency(new, customer))
    prices = [one.stretch.price for one in agreed]
    check_taken(new.quantities, prices, "quantities")
    subscription = _written_down(uow, new, customer, plans, (started_at, trial_ends_at), currency, prices)
    subscription = with_term(subscription, _term(new, plans), paid_at)
    phases = phases_of_spans(uow, subscription, plans) if new.phases else []
    if phases:
        subscription = in_phase(subscription, phases, started_at)
    picked = await _add_ons(uow, new, subscription, prices)
    if not new.shared_usage:
        brought = [(one.stretch.price, one.stretch.field) for one in agreed]
        brought += [(one.price, one.field) for one in picked]
        await refuse_shared_usage(uow, subscription, brought, paid_at, subscription.expires_at)
    items = [*new_items(uow, subscription, agreed), *add_on_items(uow, subscription, picked, paid_at)]
    subscription = planning.scheduled(subscription, items)
    await repository.add(uow, subscription, items)
    await repository_life.add_phases(uow, phases)
    prices += [one.price for one in picked]
    await note_items(uow, customer.id, prices)
    await redeem_agreed(uow, subscription, items, prices, _coupons(new, plans, started_at))
    uow.announce(
        "subscription.created",
        "subscription",
        subscription.id,
        1,
        {"status": subscription.status, "customer_id": customer.id, "external_id": new.external_id},
    )
    return subscription


def _written_down(
    uow: Uow,
    new: NewSubscription,
    customer: Customer,
    plans: Sequence[SpanPlan],
    begins: tuple[datetime, datetime | None],
    currency: str,
    prices: Sequence[Price],
) -> Subscription:
    """The subscription without its term and its phases; it ``begins`` at a start, with the end of a trial."""
    started_at, trial_ends_at = begins
    first = plans[0].version
    return Subscription(
        id=uow.new_id(),
        external_id=new.external_id,
        customer_id=customer.id,
        plan_id=None if first is None else first.plan_id,
        plan_version_id=None if first is None else first.id,
        plan_reference=new.plan_reference,
        payment_method=new.payment_method,
        invoicing=new.invoicing,
        late_usage_days=new.late_usage_days,
        currency=currency,
        zone=customer.zone,
        status=_first_status(started_at, trial_ends_at, uow.now),
        started_at=started_at,
        anchor_at=_anchor(new, trial_ends_at or started_at, customer.zone, prices),
        alignment=new.alignment,
        cancel_at=None,
        cancelled_at=None,
        ended_at=None,
        paused_at=None,
        trial_ends_at=trial_ends_at,
        trial_end_behavior=None if trial_ends_at is None else _at_end(new),
        term_unit=None,
        term_count=None,
        term_ends_at=None,
        auto_renew=False,
        renewals_left=None,
        expires_at=None,
        phase_id=None,
        next_phase_at=None,
        next_billing_at=None,
        billing_error=None,
        policy=new.policy,
        next_change_at=None,
        meta=new.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


async def _add_ons(
    uow: Uow, new: NewSubscription, subscription: Subscription, prices: Sequence[Price]
) -> list[PickedPrice]:
    """What it has besides its plan, under codes that none of its other prices has."""
    chosen = [(f"add_ons.{index}.", one) for index, one in enumerate(new.add_ons)]
    taken = {price.code for price in prices}
    return await pick_add_ons(uow, chosen, subscription.plan_id, subscription.currency, taken)


def _coupons(new: NewSubscription, plans: Sequence[SpanPlan], start: datetime) -> list[AgreedCoupon]:
    """The coupons that it is agreed with, and those of its phases, which hold in them."""
    agreed = [AgreedCoupon(code, f"coupons.{index}", start) for index, code in enumerate(new.coupons)]
    return agreed + phase_coupons(plans)


def phase_coupons(plans: Sequence[SpanPlan]) -> list[AgreedCoupon]:
    """The coupons of phases, each of which holds in its own."""
    return [
        AgreedCoupon(code, one.span.field(f"coupons.{index}"), one.span.start, one.span.end)
        for one in plans
        for index, code in enumerate(one.span.discounts)
    ]


def _currency(new: NewSubscription, customer: Customer) -> str | None:
    return customer.currency if new.currency is None else new.currency


def _first_status(start: datetime, trial_ends_at: datetime | None, now: datetime) -> SubscriptionState:
    if now < start:
        return SubscriptionState.DRAFT
    return SubscriptionState.ACTIVE if trial_ends_at is None else SubscriptionState.TRIALING


def _at_end(new: NewSubscription) -> TrialEnd:
    return TrialEnd.CONVERT if new.trial is None else new.trial.at_end


def _check_paid(plans: Sequence[SpanPlan], paid_at: datetime) -> None:
    end = plans[-1].span.end
    if end is not None and end <= paid_at:
        raise InvalidInput(
            "the last phase ends before the trial does",
            field=plans[-1].span.field("ends_at"),
            allowed="a time after the end of the trial",
        )


def _term(new: NewSubscription, plans: Sequence[SpanPlan]) -> NewTerm:
    """What is agreed on how long it runs; the end of the last phase is one."""
    last = plans[-1].span
    if last.end is None:
        return NewTerm() if new.term is None else new.term
    if new.term is not None:
        raise InvalidInput(
            "the last phase has an end, and so has the term",
            field=last.field("ends_at"),
            allowed="no ends_at of the last phase beside a term",
        )
    return NewTerm(ends_at=last.end)


def phases_of_spans(uow: Uow, subscription: Subscription, plans: Sequence[SpanPlan]) -> list[Phase]:
    """The phases that spans are, to be shown and to begin when their time comes."""
    return [
        Phase(
            id=uow.new_id(),
            subscription_id=subscription.id,
            name=one.span.name,
            plan_id=None if one.version is None else one.version.plan_id,
            plan_version_id=None if one.version is None else one.version.id,
            starts_at=one.span.start,
            ends_at=one.span.end,
            discounts=one.span.discounts,
        )
        for one in plans
    ]


async def _customer(uow: Uow, new: NewSubscription) -> Customer:
    try:
        customer = await lock_customer(uow, new.customer_id)
    except NotFound as error:
        raise error.within("customer_id") from None
    if customer.archived_at is not None:
        raise WrongState(
            "the customer is archived", field="customer_id", allowed="a customer that is not archived"
        )
    return customer


def _anchor(new: NewSubscription, started_at: datetime, zone: str, prices: Sequence[Price]) -> datetime:
    if new.alignment is Alignment.CALENDAR:
        if new.anchor_at is not None:
            raise InvalidInput(
                "the calendar is the anchor",
                field="anchor_at",
                allowed="no anchor_at with alignment calendar",
            )
        main = planning.main_interval(price.interval for price in prices)
        return aligned_anchor(main, started_at, zone)
    if new.anchor_at is None:
        return started_at
    anchor = as_instant(new.anchor_at, field="anchor_at")
    check_distance(anchor, started_at, "anchor_at", "ten years after the start")
    return anchor


def new_items(
    uow: Uow,
    subscription: Subscription,
    agreed: Sequence[Agreed],
    running: Sequence[tuple[Price, SubscriptionItem]] = (),
) -> list[SubscriptionItem]:
    """An item for each stretch; ``running``: the items before them, with their prices.

    Where a price takes the place of one with another interval, it begins a cycle of its own, if the
    subscription's policy is to reset: so a yearly price after a monthly phase has a whole first year.
    """
    items: list[SubscriptionItem] = []
    last = {price.code: (price, item) for price, item in running}
    resets = (
        subscription.policy.interval_change is IntervalChange.RESET
        and subscription.alignment is Alignment.ANNIVERSARY
    )
    for one in agreed:
        price, start = one.stretch.price, one.stretch.start
        before = last.get(price.code)
        anchor = subscription.anchor_at
        if before is not None:
            anchor = before[1].anchor_at
            if resets and before[0].interval != price.interval:
                anchor = start
        item = SubscriptionItem(
            id=uow.new_id(),
            subscription_id=subscription.id,
            price_id=price.id,
            quantity=one.quantity,
            started_at=start,
            ended_at=one.stretch.end,
            billed_to=start,
            due_at=None,
            anchor_at=anchor,
        )
        items.append(planning.with_due(subscription, item, price))
        last[price.code] = (price, item)
    return items
