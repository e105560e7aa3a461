"""Many rows read and written in few steps are what SQLAlchemy would read and write, and refused alike."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import bindparam, delete, select, text

from counterfoil.core.errors import AlreadyExists, InvalidInput, Unavailable
from counterfoil.modules.customers import CustomerRow, NewCustomer, create_customer
from counterfoil.modules.subscriptions import SubscriptionItem
from counterfoil.store import Compiled, Store, Uow, records
from counterfoil.store.rows import columns, insert_rows, insert_values, with_ids
from tests.conftest import Database, Tenant

EVERYTHING = select(*CustomerRow.__table__.columns)
NAMED = Compiled(
    select(CustomerRow.id).where(
        CustomerRow.environment_id == bindparam("environment_id"), CustomerRow.name == bindparam("name")
    )
)


async def test_rows_are_those_of_sqlalchemy_value_by_value(uow: Uow) -> None:
    made = [await create_customer(uow, NewCustomer(name, meta={"n": 1.5})) for name in ("A", "B", "C")]
    ids = [made[0].id, made[2].id]
    wanted = {"environment_id": uow.environment_id, "ids": ids}
    found = await uow.rows(with_ids(EVERYTHING, CustomerRow), wanted)
    known = (await uow.execute(EVERYTHING.where(CustomerRow.id.in_(ids)))).all()
    assert sorted(found) == sorted(tuple(row) for row in known)
    assert [[type(value) for value in row] for row in found] == [
        [type(value) for value in row] for row in known
    ]


async def test_no_row_and_no_id_find_nothing(uow: Uow) -> None:
    query = with_ids(EVERYTHING, CustomerRow)
    assert await uow.rows(query, {"environment_id": uow.environment_id, "ids": []}) == []
    assert await uow.rows(query, {"environment_id": uow.environment_id, "ids": [UUID(int=1)]}) == []


async def test_a_text_that_cannot_be_stored_is_the_callers_fault(uow: Uow) -> None:
    with pytest.raises(InvalidInput, match="cannot be stored"):
        await uow.rows(NAMED, {"environment_id": uow.environment_id, "name": "a\x00b"})


async def test_a_lost_connection_is_said_and_the_next_unit_has_another(store: Store, tenant: Tenant) -> None:
    values = {"environment_id": tenant.environment.id, "name": "A"}

    async def lose() -> None:
        async with store.unit(tenant.scope) as uow:
            lost = (await uow.execute(text("select pg_backend_pid()"))).scalar_one()
            async with store.unit(tenant.scope) as other:
                await other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": lost})
            await uow.rows(NAMED, values)

    with pytest.raises(Unavailable):
        await lose()
    async with store.unit(tenant.scope) as uow:
        assert await uow.rows(NAMED, values) == []


async def test_instants_come_as_utc_whatever_the_server_speaks(database: Database, tenant: Tenant) -> None:
    store = Store(f"{database.app_url}&options=-c%20TimeZone%3DAsia%2FTokyo")
    async with store.unit(tenant.scope) as uow:
        at = (await uow.execute(text("select timestamptz '2026-01-01 00:00+00'"))).scalar_one()
        zone = (await uow.execute(text("show timezone"))).scalar_one()
    await store.close()
    assert (at, at.tzinfo, zone) == (datetime(2026, 1, 1, tzinfo=UTC), UTC, "UTC")


async def test_many_rows_are_written_as_each_of_them_would_be(uow: Uow) -> None:
    one, other = [await create_customer(uow, NewCustomer(name, meta={"n": 1})) for name in ("A", "B")]
    await uow.execute(delete(CustomerRow).where(CustomerRow.id.in_([one.id, other.id])))
    given = [
        insert_values(uow, replace(one, name="Ä\"'%s:x\\", address={"city": "Köln"}, external_id="x")),
        insert_values(uow, replace(other, meta={"big": 10**30, "none": None, "list": ["a", True]})),
    ]
    with_defaults = [values | {"tax_exempt": False} for values in given]
    await insert_rows(uow, CustomerRow, with_defaults)
    query = with_ids(select(*columns(CustomerRow, type(one))), CustomerRow)
    rows = await uow.rows(query, {"environment_id": uow.environment_id, "ids": [one.id, other.id]})
    found = {view.id: insert_values(uow, view) for view in records(type(one), rows)}
    assert found == {values["id"]: values for values in with_defaults}


async def test_what_many_rows_cannot_hold_is_refused_as_of_one(uow: Uow) -> None:
    values = insert_values(uow, await create_customer(uow, NewCustomer("A", external_id="a")))
    await insert_rows(uow, CustomerRow, [])
    with pytest.raises(InvalidInput, match="cannot be stored"):
        async with uow.savepoint():
            await insert_rows(uow, CustomerRow, [values | {"id": uow.new_id(), "name": "a\x00"}])
    with pytest.raises(AlreadyExists, match="external_id"):
        async with uow.savepoint():
            await insert_rows(uow, CustomerRow, [values | {"id": uow.new_id()}])


def test_a_view_of_a_row_is_like_one_that_was_made() -> None:
    row: tuple[Any, ...] = tuple(range(len(fields(SubscriptionItem))))
    [found] = records(SubscriptionItem, [row])
    assert found == SubscriptionItem(*row)
    assert type(found) is SubscriptionItem
    assert hash(found) == hash(SubscriptionItem(*row))
    with pytest.raises(AttributeError):
        found.quantity = Decimal(5)  # type: ignore[misc]
