"""Ids of another form: whole numbers for objects that have UUIDs."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest

from counterfoil.core.errors import AlreadyExists
from counterfoil.store import Store, adopt_alias, numbers_by_kind, numbers_of, objects_of
from tests.conftest import Tenant
from tests.support.observe import statements

A, B, C = (UUID(int=number) for number in (1, 2, 3))


async def test_objects_are_numbered_from_1_in_the_order_of_their_ids_and_keep_their_numbers(
    store: Store, tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        assert await numbers_of(uow, "gcore", "client", [B, A]) == {A: 1, B: 2}
        assert await numbers_of(uow, "gcore", "client", [C, A]) == {A: 1, C: 3}
        assert await objects_of(uow, "gcore", "client", [3, 1, 9]) == {3: C, 1: A}


async def test_kinds_and_environments_count_for_themselves(
    store: Store, tenant: Tenant, other_tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        assert await numbers_of(uow, "gcore", "client", [A]) == {A: 1}
        assert await numbers_of(uow, "gcore", "feature", [B]) == {B: 1}
    async with store.unit(other_tenant.scope) as uow:
        assert await objects_of(uow, "gcore", "client", [1]) == {}
        assert await numbers_of(uow, "gcore", "client", [B]) == {B: 1}


async def test_objects_of_several_kinds_are_numbered_at_once(
    store: Store, tenant: Tenant, other_tenant: Tenant
) -> None:
    async with store.unit(other_tenant.scope) as uow:
        await numbers_of(uow, "gcore", "client", [C, A])
    async with store.unit(tenant.scope) as uow:
        await numbers_of(uow, "gcore", "client", [B])
        await numbers_of(uow, "other", "client", [A])
        wanted = {"client": [A, B], "feature": [A], "plan": []}
        expected = {"client": {A: 2, B: 1}, "feature": {A: 1}, "plan": {}}
        assert await numbers_by_kind(uow, "gcore", wanted) == expected
        with statements(store) as seen:
            assert await numbers_by_kind(uow, "gcore", wanted) == expected
        assert len(seen) == 1


async def test_an_id_from_elsewhere_is_kept_and_numbers_go_on_after_it(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        await adopt_alias(uow, "gcore", "client", B, "4711")
        assert await numbers_of(uow, "gcore", "client", [A, B]) == {A: 4712, B: 4711}
    with pytest.raises(AlreadyExists):
        async with store.unit(tenant.scope) as uow:
            await adopt_alias(uow, "gcore", "client", C, "4711")


async def test_two_at_once_never_get_the_same_number(store: Store, tenant: Tenant) -> None:
    async def number(one: UUID) -> dict[UUID, int]:
        async with store.unit(tenant.scope) as uow:
            return await numbers_of(uow, "gcore", "race", [one])

    found = await asyncio.gather(*(number(UUID(int=n)) for n in range(10, 20)))
    assert sorted(n for one in found for n in one.values()) == list(range(1, 11))
