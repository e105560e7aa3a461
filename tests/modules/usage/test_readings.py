"""Meters read what was used, by hand-calculated figures, and quickly."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event as listened

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.rating import WITHOUT_PROPERTY, Aggregation
from counterfoil.modules.usage import (
    MAX_GROUPS,
    EventQuery,
    NewEvent,
    UsageWindow,
    ingest,
    list_events,
    read_groups,
    read_meter,
)
from counterfoil.store import Store, Uow
from tests.conftest import Tenant
from tests.modules.usage.conftest import World

START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def transfer(id_: str, at: datetime, value: Any, **fields: Any) -> NewEvent:
    properties = {"billable": True, "bytes": value, **fields.pop("properties", {})}
    return NewEvent(id_, "transfer", fields.pop("customer", "acme"), at=at, properties=properties, **fields)


def window(world: World, key: int = 1, **fields: Any) -> UsageWindow:
    return replace(UsageWindow(key, world.acme, None, START, START + DAY), **fields)


async def test_a_window_holds_its_start_and_not_its_end(uow: Uow, world: World) -> None:
    instant = timedelta(microseconds=1)
    await ingest(
        uow,
        [
            transfer("before", START - instant, 1000),
            transfer("first", START, 1),
            transfer("last", START + DAY - instant, Decimal("0.25")),
            transfer("after", START + DAY, 1000),
            transfer("free", START, 1000, properties={"billable": False}),
            transfer("another's", START, 1000, customer="beta"),
        ],
    )
    reading = (await read_meter(uow, world.transfer, [window(world)]))[1]
    assert (reading.value, reading.events) == (Decimal("1.25"), 2)
    assert (reading.first_at, reading.last_at) == (START, START + DAY - instant)


async def test_of_nothing_sums_are_zero_and_extremes_are_none(uow: Uow, world: World) -> None:
    for aggregation in Aggregation:
        meter = replace(
            world.transfer,
            aggregation=aggregation,
            property=None if aggregation in WITHOUT_PROPERTY else "bytes",
            multiplier=Decimal(2) if aggregation is Aggregation.SUM_WITH_MULTIPLIER else None,
            expression="bytes / 8" if aggregation is Aggregation.EXPRESSION else None,
        )
        reading = (await read_meter(uow, meter, [window(world)]))[1]
        none = aggregation in (
            *(Aggregation.MAX, Aggregation.MIN, Aggregation.LATEST),
            Aggregation.AVERAGE,
        )
        assert reading.value == (None if none else Decimal(0))
        assert (reading.events, reading.first_at, reading.last_at) == (0, None, None)
    assert await read_meter(uow, world.transfer, []) == {}


async def test_an_event_that_names_a_subscription_counts_for_it_alone(uow: Uow, world: World) -> None:
    await ingest(
        uow,
        [
            transfer("all", START, 1),
            transfer("one", START, 10, subscription="acme-1"),
            transfer("two", START, 100, subscription="acme-2"),
        ],
        subscriptions=world.subscriptions,
    )
    readings = await read_meter(
        uow,
        world.transfer,
        [
            window(world, 1, subscription_id=world.acme_subscription),
            window(world, 2, subscription_id=world.other_acme_subscription),
            window(world, 3),
        ],
    )
    assert [readings[key].value for key in (1, 2, 3)] == [11, 101, 111]


async def test_a_window_narrows_the_meter_by_its_own_filters(uow: Uow, world: World) -> None:
    await ingest(
        uow,
        [
            transfer("e1", START, 1, properties={"region": "eu", "tier": 1}),
            transfer("e2", START, 10, properties={"region": "us", "tier": Decimal("1.0")}),
            transfer("e3", START, 100, properties={"region": "eu", "tier": 2}),
            transfer("e4", START, 1000),
        ],
    )
    filters: list[dict[str, list[str]]] = [
        {},
        {"region": ["eu"]},
        {"region": ["eu", "us"]},
        {"region": ["us"], "tier": ["1"]},
        {"tier": ["1"]},
        {"region": ["mars"]},
    ]
    windows = [window(world, key, filters=narrow) for key, narrow in enumerate(filters)]
    readings = await read_meter(uow, world.transfer, windows)
    assert [readings[key].value for key in range(6)] == [1111, 101, 111, 10, 11, 0]


async def test_sums_keep_every_digit(uow: Uow, world: World) -> None:
    large, small = Decimal("9" * 38), Decimal("0." + "0" * 37 + "1")
    await ingest(
        uow, [transfer("e1", START, large), transfer("e2", START, small), transfer("e3", START, "1")]
    )
    reading = (await read_meter(uow, world.transfer, [window(world)]))[1]
    assert str(reading.value) == "1" + "0" * 38 + "." + "0" * 37 + "1"  # 99…9 + 1 + 0.00…01


async def test_the_latest_of_one_instant_is_the_last_by_id(uow: Uow, world: World) -> None:
    await ingest(uow, [transfer("a", START, 1), transfer("B", START, 2), transfer("b", START, 3)])
    meter = replace(world.transfer, aggregation=Aggregation.LATEST)
    assert (await read_meter(uow, meter, [window(world)]))[1].value == 3


async def test_a_text_that_no_later_meter_can_count_does_not_stop_it(uow: Uow, world: World) -> None:
    odd = {"odd": "many", "none": None}
    await ingest(
        uow,
        [
            NewEvent("e1", "request", "acme", at=START, properties=odd),
            NewEvent("e2", "request", "acme", at=START, properties={"odd": "2.5"}),
            NewEvent("e3", "request", "acme", at=START, properties={"odd": True}),
        ],
    )
    meter = replace(world.requests, aggregation=Aggregation.SUM, property="odd")
    reading = (await read_meter(uow, meter, [window(world)]))[1]
    assert (reading.value, reading.events) == (Decimal("2.5"), 1)


async def test_groups_split_a_reading_and_add_up_to_it(uow: Uow, world: World) -> None:
    regions = [{"region": "eu"}, {"region": "us"}, {"region": "eu"}, {}, {"region": ""}]
    await ingest(
        uow,
        [
            transfer(f"e{n}", START + n * timedelta(hours=1), 10**n, properties=region)
            for n, region in enumerate(regions)
        ],
    )
    groups = await read_groups(uow, world.transfer, window(world), ["region"])
    assert [part.group for part in groups] == [(None,), ("",), ("eu",), ("us",)]
    assert [part.reading.value for part in groups] == [1000, 10000, 101, 10]
    total = (await read_meter(uow, world.transfer, [window(world)]))[1]
    assert sum(part.reading.value or 0 for part in groups) == total.value == 11111


async def test_only_the_meters_own_properties_group_it(uow: Uow, world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        await read_groups(uow, world.transfer, window(world), ["secret"])
    assert (refused.value.field, refused.value.allowed) == ("group_by", "region")


async def test_too_many_groups_are_refused_rather_than_cut(uow: Uow, world: World) -> None:
    for half in range(2):
        await ingest(
            uow,
            [
                transfer(f"e{half}-{n}", START, 1, properties={"region": f"r{half}-{n}"})
                for n in range(MAX_GROUPS // 2 + half)
            ],
        )
    with pytest.raises(TooLarge) as refused:
        await read_groups(uow, world.transfer, window(world), ["region"])
    assert refused.value.field == "group_by"


async def test_another_tenant_reads_nothing(store: Store, world: World, other_tenant: Tenant) -> None:
    async with store.unit(world.tenant.scope) as uow:
        await ingest(uow, [transfer("e1", START, 1)])
    async with store.unit(other_tenant.scope) as uow:
        assert (await read_meter(uow, world.transfer, [window(world)]))[1].events == 0
        assert (await list_events(uow, EventQuery(10))).items == []


async def test_all_windows_of_a_meter_are_one_statement(store: Store, uow: Uow, world: World) -> None:
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    windows = [window(world, key, end=START + key * DAY) for key in range(1, 200)]
    listened.listen(store.engine.sync_engine, "before_cursor_execute", count)
    try:
        readings = await read_meter(uow, world.transfer, windows)
    finally:
        listened.remove(store.engine.sync_engine, "before_cursor_execute", count)
    assert len(readings) == 199
    assert len(statements) == 1


async def test_a_batch_is_a_fixed_number_of_statements(store: Store, uow: Uow, world: World) -> None:
    counts: list[int] = []
    statements: list[str] = []

    def count(*arguments: Any) -> None:
        statements.append(arguments[2])

    listened.listen(store.engine.sync_engine, "before_cursor_execute", count)
    try:
        for size in (1, 500):
            statements.clear()
            batch = [transfer(f"{size}-{n}", START, 1, customer=("acme", "beta")[n % 2]) for n in range(size)]
            await ingest(uow, batch + batch)
            counts.append(len(statements))
    finally:
        listened.remove(store.engine.sync_engine, "before_cursor_execute", count)
    assert counts[0] == counts[1] == 5  # customers, meters, insert, what is billed, compare
    assert world.acme != world.beta
