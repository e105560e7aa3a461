"""Filters and groups of events: which properties, and which of their values.

Owns: their limits, and the form in which they are kept.  Does not own: how events are compared with them
(``core.rating``).  Always holds: values are kept as the text that core compares.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.rating import value_text
from counterfoil.modules.catalog.objects import check_count
from counterfoil.store.guards import check_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from counterfoil.core.rating import PropertyValue

MAX_FILTERS: Final = 20
MAX_VALUES: Final = 100
MAX_GROUPS: Final = 10
MAX_PROPERTY: Final = 100
MAX_VALUE: Final = 255


def read_filters(filters: Mapping[str, Sequence[PropertyValue]]) -> dict[str, list[str]]:
    """The filters as they are kept: for each property, the texts of which one must match."""
    check_count(len(filters), "filters", most=MAX_FILTERS)
    kept: dict[str, list[str]] = {}
    for name, values in filters.items():
        check_text(name, "filters", longest=MAX_PROPERTY)
        field = f"filters.{name}"
        if not values:
            raise InvalidInput(
                f"{field} has no values", field=field, allowed=f"a list of 1 to {MAX_VALUES} values"
            )
        check_count(len(values), field, most=MAX_VALUES)
        kept[name] = [_value(value, f"{field}.{index}") for index, value in enumerate(values)]
        check_distinct(kept[name], field)
    return kept


def read_groups(names: Sequence[str]) -> list[str]:
    """The properties to group by."""
    check_count(len(names), "group_by", most=MAX_GROUPS)
    for index, name in enumerate(names):
        check_text(name, f"group_by.{index}", longest=MAX_PROPERTY)
    check_distinct(names, "group_by")
    return list(names)


def check_distinct(values: Sequence[object], field: str) -> None:
    """Refuse a list that says something twice, naming the place of the second."""
    seen: set[object] = set()
    for index, value in enumerate(values):
        if value in seen:
            raise InvalidInput(
                f"{field}.{index} is there twice", field=f"{field}.{index}", allowed="each value once"
            )
        seen.add(value)


def _value(value: PropertyValue, field: str) -> str:
    text = value_text(value) if isinstance(value, str | int | Decimal) else None
    if text is None:
        raise InvalidInput(f"{field} is not a value", field=field, allowed="a text, a number, true or false")
    check_text(text, field, longest=MAX_VALUE, shortest=0)
    return text
