"""Making a subscription: everything that a new one is checked for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import aligned_anchor, as_instant
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
from counterfoil.modules.subscriptions.overlaps import refuse_shared_usage
from counterfoil.modules.subscriptions.types import Alignment, Subscription, SubscriptionItem
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from counterfoil.modules.catalog import PlanVersion, Price
    from counterfoil.modules.customers import Customer
    from counterfoil.modules.subscriptions.types import NewSubscription
    from counterfoil.store import Uow

FARTHEST_START: Final = timedelta(days=3653)
"""How far ahead a subscription may start, and its anchor may lie after the start: ten years."""

ONE: Final = Decimal(1)
"""The quantity of an item for which none is given."""


async def create_subscription(uow: Uow, new: NewSubscription) -> Subscription:
    """Make a subscription to the published version of a plan, or to a given version, with an item a price.

    It is active at once, or a draft if its start lies ahead; the billing run activates it then.  Raises
    ``NotFound`` for an unknown customer, plan or version, ``WrongState`` for an archived customer or plan or
    a version that is not published, ``InvalidInput`` for a currency that a price lacks, a quantity that is
    negative, cannot be billed or has no place, or an impossible time, ``AlreadyExists`` for an external id
    that is taken, and ``Conflict`` if another subscription of the customer bills the same usage, which would
    be paid for twice, unless ``shared_usage`` says that this is meant.
    """
    check_text(new.external_id, "external_id", longest=255)
    check_metadata(new.meta)
    customer = await _customer(uow, new)
    version = await _plan_version(uow, new)
    started_at = uow.now if new.started_at is None else as_instant(new.started_at, field="started_at")
    _check_distance(started_at, uow.now, "started_at", "ten years from now")
    subscription = Subscription(
        id=uow.new_id(),
        external_id=new.external_id,
        customer_id=customer.id,
        plan_id=version.plan_id,
        plan_version_id=version.id,
        currency=_currency(new, customer, version),
        zone=customer.zone,
        status=SubscriptionState.ACTIVE if started_at <= uow.now else SubscriptionState.DRAFT,
        started_at=started_at,
        anchor_at=_anchor(new, started_at, customer.zone, version),
        alignment=new.alignment,
        cancel_at=None,
        cancelled_at=None,
        ended_at=None,
        next_billing_at=None,
        billing_error=None,
        meta=new.meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )
    _check_quantities(new.quantities, version, subscription.currency)
    if not new.shared_usage:
        field = "plan_version_id" if new.plan_id is None else "plan_id"
        await refuse_shared_usage(uow, customer.id, version.prices, started_at, field)
    items = [_item(uow, subscription, price, new.quantities) for price in version.prices]
    subscription = planning.scheduled(subscription, items)
    await repository.add(uow, subscription, items)
    uow.announce(
        "subscription.created",
        "subscription",
        subscription.id,
        1,
        {"status": subscription.status, "customer_id": customer.id, "external_id": new.external_id},
    )
    return subscription


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


async def _plan_version(uow: Uow, new: NewSubscription) -> PlanVersion:
    if (new.plan_id is None) == (new.plan_version_id is None):
        raise InvalidInput(
            "a subscription is to a plan or to a version of one",
            field="plan_id",
            allowed="either plan_id or plan_version_id",
        )
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


def _currency(new: NewSubscription, customer: Customer, version: PlanVersion) -> str:
    currency = customer.currency if new.currency is None else new.currency
    known = ", ".join(version.currencies) if version.prices else "an ISO 4217 code such as EUR or USD"
    if currency is None:
        raise InvalidInput(
            "a currency is needed, since the customer has none", field="currency", allowed=known
        )
    unit_of(currency)
    for price in version.prices:
        if currency not in price.params:
            raise InvalidInput(
                f"the price {price.code} has no amounts in {currency}", field="currency", allowed=known
            )
    return currency


def _check_quantities(quantities: Mapping[str, Decimal], version: PlanVersion, currency: str) -> None:
    takers = {price.code: price for price in version.prices if price.quantity_source is QuantitySource.ITEM}
    for code, quantity in quantities.items():
        if code not in takers:
            raise InvalidInput(
                f"the plan has no price {code!r} that takes a quantity",
                field="quantities",
                allowed=", ".join(sorted(takers)) or "none: no price of the plan takes a quantity",
            )
        check_quantity(quantity, f"quantities.{code}")
    for code, price in takers.items():
        check_billable(price, quantities.get(code, ONE), currency, f"quantities.{code}")


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


def _anchor(new: NewSubscription, started_at: datetime, zone: str, version: PlanVersion) -> datetime:
    if new.alignment is Alignment.CALENDAR:
        if new.anchor_at is not None:
            raise InvalidInput(
                "the calendar is the anchor",
                field="anchor_at",
                allowed="no anchor_at with alignment calendar",
            )
        main = planning.main_interval(price.interval for price in version.prices)
        return aligned_anchor(main, started_at, zone)
    if new.anchor_at is None:
        return started_at
    anchor = as_instant(new.anchor_at, field="anchor_at")
    _check_distance(anchor, started_at, "anchor_at", "ten years after the start")
    return anchor


def _check_distance(instant: datetime, origin: datetime, field: str, latest: str) -> None:
    if instant - origin > FARTHEST_START:
        raise InvalidInput(f"{field} is too far ahead", field=field, allowed=f"a time until {latest}")


def _item(
    uow: Uow, subscription: Subscription, price: Price, quantities: Mapping[str, Decimal]
) -> SubscriptionItem:
    item = SubscriptionItem(
        id=uow.new_id(),
        subscription_id=subscription.id,
        price_id=price.id,
        quantity=quantities.get(price.code, ONE),
        started_at=subscription.started_at,
        ended_at=None,
        billed_to=subscription.started_at,
        due_at=None,
    )
    return planning.with_due(subscription, item, price)
