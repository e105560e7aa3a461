"""Usage that is given as events: a meter makes of them what the price needs, as billing does."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import islice
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
from counterfoil.core.expressions import MAX_LENGTH, parse_expression
from counterfoil.core.pricing import Detail, GroupUsage, Measured, WindowUsage
from counterfoil.core.pricing.measured import MAX_PIECES
from counterfoil.core.pricing.reading import choice_at, object_at, optional_decimal_at, text_at
from counterfoil.core.rating import (
    SUMS,
    Aggregate,
    Aggregation,
    Filter,
    PropertyValue,
    Reset,
    Stretch,
    UsageEvent,
    aggregate,
    aggregate_windows,
    value_text,
)
from counterfoil.core.rating.windows import window_grid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.calculator.reading import Data
    from counterfoil.core.money import Exact
    from counterfoil.core.pricing import Need
    from counterfoil.core.rating import Usage

METER_FIELDS: Final = ("meter", "records", "period")
MAX_PROPERTY: Final = 255
_METER: Final = ("aggregation", "property", "filters", "expression", "multiplier", "reset")


def metered_at(data: Data, need: Need) -> tuple[Measured, Usage]:
    """What the ``meter`` makes of the ``records`` in the ``period`` (all of them without one).

    With it what it counted in all.  A level needs the period, and so does a price of windows, and its
    ``zone``; records from before it are what a meter that never resets begins with.
    """
    for name in USAGE_FIELDS:
        if data.get(name) is not None:
            raise InvalidInput(
                f"meter does not go with {name}",
                field="meter",
                allowed="records, from which it makes the usage",
            )
    spec, stretch = _meter(data), _stretch(data)
    if spec.is_level() and stretch is None:
        raise InvalidInput(
            "period is missing", field="period", allowed="the period in which the level is looked at"
        )
    events = _records(data)
    _check_numbers(events, spec)
    (whole,) = aggregate(events, spec, stretch)
    return _measured(events, spec, need, whole, data), whole


def _measured(
    events: Sequence[UsageEvent], spec: Aggregate, need: Need, whole: Usage, data: Data
) -> Measured:
    match need.detail:
        case Detail.GROUPS:
            groups = aggregate(events, replace(spec, group_by=need.group_by), _stretch(data))
            return Measured.of_groups((GroupUsage(one.group, one.quantity) for one in groups), whole.events)
        case Detail.WINDOWS:
            return Measured.of_windows(_windows(events, spec, need, data), whole.events)
        case Detail.AMOUNTS:
            return Measured.of_amounts(_amounts(events, spec, _stretch(data)))
        case _:
            return Measured(whole.quantity, whole.events)


def _windows(events: Sequence[UsageEvent], spec: Aggregate, need: Need, data: Data) -> list[WindowUsage]:
    assert need.window is not None
    period = _stretch(data)
    if period is None:
        raise InvalidInput("period is missing", field="period", allowed="the period that has the windows")
    grid = window_grid(need.window, period.start, period.end, _zone(data))
    used = aggregate_windows(events, spec, grid, period)
    # One more than a line may have is enough to refuse it.
    return [WindowUsage(start, one.quantity) for start, one in islice(used, MAX_PIECES + 1)]


def _amounts(events: Sequence[UsageEvent], spec: Aggregate, stretch: Stretch | None) -> list[Exact]:
    """The amount of each event, in the order of time."""
    if spec.aggregation not in SUMS or spec.reset is not Reset.PERIOD:
        raise InvalidInput(
            "the price looks at the amount of each event",
            field="meter.aggregation",
            allowed=f"{', '.join(sorted(SUMS))}, in each period anew",
        )
    ordered = sorted(events, key=lambda event: (event.at, event.id))
    each = [aggregate([event], spec, stretch)[0] for event in ordered]
    return [one.quantity for one in each if one.events]


def _meter(data: Data) -> Aggregate:
    meter = object_at(data["meter"], _METER, "meter")
    required(meter, "aggregation", ", ".join(Aggregation), "meter")
    aggregation = choice_at(meter, "aggregation", Aggregation.COUNT, "meter")
    property_ = text_at(meter, "property", "meter", longest=MAX_PROPERTY)
    expression = text_at(meter, "expression", "meter", longest=MAX_LENGTH)
    reset = choice_at(meter, "reset", Reset.PERIOD, "meter")
    multiplier = optional_decimal_at(meter, "multiplier", "meter")
    given = meter.get("filters")
    filters = object_at_any({} if given is None else given, "meter.filters")
    with within("meter"):
        return Aggregate(
            aggregation,
            property_,
            tuple(Filter(name, _values(filters, name)) for name in filters),
            multiplier=multiplier,
            expression=None if expression is None else parse_expression(expression),
            reset=reset,
        )


def _values(filters: Data, name: str) -> tuple[str, ...]:
    listed = [_plain(one, f"meter.filters.{name}") for one in list_at(filters, name, "meter.filters")]
    return tuple(text for one in listed if (text := value_text(one)) is not None)


def _stretch(data: Data) -> Stretch | None:
    if data.get("period") is None:
        return None
    given = object_at(data["period"], ("start", "end", "zone"), "period")
    start, end = instant_at(given, "start", "period"), instant_at(given, "end", "period")
    with within("period"):
        period = Period(start, end)
    return Stretch(period.start, period.end)


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


def _check_numbers(events: Sequence[UsageEvent], spec: Aggregate) -> None:
    """Refuse a record without the number that the meter needs, as it is refused when it is sent."""
    if spec.aggregation in (Aggregation.COUNT, Aggregation.UNIQUE_COUNT):
        return
    passing = Aggregate(Aggregation.COUNT, filters=spec.filters)
    needing = spec
    if spec.expression is None:
        needing = Aggregate(Aggregation.SUM, spec.property, spec.filters)
    for index, event in enumerate(events):
        if aggregate([event], passing)[0].events and not aggregate([event], needing)[0].events:
            place = f"records.{index}.properties"
            if spec.expression is None:
                place = f"{place}.{spec.property}"
            raise InvalidInput(
                f"{place} is no number that the meter could count",
                field=place,
                allowed="a decimal number of at most 38 digits"
                if spec.expression is None
                else "properties for which the expression has a value",
            )


def _plain(value: object, field: str) -> PropertyValue:
    if value is not None and not isinstance(value, str | int | Decimal | bool):
        raise InvalidInput(
            f"{field} is no plain value", field=field, allowed="a text, a number, true or false"
        )
    return value
