"""Making a subscription: everything that a new one is checked for."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import Alignment, aligned_anchor, as_instant
from counterfoil.core.errors import CounterfoilError, InvalidInput, NotFound, TooLarge, WrongState
from counterfoil.core.money import unit_of
from counterfoil.core.rating import RatingInput, rate_line
from counterfoil.core.states import SubscriptionState
from counterfoil.modules.catalog import (
    PlanVersionStatus,
    QuantitySource,
    get_plan,
    plan_versions_by_ids,
    published_version_of,
)
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions.agreed import (
    make_overrides,
    make_own,
    never_paid,
    own_stretches,
    plan_stretches,
    read_times,
    taken,
)
from counterfoil.modules.subscriptions.customer_features import note_items
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from counterfoil.modules.catalog import PlanVersion, Price
    from counterfoil.modules.customers import Customer
    from counterfoil.modules.subscriptions.agreed import Stretch
    from counterfoil.modules.subscriptions.types import NewSubscription
    from counterfoil.store import Uow

FARTHEST_START: Final = timedelta(days=3653)
"""How far ahead a subscription may start, and its anchor may lie after the start: ten years."""

_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,49}")

ONE: Final = Decimal(1)
"""The quantity of an item for which none is given."""


async def create_subscription(uow: Uow, new: NewSubscription) -> Subscription:
    """Make a subscription to a plan, to prices of its own, or to both, with an item for each price.

    A plan's price that is overridden for a time has an item for each part of it.  It is active at once, or a
    draft if its start lies ahead; the billing run activates it then.  Raises ``NotFound`` for an unknown
    customer, plan or version, ``WrongState`` for an archived customer or plan or a version that is not
    published, ``InvalidInput`` for a currency that a price lacks, a price or an override that is none, a
    quantity that is negative, cannot be billed or has no place, or an impossible time, ``AlreadyExists`` for
    an external id that is taken, and ``Conflict`` if another subscription of the customer bills the same
    usage, which would be paid for twice, unless ``shared_usage`` says that this is meant.
    """
    check_labels(new.external_id, new.plan_reference, new.payment_method)
    check_metadata(new.meta)
    customer = await _customer(uow, new)
    version = await _plan_version(uow, new)
    started_at = uow.now if new.started_at is None else as_instant(new.started_at, field="started_at")
    check_distance(started_at, uow.now, "started_at", "ten years from now")
    agreed, currency = await _agreed(uow, new, customer, version, started_at)
    prices = [stretch.price for stretch in agreed]
    subscription = Subscription(
        id=uow.new_id(),
        external_id=new.external_id,
        customer_id=customer.id,
        plan_id=None if version is None else version.plan_id,
        plan_version_id=None if version is None else version.id,
        plan_reference=new.plan_reference,
        payment_method=new.payment_method,
        currency=currency,
        zone=customer.zone,
        status=SubscriptionState.ACTIVE if started_at <= uow.now else SubscriptionState.DRAFT,
        started_at=started_at,
        anchor_at=_anchor(new, started_at, customer.zone, prices),
        alignment=new.alignment,
        cancel_at=None,
        cancelled_at=None,
        ended_at=None,
        paused_at=None,
        next_billing_at=None,
        billing_error=None,
        meta=new.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )
    _check_quantities(new.quantities, prices, currency)
    if not new.shared_usage:
        brought = [(stretch.price, stretch.field) for stretch in agreed]
        await refuse_shared_usage(uow, subscription, brought, started_at)
    items = [_item(uow, subscription, stretch, new.quantities) for stretch in agreed]
    subscription = planning.scheduled(subscription, items)
    await repository.add(uow, subscription, items)
    await note_items(uow, customer.id, prices)
    uow.announce(
        "subscription.created",
        "subscription",
        subscription.id,
        1,
        {"status": subscription.status, "customer_id": customer.id, "external_id": new.external_id},
    )
    return subscription


def check_labels(external_id: str | None, plan_reference: str | None, payment_method: str | None) -> None:
    """Refuse texts of a subscription that cannot be kept; ``None`` passes."""
    check_text(external_id, "external_id", longest=255)
    check_text(plan_reference, "plan_reference", longest=255)
    if payment_method is not None and not _WORD.fullmatch(payment_method):
        raise InvalidInput(
            "payment_method is not one word in lower case",
            field="payment_method",
            allowed="1 to 50 of a-z, 0-9 and _, a letter first: card, bank_transfer",
        )


async def _agreed(
    uow: Uow, new: NewSubscription, customer: Customer, version: PlanVersion | None, start: datetime
) -> tuple[list[Stretch], str]:
    """What is paid when, the plan's prices first, and the currency."""
    given = taken(version, new.price_codes)
    times = read_times(new.overrides, given, start)
    if version is not None and version.prices and not given and not new.prices:
        raise InvalidInput(
            "a subscription that takes none of the plan's prices needs prices of its own",
            field="price_codes",
            allowed=f"one or more of {', '.join(price.code for price in version.prices)}; all if left out",
        )
    own = await make_own(uow, new.prices)
    _check_codes(own, {price.code for price in given})
    replaced = never_paid(times, start)
    paid = [*(price for price in given if price.code not in replaced), *own]
    currency = _currency(new, customer, paid)
    instead = [] if version is None else await make_overrides(uow, new.overrides, version, currency)
    field = "plan_version_id" if new.plan_id is None else "plan_id"
    return [*plan_stretches(given, times, instead, start, field), *own_stretches(own, start)], currency


