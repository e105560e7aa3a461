"""Use cases of discounts: redeeming coupons, ending what was redeemed, and what billing asks of it.

Always holds: a coupon is redeemed no more often than it may be, in all and by one customer, however many
redeem it at once; it is redeemed at most once at a time for one subscription, or for one customer's all.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, as_instant
from counterfoil.core.coupons import Coverage, DurationUnit, Sold, holds_until
from counterfoil.core.errors import (
    AlreadyExists,
    Conflict,
    CounterfoilError,
    InvalidInput,
    NotFound,
    TooLarge,
)
from counterfoil.core.pricing import Detail
from counterfoil.core.states import SUBSCRIPTION, SubscriptionTrigger, advance
from counterfoil.modules.catalog import (
    QuantitySource,
    coupons_by_codes,
    features_by_ids,
    plans_by_ids,
    prices_by_ids,
    redeem_coupon,
)
from counterfoil.modules.customers import lock_customer
from counterfoil.modules.subscriptions import planning, repository
from counterfoil.modules.subscriptions import repository_discounts as rows
from counterfoil.modules.subscriptions.checks import check_distance
from counterfoil.modules.subscriptions.discount_types import AgreedCoupon, SubscriptionDiscount
from counterfoil.store.guards import check_metadata, check_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.catalog import Coupon, Price
    from counterfoil.modules.subscriptions.discount_types import NewDiscount
    from counterfoil.modules.subscriptions.types import Subscription, SubscriptionItem
    from counterfoil.store import Page, PageQuery, Uow

MOST_AT_ONCE: Final = 5
"""Discounts of one subscription that hold at one time, and of one customer; a line bears twice as many."""


async def redeem_for_subscription(uow: Uow, subscription_id: UUID, new: NewDiscount) -> SubscriptionDiscount:
    """Redeem a coupon for a subscription, from now on or from a time ahead.

    Raises ``NotFound``, ``WrongState`` for a subscription that has ended or a coupon that is archived or
    over, ``InvalidInput`` for a coupon that takes nothing from what the subscription pays, or an impossible
    time, ``Conflict`` for one that was redeemed as often as it may be, ``AlreadyExists`` for one that holds
    already.
    """
    subscription = await repository.get(uow, subscription_id, locked=True)
    advance(SUBSCRIPTION, planning.as_of(subscription, uow.now).status, SubscriptionTrigger.CHANGE)
    items = (await repository.items_of(uow, [subscription.id])).get(subscription.id, [])
    prices = await prices_by_ids(uow, {item.price_id for item in items})
    starts_at = max(_start(uow, new), subscription.started_at)
    agreed = AgreedCoupon(new.coupon, "coupon", starts_at)
    (made,) = await _redeem(uow, subscription, items, prices, [agreed], new)
    return made


async def redeem_agreed(
    uow: Uow,
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Iterable[Price],
    agreed: Sequence[AgreedCoupon],
) -> list[SubscriptionDiscount]:
    """Redeem the coupons that a subscription was agreed with; refusals name the field of each."""
    by_id = {price.id: price for price in prices}
    return await _redeem(uow, subscription, items, by_id, agreed) if agreed else []


async def cut_discounts(uow: Uow, subscription_id: UUID, codes: Collection[str], end: datetime) -> None:
    """End a locked subscription's discounts by these coupons at an instant ahead, if they hold longer."""
    if not codes:
        return
    coupons = {coupon.id for coupon in (await coupons_by_codes(uow, codes)).values()}
    for one in await rows.standing(uow, [subscription_id], [], end):
        if one.coupon_id in coupons:
            await _end(uow, one, max(end, one.starts_at))


