"""How events become a quantity: the reference that every usage store's SQL is compared with.

Owns: the aggregations, the filters, the grouping, what is carried from period to period, on events in memory.
Does not own: which events are a customer's (the caller has chosen them), or what a quantity costs.
Always holds: the order of the events does not matter; sums are exact; an event counts in one group.

Property values are compared as text (``value_text``): the number 1.0, the number 1 and the text "1" are one
value.  An event takes part in an aggregation over a property only if it has the property (``null`` is as
absent) and, where numbers are needed, only if its value is a number or the text of one; of an expression,
only if that has a value.  Ingest refuses the others beforehand, so here they are passed over rather than
stopping a bill.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.expressions import evaluate
from counterfoil.core.money import decimal_text, exact_context, parse_decimal
from counterfoil.core.pricing.exact import ratio, sum_of, times

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from counterfoil.core.expressions import Expression
    from counterfoil.core.money import Exact

type PropertyValue = str | int | Decimal | bool | None
"""What a property of an event may hold."""

MICROSECOND: Final = timedelta(microseconds=1)
ZERO: Final = Decimal(0)


class Aggregation(StrEnum):
    """How the events of a period become one number."""

    COUNT = "count"
    """How many events; takes no property."""
    SUM = "sum"
    """The sum of the property's values; of no events 0."""
    MAX = "max"
    """The largest value; of no events there is none, and 0 is billed."""
    MIN = "min"
    """The smallest value; of no events there is none, and 0 is billed."""
    LATEST = "latest"
    """The value of the last event by (time, event id, by code points); of no events none, and 0 is billed."""
    UNIQUE_COUNT = "unique_count"
    """How many different values, as text."""
    AVERAGE = "average"
    """The sum of the values by their number, exactly; of no events there is none, and 0 is billed."""
    WEIGHTED_SUM = "weighted_sum"
    """The mean level over the time: each value changes a level, and counts for the part of the time that it
    has stood; of no events 0."""
    SUM_WITH_MULTIPLIER = "sum_with_multiplier"
    """The sum of the values times a number that the meter says; of no events 0."""
    EXPRESSION = "expression"
    """The sum of what an expression over the event's properties is worth; of no events 0."""


class Reset(StrEnum):
    """What a meter begins each period with."""

    PERIOD = "period"
    """Nothing: only what happens in the period counts."""
    NEVER = "never"
    """All that happened before, ever: a running total, a level that stands until it is changed."""


SUMS: Final = frozenset({Aggregation.SUM, Aggregation.SUM_WITH_MULTIPLIER, Aggregation.EXPRESSION})
"""What adds up the amounts that single events come to."""
WITHOUT_PROPERTY: Final = frozenset({Aggregation.COUNT, Aggregation.EXPRESSION})
OF_NOTHING: Final[Mapping[Aggregation, Decimal | None]] = {
    **dict.fromkeys(Aggregation, ZERO),
    Aggregation.MAX: None,
    Aggregation.MIN: None,
    Aggregation.LATEST: None,
    Aggregation.AVERAGE: None,
}
"""The value of no events."""


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """One immutable usage fact: its id, its instant (UTC) and its properties."""

    id: str
    at: datetime
    properties: Mapping[str, PropertyValue]


type Contribution = str | Decimal | Fraction | bool
"""What an event gives to an aggregation."""

