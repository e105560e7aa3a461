"""Commands and views of meters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from counterfoil.core.expressions import parse_expression
from counterfoil.core.rating import Aggregate, Aggregation, Filter, Reset
from counterfoil.modules.catalog.types import CatalogObject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from counterfoil.core.rating import PropertyValue


@dataclass(frozen=True, slots=True)
class Meter(CatalogObject):
    """How the events named ``event_name`` become a quantity.

    ``filters``: only events that have, for each property, one of its values (compared as text).
    ``multiplier`` and ``expression`` are of the aggregations that take them; ``reset`` says whether what
    happened before a period takes part in it.
    """

    code: str
    name: str
    event_name: str
    aggregation: Aggregation
    property: str | None
    filters: Mapping[str, list[str]]
    group_by: Sequence[str]
    archived_at: datetime | None
    multiplier: Decimal | None = None
    expression: str | None = None
    reset: Reset = Reset.PERIOD

    def measures(self, group_by: Sequence[str] = ()) -> Aggregate:
        """What it computes, as core says it."""
        return Aggregate(
            self.aggregation,
            self.property,
            tuple(Filter(name, tuple(values)) for name, values in self.filters.items()),
            tuple(group_by),
            multiplier=self.multiplier,
            expression=None if self.expression is None else parse_expression(self.expression),
            reset=self.reset,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeter:
    """A meter to make; values of filters are compared, and kept, as text."""

    name: str
    code: str | None = None
    event_name: str
    aggregation: str
    property: str | None = None
    filters: Mapping[str, Sequence[PropertyValue]] = field(default_factory=dict)
    group_by: Sequence[str] = ()
    multiplier: Decimal | int | str | None = None
    expression: str | None = None
    reset: str = Reset.PERIOD
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
