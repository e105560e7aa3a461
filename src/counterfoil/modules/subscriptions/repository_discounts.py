"""Rows of discounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, or_, select, text

from counterfoil.modules.subscriptions.discount_types import SubscriptionDiscount
from counterfoil.modules.subscriptions.models import SubscriptionRow
from counterfoil.modules.subscriptions.models_discounts import DiscountRow
from counterfoil.store import Page, PageQuery, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import among, columns, insert_values, update_versioned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

_SELECT: Final = select(*columns(DiscountRow, SubscriptionDiscount))
_WRITE_TAKEN: Final = text(
    """
    update subscription_discounts d
    set taken_on = u.taken_on, version = version + 1, updated_at = :now
    from unnest(cast(:ids as uuid[]), cast(:taken_on as uuid[])) u (id, taken_on)
    where d.environment_id = :environment and d.id = u.id
    """
)


async def add(uow: Uow, discounts: Sequence[SubscriptionDiscount]) -> None:
    """Write new discounts; ``AlreadyExists`` if an external id is taken."""
    if discounts:
        await uow.execute(insert(DiscountRow).values([insert_values(uow, one) for one in discounts]))


async def get(uow: Uow, discount_id: UUID, *, locked: bool = False) -> SubscriptionDiscount:
    """The discount, or ``NotFound``."""
    statement = _SELECT.where(DiscountRow.environment_id == uow.environment_id, DiscountRow.id == discount_id)
    found = await uow.execute(statement.with_for_update() if locked else statement)
    return only(SubscriptionDiscount, found, "discount")


async def page(uow: Uow, query: PageQuery, **equal: UUID | None) -> Page[SubscriptionDiscount]:
    """Discounts, newest first, of those that are named."""
    wanted = [getattr(DiscountRow, name) == value for name, value in equal.items() if value is not None]
    statement = _SELECT.where(DiscountRow.environment_id == uow.environment_id, *wanted)
    rows = await uow.execute(paged(statement, DiscountRow.id, query))
    return page_of(records(SubscriptionDiscount, rows), query)


async def standing(
    uow: Uow, subscription_ids: Collection[UUID], customer_ids: Collection[UUID], since: datetime
) -> list[SubscriptionDiscount]:
    """What is redeemed for these subscriptions, or for all of these customers', and holds after ``since``.

    In the order in which it was redeemed.
    """
    of_customer = among(DiscountRow.customer_id, customer_ids) & DiscountRow.subscription_id.is_(None)
    statement = _SELECT.where(
        DiscountRow.environment_id == uow.environment_id,
        or_(among(DiscountRow.subscription_id, subscription_ids), of_customer),
        or_(DiscountRow.ends_at.is_(None), DiscountRow.ends_at >= since),
    ).order_by(DiscountRow.id)
    return records(SubscriptionDiscount, await uow.execute(statement))


async def plan_ids(uow: Uow, subscription_ids: Collection[UUID]) -> dict[UUID, UUID | None]:
    """The plans of these subscriptions."""
    statement = select(SubscriptionRow.id, SubscriptionRow.plan_id).where(
        SubscriptionRow.environment_id == uow.environment_id, among(SubscriptionRow.id, subscription_ids)
    )
    return {row.id: row.plan_id for row in await uow.execute(statement)}


async def lock(uow: Uow, ids: Collection[UUID]) -> dict[UUID, SubscriptionDiscount]:
    """These discounts, which nobody else takes before this unit ends."""
    statement = _SELECT.where(
        DiscountRow.environment_id == uow.environment_id, among(DiscountRow.id, ids)
    ).order_by(DiscountRow.id)
    found = records(SubscriptionDiscount, await uow.execute(statement.with_for_update()))
    return {one.id: one for one in found}


async def redemptions(uow: Uow, coupon_id: UUID, customer_id: UUID) -> int:
    """How often a customer redeemed a coupon, ended redemptions included."""
    statement = select(func.count()).where(
        DiscountRow.environment_id == uow.environment_id,
        DiscountRow.customer_id == customer_id,
        DiscountRow.coupon_id == coupon_id,
    )
    found: int = (await uow.execute(statement)).scalar_one()
    return found


async def update(uow: Uow, discount: SubscriptionDiscount, changed: Collection[str]) -> None:
    """Write changed fields of a discount whose previous version was read."""
    await update_versioned(uow, DiscountRow, discount, changed, kind="discount")


async def write_taken(uow: Uow, taken: Mapping[UUID, UUID | None]) -> None:
    """Write on which invoice each of these locked discounts was taken, or that it is on none any more."""
    values: dict[str, Any] = {
        "environment": uow.environment_id,
        "ids": list(taken),
        "taken_on": list(taken.values()),
        "now": uow.now,
    }
    await uow.execute(_WRITE_TAKEN, values)
