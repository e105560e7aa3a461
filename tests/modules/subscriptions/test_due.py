"""What the billing run asks for: who is due, locked, in order, in a fixed number of statements."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from sqlalchemy import text

from counterfoil.core.states import SubscriptionState
from counterfoil.modules.subscriptions import (
    ItemAdvance,
    Subscription,
    advance_items,
    due_subscriptions,
    earliest_due,
    environments_with_due,
    items_of,
    list_subscriptions,
    plan_item,
)
from counterfoil.store import PageQuery, Store
from tests.conftest import Database, Tenant
from tests.modules.subscriptions.world import FEE, SEATS, World, at, make_world, tokens
from tests.support.observe import plans, statements

_MANY = text(
    """
    insert into subscriptions
    select (jsonb_populate_record(s, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', n::text, 'status', 'cancelled',
        'next_billing_at', started_at + n * interval '1 day'
    ))).*
    from subscriptions s, generate_series(1, 2000) n
    """
)


async def test_the_earliest_come_first_and_a_limit_is_kept(world: World) -> None:
    version = await world.plan(FEE)
    made = [
        await world.subscribe(version, "2026-01-10", started_at=at(f"2026-01-0{day}")) for day in (5, 2, 9)
    ]
    async with world.on("2026-01-10") as uow:
        assert await earliest_due(uow) == at("2026-01-02")
        two = await due_subscriptions(uow, 2)
    assert [one.subscription.id for one in two] == [made[1].id, made[0].id]
    async with world.on("2026-01-04") as uow:
        assert [one.subscription.id for one in await due_subscriptions(uow, 9)] == [made[1].id]


async def test_two_runs_at_once_share_the_work_and_neither_waits(world: World) -> None:
    version = await world.plan(FEE)
    for _ in range(3):
        await world.subscribe(version, "2026-01-01")
    async with world.on("2026-01-01") as one, world.on("2026-01-01") as other:
        first = {due.subscription.id for due in await due_subscriptions(one, 2)}
        second = {due.subscription.id for due in await due_subscriptions(other, 9)}
    assert (len(first), len(second), first & second) == (2, 1, set())


async def test_the_number_of_statements_does_not_grow_with_the_batch(world: World) -> None:
    version = await world.plan(FEE, SEATS, tokens(world.meter_id))
    prices = {price.id: price for price in version.prices}
    for _ in range(12):
        await world.subscribe(version, "2026-01-01", shared_usage=True)
    for batch in (2, 10):
        async with world.on("2026-01-01") as uow:
            with statements(world.store) as seen:
                due = await due_subscriptions(uow, batch)
                advances = [
                    plan.advance
                    for one in due
                    for item in one.items
                    if (plan := plan_item(one.subscription, item, prices[item.price_id], uow.now)).periods
                ]
                after = await advance_items(uow, due, advances)
        assert len(due) == len(after) == batch
        assert len(advances) == 2 * batch
        assert {one.next_billing_at for one in after} == {at("2026-02-01")}
        assert len(seen) == 4


async def test_a_limit_of_periods_leaves_the_rest_due(world: World) -> None:
    version = await world.plan(FEE)
    await world.subscribe(version, "2026-06-01", started_at=at("2026-01-01"))
    async with world.on("2026-06-01") as uow:
        [one] = await due_subscriptions(uow, 1)
        plan = plan_item(one.subscription, one.items[0], version.prices[0], uow.now, limit=2)
        assert [period.start for period in plan.periods] == [at("2026-01-01"), at("2026-02-01")]
        [after] = await advance_items(uow, [one], [plan.advance])
    assert after.next_billing_at == at("2026-03-01")


async def test_an_advance_of_what_is_not_due_is_a_mistake(world: World) -> None:
    version = await world.plan(FEE)
    made = await world.subscribe(version, "2026-01-01")
    async with world.on("2026-01-01") as uow:
        with pytest.raises(ValueError, match="not due"):
            await advance_items(uow, [], [ItemAdvance(made.id, at("2026-02-01"), None)])


async def test_what_is_due_obeys_the_clock_of_its_environment(
    store: Store, world: World, other_tenant: Tenant
) -> None:
    """One tenant has a test clock at 1 January 2031, the other lives in real time."""
    async with store.system() as system:
        await system.execute(
            text(
                "insert into test_clocks values (:id, :environment, 'clock', '2031-01-01Z', 1, now(), now())"
            ),
            {"id": system.new_id(), "environment": world.tenant.environment.id},
        )
    other = await make_world(store, other_tenant)
    start = {"started_at": at("2030-12-01")}
    await world.subscribe(await world.plan(FEE), "2030-01-01", **start)
    await other.subscribe(await other.plan(FEE), "2030-01-01", **start)
    async with store.system() as system:
        due = await environments_with_due(system)
    mine = (world.tenant.organization.id, world.tenant.environment.id)
    assert mine in due
    assert other_tenant.environment.id not in {environment for _, environment in due}


async def test_every_query_uses_its_index(world: World, database: Database) -> None:
    version = await world.plan(FEE)
    made = await world.subscribe(version, "2026-01-01")
    async with world.on("2026-01-01") as uow:
        await uow.execute(_MANY)
    async with await AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        await owner.execute("analyze subscriptions")
    async with world.on("2026-01-01") as uow:
        with statements(world.store) as seen:
            await list_subscriptions(uow, PageQuery(after=UUID(int=2**128 - 1)))
            await list_subscriptions(uow, PageQuery(), customer_id=uow.new_id())
            await list_subscriptions(uow, PageQuery(), status=SubscriptionState.ACTIVE)
            await list_subscriptions(uow, PageQuery(), external_id="none")
            await due_subscriptions(uow, 10)
            await items_of(uow, [made.id])
            await earliest_due(uow)
        plan = await plans(uow, seen)
    assert "Seq Scan" not in plan
    for index in (
        "ix_subscriptions_environment_id_id",
        "ix_subscriptions_customer",
        "ix_subscriptions_status",
        "uq_subscriptions_environment_id_external_id",
        "ix_subscriptions_due",
        "ix_subscription_items_subscription",
    ):
        assert index in plan
    assert plan.count("ix_subscriptions_due") == 2


async def test_subscriptions_of_another_tenant_are_never_due_here(
    store: Store, world: World, other_tenant: Tenant
) -> None:
    made: Subscription = await world.subscribe(await world.plan(FEE), "2026-01-01")
    async with store.unit(other_tenant.scope, now=at("2027-01-01")) as uow:
        assert await due_subscriptions(uow, 10) == []
        assert await earliest_due(uow) is None
        assert await items_of(uow, [made.id]) == {}
        await advance_items(uow, [], [])
    async with world.on("2026-01-01") as uow:
        assert [one.subscription for one in await due_subscriptions(uow, 10)] == [replace(made)]
