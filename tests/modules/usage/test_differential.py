"""What SQL counts is what the reference in core counts, for any events, filters, groups and windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.core.rating import Aggregate, Aggregation, Filter, PropertyValue, UsageEvent, aggregate
from counterfoil.modules.catalog import Meter
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.usage import (
    MeterReading,
    NewEvent,
    Outcome,
    UsageWindow,
    ingest,
    read_groups,
    read_meter,
)
from counterfoil.store import Store
from tests.modules.usage.conftest import World

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("a", "b", "c")
_TEXTS = (
    *("", "1", "1.0", "1e2", "1E+2", "+.5", "5.", "-0", "0.0", "-9e-3", "0e500", "1e0005", "1e37", "1e-38"),
    *("9" * 38, "0." + "0" * 37 + "1", "0" * 60 + "7"),
    *("1e38", "1e-39", "1e999", "9" * 39, "NaN", "Infinity", " 1", "1\n", "1_0", "٣", "0x10", "e5", ".", "-"),
    *("abc", "true", "null"),
)
_FILTERED = ("1", "1.5", "true", "abc", "", "100", "1e2")

# Half of the values are ones that filters ask for, and most filters ask for nothing, so that much is counted.
common = st.sampled_from([1, "1", Decimal("1.50"), True, "abc", 100, "1e2", None])
values = st.one_of(
    common,
    common,
    st.integers(-(10**38) + 1, 10**38 - 1),
    st.decimals(-(10**6), 10**6, places=3),
    st.sampled_from([False, 0, Decimal("1.0"), Decimal("1E+2"), Decimal("-0.0"), Decimal("1E-38")]),
    st.sampled_from(_TEXTS),
)
moments = st.integers(0, 6).map(lambda hours: START + timedelta(hours=hours))
filter_sets: st.SearchStrategy[dict[str, list[str]]] = st.one_of(
    st.just({}),
    st.dictionaries(
        st.sampled_from(NAMES),
        st.lists(st.sampled_from(_FILTERED), min_size=1, max_size=4, unique=True),
        max_size=2,
    ),
)


@dataclass(frozen=True)
class Sent:
    """An event and the place of the subscription that it names."""

    at: datetime
    subscription: int | None
    properties: dict[str, PropertyValue]


@dataclass(frozen=True)
class Asked:
    """A window and the place of the subscription that it is for."""

    subscription: int | None
    start: datetime
    end: datetime
    filters: dict[str, list[str]]

    def takes(self, sent: Sent) -> bool:
        named = self.subscription is None or sent.subscription in (None, self.subscription)
        return named and self.start <= sent.at < self.end


sent_events = st.lists(
    st.builds(
        Sent,
        moments,
        st.sampled_from([None, None, 0, 1]),
        st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3),
    ),
    min_size=4,
    max_size=14,
)
asked_windows = st.lists(
    st.builds(
        Asked,
        st.sampled_from([None, 0, 1]),
        st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)),
        st.integers(2, 7).map(lambda hours: START + timedelta(hours=hours)),
        filter_sets,
    ),
    min_size=1,
    max_size=5,
)
# Ids whose order by code points is not that of a dictionary.
id_starts = st.sampled_from(["a", "B", "Z", "é", "z", "𝒳", "-", "_"])


def meter_of(world: World, aggregation: Aggregation, filters: dict[str, list[str]]) -> Meter:
    return Meter(
        id=world.requests.id,
        external_id=None,
        meta={},
        version=1,
        created_at=START,
        updated_at=START,
        code="any",
        name="Any",
        event_name="request",
        aggregation=aggregation,
        property=None if aggregation is Aggregation.COUNT else "a",
        filters=filters,
        group_by=NAMES,
        archived_at=None,
    )


def expected(
    events: Sequence[tuple[str, Sent]],
    window: Asked,
    meter: Meter,
    group_by: tuple[str, ...] = (),
) -> dict[tuple[str | None, ...], MeterReading]:
    """What the reference says, by group."""
    filters = [*meter.filters.items(), *window.filters.items()]
    spec = Aggregate(
        meter.aggregation,
        meter.property,
        tuple(Filter(name, tuple(wanted)) for name, wanted in filters),
        group_by,
    )
    taken = [UsageEvent(id_, sent.at, sent.properties) for id_, sent in events if window.takes(sent)]
    return {
        usage.group: MeterReading(usage.value, usage.events, usage.first_at, usage.last_at)
        for usage in aggregate(taken, spec)
    }


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=sent_events,
    starts=st.lists(id_starts, min_size=14, max_size=14),
    asked=asked_windows,
    meter_filters=filter_sets,
    group_by=st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
)
async def test_sql_counts_what_the_reference_counts(
    store: Store,
    world: World,
    sent: list[Sent],
    starts: list[str],
    asked: list[Asked],
    meter_filters: dict[str, list[str]],
    group_by: tuple[str, ...],
) -> None:
    subscriptions = [("acme-1", world.acme_subscription), ("acme-2", world.other_acme_subscription)]

    async def resolve(_: object, names: object) -> dict[str, object]:
        return {name: _Found(id_, customer.id) for name, id_ in subscriptions}

    async with store.unit(world.tenant.scope, now=START + timedelta(hours=12)) as uow:
        customer = await create_customer(uow, NewCustomer("Any", external_id=uow.new_id().hex))
        run = uow.new_id().hex
        events = [(f"{starts[place]}{run}{place}", event) for place, event in enumerate(sent)]
        answers = await ingest(
            uow,
            [
                NewEvent(
                    id_,
                    "request",
                    customer.external_id or "",
                    None if event.subscription is None else subscriptions[event.subscription][0],
                    event.at,
                    event.properties,
                )
                for id_, event in events
            ],
            subscriptions=resolve,  # type: ignore[arg-type]
        )
        assert {answer.outcome for answer in answers} <= {Outcome.ACCEPTED}
        windows = [
            UsageWindow(
                place * 7,
                customer.id,
                None if window.subscription is None else subscriptions[window.subscription][1],
                window.start,
                window.end,
                window.filters,
            )
            for place, window in enumerate(asked)
        ]
        for aggregation in Aggregation:
            meter = meter_of(world, aggregation, meter_filters)
            readings = await read_meter(uow, meter, windows)
            for window, question in zip(windows, asked, strict=True):
                assert readings[window.key] == expected(events, question, meter)[()], (meter, window)
                if group_by and window.start < window.end:
                    groups = await read_groups(uow, meter, window, group_by)
                    wanted = expected(events, question, meter, group_by)
                    assert [(part.group, part.reading) for part in groups] == list(wanted.items())


@dataclass(frozen=True)
class _Found:
    id: UUID
    customer_id: UUID
