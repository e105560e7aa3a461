"""Rows of issuers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, column, exists, func, insert, select, table, update
from sqlalchemy.dialects.postgresql import insert as upsert

from counterfoil.modules.invoicing.models import InvoiceRow, IssuerRow
from counterfoil.modules.invoicing.types import Issuer
from counterfoil.store import Page, PageQuery, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_values, update_versioned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

_SELECT = select(*columns(IssuerRow, Issuer))
_ORGANIZATIONS = table("organizations", column("id"), column("name"))  # identity's; read for a name only
_TAKE = (
    update(IssuerRow)
    .where(
        IssuerRow.environment_id == bindparam("of_environment"),
        IssuerRow.id == bindparam("of_issuer"),
    )
    .values(next_number=bindparam("following"))
)


async def add(uow: Uow, issuer: Issuer) -> None:
    """Write a new issuer; ``AlreadyExists`` if its code or external id is taken."""
    await uow.execute(insert(IssuerRow).values(insert_values(uow, issuer)))


async def add_default(uow: Uow, issuer: Issuer) -> None:
    """Write the first issuer of an environment, unless somebody else did at the same time."""
    statement = upsert(IssuerRow).values(insert_values(uow, issuer))
    await uow.execute(statement.on_conflict_do_nothing())


async def default(uow: Uow) -> Issuer | None:
    """The environment's default issuer."""
    statement = _SELECT.where(IssuerRow.environment_id == uow.environment_id, IssuerRow.is_default)
    found = records(Issuer, await uow.execute(statement))
    return found[0] if found else None


async def get(uow: Uow, issuer_id: UUID, *, lock: bool = False) -> Issuer:
    """The issuer, or ``NotFound``; locked, nobody else takes a number until the end."""
    statement = _SELECT.where(IssuerRow.environment_id == uow.environment_id, IssuerRow.id == issuer_id)
    return only(Issuer, await uow.execute(statement.with_for_update() if lock else statement), "issuer")


async def by_ids(uow: Uow, ids: Collection[UUID], *, lock: bool = False) -> dict[UUID, Issuer]:
    """The issuers with these ids; locked in one order, so that two batches never block each other."""
    statement = _SELECT.where(IssuerRow.environment_id == uow.environment_id, IssuerRow.id.in_(ids))
    if lock:
        statement = statement.order_by(IssuerRow.id).with_for_update()
    return {issuer.id: issuer for issuer in records(Issuer, await uow.execute(statement))}


async def page(uow: Uow, query: PageQuery) -> Page[Issuer]:
    """Issuers, newest first."""
    statement = _SELECT.where(IssuerRow.environment_id == uow.environment_id)
    return page_of(records(Issuer, await uow.execute(paged(statement, IssuerRow.id, query))), query)


async def save(uow: Uow, issuer: Issuer, changed: Mapping[str, Any]) -> None:
    """Write changed fields of an issuer whose previous version was read."""
    await update_versioned(uow, IssuerRow, issuer, changed, kind="issuer")


async def take_numbers(uow: Uow, following: Mapping[UUID, int]) -> None:
    """Write the next number of each issuer; their rows are locked."""
    rows = [
        {"of_environment": uow.environment_id, "of_issuer": issuer_id, "following": number}
        for issuer_id, number in following.items()
    ]
    await uow.execute(_TAKE, rows)


async def has_numbered(uow: Uow, issuer_id: UUID) -> bool:
    """Whether an invoice bears a number of this issuer."""
    numbered = exists().where(
        InvoiceRow.environment_id == uow.environment_id,
        InvoiceRow.issuer_id == issuer_id,
        InvoiceRow.number.is_not(None),
    )
    return bool((await uow.execute(select(numbered))).scalar_one())


async def organization_name(uow: Uow) -> str:
    """What the organization is called: its first issuer is called so."""
    statement = select(func.coalesce(func.max(_ORGANIZATIONS.c.name), "")).where(
        _ORGANIZATIONS.c.id == uow.organization_id
    )
    return str((await uow.execute(statement)).scalar_one())
