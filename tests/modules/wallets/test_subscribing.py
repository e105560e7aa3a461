"""Grants begin and end with their subscription, however that ends."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sqlalchemy import Executable, insert, text
from sqlalchemy.exc import DBAPIError

from counterfoil.core.errors import AlreadyExists, WrongState
from counterfoil.modules.billing import bill_due, cancel
from counterfoil.modules.subscriptions import CancelWhen, get_subscription
from counterfoil.modules.wallets import CreditGrantApplicationRow
from counterfoil.store import Store
from counterfoil.store.rows import insert_values
from tests.conftest import Tenant
from tests.modules.wallets.world import World, at, of_plan, of_subscription, span
from tests.support.observe import statements


async def test_cancelling_now_ends_the_grants_and_cancels_what_would_have_begun_later(world: World) -> None:
    ahead = of_subscription(None, starts_at=at("2026-06-01"))
    subscription = await world.subscribe("2026-01-01", of_subscription(None), ahead)
    async with world.on("2026-01-20") as uow:
        await cancel(uow, subscription.id, CancelWhen.NOW)
    running, never = await world.grants(subscription)
    assert (running.ends_at, running.version) == (at("2026-01-20"), 2)
    assert never.ends_at == never.starts_at
    assert [span(one)[:2] for one in await world.upcoming(subscription)] == [("2026-01-01", "2026-01-20")]
    with pytest.raises(WrongState, match="cancelled"):
        await world.grant("2026-01-21", of_subscription(subscription.id))


async def test_a_scheduled_cancellation_ends_the_grants_when_its_date_comes(world: World) -> None:
    subscription = await world.subscribe("2026-01-01T00:00:00Z", of_subscription(None))
    late = await world.grant("2026-01-01", of_subscription(subscription.id, starts_at=at("2026-02-20")))
    async with world.on("2026-01-20") as uow:
        scheduled = await cancel(uow, subscription.id, CancelWhen.PERIOD_END)
    assert scheduled.cancel_at == at("2026-02-01")
    assert [one.ends_at for one in await world.grants(subscription)] == [None, None]
    assert late.id not in {one.grant_id for one in await world.upcoming(subscription)}, "it will not come"
    async with world.on("2026-02-03") as uow:
        await bill_due(uow)
        assert (await get_subscription(uow, subscription.id)).ended_at == at("2026-02-01")
    running, never = await world.grants(subscription)
    assert (running.ends_at, never.ends_at) == (at("2026-02-01"), at("2026-02-20"))
    async with world.on("2026-02-03") as uow:
        found = await uow.execute(
            text("select event as type from changes where object_id = :id"), {"id": never.id}
        )
        assert {row.type for row in found} == {"credit_grant.created", "credit_grant.ended"}


async def test_giving_up_a_subscription_that_has_not_begun_gives_nothing(world: World) -> None:
    subscription = await world.subscribe("2026-01-01", of_subscription(None), started_at=at("2026-03-01"))
    async with world.on("2026-01-20") as uow:
        await cancel(uow, subscription.id, CancelWhen.NOW)
    (grant,) = await world.grants(subscription)
    assert grant.ends_at == grant.starts_at == at("2026-03-01")
    assert await world.upcoming(subscription) == []


async def test_what_a_subscription_costs_the_database_does_not_grow_with_its_grants(
    world: World, store: Store
) -> None:
    counts = []
    for templates in (1, 19):
        for index in range(templates):
            await world.grant("2026-01-01", of_plan(world.plan_id, credits=Decimal(index + 1)))
        with statements(store) as seen:
            subscription = await world.subscribe("2026-01-10")
        counts.append(len(seen))
    assert len(await world.grants(subscription)) == 20
    assert counts[0] == counts[1]


async def test_the_database_gives_the_credits_of_a_period_once_and_opens_one_application_a_grant(
    world: World,
) -> None:
    subscription = await world.subscribe("2026-01-01", of_subscription(None))
    (first,) = await world.upcoming(subscription)
    for start, status in (("2026-01-01", "applied"), ("2026-02-01", "pending")):
        async with world.on("2026-01-02") as uow:
            row = insert_values(uow, first) | {"id": uow.new_id(), "status": status}
        row |= {"period_start": at(start), "period_end": at("2026-03-01")}
        with pytest.raises(AlreadyExists):
            await _run(world, insert(CreditGrantApplicationRow).values(row))


async def test_a_tenant_sees_neither_grants_nor_applications_of_another(
    world: World, store: Store, other_tenant: Tenant
) -> None:
    await world.subscribe("2026-01-01", of_subscription(None))
    for table in ("credit_grants", "credit_grant_applications"):
        count = text(f"select count(*) from {table}")
        async with store.unit(other_tenant.scope) as uow:
            assert (await uow.execute(count)).scalar_one() == 0
        async with world.on("2026-01-01") as uow:
            assert (await uow.execute(count)).scalar_one() == 1
        steal = text(f"update {table} set environment_id = :other")
        with pytest.raises(DBAPIError, match="row-level security"):
            await _run(world, steal, other=other_tenant.environment.id)


async def _run(world: World, statement: Executable, **values: object) -> None:
    async with world.on("2026-01-01") as uow:
        await uow.execute(statement, values)