def _check_codes(own: Sequence[Price], taken: set[str]) -> None:
    for index, price in enumerate(own):
        if price.code in taken:
            raise InvalidInput(
                f"the subscription has a price {price.code} already",
                field=f"prices.{index}.code",
                allowed="a code that no other of its prices has; overrides take the place of a plan's price",
            )
        taken.add(price.code)


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


async def _plan_version(uow: Uow, new: NewSubscription) -> PlanVersion | None:
    if new.plan_id is not None and new.plan_version_id is not None:
        raise InvalidInput(
            "a subscription is to a plan or to a version of one",
            field="plan_id",
            allowed="either plan_id or plan_version_id",
        )
    if new.plan_id is None and new.plan_version_id is None:
        if not new.prices:
            raise InvalidInput(
                "a subscription needs a plan or prices of its own",
                field="plan_id",
                allowed="plan_id or plan_version_id, or one or more prices",
            )
        return None
    if new.plan_id is not None:
        try:
            version = await published_version_of(uow, new.plan_id)
        except CounterfoilError as error:
            raise error.within("plan_id") from None
    else:
        assert new.plan_version_id is not None
        found = (await plan_versions_by_ids(uow, [new.plan_version_id])).get(new.plan_version_id)
        if found is None:
            raise NotFound("no such plan version", field="plan_version_id")
        version = found
    if version.status is not PlanVersionStatus.PUBLISHED:
        raise WrongState(
            "the plan version is a draft", field="plan_version_id", allowed="a published version"
        )
    plan = await get_plan(uow, version.plan_id)
    if plan.archived_at is not None:
        field = "plan_version_id" if new.plan_id is None else "plan_id"
        raise WrongState(f"the plan {plan.code} is archived", field=field, allowed="a plan not archived")
    return version


def _currency(new: NewSubscription, customer: Customer, prices: Sequence[Price]) -> str:
    currency = customer.currency if new.currency is None else new.currency
    common = sorted(set.intersection(*(set(price.params) for price in prices))) if prices else []
    known = ", ".join(common) if prices else "an ISO 4217 code such as EUR or USD"
    if currency is None:
        raise InvalidInput(
            "a currency is needed, since the customer has none", field="currency", allowed=known
        )
    unit_of(currency)
    for price in prices:
        if currency not in price.params:
            raise InvalidInput(
                f"the price {price.code} has no amounts in {currency}", field="currency", allowed=known
            )
    return currency


def _check_quantities(quantities: Mapping[str, Decimal], prices: Sequence[Price], currency: str) -> None:
    takers = [price for price in prices if price.quantity_source is QuantitySource.ITEM]
    codes = {price.code for price in takers}
    for code, quantity in quantities.items():
        if code not in codes:
            raise InvalidInput(
                f"the subscription has no price {code!r} that takes a quantity",
                field="quantities",
                allowed=", ".join(sorted(codes)) or "none: no price of the subscription takes a quantity",
            )
        check_quantity(quantity, f"quantities.{code}")
    for price in takers:
        check_billable(price, quantities.get(price.code, ONE), currency, f"quantities.{price.code}")


def check_quantity(quantity: Decimal, field: str) -> None:
    """Refuse a quantity below zero; fractions are allowed (half a seat, 12.5 hours)."""
    if quantity < 0:
        raise InvalidInput(f"{field} is below zero", field=field, allowed="0 or more")


def check_billable(price: Price, quantity: Decimal, currency: str, field: str) -> None:
    """Refuse a quantity for which no invoice could state what a whole period costs."""
    try:
        rate_line(RatingInput(pricing=price.pricing(currency), quantity=quantity, unit=unit_of(currency)))
    except TooLarge as refused:
        raise TooLarge(
            f"{field} makes the price {price.code} more than can be billed",
            field=field,
            allowed=f"a quantity that costs {refused.allowed}",
        ) from None
    except InvalidInput as refused:
        raise InvalidInput(
            f"{field} has no price: {refused.message}", field=field, allowed=refused.allowed
        ) from None


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


def check_distance(instant: datetime, origin: datetime, field: str, latest: str) -> None:
    """Refuse an instant more than ten years after ``origin``."""
    if instant - origin > FARTHEST_START:
        raise InvalidInput(f"{field} is too far ahead", field=field, allowed=f"a time until {latest}")


def _item(
    uow: Uow, subscription: Subscription, stretch: Stretch, quantities: Mapping[str, Decimal]
) -> SubscriptionItem:
    item = SubscriptionItem(
        id=uow.new_id(),
        subscription_id=subscription.id,
        price_id=stretch.price.id,
        quantity=quantities.get(stretch.price.code, ONE),
        started_at=stretch.start,
        ended_at=stretch.end,
        billed_to=stretch.start,
        due_at=None,
    )
    return planning.with_due(subscription, item, stretch.price)
