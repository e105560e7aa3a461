"""The use cases of identity that no HTTP call reaches by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from counterfoil.core.errors import Forbidden, InvalidInput, NotFound, Unauthenticated, WrongState
from counterfoil.modules.identity import (
    Authenticator,
    NewApiClient,
    NewOrganization,
    OperationStatus,
    audit,
    create_api_client,
    create_clock,
    create_operator_key,
    create_organization,
    environments_of,
    find_clock,
    finish_operation,
    get_clock,
    get_operation,
    list_audit_records,
    progress_operation,
    resolve_key,
    resolve_scope,
    resume_organization,
    revoke_api_client,
    set_clock,
    start_operation,
    suspend_organization,
)
from counterfoil.modules.identity.service import slug_of
from counterfoil.store import PageQuery, Store, Uow
from tests.conftest import Tenant, make_tenant

START = datetime(2024, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme Café GmbH", "acme-cafe-gmbh"),
        ("  --A&B--  ", "a-b"),
        ("東京", "organization"),
        ("x" * 62 + " yy", "x" * 62),
    ],
)
def test_a_slug_is_made_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


async def test_the_command_line_names_an_organization_by_slug_and_an_environment_by_name(
    store: Store, tenant: Tenant, other_tenant: Tenant
) -> None:
    slug = tenant.organization.slug
    async with store.system() as uow:
        organization, environment = await resolve_scope(uow, slug, "tests")
        assert (organization.id, environment.id) == (tenant.organization.id, tenant.environment.id)
        assert (await resolve_scope(uow, slug, None))[1].name == "live"
        with pytest.raises(InvalidInput) as several:
            await resolve_scope(uow, None, None)
        assert several.value.field == "organization"
        with pytest.raises(NotFound) as unknown:
            await resolve_scope(uow, "nobody", None)
        assert unknown.value.field == "organization"
        with pytest.raises(NotFound) as elsewhere:
            await resolve_scope(uow, slug, "staging")
        assert (elsewhere.value.field, elsewhere.value.allowed) == ("environment", "live, test, tests")


async def test_a_key_names_its_environment_too(store: Store, tenant: Tenant) -> None:
    async with store.system() as uow:
        organization, environment = await resolve_key(uow, tenant.key)
        assert (organization.id, environment.id) == (tenant.organization.id, tenant.environment.id)
        with pytest.raises(NotFound):
            await resolve_key(uow, "ck_test_nothing")


async def test_a_clock_moves_forward_only(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        assert await find_clock(uow) is None
        with pytest.raises(NotFound):
            await set_clock(uow, START)
        await create_clock(uow, START, "clock")
    async with store.unit(tenant.scope) as uow:
        moved = await set_clock(uow, START + timedelta(days=1))
        assert (moved.version, uow.now) == (2, START)
    async with store.unit(tenant.scope) as uow:
        assert uow.now == START + timedelta(days=1)
        assert (await set_clock(uow, uow.now)).version == 2, "where it stands it may stay"
        with pytest.raises(InvalidInput) as back:
            await set_clock(uow, uow.now - timedelta(microseconds=1))
        assert back.value.allowed == "2024-02-01T00:00:00Z or later"
        assert (await get_clock(uow)).now_at == START + timedelta(days=1)


async def test_an_operation_that_failed_says_why_and_stays_failed(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        operation = await start_operation(uow, "test_clock.advance", {"to": "2024-02-01T00:00:00Z"})
    async with store.unit(tenant.scope) as uow:
        failed = await finish_operation(uow, operation.id, error={"code": "x", "message": "no"})
        assert (failed.status, failed.result) == (OperationStatus.FAILED, None)
    async with store.unit(tenant.scope) as uow:
        for again in (
            progress_operation(uow, operation.id, {}),
            finish_operation(uow, operation.id, result={}),
        ):
            with pytest.raises(WrongState):
                await again
        stored = await get_operation(uow, operation.id)
        assert (stored.status, stored.error, stored.version) == (
            OperationStatus.FAILED,
            {"code": "x", "message": "no"},
            2,
        )


async def test_a_record_of_the_audit_goes_with_the_deed(store: Store, tenant: Tenant) -> None:
    async def written() -> list[str]:
        async with store.unit(tenant.scope) as uow:
            return [one.action for one in (await list_audit_records(uow, PageQuery())).items]

    async def fail() -> None:
        async with store.unit(tenant.scope) as uow:
            await audit(uow, "invoice.voided", "invoice", uow.new_id())
            raise RuntimeError

    before = await written()
    with pytest.raises(RuntimeError):
        await fail()
    assert await written() == before
    async with store.unit(tenant.scope) as uow:
        await audit(uow, "invoice.voided", "invoice", uow.new_id(), {"reason": "typo"})
    assert await written() == ["invoice.voided", *before]


async def test_what_an_operator_does_is_in_the_live_worlds_audit(store: Store) -> None:
    async with store.system(actor="operator:x", request_id="r1") as uow:
        organization = await create_organization(uow, NewOrganization("A", slug=uow.new_id().hex))
        await suspend_organization(uow, organization.id)
        await resume_organization(uow, organization.id)
        live = (await environments_of(uow, organization.id))[0]
    scope = Tenant(organization, live, "").scope
    async with store.unit(scope) as unit:
        records = (await list_audit_records(unit, PageQuery())).items
    assert [(one.action, one.actor, one.request_id) for one in records] == [
        (f"organization.{verb}", "operator:x", "r1") for verb in ("resumed", "suspended", "created")
    ]


async def test_a_process_that_is_told_forgets_a_key_at_once(store: Store, tenant: Tenant) -> None:
    authenticator = Authenticator(store)
    async with store.unit(tenant.scope) as uow:
        client, secret = await create_api_client(uow, tenant.environment, NewApiClient("a"))
    assert (await authenticator.principal(secret)).client_id == client.id
    async with store.unit(tenant.scope) as uow:
        await revoke_api_client(uow, client.id)
    assert (await authenticator.principal(secret)).client_id == client.id, "remembered for two seconds"
    authenticator.forget()
    with pytest.raises(Unauthenticated):
        await authenticator.principal(secret)


async def test_secrets_are_stored_as_hashes_only(store: Store, uow: Uow) -> None:
    tenant = await make_tenant(store)
    async with store.system() as system:
        operator = await create_operator_key(system, "tests")
    assert len(tenant.key) == len("ck_test_") + 64
    assert operator.startswith("ck_operator_")
    authenticator = Authenticator(store)
    assert (await authenticator.operator(operator)).actor.startswith("operator:")
    for wrong in (tenant.key, "", operator + "0"):
        with pytest.raises(Unauthenticated):
            await authenticator.operator(wrong)


async def test_nobody_gives_away_what_they_lack(uow: Uow, tenant: Tenant) -> None:
    within = frozenset({"customers:read"})
    with pytest.raises(Forbidden) as refused:
        await create_api_client(
            uow, tenant.environment, NewApiClient("a", ("customers:read", "users:read")), within=within
        )
    assert (refused.value.field, refused.value.allowed) == ("scopes.1", "customers:read")
    client, _ = await create_api_client(uow, tenant.environment, NewApiClient("a"), within=within)
    assert client.scopes == ["customers:read"]
