"""Customers found as vendors' lists ask for them, and made where a vendor only names them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import show_id
from counterfoil.modules.customers import (
    Customer,
    CustomerFilter,
    NewCustomer,
    archive_customer,
    create_customer,
    customers_by_ids,
    ensure_customer,
    search_customers,
)
from counterfoil.store import OffsetQuery, Store, Uow
from tests.conftest import Tenant


async def found(uow: Uow, *page: Any, **wanted: Any) -> tuple[list[str], int | None]:
    answer = await search_customers(uow, CustomerFilter(**wanted), OffsetQuery(*page))
    return [one.name for one in answer.items], answer.total


@pytest.fixture
async def three(store: Store, tenant: Tenant) -> list[Customer]:
    """Ada, Bert and 50% Cy, a day after each other; Bert is archived."""
    made = []
    async with store.unit(tenant.scope) as uow:
        start = uow.now
    for day, (name, email) in enumerate([("Ada", "a@x.example"), ("Bert", None), ("50% Cy", "c@x.example")]):
        async with store.unit(tenant.scope, now=start + timedelta(days=day)) as uow:
            new = NewCustomer(name, external_id=name.lower(), email=email)
            made.append(await create_customer(uow, new))
    async with store.unit(tenant.scope) as uow:
        await archive_customer(uow, made[1].id)
    return made


async def test_all_that_is_asked_narrows_what_is_found(uow: Uow, three: list[Customer]) -> None:
    ada, bert, cy = three
    assert await found(uow) == (["50% Cy", "Bert", "Ada"], 3)
    assert await found(uow, 2, 1) == (["Bert", "Ada"], 3)
    assert await found(uow, 2, 0, True) == (["Ada", "Bert"], 3)
    assert await found(uow, ids=[ada.id, cy.id], archived=False) == (["50% Cy", "Ada"], 2)
    assert await found(uow, ids=[]) == ([], 0)
    assert await found(uow, archived=True) == (["Bert"], 1)
    assert await found(uow, external_ids=["ada", "nobody"]) == (["Ada"], 1)
    assert await found(uow, email="c@x.example") == (["50% Cy"], 1)
    assert await found(uow, name_contains="ER") == (["Bert"], 1)
    assert await found(uow, name_contains="0% c") == (["50% Cy"], 1)
    assert await found(uow, name_contains="%") == (["50% Cy"], 1)
    assert await found(uow, created_from=bert.created_at) == (["50% Cy", "Bert"], 2)
    assert await found(uow, created_to=bert.created_at) == (["Bert", "Ada"], 2)
    assert await found(uow, created_from=bert.created_at, created_to=bert.created_at) == (["Bert"], 1)


async def test_customers_are_read_at_once_by_their_ids(uow: Uow, three: list[Customer]) -> None:
    ids = [one.id for one in three]
    unknown = uow.new_id()
    assert {id_: one.name for id_, one in (await customers_by_ids(uow, [*ids, unknown])).items()} == {
        one.id: one.name for one in three
    }
    assert await customers_by_ids(uow, []) == {}


async def test_a_customer_that_is_only_named_is_made_once(store: Store, tenant: Tenant) -> None:
    async def named() -> Customer:
        async with store.unit(tenant.scope) as uow:
            return await ensure_customer(uow, "ama")

    same = await asyncio.gather(*(named() for _ in range(5)))
    assert len({one.id for one in same}) == 1
    assert (same[0].name, same[0].external_id) == ("ama", "ama")
    async with store.unit(tenant.scope) as uow:
        assert await found(uow) == (["ama"], 1)
        assert (await ensure_customer(uow, show_id("customer", same[0].id))).id == same[0].id
        long = await ensure_customer(uow, "x" * 255)
        assert (len(long.name), long.external_id) == (200, "x" * 255)


@pytest.mark.parametrize("name", ["", "  ", "x" * 256, "a\x00b", "a\u202eb"])
async def test_what_is_no_name_is_refused(uow: Uow, name: str) -> None:
    with pytest.raises(InvalidInput):
        await ensure_customer(uow, name)


async def test_other_tenants_customers_are_not_found(
    store: Store, other_tenant: Tenant, three: list[Customer]
) -> None:
    async with store.unit(other_tenant.scope) as uow:
        assert await found(uow) == ([], 0)
        assert await customers_by_ids(uow, [one.id for one in three]) == {}
        assert (await ensure_customer(uow, "ada")).id != three[0].id
