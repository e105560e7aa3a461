"""Rows of customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as insert_if_new

from counterfoil.modules.customers.models import CustomerRow
from counterfoil.modules.customers.types import Customer
from counterfoil.store import Found, OffsetQuery, Page, PageQuery, Uow, only, records
from counterfoil.store.paging import at_offset, counted, page_of, paged
from counterfoil.store.rows import among, columns, insert_values, update_versioned, with_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row

    from counterfoil.modules.customers.types import CustomerFilter

_SELECT = select(*columns(CustomerRow, Customer))
_BY_IDS = with_ids(_SELECT, CustomerRow)


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
        CustomerRow.environment_id == uow.environment_id, among(CustomerRow.external_id, external_ids)
    )
    return {row.external_id: row.id for row in await uow.execute(statement)}


async def known_ids(uow: Uow, ids: Collection[UUID]) -> set[UUID]:
    """Those of these ids that are customers."""
    statement = select(CustomerRow.id).where(
        CustomerRow.environment_id == uow.environment_id, among(CustomerRow.id, ids)
    )
    return set((await uow.execute(statement)).scalars())


async def names(uow: Uow, ids: Collection[UUID]) -> dict[UUID, str]:
    """The names of these customers, by id."""
    statement = select(CustomerRow.id, CustomerRow.name).where(
        CustomerRow.environment_id == uow.environment_id, among(CustomerRow.id, ids)
    )
    return {row.id: row.name for row in await uow.execute(statement)}


async def tax_facts(uow: Uow, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Address, tax number and exemption of these customers, and who pays for them."""
    statement = select(
        CustomerRow.id,
        CustomerRow.address,
        CustomerRow.tax_number,
        CustomerRow.tax_exempt,
        CustomerRow.tax_exemption,
        CustomerRow.payer_id,
    ).where(CustomerRow.environment_id == uow.environment_id, among(CustomerRow.id, ids))
    return (await uow.execute(statement)).all()


async def page(
    uow: Uow, query: PageQuery, *, external_id: str | None, parent_id: UUID | None
) -> Page[Customer]:
    """Customers, newest first."""
    statement = _SELECT.where(CustomerRow.environment_id == uow.environment_id)
    if external_id is not None:
        statement = statement.where(CustomerRow.external_id == external_id)
    if parent_id is not None:
        statement = statement.where(CustomerRow.parent_id == parent_id)
    rows = await uow.execute(paged(statement, CustomerRow.id, query))
    return page_of(records(Customer, rows), query)


async def search(uow: Uow, wanted: CustomerFilter, query: OffsetQuery) -> Found[Customer]:
    """Customers that the filter asks for, by offset, and how many in all."""
    statement = _SELECT.where(CustomerRow.environment_id == uow.environment_id, *_conditions(wanted))
    created = CustomerRow.created_at
    dated = wanted.created_from is not None or wanted.created_to is not None
    order = (created if query.ascending else created.desc(),) if dated else ()
    rows = await uow.execute(at_offset(statement, CustomerRow.id, query, *order))
    return Found(records(Customer, rows), (await uow.execute(counted(statement))).scalar_one())


def _conditions(wanted: CustomerFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.ids is not None:
        found.append(among(CustomerRow.id, wanted.ids))
    if wanted.external_ids is not None:
        found.append(among(CustomerRow.external_id, wanted.external_ids))
    if wanted.email is not None:
        found.append(CustomerRow.email == wanted.email)
    if wanted.name_contains is not None:
        found.append(CustomerRow.name.icontains(wanted.name_contains, autoescape=True))
    if wanted.archived is not None:
        archived = CustomerRow.archived_at
        found.append(archived.is_not(None) if wanted.archived else archived.is_(None))
    if wanted.created_from is not None:
        found.append(CustomerRow.created_at >= wanted.created_from)
    if wanted.created_to is not None:
        found.append(CustomerRow.created_at <= wanted.created_to)
    return found


async def by_ids(uow: Uow, ids: Collection[UUID]) -> dict[UUID, Customer]:
    """The customers with these ids; unknown ones are left out."""
    rows = await uow.rows(_BY_IDS, {"environment_id": uow.environment_id, "ids": ids})
    return {customer.id: customer for customer in records(Customer, rows)}


async def add_named(uow: Uow, customer: Customer) -> bool:
    """Write a new customer unless the external id is taken; whether it was written."""
    statement = (
        insert_if_new(CustomerRow)
        .values(insert_values(uow, customer))
        .on_conflict_do_nothing(index_elements=["environment_id", "external_id"])
    )
    return (await uow.execute(statement)).rowcount == 1


async def update(uow: Uow, customer: Customer, changed: Mapping[str, Any]) -> None:
    """Write changed fields of a customer whose previous version was read."""
    await update_versioned(uow, CustomerRow, customer, changed, kind="customer")
