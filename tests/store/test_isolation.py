"""Tenants cannot see each other (law 7), tried with plain SQL past all our filters."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from counterfoil.core.errors import Unavailable
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.identity import create_operator_key
from counterfoil.store import Scope, Store
from tests.conftest import Database, Tenant

BEGIN = text("select counterfoil_begin(:organization, :environment)")


async def make_customer(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        await create_customer(uow, NewCustomer(tenant.organization.name))


@pytest.fixture
async def both(store: Store, tenant: Tenant, other_tenant: Tenant) -> tuple[Tenant, Tenant]:
    for one in (tenant, other_tenant):
        await make_customer(store, one)
    return tenant, other_tenant


async def seen(store: Store, statement: str, scope: Scope | None) -> list[object]:
    async with store.engine.connect() as connection:
        if scope is not None:
            begin = {"organization": scope.organization_id, "environment": scope.environment_id}
            await connection.execute(BEGIN, begin)
        return list((await connection.execute(text(statement))).scalars())


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("select environment_id from customers", "environment"),
        ("select id from environments where kind = 'sandbox' and name = 'tests'", "environment"),
        ("select id from organizations", "organization"),
        ("select distinct environment_id from api_clients", "environment"),
        ("select distinct organization_id from roles", "organization"),
        ("select distinct environment_id from changes", "environment"),
        ("select distinct environment_id from audit_records", "environment"),
    ],
)
async def test_a_tenant_sees_its_own_rows_and_without_a_tenant_there_are_none(
    store: Store, both: tuple[Tenant, Tenant], statement: str, expected: str
) -> None:
    for tenant in both:
        own = tenant.organization.id if expected == "organization" else tenant.environment.id
        assert await seen(store, statement, tenant.scope) == [own]
    assert await seen(store, statement, None) == []


async def test_a_tenant_can_neither_change_nor_plant_anothers_rows(
    store: Store, both: tuple[Tenant, Tenant]
) -> None:
    tenant, other = both
    begin = {"organization": tenant.organization.id, "environment": tenant.environment.id}
    async with store.engine.begin() as connection:
        await connection.execute(BEGIN, begin)
        for statement in ("update customers set name = 'stolen'", "delete from test_clocks"):
            await connection.execute(text(statement))
    assert await seen(store, "select name from customers", other.scope) == ["Other"]
    async with store.engine.connect() as connection:
        await connection.execute(BEGIN, begin)
        with pytest.raises(DBAPIError, match="row-level security"):
            await connection.execute(
                text("update customers set environment_id = :other"), {"other": other.environment.id}
            )


async def test_a_tenant_ends_with_its_transaction(store: Store, tenant: Tenant) -> None:
    await make_customer(store, tenant)
    single = Store(store.url, pool_size=1)
    try:
        async with single.unit(tenant.scope):
            pass
        assert await seen(single, "select id from customers", None) == []
    finally:
        await single.close()


async def test_operator_keys_and_the_audit_are_out_of_reach(store: Store, tenant: Tenant) -> None:
    async with store.system() as uow:
        await create_operator_key(uow, "tests")
    with pytest.raises(DBAPIError, match="permission denied"):
        await seen(store, "select id from operator_keys", tenant.scope)
    for statement in ("update audit_records set actor = 'nobody'", "delete from audit_records"):
        with pytest.raises(DBAPIError, match="permission denied"):
            await seen(store, f"with gone as ({statement} returning id) select id from gone", tenant.scope)


async def test_the_program_does_not_serve_as_owner(store: Store, database: Database) -> None:
    assert database.owner_url != database.app_url
    await store.check()
    owner = Store(database.owner_url)
    try:
        with pytest.raises(Unavailable, match="could read every tenant"):
            await owner.check()
    finally:
        await owner.close()


UNPROTECTED = text(
    """
    select c.relname || ' ' || problem
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    cross join lateral (
        select 'has no row-level security' where not c.relrowsecurity
        union all
        select 'has no policy for ' || r.rolname
        from pg_roles r
        where r.rolname in ('counterfoil_app', 'counterfoil_system')
          and not exists (select from pg_policy p where p.polrelid = c.oid and r.oid = any (p.polroles))
    ) as found (problem)
    where n.nspname = 'public' and c.relkind in ('r', 'p')
      and (c.relname = 'organizations' or exists (
          select from pg_attribute a
          where a.attrelid = c.oid and a.attname in ('environment_id', 'organization_id')
      ))
      -- A partition is reached through its parent, unless somebody was given a right on it.
      and not (c.relispartition and not has_table_privilege('counterfoil_app', c.oid, 'select'))
    order by 1
    """
)


async def test_every_table_of_a_tenant_is_protected(store: Store) -> None:
    async with store.engine.connect() as connection:
        assert list((await connection.execute(UNPROTECTED)).scalars()) == []


async def test_a_table_that_forgot_its_protection_is_found(database: Database) -> None:
    owner = Store(database.owner_url)
    try:
        async with owner.engine.connect() as connection:
            await connection.execute(text("create table forgotten (environment_id uuid)"))
            assert list((await connection.execute(UNPROTECTED)).scalars()) == [
                "forgotten has no policy for counterfoil_app",
                "forgotten has no policy for counterfoil_system",
                "forgotten has no row-level security",
            ]
    finally:
        await owner.close()


async def test_every_policy_compares_the_tenant_and_nothing_else(store: Store) -> None:
    async with store.engine.connect() as connection:
        policies = await connection.execute(
            text("select tablename, qual, with_check from pg_policies where 'counterfoil_app' = any (roles)")
        )
        found = policies.all()
    assert len(found) >= 10
    for table, visible, writable in found:
        assert visible == writable, table
        assert "current_setting('counterfoil." in visible, table
        assert " or " not in visible.lower(), table