type Member = tuple[UsageEvent, Contribution]
"""An event that takes part, with what it gives."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Only events whose ``property`` equals any of ``values`` (as text) take part; absent equals nothing."""

    property: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Aggregate:
    """What a meter computes: all filters must match; ``group_by`` splits by those properties' values.

    ``InvalidInput`` when made of a property, multiplier (above 0) or expression where none is taken, or
    without one where it is needed.
    """

    aggregation: Aggregation
    property: str | None = None
    filters: tuple[Filter, ...] = ()
    group_by: tuple[str, ...] = ()
    multiplier: Decimal | None = None
    expression: Expression | None = None
    reset: Reset = Reset.PERIOD

    def __post_init__(self) -> None:
        kind = self.aggregation
        self._check("property", "the name of a property", needed=kind not in WITHOUT_PROPERTY)
        self._check("multiplier", "a number above 0", needed=kind is Aggregation.SUM_WITH_MULTIPLIER)
        self._check("expression", "an expression over properties", needed=kind is Aggregation.EXPRESSION)
        if self.multiplier is not None and self.multiplier <= 0:
            raise InvalidInput(
                "multiplier is not above 0", field="multiplier", allowed="a decimal number above 0"
            )

    def _check(self, field: str, what: str, *, needed: bool) -> None:
        if (getattr(self, field) is not None) != needed:
            kind = self.aggregation.value
            raise InvalidInput(
                f"{kind} needs {'an' if field[0] == 'e' else 'a'} {field}"
                if needed
                else f"{kind} takes no {field}",
                field=field,
                allowed=what if needed else f"none for {kind}",
            )

    def is_level(self) -> bool:
        """Whether it says how much there is and not how much came: a part of a period costs its share."""
        return self.aggregation is Aggregation.WEIGHTED_SUM or self.reset is Reset.NEVER


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that is looked at: ``[start, end)``, not empty, of the period that began at ``since``.

    ``whole`` is what a weighted sum is the mean over, where ``[start, end)`` is only a part of a window.
    """

    start: datetime
    end: datetime
    since: datetime | None = None
    whole: timedelta | None = None

    def counts_from(self, spec: Aggregate) -> datetime | None:
        """From when on events take part; ``None``: from ever."""
        if spec.reset is Reset.NEVER:
            return None
        return (self.since or self.start) if spec.aggregation is Aggregation.WEIGHTED_SUM else self.start

    def takes(self, at: datetime, spec: Aggregate) -> bool:
        """Whether what happens then takes part."""
        first = self.counts_from(spec)
        return at < self.end and (first is None or at >= first)

    @property
    def microseconds(self) -> int:
        """How much time a weighted sum is the mean over."""
        return (self.whole or self.end - self.start) // MICROSECOND


@dataclass(frozen=True, slots=True)
class Usage:
    """The result for one group: its number, how many events made it, and the first and last instants.

    ``group`` has one value (text; ``None`` where absent) for each property of ``group_by``.
    """

    group: tuple[str | None, ...]
    value: Exact | None
    events: int
    first_at: datetime | None
    last_at: datetime | None

    @property
    def quantity(self) -> Exact:
        """The number to bill: where max, min, latest or average has no event, 0."""
        return ZERO if self.value is None else self.value


def aggregate(
    events: Iterable[UsageEvent], spec: Aggregate, stretch: Stretch | None = None
) -> tuple[Usage, ...]:
    """The usage of each group that has events, in order of the groups' values (absent first).

    Without ``group_by`` there is always exactly one, also of no events at all.  Without a ``stretch`` all
    events take part; a weighted sum needs one.
    """
    groups: dict[tuple[str | None, ...], list[Member]] = {} if spec.group_by else {(): []}
    taken = (event for event in events if stretch is None or stretch.takes(event.at, spec))
    for event, value in members_of(taken, spec):
        group = tuple(value_text(event.properties.get(name)) for name in spec.group_by)
        groups.setdefault(group, []).append((event, value))
    order = sorted(groups, key=lambda group: [("" if part is None else "=" + part) for part in group])
    return tuple(_usage(group, groups[group], spec, stretch) for group in order)


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


def numbers_in(expression: Expression, properties: Mapping[str, PropertyValue]) -> dict[str, Fraction | None]:
    """The numbers of the properties that an expression names."""
    found: dict[str, Fraction | None] = {}
    for named in expression.properties:
        number = number_of(properties.get(named.name))
        found[named.name] = None if number is None else Fraction(number)
    return found


def contributed(properties: Mapping[str, PropertyValue], spec: Aggregate) -> Contribution | None:
    """What an event gives to the aggregation: a number, or what is counted; ``None``: it takes no part."""
    match spec.aggregation:
        case Aggregation.COUNT:
            return True
        case Aggregation.UNIQUE_COUNT:
            return value_text(properties.get(spec.property or ""))
        case Aggregation.EXPRESSION:
            assert spec.expression is not None
            return evaluate(spec.expression, numbers_in(spec.expression, properties))
        case _:
            return number_of(properties.get(spec.property or ""))


def members_of(events: Iterable[UsageEvent], spec: Aggregate) -> list[Member]:
    """The events that take part, with what each contributes."""
    found = []
    for event in events:
        value = contributed(event.properties, spec)
        if value is not None and _passes(event, spec):
            found.append((event, value))
    return found


def finished(total: Exact | None, events: int, spec: Aggregate, stretch: Stretch | None) -> Exact | None:
    """The value, from the exact total that a store works out: Σ values, or Σ value × µs that it has stood."""
    if total is None or not events:
        return OF_NOTHING[spec.aggregation]
    with exact_context():
        match spec.aggregation:
            case Aggregation.AVERAGE:
                return ratio(total, Decimal(events))
            case Aggregation.SUM_WITH_MULTIPLIER:
                assert spec.multiplier is not None
                return times(total, spec.multiplier)
            case Aggregation.WEIGHTED_SUM:
                assert stretch is not None
                return ratio(total, Decimal(stretch.microseconds))
            case _:
                return total


def _passes(event: UsageEvent, spec: Aggregate) -> bool:
    return all(
        value_text(event.properties.get(condition.property)) in condition.values for condition in spec.filters
    )


def _usage(
    group: tuple[str | None, ...],
    members: Sequence[Member],
    spec: Aggregate,
    stretch: Stretch | None,
) -> Usage:
    instants = [event.at for event, _ in members]
    with exact_context():
        total = total_of(members, spec.aggregation, stretch) if members else None
    return Usage(
        group,
        finished(total, len(members), spec, stretch),
        len(members),
        min(instants, default=None),
        max(instants, default=None),
    )


def total_of(
    members: Sequence[Member],
    aggregation: Aggregation,
    stretch: Stretch | None,
) -> Exact:
    """What ``finished`` is given, of one or more events."""
    if aggregation is Aggregation.COUNT:
        return Decimal(len(members))
    if aggregation is Aggregation.UNIQUE_COUNT:
        return Decimal(len({value for _, value in members}))
    numbers = [(event, value) for event, value in members if isinstance(value, Decimal | Fraction)]
    match aggregation:
        case Aggregation.MAX:
            return max(number for _, number in numbers)
        case Aggregation.MIN:
            return min(number for _, number in numbers)
        case Aggregation.LATEST:
            return max(numbers, key=lambda pair: (pair[0].at, pair[0].id))[1]
        case Aggregation.WEIGHTED_SUM:
            assert stretch is not None
            start, end = stretch.start, stretch.end
            return sum_of(
                times(number, Decimal((end - max(event.at, start)) // MICROSECOND))
                for event, number in numbers
            )
        case _:
            return sum_of(number for _, number in numbers)
