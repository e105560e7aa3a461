"""Rows of credit grants and their applications."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, or_, select, text

from counterfoil.core.states import CreditApplicationState
from counterfoil.modules.subscriptions import SubscriptionRow
from counterfoil.modules.wallets.models import CreditGrantApplicationRow, CreditGrantRow
from counterfoil.modules.wallets.types import CreditGrant, CreditGrantApplication, GrantSort
from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow, only, records
from counterfoil.store.paging import at_offset, counted, page_of, paged
from counterfoil.store.rows import columns, insert_values, update_versioned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Select

    from counterfoil.modules.wallets.types import CreditGrantFilter

_SELECT: Final = select(*columns(CreditGrantRow, CreditGrant))
_APPLICATIONS: Final = select(*columns(CreditGrantApplicationRow, CreditGrantApplication))
_OPEN: Final = CreditGrantApplicationRow.status.in_(
    (CreditApplicationState.PENDING, CreditApplicationState.FAILED)
)
# Ids sort by when grants were made.
_SORTED: Final[dict[GrantSort, tuple[Any, ...]]] = {
    GrantSort.CREATED_AT: (),
    GrantSort.UPDATED_AT: (CreditGrantRow.updated_at,),
    GrantSort.NAME: (CreditGrantRow.name,),
}
# A grant that has not begun ends as it starts, and so has no period.
_END_GRANTS: Final = text(
    """
    update credit_grants g
    set ends_at = greatest(u.at, g.starts_at), version = g.version + 1, updated_at = :now
    from unnest(cast(:subscriptions as uuid[]), cast(:instants as timestamptz[])) u (subscription_id, at)
    where g.environment_id = :environment and g.subscription_id = u.subscription_id
      and (not :copied or g.template_id is not null)
      and (g.ends_at is null or g.ends_at > greatest(u.at, g.starts_at))
    returning g.id, g.version, g.ends_at
    """
)
_END_APPLICATIONS: Final = text(
    """
    update credit_grant_applications a
    set status = case when a.period_start >= u.at then 'cancelled' else a.status end,
        period_end = case when a.period_start >= u.at then a.period_end else least(a.period_end, u.at) end,
        updated_at = :now
    from unnest(cast(:subscriptions as uuid[]), cast(:instants as timestamptz[])) u (subscription_id, at)
    where a.environment_id = :environment and a.subscription_id = u.subscription_id
      and a.status in ('pending', 'failed') and (a.period_start >= u.at or a.period_end > u.at)
      and (not :copied or exists (
          select from credit_grants g where g.id = a.grant_id and g.template_id is not null
      ))
    """
)
_WRITE_APPLICATION: Final = text(
    """
    update credit_grant_applications
    set status = :status, period_end = :period_end, updated_at = :updated_at
    where environment_id = :environment and id = :id
    """
)


async def add(
    uow: Uow, grants: Sequence[CreditGrant], applications: Sequence[CreditGrantApplication]
) -> None:
    """Write new grants with their first applications; ``AlreadyExists`` if an external id is taken."""
    await uow.execute(insert(CreditGrantRow).values([insert_values(uow, grant) for grant in grants]))
    await add_applications(uow, applications)


async def add_applications(uow: Uow, applications: Sequence[CreditGrantApplication]) -> None:
    """Write new applications."""
    if applications:
        rows = [insert_values(uow, application) for application in applications]
        await uow.execute(insert(CreditGrantApplicationRow).values(rows))


async def get(uow: Uow, grant_id: UUID, *, locked: bool = False) -> CreditGrant:
    """The grant, or ``NotFound``; ``locked``: nobody else changes it before this unit ends."""
    statement = _grants(uow).where(CreditGrantRow.id == grant_id)
    if locked:
        statement = statement.with_for_update()
    return only(CreditGrant, await uow.execute(statement), "credit grant")


async def page(
    uow: Uow,
    query: PageQuery,
    *,
    plan_id: UUID | None,
    subscription_id: UUID | None,
    external_id: str | None,
) -> Page[CreditGrant]:
    """Grants, newest first."""
    statement = _grants(uow)
    if plan_id is not None:
        statement = statement.where(CreditGrantRow.plan_id == plan_id)
    if subscription_id is not None:
        statement = statement.where(CreditGrantRow.subscription_id == subscription_id)
    if external_id is not None:
        statement = statement.where(CreditGrantRow.external_id == external_id)
    rows = await uow.execute(paged(statement, CreditGrantRow.id, query))
    return page_of(records(CreditGrant, rows), query)


async def search(
    uow: Uow, wanted: CreditGrantFilter, query: OffsetQuery, sort: GrantSort
) -> Found[CreditGrant]:
    """A page by offset of the grants that were asked for, and how many there are."""
    statement = _filtered(_grants(uow), wanted)
    order = [column if query.ascending else column.desc() for column in _SORTED[sort]]
    rows = await uow.execute(at_offset(statement, CreditGrantRow.id, query, *order))
    total: int = (await uow.execute(counted(statement))).scalar_one()
    return Found(records(CreditGrant, rows), total)


def _filtered(statement: Select[Any], wanted: CreditGrantFilter) -> Select[Any]:
    for column, values in (
        (CreditGrantRow.id, wanted.ids),
        (CreditGrantRow.plan_id, wanted.plan_ids),
        (CreditGrantRow.subscription_id, wanted.subscription_ids),
    ):
        if values is not None:
            statement = statement.where(column.in_(values))
    if wanted.archived is not None:
        archived = CreditGrantRow.archived_at
        statement = statement.where(archived.is_not(None) if wanted.archived else archived.is_(None))
    if wanted.created_from is not None:
        statement = statement.where(CreditGrantRow.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        statement = statement.where(CreditGrantRow.created_at <= wanted.created_to)
    return statement


async def templates_of(uow: Uow, plan_id: UUID) -> list[CreditGrant]:
    """The grants of a plan that are copied to new subscriptions, in the order in which they were made."""
    statement = _grants(uow).where(CreditGrantRow.plan_id == plan_id, CreditGrantRow.archived_at.is_(None))
    return records(CreditGrant, await uow.execute(statement.order_by(CreditGrantRow.id)))


async def count_templates(uow: Uow, plan_id: UUID) -> int:
    """How many grants of a plan are copied to new subscriptions."""
    statement = select(func.count()).where(
        CreditGrantRow.environment_id == uow.environment_id,
        CreditGrantRow.plan_id == plan_id,
        CreditGrantRow.archived_at.is_(None),
    )
    found: int = (await uow.execute(statement)).scalar_one()
    return found


async def update(uow: Uow, grant: CreditGrant, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a grant whose previous version was read."""
    await update_versioned(uow, CreditGrantRow, grant, changed, kind="credit grant")


