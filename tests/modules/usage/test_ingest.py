"""Usage is counted exactly once, and what cannot be counted is refused alone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from counterfoil.core.errors import NotFound, TooLarge
from counterfoil.core.ids import show_id
from counterfoil.core.rating import Aggregation
from counterfoil.modules.catalog import NewMeter, create_meter
from counterfoil.modules.usage import (
    AcceptedTimes,
    EventQuery,
    NewEvent,
    Outcome,
    Reason,
    get_event,
    ingest,
    list_events,
)
from counterfoil.store import Store, Uow
from tests.conftest import Tenant
from tests.modules.usage.conftest import World

AT = datetime(2026, 1, 15, 12, tzinfo=UTC)


def request(id_: str, **fields: Any) -> NewEvent:
    return NewEvent(**{"id": id_, "name": "request", "customer": "acme", "at": AT, **fields})


async def stored_ids(uow: Uow) -> list[str]:
    return [event.id for event in (await list_events(uow, EventQuery(200))).items]


async def outcomes(uow: Uow, *events: NewEvent, **options: Any) -> list[Outcome]:
    return [answer.outcome for answer in await ingest(uow, events, **options)]


async def test_an_event_is_stored_with_every_digit(uow: Uow, world: World) -> None:
    digits = "12345678901234567890.123456789012345678"  # 38 of them
    properties = {
        "amount": Decimal(digits),
        "count": 10**37,
        "padded": Decimal("1.500"),
        "large": Decimal("2E+30"),
        "text": "1.500",
        "yes": True,
        "nothing": None,
    }
    assert await outcomes(uow, request("e1", properties=properties)) == [Outcome.ACCEPTED]
    event = await get_event(uow, "e1")
    assert event.customer_id == world.acme
    assert event.at == AT
    assert event.properties == {**properties, "padded": Decimal("1.5"), "large": 2 * 10**30}
    assert str(event.properties["amount"]) == digits


@pytest.mark.usefixtures("world")
async def test_the_same_event_sent_twice_counts_once(uow: Uow) -> None:
    event = request("e1", properties={"n": 1, "m": "x"})
    assert await outcomes(uow, event) == [Outcome.ACCEPTED]
    again = request("e1", properties={"m": "x", "n": Decimal("1.0")})
    assert await outcomes(uow, again, event) == [Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert await stored_ids(uow) == ["e1"]


async def test_the_same_event_under_the_customers_other_name_is_the_same(uow: Uow, world: World) -> None:
    await ingest(uow, [request("e1")])
    public = show_id("customer", world.acme)
    assert await outcomes(uow, request("e1", customer=public)) == [Outcome.DUPLICATE]


@pytest.mark.usefixtures("world")
async def test_twice_in_one_batch_counts_once(uow: Uow) -> None:
    made = await outcomes(uow, request("e1"), request("e2"), request("e1"))
    assert made == [Outcome.ACCEPTED, Outcome.ACCEPTED, Outcome.DUPLICATE]
    assert await stored_ids(uow) == ["e1", "e2"]


@pytest.mark.parametrize(
    "other",
    [
        {"name": "transfer", "properties": {"n": 1, "bytes": 1}},
        {"customer": "beta"},
        {"at": AT + timedelta(microseconds=1)},
        {"properties": {"n": 2}},
        {"properties": {"n": "1"}},
        {"properties": {"n": 1, "more": None}},
        {"properties": {}},
        {"subscription": "acme-1"},
    ],
)
async def test_an_id_with_other_content_is_refused_and_what_is_stored_stays(
    uow: Uow, world: World, other: dict[str, Any]
) -> None:
    first = request("e1", properties={"n": 1})
    second = replace(first, **other)
    await ingest(uow, [first])
    before = await get_event(uow, "e1")
    (answer,) = await ingest(uow, [second], subscriptions=world.subscriptions)
    assert (answer.outcome, answer.reason, answer.field) == (Outcome.REFUSED, Reason.ID_REUSED, "id")
    assert await get_event(uow, "e1") == before


@pytest.mark.usefixtures("world")
async def test_an_id_with_other_content_within_a_batch_is_refused(uow: Uow) -> None:
    first, second = request("e1", properties={"n": 1}), request("e1", properties={"n": 2})
    answers = await ingest(uow, [first, second, first])
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED, Outcome.REFUSED, Outcome.DUPLICATE]
    assert answers[1].reason is Reason.ID_REUSED


async def test_a_retry_without_a_time_is_a_duplicate_at_any_later_time(store: Store, world: World) -> None:
    event = request("e1", at=None)
    async with store.unit(world.tenant.scope, now=AT) as uow:
        assert await outcomes(uow, event, event) == [Outcome.ACCEPTED, Outcome.DUPLICATE]
    async with store.unit(world.tenant.scope, now=AT + timedelta(minutes=1)) as uow:
        assert await outcomes(uow, event) == [Outcome.DUPLICATE]
        assert (await get_event(uow, "e1")).at == AT


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"customer": "nobody"}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"customer": "cus_00000000000000000000000000"}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"customer": "sub_00000000000000000000000000"}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"customer": "cus_no"}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"customer": "a\x00"}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"customer": "\ud800"}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"customer": ""}, Reason.UNKNOWN_CUSTOMER, "customer"),
        ({"name": "nothing.counts.this"}, Reason.UNKNOWN_METER, "name"),
        ({"subscription": "acme-1"}, Reason.UNKNOWN_SUBSCRIPTION, "subscription"),
        ({"name": ""}, Reason.INVALID, "name"),
        ({"name": "n" * 256}, Reason.INVALID, "name"),
        ({"name": "a\x00"}, Reason.INVALID, "name"),
        ({"id": ""}, Reason.INVALID, "id"),
        ({"id": "   "}, Reason.INVALID, "id"),
        ({"id": "i" * 256}, Reason.INVALID, "id"),
        ({"id": "a\x00b"}, Reason.INVALID, "id"),
        ({"id": "a\x1fb"}, Reason.INVALID, "id"),
        ({"id": "\ud800"}, Reason.INVALID, "id"),
        ({"properties": {"a": [1]}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": {"b": 1}}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": 1.5}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": 10**38}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": -(10**400)}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": Decimal("1E+400")}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": Decimal("0." + "1" * 39)}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": Decimal("NaN")}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": Decimal("Infinity")}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": "x\x00"}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": "\ud800"}}, Reason.INVALID, "properties.a"),
        ({"properties": {"a": "x" * 1025}}, Reason.INVALID, "properties.a"),
        ({"properties": {"p" * 101: 1}}, Reason.INVALID, "properties." + "p" * 100),
        ({"properties": {"a\x00": 1}}, Reason.INVALID, "properties.a\\x00"),
        ({"properties": {"": 1}}, Reason.INVALID, "properties."),
        ({"properties": {str(n): n for n in range(101)}}, Reason.INVALID, "properties"),
    ],
)
@pytest.mark.usefixtures("world")
async def test_a_bad_event_is_refused_alone_and_named(
    uow: Uow, fields: dict[str, Any], reason: Reason, field: str
) -> None:
    bad = request(fields.pop("id", "bad"), **fields)
    before, refused, after = await ingest(uow, [request("before"), bad, request("after")])
    assert (refused.id, refused.outcome) == (bad.id, Outcome.REFUSED)
    assert (refused.reason, refused.field) == (reason, field)
    assert refused.refusal is not None
    assert refused.refusal.allowed
    assert (before.outcome, after.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert await stored_ids(uow) == ["after", "before"]


@pytest.mark.usefixtures("world")
async def test_a_refused_event_does_not_take_its_id(uow: Uow) -> None:
    assert await outcomes(uow, request("e1", customer="nobody")) == [Outcome.REFUSED]
    assert await outcomes(uow, request("e1")) == [Outcome.ACCEPTED]


@pytest.mark.usefixtures("world")
async def test_limits_are_reached_exactly(uow: Uow) -> None:
    event = request(
        "i" * 255, properties={**{f"{n:0100}": 10**38 - 1 for n in range(99)}, "text": "\n\t" + "ü" * 1022}
    )
    assert await outcomes(uow, event) == [Outcome.ACCEPTED]
    assert (await get_event(uow, "i" * 255)).properties == event.properties


@pytest.mark.usefixtures("world")
async def test_texts_that_look_like_separators_and_quotes_stay_as_they_are(uow: Uow) -> None:
    texts = ["\x1f", "\\u0000", "\\", '"', "{}", ",", "'; drop table events; --", "%s", ":name", "\u2028", ""]
    events = [request(f"e{n},{{}}\\\"'", properties={"t": value}) for n, value in enumerate(texts)]
    assert await outcomes(uow, *events) == [Outcome.ACCEPTED] * len(texts)
    for event in events:
        assert (await get_event(uow, event.id)).properties == event.properties


@pytest.mark.parametrize(
    ("at", "outcome"),
    [
        (AT - timedelta(days=10), Outcome.ACCEPTED),
        (AT - timedelta(days=10, microseconds=1), Outcome.REFUSED),
        (AT + timedelta(seconds=60), Outcome.ACCEPTED),
        (AT + timedelta(seconds=60, microseconds=1), Outcome.REFUSED),
    ],
)
async def test_times_are_measured_from_business_time(
    store: Store, world: World, at: datetime, outcome: Outcome
) -> None:
    times = AcceptedTimes(timedelta(days=10), timedelta(seconds=60))
    async with store.unit(world.tenant.scope, now=AT) as uow:
        (answer,) = await ingest(uow, [request("e1", at=at)], times=times)
    assert answer.outcome is outcome
    if answer.refusal is not None:
        assert (answer.reason, answer.field) == (Reason.TIME_OUT_OF_RANGE, "at")
        assert answer.refusal.allowed == "from 2026-01-05T12:00:00Z to 2026-01-15T12:01:00Z"


@pytest.mark.parametrize(
    ("properties", "field"),
    [
        ({"billable": True, "bytes": 5}, None),
        ({"billable": "true", "bytes": "5.25"}, None),
        ({"billable": True, "bytes": Decimal("-0.5")}, None),
        ({"billable": True}, "properties.bytes"),
        ({"billable": True, "bytes": None}, "properties.bytes"),
        ({"billable": True, "bytes": "many"}, "properties.bytes"),
        ({"billable": True, "bytes": "1" * 39}, "properties.bytes"),
        ({"billable": True, "bytes": "NaN"}, "properties.bytes"),
        ({"billable": True, "bytes": True}, "properties.bytes"),
        ({"billable": False}, None),  # the meter does not count it, so it asks nothing of it
        ({"bytes": "many"}, None),
    ],
)
@pytest.mark.usefixtures("world")
async def test_a_meter_that_sums_asks_for_its_number(
    uow: Uow, properties: dict[str, Any], field: str | None
) -> None:
    (answer,) = await ingest(uow, [request("e1", name="transfer", properties=properties)])
    assert answer.field == field
    assert (answer.outcome is Outcome.ACCEPTED) == (field is None)


@pytest.mark.usefixtures("world")
async def test_every_meter_of_a_name_is_asked(uow: Uow) -> None:
    await create_meter(
        uow,
        NewMeter(
            code="peak", name="Peak", event_name="request", aggregation=Aggregation.MAX, property="level"
        ),
    )
    without, with_level = await ingest(uow, [request("e1"), request("e2", properties={"level": 3})])
    assert (without.reason, without.field) == (Reason.INVALID, "properties.level")
    assert with_level.outcome is Outcome.ACCEPTED


async def test_a_subscription_must_be_the_customers_own(uow: Uow, world: World) -> None:
    own, foreign, unknown = await ingest(
        uow,
        [
            request("e1", subscription="acme-1"),
            request("e2", subscription="beta-1"),
            request("e3", subscription="none"),
        ],
        subscriptions=world.subscriptions,
    )
    assert own.outcome is Outcome.ACCEPTED
    assert (await get_event(uow, "e1")).subscription_id == world.acme_subscription
    assert foreign.reason is unknown.reason is Reason.UNKNOWN_SUBSCRIPTION


async def test_two_tenants_use_the_same_id_and_see_only_their_own(
    store: Store, world: World, other_tenant: Tenant
) -> None:
    async with store.unit(world.tenant.scope) as uow:
        await ingest(uow, [request("e1"), request("e2")])
    async with store.unit(other_tenant.scope) as uow:
        (answer,) = await ingest(uow, [request("e1", customer=show_id("customer", world.acme))])
        assert answer.reason is Reason.UNKNOWN_CUSTOMER
        assert await stored_ids(uow) == []
        with pytest.raises(NotFound):
            await get_event(uow, "e1")


@pytest.mark.usefixtures("world")
async def test_a_batch_is_a_thousand_at_most(uow: Uow) -> None:
    events = [request(f"e{n}") for n in range(1001)]
    with pytest.raises(TooLarge) as refused:
        await ingest(uow, events)
    assert refused.value.field == "events"
    assert await stored_ids(uow) == []
    assert await outcomes(uow, *events[:1000]) == [Outcome.ACCEPTED] * 1000
    assert await ingest(uow, []) == []


async def test_twins_at_the_same_time_count_once_and_never_deadlock(store: Store, world: World) -> None:
    events = [request(f"e{n}") for n in range(300)]

    async def send(batch: list[NewEvent]) -> int:
        async with store.unit(world.tenant.scope) as uow:
            return (await outcomes(uow, *batch)).count(Outcome.ACCEPTED)

    batches = [events, events[::-1], events[150:] + events[:150], events[::2] + events[1::2]]
    accepted = await asyncio.gather(*(send(batch) for batch in batches))
    assert sum(accepted) == 300


async def test_nothing_is_stored_if_the_transaction_fails(store: Store, world: World) -> None:
    async def fail() -> None:
        async with store.unit(world.tenant.scope) as uow:
            await ingest(uow, [request("e1")])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with store.unit(world.tenant.scope) as uow:
        assert await outcomes(uow, request("e1")) == [Outcome.ACCEPTED]


@pytest.mark.parametrize(
    "statement", ["update events set name = 'x'", "delete from events", "truncate events"]
)
async def test_the_program_cannot_change_what_was_used(store: Store, world: World, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with store.unit(world.tenant.scope) as uow:
            await uow.execute(text(statement))
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with store.system() as system:
            await system.execute(text(statement))


async def test_the_partitions_cannot_be_read_past_the_table(store: Store, world: World) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with store.unit(world.tenant.scope) as uow:
            await uow.execute(text("select count(*) from counterfoil_partitions.events_00"))


@pytest.mark.parametrize(
    ("properties", "field", "message"),
    [
        ({"seconds": 90, "rate": 2}, None, None),
        ({"seconds": "90", "rate": "2"}, None, None),
        ({"seconds": 90, "rate": 2, "extra": None}, None, None),
        ({"rate": 2}, "properties.seconds", "properties.seconds is missing"),
        ({"seconds": "long", "rate": 2}, "properties.seconds", "is not a decimal number"),
        ({"seconds": True, "rate": 2}, "properties.seconds", "is not a decimal number"),
        ({"seconds": 90, "rate": 0}, "properties", "divide by zero (at position 23 of "),
        ({"seconds": 90, "rate": 0, "free": True}, None, None),
    ],
)
async def test_an_event_of_which_an_expression_has_no_value_is_refused_unless_a_filter_leaves_it_out(
    uow: Uow, world: World, properties: dict[str, Any], field: str | None, message: str | None
) -> None:
    await create_meter(
        uow,
        NewMeter(
            code="minutes",
            name="Minutes",
            event_name="call",
            aggregation=Aggregation.EXPRESSION,
            expression="ceil(seconds / 60) * 6/rate + coalesce(extra, 0)",
            filters={"free": [False]} if "free" in properties else {},
        ),
    )
    (answer,) = await ingest(uow, [request("c1", name="call", properties=properties)])
    assert answer.field == field
    assert (answer.outcome is Outcome.ACCEPTED) == (field is None)
    assert answer.refusal is None or (message or "") in answer.refusal.message
    assert world.acme
