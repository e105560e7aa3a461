"""What SQL counts is what the reference in core counts, for any events, filters, groups and windows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.core.money import Exact
from counterfoil.core.pricing import Window, WindowUnit
from counterfoil.core.rating import (
    SUMS,
    WITHOUT_PROPERTY,
    Aggregation,
    Filter,
    PropertyValue,
    Reset,
    Stretch,
    UsageEvent,
    aggregate,
    needs_earlier,
    window_grid,
)
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
    read_meter_amounts,
    read_meter_groups,
    read_meter_windows,
    void_event,
)
from counterfoil.store import Store, Uow
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
    """An event and the place of the subscription that it names; a void one counts nowhere."""

    at: datetime
    subscription: int | None
    properties: dict[str, PropertyValue]
    void: bool = False


@dataclass(frozen=True)
class Asked:
    """A window and the place of the subscription that it is for."""

    subscription: int | None
    start: datetime
    end: datetime
    filters: dict[str, list[str]]

    def of_subscription(self, sent: Sent) -> bool:
        return self.subscription is None or sent.subscription in (None, self.subscription)


sent_events = st.lists(
    st.builds(
        Sent,
        moments,
        st.sampled_from([None, None, 0, 1]),
        st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=3),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=4,
    max_size=14,
)
asked_windows = st.lists(
    st.builds(
        Asked,
        st.sampled_from([None, 0, 1]),
        st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)),
        st.integers(4, 8).map(lambda hours: START + timedelta(hours=hours)),
        filter_sets,
    ),
    min_size=1,
    max_size=5,
)
grids = st.sampled_from(
    [
        *(Window(WindowUnit.MINUTE, count) for count in (45, 90)),
        *(Window(WindowUnit.HOUR, count) for count in (1, 2)),
        *(Window(unit) for unit in (WindowUnit.DAY, WindowUnit.WEEK, WindowUnit.MONTH)),
    ]
)
# Ids whose order by code points is not that of a dictionary.
id_starts = st.sampled_from(["a", "B", "Z", "é", "z", "𝒳", "-", "_"])


def meter_of(
    world: World,
    aggregation: Aggregation,
    filters: dict[str, list[str]],
    reset: Reset = Reset.PERIOD,
    expression: str = "a",
) -> Meter:
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
        property=None if aggregation in WITHOUT_PROPERTY else "a",
        multiplier=Decimal("2.5") if aggregation is Aggregation.SUM_WITH_MULTIPLIER else None,
        expression=expression if aggregation is Aggregation.EXPRESSION else None,
        reset=reset,
        filters=filters,
        group_by=NAMES,
        archived_at=None,
    )


def expected(
    events: Sequence[tuple[str, Sent]],
    window: Asked,
    meter: Meter,
    group_by: tuple[str, ...] = (),
    stretch: Stretch | None = None,
) -> dict[tuple[str | None, ...], MeterReading]:
    """What the reference says, by group."""
    spec = meter.measures(group_by)
    narrowed = tuple(Filter(name, tuple(wanted)) for name, wanted in window.filters.items())
    spec = replace(spec, filters=spec.filters + narrowed)
    taken = [
        UsageEvent(id_, sent.at, sent.properties) for id_, sent in events if window.of_subscription(sent)
    ]
    return {
        usage.group: MeterReading(usage.value, usage.events, usage.first_at, usage.last_at)
        for usage in aggregate(taken, spec, stretch or Stretch(window.start, window.end))
    }


def expected_windows(
    events: Sequence[tuple[str, Sent]], question: Asked, meter: Meter, window: UsageWindow
) -> list[tuple[datetime, Exact | None, int]]:
    """The windows of the grid by their definition, one after the other: starts, values, events.

    A window's value is what the meter makes of the time up to the window's end; it is told if it is not 0 or
    something happened in it.  Its events are those since the window that was told before.
    """
    grid, found = window.grid, []
    assert grid is not None
    told, before = 0, carried(events, question, meter)
    last = grid.place_of(question.end - timedelta(microseconds=1))
    for place in range(grid.place_of(question.start), last + 1):
        start, end = grid.start_of(place), grid.end_of(place)
        part = Stretch(max(start, question.start), min(end, question.end), question.start, end - start)
        reading = expected(events, question, meter, stretch=part)[()]
        if not needs_earlier(meter.measures()):
            if reading.events:
                found.append((start, reading.value, reading.events))
            continue
        so_far = expected(events, question, meter, stretch=Stretch(question.start, part.end))[()].events
        if reading.value or so_far > before:
            found.append((start, reading.value, so_far - told))
            told = so_far
        before = so_far
    return found


def carried(events: Sequence[tuple[str, Sent]], question: Asked, meter: Meter) -> int:
    """How many events from before the period take part in it."""
    whole = Stretch(question.start, question.end)
    earlier = [(id_, sent) for id_, sent in events if sent.at < question.start]
    return expected(earlier, question, meter, stretch=whole)[()].events


def expected_amounts(events: Sequence[tuple[str, Sent]], question: Asked, meter: Meter) -> list[Exact | None]:
    """What each event gives to the sum, in the order of time and of ids by code points."""
    found = [(sent.at, id_, expected([(id_, sent)], question, meter)[()]) for id_, sent in events]
    return [reading.value for _, _, reading in sorted(found, key=lambda one: one[:2]) if reading.events]


EXPRESSIONS = (
    "a",
    "a + 4 * b",
    "ceil(a / 60) - floor(-b / 7)",
    "a / 3 + b / 7",
    "a / b",
    "coalesce(a / b, 0)",
    "coalesce(b, a, 1) * 0.5",
    "round(a / 3, 2) + round(b * -1.005, 2)",
    "max(min(a, b, 10), -abs(a)) / -0.3",
    "ceil(a * b)",
    "(a - b) * (a + b)",
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sent=sent_events,
    starts=st.lists(id_starts, min_size=14, max_size=14),
    asked=asked_windows,
    meter_filters=filter_sets,
    group_by=st.lists(st.sampled_from(NAMES), max_size=2, unique=True).map(tuple),
    grid=grids,
    reset=st.sampled_from(Reset),
    expression=st.sampled_from(EXPRESSIONS),
)
async def test_sql_counts_what_the_reference_counts(
    store: Store,
    world: World,
    sent: list[Sent],
    starts: list[str],
    asked: list[Asked],
    meter_filters: dict[str, list[str]],
    group_by: tuple[str, ...],
    grid: Window,
    reset: Reset,
    expression: str,
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
        events = await standing(uow, events)
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
            meter = meter_of(world, aggregation, meter_filters, reset, expression)
            readings = await read_meter(uow, meter, windows)
            for window, question in zip(windows, asked, strict=True):
                assert readings[window.key] == expected(events, question, meter)[()], (meter, window)
                if group_by and window.start < window.end:
                    groups = await read_groups(uow, meter, window, group_by)
                    wanted = expected(events, question, meter, group_by)
                    assert [(part.group, part.reading) for part in groups] == list(wanted.items())
            if group_by:
                all_groups = await read_meter_groups(uow, meter, windows, group_by)
                for window, question in zip(windows, asked, strict=True):
                    wanted = expected(events, question, meter, group_by)
                    assert [(one.group, one.reading) for one in all_groups[window.key]] == list(
                        wanted.items()
                    )
            gridded = [
                replace(window, grid=window_grid(grid, window.start, window.end, "Asia/Kathmandu"))
                for window in windows
            ]
            by_window = await read_meter_windows(uow, meter, gridded)
            for window, question in zip(gridded, asked, strict=True):
                told = [(one.start, one.reading.value, one.reading.events) for one in by_window[window.key]]
                assert told == expected_windows(events, question, meter, window), (meter, window)
        for aggregation in SUMS:
            meter = meter_of(world, aggregation, meter_filters, expression=expression)
            amounts = await read_meter_amounts(uow, meter, windows)
            for window, question in zip(windows, asked, strict=True):
                assert list(amounts[window.key].amounts or ()) == expected_amounts(events, question, meter)


async def standing(uow: Uow, events: Sequence[tuple[str, Sent]]) -> list[tuple[str, Sent]]:
    """The events that still count, once those that are to be void are."""
    for id_, event in events:
        if event.void:
            await void_event(uow, id_, "wrong")
    return [(id_, event) for id_, event in events if not event.void]


@dataclass(frozen=True)
class _Found:
    id: UUID
    customer_id: UUID
