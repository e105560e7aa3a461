"""The feed of changes: positions without gaps, and nothing lost to a reader that is ahead."""

from __future__ import annotations

import asyncio
import random

from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.store import Store
from counterfoil.store.feed import list_changes, relay_changes
from tests.conftest import Tenant


async def relay(store: Store, *, limit: int = 1000) -> int:
    async with store.system() as uow:
        return await relay_changes(uow, limit=limit)


async def relay_all(store: Store) -> None:
    while await relay(store):
        pass


async def feed(store: Store, tenant: Tenant, after: int = 0) -> list[tuple[int, str]]:
    async with store.unit(tenant.scope) as uow:
        changes = await list_changes(uow, after=after, limit=10_000)
    return [(change.position, change.data["external_id"]) for change in changes]


async def make(store: Store, tenant: Tenant, name: str) -> None:
    async with store.unit(tenant.scope) as uow:
        await create_customer(uow, NewCustomer(name, external_id=name))


async def test_what_began_earlier_and_commits_later_is_not_lost_to_a_cursor(
    store: Store, tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as slow:
        await create_customer(slow, NewCustomer("slow", external_id="slow"))
        await make(store, tenant, "fast")
        await relay_all(store)
        assert await feed(store, tenant) == [(1, "fast")]
    await relay_all(store)
    assert await feed(store, tenant, after=1) == [(2, "slow")]


async def test_positions_have_no_gap_while_many_write_and_several_relay(
    store: Store, tenant: Tenant, other_tenant: Tenant
) -> None:
    seen: list[tuple[int, str]] = []
    done = asyncio.Event()
    chance = random.Random(7)

    async def write(n: int) -> None:
        async with store.unit(tenant.scope) as uow:
            await create_customer(uow, NewCustomer("A", external_id=f"c{n}"))
            await asyncio.sleep(chance.random() / 50)
            if n % 10 == 0:
                uow.announce("customer.seen", "customer", uow.new_id(), 1, {"external_id": f"again{n}"})

    async def relaying() -> None:
        while not done.is_set():
            await relay(store, limit=3)
            await asyncio.sleep(0)

    async def reading() -> None:
        while not done.is_set():
            seen.extend(await feed(store, tenant, after=seen[-1][0] if seen else 0))
            await asyncio.sleep(0)

    helpers = [asyncio.create_task(one) for one in (relaying(), relaying(), reading())]
    await make(store, other_tenant, "elsewhere")
    for start in range(0, 60, 6):
        await asyncio.gather(*(write(n) for n in range(start, start + 6)))
    done.set()
    await asyncio.gather(*helpers)
    await relay_all(store)
    seen.extend(await feed(store, tenant, after=seen[-1][0] if seen else 0))
    assert [position for position, _ in seen] == list(range(1, 67))
    assert {name for _, name in seen} == {f"c{n}" for n in range(60)} | {
        f"again{n}" for n in range(0, 60, 10)
    }
    assert await feed(store, other_tenant) == [(1, "elsewhere")], "each environment counts for itself"


async def test_a_second_relay_leaves_the_first_alone(store: Store, tenant: Tenant) -> None:
    await make(store, tenant, "A")
    async with store.system() as uow:
        placed = await relay_changes(uow)
        assert placed >= 1
        assert await relay(store) == 0
    assert await feed(store, tenant) == [(1, "A")]


async def test_changes_of_one_object_stay_in_order(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        thing = uow.new_id()
        for version in range(1, 6):
            uow.announce("thing.changed", "thing", thing, version, {"external_id": str(version)})
    while await relay(store, limit=2):
        pass
    assert await feed(store, tenant) == [(n, str(n)) for n in range(1, 6)]
