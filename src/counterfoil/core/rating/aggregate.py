"""How events become a quantity: the reference that every usage store's SQL is compared with.

Owns: the aggregations, the filters, the grouping, on events in memory.  Does not own: which events belong to
a period or a customer (the caller has chosen them), or what a quantity costs.
Always holds: the order of the events does not matter; sums are exact; an event counts in one group.

Property values are compared as text (``value_text``): the number 1.0, the number 1 and the text "1" are one
value.  An event takes part in an aggregation over a property only if it has the property (``null`` is as
absent) and, for sum, max and latest, only if its value is a number or the text of one; ingest refuses the
others beforehand, so here they are passed over rather than stopping a bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, exact_context, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

type PropertyValue = str | int | Decimal | bool | None
"""What a property of an event may hold."""


class Aggregation(StrEnum):
    """How the events of a period become one number."""

    COUNT = "count"
    """How many events; takes no property."""
    SUM = "sum"
    """The sum of the property's values; of no events 0."""
    MAX = "max"
    """The largest value; of no events there is none, and 0 is billed."""
    LATEST = "latest"
    """The value of the last event by (time, event id, by code points); of no events none, and 0 is billed."""
    UNIQUE_COUNT = "unique_count"
    """How many different values, as text."""


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One immutable usage fact: its id, its instant (UTC) and its properties."""

    id: str
    at: datetime
    properties: Mapping[str, PropertyValue]


@dataclass(frozen=True, slots=True)
class Filter:
    """Only events whose ``property`` equals any of ``values`` (as text) take part; absent equals nothing."""

    property: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a meter computes: all filters must match; ``group_by`` splits by those properties' values.

    ``InvalidInput`` when made of a property where none is taken, or without one where it is needed.
    """

    aggregation: Aggregation
    property: str | None = None
    filters: tuple[Filter, ...] = ()
    group_by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (self.property is None) != (self.aggregation is Aggregation.COUNT):
            needed = "none for count" if self.property else "the name of a property"
            raise InvalidInput(
                f"{self.aggregation.value} {'takes no' if self.property else 'needs a'} property",
                field="property",
                allowed=needed,
            )


@dataclass(frozen=True, slots=True)
class Usage:
    """The result for one group: its number, how many events made it, and the first and last instants.

    ``group`` has one value (text; ``None`` where absent) for each property of ``group_by``.
    """

    group: tuple[str | None, ...]
    value: Decimal | None
    events: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def quantity(self) -> Decimal:
        """The number to bill: where max or latest has no event, 0."""
        return Decimal(0) if self.value is None else self.value


def aggregate(events: Iterable[UsageEvent], spec: Aggregate) -> tuple[Usage, ...]:
    """The usage of each group that has events, in order of the groups' values (absent first).

    Without ``group_by`` there is always exactly one, also of no events at all.
    """
    groups: dict[tuple[str | None, ...], list[tuple[UsageEvent, PropertyValue]]] = {}
    if not spec.group_by:
        groups[()] = []
    for event in events:
        value = None if spec.property is None else event.properties.get(spec.property)
        if _takes_part(event, value, spec):
            group = tuple(value_text(event.properties.get(name)) for name in spec.group_by)
            groups.setdefault(group, []).append((event, value))
    order = sorted(groups, key=lambda group: [("" if part is None else "=" + part) for part in group])
    return tuple(_usage(group, groups[group], spec.aggregation) for group in order)


def value_text(value: PropertyValue) -> str | None:
    """How a property's value is compared: text as it is, a number as its shortest decimal, true and false."""
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case _:
            return decimal_text(Decimal(value))


def number_of(value: PropertyValue) -> Decimal | None:
    """The number that a property holds, also as text; ``None`` if it is no number of at most 38 digits."""
    if value is None:
        return None
    try:
        return parse_decimal(value)
    except InvalidInput:
        return None


def _takes_part(event: UsageEvent, value: PropertyValue, spec: Aggregate) -> bool:
    for condition in spec.filters:
        if value_text(event.properties.get(condition.property)) not in condition.values:
            return False
    match spec.aggregation:
        case Aggregation.COUNT:
            return True
        case Aggregation.UNIQUE_COUNT:
            return value is not None
        case _:
            return number_of(value) is not None


def _usage(
    group: tuple[str | None, ...],
    members: Sequence[tuple[UsageEvent, PropertyValue]],
    aggregation: Aggregation,
) -> Usage:
    instants = [event.at for event, _ in members]
    return Usage(
        group,
        _value(members, aggregation),
        len(members),
        min(instants, default=None),
        max(instants, default=None),
    )


def _value(members: Sequence[tuple[UsageEvent, PropertyValue]], aggregation: Aggregation) -> Decimal | None:
    if aggregation is Aggregation.COUNT:
        return Decimal(len(members))
    if aggregation is Aggregation.UNIQUE_COUNT:
        return Decimal(len({value_text(value) for _, value in members}))
    numbers = [(event, number) for event, value in members if (number := number_of(value)) is not None]
    if aggregation is Aggregation.SUM:
        with exact_context():
            return sum((number for _, number in numbers), Decimal(0))
    if aggregation is Aggregation.MAX:
        return max((number for _, number in numbers), default=None)
    last = max(numbers, key=lambda pair: (pair[0].at, pair[0].id), default=None)
    return None if last is None else last[1]
