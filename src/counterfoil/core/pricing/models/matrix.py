"""Matrix: the unit price depends on the values that events have in some properties, such as region and size.

Values are compared as text, as everywhere (``core.rating.value_text``); an absent property is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import decimal_text, exact_context
from counterfoil.core.pricing.measured import Detail, Need
from counterfoil.core.pricing.parts import Part, PartKind, priced
from counterfoil.core.pricing.reading import decimal_at, object_at, optional_decimal_at

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from counterfoil.core.pricing.measured import Measured

MAX_PROPERTIES: Final = 10
MAX_PRICES: Final = 1_000

type Values = tuple[str | None, ...]
"""A value for each property, in their order."""


@dataclass(frozen=True)
class Params:
    """The ``properties`` by whose values usage is grouped, and the unit price of each group.

    ``default_unit_amount`` is that of every other group; without it, usage of another group is refused.
    """

    properties: tuple[str, ...]
    prices: tuple[tuple[Values, Decimal], ...]
    default_unit_amount: Decimal | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> Params:
        """The parameters as written, or ``InvalidInput`` naming the field at fault."""
        object_at(data, ("properties", "prices", "default_unit_amount"))
        properties = _read_properties(data.get("properties"))
        default = optional_decimal_at(data, "default_unit_amount")
        return cls(properties, _read_prices(data.get("prices"), len(properties)), default)

    def to_json(self) -> dict[str, object]:
        """The parameters as ``from_json`` reads them, complete."""
        default = self.default_unit_amount
        return {
            "properties": list(self.properties),
            "prices": [
                {"values": list(values), "unit_amount": decimal_text(amount)}
                for values, amount in self.prices
            ],
            "default_unit_amount": None if default is None else decimal_text(default),
        }

    @property
    def need(self) -> Need:
        """The usage of each group."""
        return Need(Detail.GROUPS, group_by=self.properties)

    @cached_property
    def table(self) -> dict[Values, Decimal]:
        """The unit price of each group that has its own."""
        return dict(self.prices)


def rate(params: Params, used: Measured) -> tuple[Part, ...]:
    """A part for each group, in the order in which they were measured."""
    with exact_context():
        return tuple(
            priced(
                PartKind.UNITS,
                group.quantity,
                group.quantity,
                _unit_amount(params, group.values),
                group=tuple(zip(params.properties, group.values, strict=True)),
            )
            for group in used.groups or ()
            if group.quantity
        )


def _unit_amount(params: Params, values: Values) -> Decimal:
    amount = params.table.get(values, params.default_unit_amount)
    if amount is None:
        named = zip(params.properties, values, strict=True)
        group = ", ".join(f"{name} {'absent' if value is None else value}" for name, value in named)
        raise InvalidInput(
            f"the price has no amount for {group}",
            field="quantity",
            allowed="usage of the groups that the price names, or a default_unit_amount for the others",
        )
    return amount


def _read_properties(value: object) -> tuple[str, ...]:
    names = tuple(value) if isinstance(value, list | tuple) else ()
    plain = all(isinstance(name, str) and name for name in names)
    if not plain or not 1 <= len(names) <= MAX_PROPERTIES or len(set(names)) < len(names):
        raise InvalidInput(
            "properties is not a list of different properties",
            field="properties",
            allowed=f"1 to {MAX_PROPERTIES} different names of properties",
        )
    return names


def _read_prices(value: object, width: int) -> tuple[tuple[Values, Decimal], ...]:
    if not isinstance(value, list | tuple) or not value:
        raise InvalidInput(
            "prices is not a list of prices", field="prices", allowed=f"a list of 1 to {MAX_PRICES} prices"
        )
    if len(value) > MAX_PRICES:
        raise TooLarge("prices has too many prices", field="prices", allowed=f"1 to {MAX_PRICES} prices")
    prices: dict[Values, Decimal] = {}
    for index, item in enumerate(value):
        path = f"prices.{index}"
        price = object_at(item, ("values", "unit_amount"), path)
        values = _read_values(price.get("values"), width, f"{path}.values")
        if values in prices:
            raise InvalidInput(
                f"{path}.values has a price already",
                field=f"{path}.values",
                allowed="values that no other price has",
            )
        prices[values] = decimal_at(price, "unit_amount", path)
    return tuple(prices.items())


def _read_values(value: object, width: int, field: str) -> Values:
    values = tuple(value) if isinstance(value, list | tuple) else ()
    if len(values) != width or not all(part is None or isinstance(part, str) for part in values):
        raise InvalidInput(
            f"{field} does not fit the properties",
            field=field,
            allowed=f"a list of {width}: a text for each property, or null where it is absent",
        )
    return values