async def redeem_for_customer(uow: Uow, customer_id: UUID, new: NewDiscount) -> SubscriptionDiscount:
    """Redeem a coupon for all subscriptions of a customer, those to come included.

    Raises what ``redeem_for_subscription`` raises, and ``InvalidInput`` for a coupon that is counted in
    periods, which are another subscription's each.
    """
    customer = await lock_customer(uow, customer_id)
    coupons = await _coupons(uow, [AgreedCoupon(new.coupon, "coupon", uow.now)])
    coupon = coupons[new.coupon]
    if coupon.periods is not None:
        raise InvalidInput(
            f"the coupon {coupon.code} holds for periods, and a customer's subscriptions have different ones",
            field="coupon",
            allowed="a coupon that holds once, for months or for ever",
        )
    starts_at = _start(uow, new)
    cycle = Cycle(Interval(IntervalUnit.MONTH), starts_at, customer.zone)
    made = _made(
        uow, coupon, customer.id, None, starts_at, _until(coupon, starts_at, cycle, begins=True), new
    )
    others = await rows.standing(uow, [], [customer.id], starts_at)
    _check_others(coupon, made, others, "coupon")
    await _count(uow, {coupon.id: coupon}, [(coupon, "coupon")], customer.id)
    await _write(uow, [made], {coupon.id: coupon})
    return made