async def latest_applications(uow: Uow, grant_id: UUID) -> list[CreditGrantApplication]:
    """A grant's last two applications that are not cancelled, the later one first: the open one, if there is
    one, and the last before it."""
    statement = (
        _applications(uow)
        .where(
            CreditGrantApplicationRow.grant_id == grant_id,
            CreditGrantApplicationRow.status != CreditApplicationState.CANCELLED,
        )
        .order_by(CreditGrantApplicationRow.period_start.desc())
        .limit(2)
    )
    return records(CreditGrantApplication, await uow.execute(statement))


async def upcoming(uow: Uow, subscription_ids: Collection[UUID]) -> list[CreditGrantApplication]:
    """Open applications of these subscriptions that begin before their end ahead, the next due first."""
    end = func.least(SubscriptionRow.cancel_at, SubscriptionRow.expires_at)
    statement = (
        _applications(uow)
        .join(SubscriptionRow, SubscriptionRow.id == CreditGrantApplicationRow.subscription_id)
        .where(
            SubscriptionRow.environment_id == uow.environment_id,
            CreditGrantApplicationRow.subscription_id.in_(subscription_ids),
            _OPEN,
            or_(end.is_(None), CreditGrantApplicationRow.period_start < end),
        )
        .order_by(CreditGrantApplicationRow.due_at, CreditGrantApplicationRow.id)
    )
    return records(CreditGrantApplication, await uow.execute(statement))


async def write_application(uow: Uow, application: CreditGrantApplication) -> None:
    """Write the state and the end of an application whose grant this unit has locked."""
    values = {
        "environment": uow.environment_id,
        "id": application.id,
        "status": application.status.value,
        "period_end": application.period_end,
        "updated_at": application.updated_at,
    }
    await uow.execute(_WRITE_APPLICATION, values)


async def end(uow: Uow, ends: Mapping[UUID, datetime], *, copied: bool) -> list[tuple[UUID, int, datetime]]:
    """End the grants of these subscriptions, each at its instant, and cancel what would have come after.

    ``copied``: only those that are copies of a plan's templates.

    Returns id, version and end of those that would have gone on; two statements.
    """
    values = {
        "environment": uow.environment_id,
        "subscriptions": list(ends),
        "instants": list(ends.values()),
        "copied": copied,
        "now": uow.now,
    }
    ended = [(row.id, row.version, row.ends_at) for row in await uow.execute(_END_GRANTS, values)]
    await uow.execute(_END_APPLICATIONS, values)
    return ended


def _grants(uow: Uow) -> Select[Any]:
    return _SELECT.where(CreditGrantRow.environment_id == uow.environment_id)


def _applications(uow: Uow) -> Select[Any]:
    return _APPLICATIONS.where(CreditGrantApplicationRow.environment_id == uow.environment_id)
