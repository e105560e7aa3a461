"""Subscriptions that billing put aside are found without reading the others."""

from __future__ import annotations

from psycopg import AsyncConnection
from sqlalchemy import text

from counterfoil.modules.subscriptions import hold_billing, list_subscriptions, lock_subscription
from counterfoil.store import PageQuery
from tests.conftest import Database
from tests.modules.subscriptions.world import FEE, World
from tests.support.observe import plans, statements

_MANY = text(
    """
    insert into subscriptions
    select (jsonb_populate_record(s, jsonb_build_object(
        'id', gen_random_uuid(), 'external_id', 'm' || n, 'status', 'cancelled', 'next_billing_at', null,
        'billing_error', null
    ))).*
    from subscriptions s, generate_series(1, 2000) n
    where environment_id = :environment
    """
)


async def test_the_held_are_read_from_their_own_index(world: World, database: Database) -> None:
    made = await world.subscribe(await world.plan(FEE), "2026-01-01")
    async with world.on("2026-01-01") as uow:
        await uow.execute(_MANY, {"environment": uow.environment_id})
        await hold_billing(uow, [await lock_subscription(uow, made.id)], {made.id: "why"})
    async with await AsyncConnection.connect(database.owner_url, autocommit=True) as owner:
        await owner.execute("analyze subscriptions")
    async with world.on("2026-01-01") as uow:
        with statements(world.store) as seen:
            held = (await list_subscriptions(uow, PageQuery(), held=True)).items
            await list_subscriptions(uow, PageQuery(after=made.id), held=True)
        plan = await plans(uow, seen)
    assert [(one.id, one.billing_error) for one in held] == [(made.id, "why")]
    assert plan.count("ix_subscriptions_held") == 2
    assert "Seq Scan" not in plan