async def end_discount(
    uow: Uow,
    discount_id: UUID,
    *,
    subscription_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> SubscriptionDiscount:
    """End a discount now, or before it begins; what it took stays taken.  Twice is the same as once.

    It is one of this subscription's, or one for all of this customer's.  Raises ``NotFound``.
    """
    before = await rows.get(uow, discount_id, locked=True)
    owner = before.subscription_id or before.customer_id
    if owner != (subscription_id or customer_id):
        raise NotFound("no such discount")
    return await _end(uow, before, max(uow.now, before.starts_at))


async def _end(uow: Uow, before: SubscriptionDiscount, end: datetime) -> SubscriptionDiscount:
    if before.ends_at is not None and before.ends_at <= end:
        return before
    after = replace(before, ends_at=end, version=before.version + 1, updated_at=uow.now)
    await rows.update(uow, after, {"ends_at"})
    uow.announce("discount.ended", "discount", after.id, after.version, {"ends_at": after.ends_at})
    return after


async def get_discount(uow: Uow, discount_id: UUID) -> SubscriptionDiscount:
    """The discount, or ``NotFound``."""
    return await rows.get(uow, discount_id)


async def list_discounts(
    uow: Uow,
    query: PageQuery,
    *,
    coupon_id: UUID | None = None,
    customer_id: UUID | None = None,
    subscription_id: UUID | None = None,
) -> Page[SubscriptionDiscount]:
    """Discounts, newest first, ended ones included."""
    return await rows.page(
        uow, query, coupon_id=coupon_id, customer_id=customer_id, subscription_id=subscription_id
    )


async def discounts_of(
    uow: Uow, subscription_ids: Collection[UUID], customer_ids: Collection[UUID], since: datetime
) -> list[SubscriptionDiscount]:
    """What may be taken from charges of these after ``since``, in the order of redemption; one statement."""
    return await rows.standing(uow, subscription_ids, customer_ids, since)


async def lock_discounts(uow: Uow, ids: Collection[UUID]) -> dict[UUID, SubscriptionDiscount]:
    """These discounts as they are now, which nobody else takes before this unit ends; one statement."""
    return await rows.lock(uow, ids)


async def note_taken(uow: Uow, taken: Mapping[UUID, UUID | None]) -> None:
    """Note on which invoice locked discounts were taken, ``None``: on none any more; one statement."""
    if taken:
        await rows.write_taken(uow, taken)


async def plan_ids_of(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """The plan that each of these subscriptions is to; one statement."""
    return await rows.plan_ids(uow, subscription_ids)


async def sold_prices(
    uow: Uow, prices: Iterable[tuple[Price, UUID | None]]
) -> dict[tuple[UUID, UUID | None], Sold]:
    """What a coupon's coverage asks of prices, each with the plan of the subscription that pays it.

    A price of the subscription's own is paid under that plan; an add-on's is of its features' products.  Two
    statements at most.
    """
    known = {(price.id, plan_id): (price, _plan_of(price, plan_id)) for price, plan_id in prices}
    plans = await plans_by_ids(uow, {plan_id for _, plan_id in known.values() if plan_id is not None})
    features = await features_by_ids(
        uow, {price.feature_id for price, _ in known.values() if price.feature_id is not None}
    )
    found = {}
    for key, (price, plan_id) in known.items():
        products = [] if plan_id is None else [plans[plan_id].product_id]
        products += [] if price.feature_id is None else [features[price.feature_id].product_id]
        found[key] = Sold(
            price.code, plan_id, frozenset(one for one in products if one is not None), _counted(price)
        )
    return found


def coverage_of(coupon: Coupon) -> Coverage:
    """What a coupon is for."""
    return Coverage(frozenset(coupon.product_ids), frozenset(coupon.plan_ids), frozenset(coupon.price_codes))


def _plan_of(price: Price, plan_id: UUID | None) -> UUID | None:
    if price.add_on_id is not None:
        return None
    return plan_id if price.plan_id is None else price.plan_id


def _counted(price: Price) -> bool:
    """Whether there are first units of it, in whichever currency."""
    if price.quantity_source is QuantitySource.ONE:
        return False
    return all(price.pricing(code).need.detail is Detail.QUANTITY for code in price.params)


async def _redeem(
    uow: Uow,
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    prices: Mapping[UUID, Price],
    agreed: Sequence[AgreedCoupon],
    new: NewDiscount | None = None,
) -> list[SubscriptionDiscount]:
    coupons = await _coupons(uow, agreed)
    others = await rows.standing(uow, [subscription.id], [], min(one.starts_at for one in agreed))
    sold = await sold_prices(uow, [(price, subscription.plan_id) for price in prices.values()])
    main = planning.main_interval(prices[item.price_id].interval for item in items)
    cycle = planning.cycle_of(subscription, main)
    made: list[SubscriptionDiscount] = []
    for one in agreed:
        coupon = coupons[one.code]
        _check_fits(coupon, subscription, sold.values(), one.field)
        starts_at = max(one.starts_at, min((item.started_at for item in items), default=one.starts_at))
        begins = any(item.started_at == starts_at for item in items)
        ends = [_until(coupon, starts_at, cycle, begins=begins), one.ends_at]
        end = min((at for at in ends if at is not None), default=None)
        discount = _made(uow, coupon, subscription.customer_id, subscription.id, starts_at, end, new)
        _check_others(coupon, discount, [*others, *made], one.field)
        made.append(discount)
    by_id = {coupon.id: coupon for coupon in coupons.values()}
    await _count(uow, by_id, [(coupons[one.code], one.field) for one in agreed], subscription.customer_id)
    await _write(uow, made, by_id)
    return made


async def _coupons(uow: Uow, agreed: Sequence[AgreedCoupon]) -> dict[str, Coupon]:
    """The coupons with these codes; one code may be there for several times."""
    for one in agreed:
        check_text(one.code, one.field, longest=100)
    found = await coupons_by_codes(uow, {one.code for one in agreed})
    for one in agreed:
        if one.code not in found:
            raise NotFound("no such coupon", field=one.field, allowed="the code of a coupon")
    return found


async def _count(
    uow: Uow, coupons: Mapping[UUID, Coupon], redeemed: Sequence[tuple[Coupon, str]], customer_id: UUID
) -> None:
    """Count the redemptions; in the order of ids, so that those who redeem several wait for each other."""
    for coupon, field in sorted(redeemed, key=lambda pair: pair[0].id):
        try:
            await redeem_coupon(uow, coupon)
        except CounterfoilError as refused:
            refused.field = field
            raise
    for coupon in coupons.values():  # their rows are locked now, so nobody adds to what is counted here
        fields = [field for one, field in redeemed if one.id == coupon.id]
        most = coupon.max_per_customer
        if most is None or not fields:
            continue
        if await rows.redemptions(uow, coupon.id, customer_id) + len(fields) > most:
            raise Conflict(
                f"the customer redeemed the coupon {coupon.code} as often as one customer may",
                field=fields[-1],
                allowed=f"a coupon that this customer redeemed less often than its max_per_customer, {most}",
            )


def _check_fits(coupon: Coupon, subscription: Subscription, sold: Iterable[Sold], field: str) -> None:
    """Refuse a coupon that takes nothing from anything that the subscription pays."""
    if coupon.amounts and subscription.currency not in coupon.amounts:
        raise InvalidInput(
            f"the coupon {coupon.code} has no amount in {subscription.currency}",
            field=field,
            allowed=f"a coupon of a percentage, or with an amount in {subscription.currency}",
        )
    coverage = coverage_of(coupon)
    if coverage != Coverage() and not any(coverage.covers(one) for one in sold):
        raise InvalidInput(
            f"the coupon {coupon.code} is for nothing that this subscription pays",
            field=field,
            allowed="a coupon for one of its products, plans or price codes, or for everything",
        )


def _check_others(
    coupon: Coupon, made: SubscriptionDiscount, others: Iterable[SubscriptionDiscount], field: str
) -> None:
    """Refuse a coupon that holds already, and too many at once."""
    beside = [one for one in others if _overlap(one, made)]
    if any(one.coupon_id == coupon.id and one.taken_on is None for one in beside):
        raise AlreadyExists(
            f"the coupon {coupon.code} holds already",
            field=field,
            allowed="another coupon, or this one once that was ended",
        )
    if len([one for one in beside if one.taken_on is None]) >= MOST_AT_ONCE:
        raise TooLarge("too many discounts hold at one time", field=field, allowed=f"up to {MOST_AT_ONCE}")


def _overlap(one: SubscriptionDiscount, other: SubscriptionDiscount) -> bool:
    starts_before = other.ends_at is None or one.starts_at < other.ends_at
    return starts_before and (one.ends_at is None or other.starts_at < one.ends_at)


def _until(coupon: Coupon, starts_at: datetime, cycle: Cycle, *, begins: bool) -> datetime | None:
    unit, count = DurationUnit.MONTH, coupon.months
    if coupon.periods is not None:
        unit, count = DurationUnit.PERIOD, coupon.periods
    return holds_until(coupon.duration, unit, count, starts_at, cycle, begins=begins)


def _start(uow: Uow, new: NewDiscount) -> datetime:
    if new.starts_at is None:
        return uow.now
    start = as_instant(new.starts_at, field="starts_at")
    if start < uow.now:
        raise InvalidInput("starts_at has passed", field="starts_at", allowed="now or a time ahead")
    check_distance(start, uow.now, "starts_at", "ten years from now")
    return start


def _made(
    uow: Uow,
    coupon: Coupon,
    customer_id: UUID,
    subscription_id: UUID | None,
    starts_at: datetime,
    ends_at: datetime | None,
    new: NewDiscount | None,
) -> SubscriptionDiscount:
    external_id, meta = (None, {}) if new is None else (new.external_id, new.meta)
    check_text(external_id, "external_id", longest=255)
    check_metadata(meta)
    return SubscriptionDiscount(
        id=uow.new_id(),
        external_id=external_id,
        coupon_id=coupon.id,
        customer_id=customer_id,
        subscription_id=subscription_id,
        starts_at=starts_at,
        ends_at=ends_at,
        taken_on=None,
        meta=meta,
        version=1,
        created_at=uow.now,
        updated_at=uow.now,
    )


async def _write(uow: Uow, made: Sequence[SubscriptionDiscount], coupons: Mapping[UUID, Coupon]) -> None:
    await rows.add(uow, made)
    for one in made:
        told = {
            "coupon": coupons[one.coupon_id].code,
            "customer_id": one.customer_id,
            "subscription_id": one.subscription_id,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
        }
        uow.announce("discount.created", "discount", one.id, 1, told)
