"""Rows of the changes that wait for their date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, text, update

from counterfoil.modules.subscriptions.models import SubscriptionChangeRow
from counterfoil.modules.subscriptions.types import ChangeStatus, ScheduledChange
from counterfoil.store import Page, PageQuery, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_values

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

_SELECT: Final = select(*columns(SubscriptionChangeRow, ScheduledChange))
_SCHEDULED: Final = text("subscription_changes.status = 'scheduled'")  # as the index says it
_NEXT_DUE: Final = text(
    """
    select c.subscription_id, c.due_at
    from subscription_changes c join subscriptions s on s.id = c.subscription_id
    where c.environment_id = :environment and c.status = 'scheduled' and c.due_at <= :now
      and s.billing_error is null
    order by c.due_at, c.id
    limit 1
    """
)


_SUBSCRIBERS: Final = text(
    """
    select id from subscriptions
    where environment_id = :environment and plan_id = :plan and plan_version_id = :version
      and status in ('draft', 'trialing', 'active', 'past_due', 'paused')
      and (cast(:customers as uuid[]) is null or customer_id = any(cast(:customers as uuid[])))
      and (cast(:after as uuid) is null or id > cast(:after as uuid))
    order by id
    limit :limit
    """
)


async def subscribers(
    uow: Uow,
    plan_id: UUID,
    version_id: UUID,
    customer_ids: Sequence[UUID] | None,
    after: UUID | None,
    limit: int,
) -> list[UUID]:
    """The subscriptions to a version of a plan that have not ended, by their ids, after one of them."""
    values = {
        "environment": uow.environment_id,
        "plan": plan_id,
        "version": version_id,
        "customers": None if customer_ids is None else list(customer_ids),
        "after": after,
        "limit": limit,
    }
    return [row.id for row in await uow.execute(_SUBSCRIBERS, values)]


async def add(uow: Uow, change: ScheduledChange) -> None:
    """Write a new change."""
    await uow.execute(insert(SubscriptionChangeRow).values(insert_values(uow, change)))


async def get(uow: Uow, subscription_id: UUID, change_id: UUID) -> ScheduledChange:
    """The change of this subscription, or ``NotFound``."""
    statement = _SELECT.where(
        SubscriptionChangeRow.environment_id == uow.environment_id,
        SubscriptionChangeRow.subscription_id == subscription_id,
        SubscriptionChangeRow.id == change_id,
    )
    return only(ScheduledChange, await uow.execute(statement), "scheduled change of this subscription")


async def page(
    uow: Uow, subscription_id: UUID, query: PageQuery, status: ChangeStatus | None
) -> Page[ScheduledChange]:
    """The changes of a subscription, the one made last first."""
    conditions = [
        SubscriptionChangeRow.environment_id == uow.environment_id,
        SubscriptionChangeRow.subscription_id == subscription_id,
    ]
    if status is not None:
        conditions.append(SubscriptionChangeRow.status == status)
    statement = paged(_SELECT.where(*conditions), SubscriptionChangeRow.id, query)
    return page_of(records(ScheduledChange, await uow.execute(statement)), query)


async def pending(uow: Uow, subscription_id: UUID) -> list[ScheduledChange]:
    """What is still to come of a subscription, in the order in which it will be done."""
    statement = _SELECT.where(
        SubscriptionChangeRow.environment_id == uow.environment_id,
        SubscriptionChangeRow.subscription_id == subscription_id,
        _SCHEDULED,
    ).order_by(SubscriptionChangeRow.due_at, SubscriptionChangeRow.id)
    return records(ScheduledChange, await uow.execute(statement))


async def next_due(uow: Uow) -> tuple[UUID, datetime] | None:
    """The subscription whose change is the next to be done now, and when it was due; none that is held."""
    values = {"environment": uow.environment_id, "now": uow.now}
    row = (await uow.execute(_NEXT_DUE, values)).one_or_none()
    return None if row is None else (row.subscription_id, row.due_at)


async def close(uow: Uow, changes: list[ScheduledChange]) -> None:
    """Write how changes ended."""
    for change in changes:
        await uow.execute(
            update(SubscriptionChangeRow)
            .where(
                SubscriptionChangeRow.environment_id == uow.environment_id,
                SubscriptionChangeRow.id == change.id,
            )
            .values(
                status=change.status,
                reason=change.reason,
                applied_at=change.applied_at,
                updated_at=change.updated_at,
            )
        )
