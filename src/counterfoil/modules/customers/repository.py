"""Rows of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from counterfoil.modules.customers.models import CustomerRow
from counterfoil.modules.customers.types import Customer
from counterfoil.store import Page, PageQuery, Uow, only, records
from counterfoil.store.paging import page_of, paged
from counterfoil.store.rows import columns, insert_values, update_versioned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

_SELECT = select(*columns(CustomerRow, Customer))


async def add(uow: Uow, customer: Customer) -> None:
    """Write a new customer; ``AlreadyExists`` if the external id is taken."""
    await uow.execute(insert(CustomerRow).values(insert_values(uow, customer)))


async def get(uow: Uow, customer_id: UUID, *, locked: bool = False) -> Customer:
    """The customer, or ``NotFound``; ``locked``: nobody else locks or changes it before this unit ends."""
    statement = _SELECT.where(CustomerRow.environment_id == uow.environment_id, CustomerRow.id == customer_id)
    if locked:  # rows that merely refer to the customer (invoices, events) do not wait for this
        statement = statement.with_for_update(key_share=True)
    return only(Customer, await uow.execute(statement), "customer")


async def by_external_ids(uow: Uow, external_ids: Collection[str]) -> dict[str, UUID]:
    """The ids of the customers with these external ids; unknown ones are left out."""
    statement = select(CustomerRow.external_id, CustomerRow.id).where(
        CustomerRow.environment_id == uow.environment_id, CustomerRow.external_id.in_(external_ids)
    )
    return {row.external_id: row.id for row in await uow.execute(statement)}


async def known_ids(uow: Uow, ids: Collection[UUID]) -> set[UUID]:
    """Those of these ids that are customers."""
    statement = select(CustomerRow.id).where(
        CustomerRow.environment_id == uow.environment_id, CustomerRow.id.in_(ids)
    )
    return set((await uow.execute(statement)).scalars())


async def names(uow: Uow, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these customers, by id."""
    statement = select(CustomerRow.id, CustomerRow.name).where(
        CustomerRow.environment_id == uow.environment_id, CustomerRow.id.in_(ids)
    )
    return {row.id: row.name for row in await uow.execute(statement)}


async def exempt(uow: Uow, ids: Collection[UUID]) -> set[UUID]:
    """Those of these customers who pay no tax."""
    statement = select(CustomerRow.id).where(
        CustomerRow.environment_id == uow.environment_id, CustomerRow.id.in_(ids), CustomerRow.tax_exempt
    )
    return set((await uow.execute(statement)).scalars())


async def page(uow: Uow, query: PageQuery, *, external_id: str | None) -> Page[Customer]:
    """Customers, newest first."""
    statement = _SELECT.where(CustomerRow.environment_id == uow.environment_id)
    if external_id is not None:
        statement = statement.where(CustomerRow.external_id == external_id)
    rows = await uow.execute(paged(statement, CustomerRow.id, query))
    return page_of(records(Customer, rows), query)


async def update(uow: Uow, customer: Customer, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a customer whose previous version was read."""
    await update_versioned(uow, CustomerRow, customer, changed, kind="customer")
