"""One unit of work is one transaction: what it did is there whole or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from counterfoil.core.errors import AlreadyExists
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.identity import create_clock
from counterfoil.store import Store, Uow
from tests.conftest import Tenant


async def names(store: Store, tenant: Tenant) -> list[str]:
    async with store.unit(tenant.scope) as uow:
        return list((await uow.execute(text("select name from customers order by id"))).scalars())


async def announced(store: Store, tenant: Tenant) -> list[str]:
    async with store.unit(tenant.scope) as uow:
        return list((await uow.execute(text("select event from changes order by id"))).scalars())


async def waiting(store: Store, task: str) -> list[dict[str, object]]:
    statement = text("select args from procrastinate_jobs where task_name = :task order by id")
    async with store.engine.connect() as connection:
        return list((await connection.execute(statement, {"task": task})).scalars())


async def test_nothing_is_seen_before_the_edge_commits(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        await create_customer(uow, NewCustomer("A"))
        assert await names(store, tenant) == []
    assert await names(store, tenant) == ["A"]
    assert await announced(store, tenant) == ["customer.created"]


async def test_an_exception_undoes_rows_changes_and_jobs(store: Store, tenant: Tenant) -> None:
    async def fail() -> None:
        async with store.unit(tenant.scope) as uow:
            await create_customer(uow, NewCustomer("A"))
            uow.defer("tests.undone", n=1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await names(store, tenant) == []
    assert await announced(store, tenant) == []
    assert await waiting(store, "tests.undone") == []


async def test_a_savepoint_undoes_its_own_part_alone(store: Store, tenant: Tenant) -> None:
    async def fail(uow: Uow) -> None:
        async with uow.savepoint():
            await create_customer(uow, NewCustomer("undone"))
            uow.defer("tests.savepoint", n=2)
            await create_customer(uow, NewCustomer("refused", external_id="x"))

    async with store.unit(tenant.scope) as uow:
        await create_customer(uow, NewCustomer("kept", external_id="x"))
        uow.defer("tests.savepoint", n=1)
        with pytest.raises(AlreadyExists):
            await fail(uow)
        async with uow.savepoint():
            await create_customer(uow, NewCustomer("kept too"))
            uow.defer("tests.savepoint", n=3)
    assert await names(store, tenant) == ["kept", "kept too"]
    assert await announced(store, tenant) == ["customer.created"] * 2
    assert await waiting(store, "tests.savepoint") == [{"n": 1}, {"n": 3}]


async def test_a_job_with_a_key_waits_once(store: Store, tenant: Tenant) -> None:
    for n in range(3):
        async with store.unit(tenant.scope) as uow:
            uow.defer("tests.keyed", key="tests.keyed.only", n=n)
            uow.defer("tests.unkeyed", n=n)
    assert await waiting(store, "tests.keyed") == [{"n": 0}]
    assert len(await waiting(store, "tests.unkeyed")) == 3


async def test_business_time_is_read_once_and_is_the_clocks(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        assert uow.now == uow.wall
        frozen = uow.now.replace(year=2024, month=2, day=1)
        await create_clock(uow, frozen, "clock")
        assert uow.now == uow.wall, "of this transaction it was read already"
    async with store.unit(tenant.scope) as uow:
        assert uow.now == frozen
        assert uow.wall.year >= 2026
    async with store.unit(tenant.scope, now=frozen.replace(day=2)) as uow:
        assert uow.now == frozen.replace(day=2)


async def test_the_ids_of_one_transaction_ascend(uow: Uow) -> None:
    ids = [uow.new_id() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {one.version for one in ids} == {7}
