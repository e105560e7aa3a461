"""Rows of subscriptions that are invoiced jointly: those of one payer are locked together.

A unit locks payers before their subscriptions, always in that order, so that two never wait for each other,
and whoever has the payer has all that is due of theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, text

from counterfoil.modules.customers import CustomerRow
from counterfoil.modules.subscriptions.models import SubscriptionRow
from counterfoil.modules.subscriptions.types import Subscription
from counterfoil.store import records
from counterfoil.store.rows import among, columns

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from counterfoil.store import Uow

_JOINT: Final = text("subscriptions.invoicing = 'joint'")  # as the index says it
_DUE_PAYERS: Final = text(
    """
    with due as (
        select customer_id from subscriptions
        where environment_id = :environment and next_billing_at <= :now and billing_error is null
          and invoicing = 'joint'
        order by next_billing_at, id limit :limit
    )
    select p.id from customers p
    where p.environment_id = :environment and p.id in (
        select coalesce(c.payer_id, c.id) from customers c
        where c.environment_id = :environment and c.id in (select customer_id from due)
    )
    order by p.id for no key update skip locked
    """
)
_PAYER_OF: Final = text(
    """
    select p.id from customers p
    where p.environment_id = :environment and p.id = (
        select coalesce(c.payer_id, c.id) from subscriptions s
        join customers c on c.environment_id = s.environment_id and c.id = s.customer_id
        where s.environment_id = :environment and s.id = :subscription and s.invoicing = 'joint'
    )
    for no key update
    """
)


async def due_payers(uow: Uow, now: datetime, limit: int) -> list[UUID]:
    """Who pays for the next due subscriptions that are invoiced jointly, locked."""
    values = {"environment": uow.environment_id, "now": now, "limit": limit}
    return [row.id for row in await uow.execute(_DUE_PAYERS, values)]


async def payer_of(uow: Uow, subscription_id: UUID) -> UUID | None:
    """Who pays for a subscription, locked; ``None`` for one that is not invoiced jointly."""
    values = {"environment": uow.environment_id, "subscription": subscription_id}
    found: UUID | None = (await uow.execute(_PAYER_OF, values)).scalar_one_or_none()
    return found


async def due_of(uow: Uow, now: datetime, payers: Collection[UUID]) -> list[Subscription]:
    """All due subscriptions of these payers that are invoiced jointly, locked, by id."""
    paid = select(CustomerRow.id).where(
        CustomerRow.environment_id == uow.environment_id, among(CustomerRow.payer_id, payers)
    )
    own = select(CustomerRow.id).where(
        CustomerRow.environment_id == uow.environment_id,
        among(CustomerRow.id, payers),
        CustomerRow.payer_id.is_(None),
    )
    statement = (
        select(*columns(SubscriptionRow, Subscription))
        .where(
            SubscriptionRow.environment_id == uow.environment_id,
            SubscriptionRow.customer_id.in_(paid.union_all(own)),
            SubscriptionRow.next_billing_at <= now,
            SubscriptionRow.billing_error.is_(None),
            _JOINT,
        )
        .order_by(SubscriptionRow.id)
        .with_for_update(of=SubscriptionRow)
    )
    return records(Subscription, await uow.execute(statement))
