"""Usage that is given as events: a meter makes of them what the price needs, as billing does."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calculator.reading import (
    USAGE_FIELDS,
    each_object,
    instant_at,
    list_at,
    name_at,
    object_at_any,
    required,
    within,
)
from counterfoil.core.calendar import Period, parse_zone
from counterfoil.core.errors import InvalidInput
from counterfoil.core.pricing import Detail, GroupUsage, Measured, WindowUsage
from counterfoil.core.pricing.reading import choice_at, object_at, text_at
from counterfoil.core.rating import (
    Aggregate,
    Aggregation,
    Filter,
    PropertyValue,
    UsageEvent,
    aggregate,
    number_of,
    value_text,
)
from counterfoil.core.rating.windows import window_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.pricing import Need
    from counterfoil.core.rating import Usage

METER_FIELDS: Final = ("meter", "records", "period")
MAX_PROPERTY: Final = 255


def metered_at(data: Data, need: Need) -> tuple[Measured, Usage]:
    """What the ``meter`` makes of the ``records`` in the ``period`` (all of them without one).

    With it what it counted in all.  A price of windows needs the period, and its ``zone``.
    """
    for name in USAGE_FIELDS:
        if data.get(name) is not None:
            raise InvalidInput(
                f"meter does not go with {name}",
                field="meter",
                allowed="records, from which it makes the usage",
            )
    spec, period = _meter(data), _period(data)
    events = _records(data)
    if period is not None:
        events = [event for event in events if period.contains(event.at)]
    (whole,) = aggregate(events, spec)
    return _measured(events, spec, need, whole, data), whole


def _measured(
    events: Sequence[UsageEvent], spec: Aggregate, need: Need, whole: Usage, data: Data
) -> Measured:
    match need.detail:
        case Detail.GROUPS:
            by_group = Aggregate(spec.aggregation, spec.property, spec.filters, need.group_by)
            groups = aggregate(events, by_group)
            return Measured.of_groups((GroupUsage(one.group, one.quantity) for one in groups), whole.events)
        case Detail.WINDOWS:
            return Measured.of_windows(_windows(events, spec, need, data), whole.events)
        case Detail.AMOUNTS:
            return Measured.of_amounts(_amounts(events, spec))
        case _:
            return Measured(whole.quantity, whole.events)


def _windows(events: Sequence[UsageEvent], spec: Aggregate, need: Need, data: Data) -> list[WindowUsage]:
    assert need.window is not None
    period = _period(data)
    if period is None:
        raise InvalidInput("period is missing", field="period", allowed="the period that has the windows")
    grid = window_grid(need.window, period.start, period.end, _zone(data))
    windows: dict[int, list[UsageEvent]] = {}
    for event in events:
        windows.setdefault(grid.place_of(event.at), []).append(event)
    used = []
    for place in sorted(windows):
        (usage,) = aggregate(windows[place], spec)
        if usage.events:
            used.append(WindowUsage(grid.start_of(place), usage.quantity))
    return used


def _amounts(events: Sequence[UsageEvent], spec: Aggregate) -> list[Decimal]:
    """The amount of each event, in the order of time."""
    if spec.aggregation is not Aggregation.SUM:
        raise InvalidInput(
            "the price looks at the amount of each event", field="meter.aggregation", allowed="sum"
        )
    assert spec.property is not None
    ordered = sorted(events, key=lambda event: (event.at, event.id))
    kept = [event for event in ordered if aggregate([event], spec)[0].events]
    numbers = [number_of(event.properties[spec.property]) for event in kept]
    return [number for number in numbers if number is not None]


def _meter(data: Data) -> Aggregate:
    meter = object_at(data["meter"], ("aggregation", "property", "filters"), "meter")
    required(meter, "aggregation", ", ".join(Aggregation), "meter")
    aggregation = choice_at(meter, "aggregation", Aggregation.COUNT, "meter")
    property_ = text_at(meter, "property", "meter", longest=MAX_PROPERTY)
    given = meter.get("filters")
    filters = object_at_any({} if given is None else given, "meter.filters")
    with within("meter"):
        return Aggregate(
            aggregation, property_, tuple(Filter(name, _values(filters, name)) for name in filters)
        )


def _values(filters: Data, name: str) -> tuple[str, ...]:
    listed = [_plain(one, f"meter.filters.{name}") for one in list_at(filters, name, "meter.filters")]
    return tuple(text for one in listed if (text := value_text(one)) is not None)


def _period(data: Data) -> Period | None:
    if data.get("period") is None:
        return None
    period = object_at(data["period"], ("start", "end", "zone"), "period")
    start, end = instant_at(period, "start", "period"), instant_at(period, "end", "period")
    with within("period"):
        return Period(start, end)


def _zone(data: Data) -> str:
    zone: Any = object_at_any(data["period"], "period").get("zone", "UTC")
    parse_zone(zone if isinstance(zone, str) else "", field="period.zone")
    return str(zone)


def _records(data: Data) -> list[UsageEvent]:
    events: dict[str, UsageEvent] = {}
    for index, (record, place) in enumerate(each_object(data, "records", ("id", "at", "properties"))):
        id_ = name_at(record, "id", place, default=f"{index:05}")
        given = record.get("properties")
        properties = object_at_any({} if given is None else given, f"{place}.properties")
        if id_ in events:
            raise InvalidInput(f"{place}.id is there twice", field=f"{place}.id", allowed="each id once")
        events[id_] = UsageEvent(
            id_,
            instant_at(record, "at", place),
            {name: _plain(value, f"{place}.properties.{name}") for name, value in properties.items()},
        )
    return list(events.values())


def _plain(value: object, field: str) -> PropertyValue:
    if value is not None and not isinstance(value, str | int | Decimal | bool):
        raise InvalidInput(
            f"{field} is no plain value", field=field, allowed="a text, a number, true or false"
        )
    return value
