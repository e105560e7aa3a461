"""Prices stated in an organization's own unit (credits): their parameters in a currency.

What a unit is worth is a price, so converting every amount of a price by it gives the price in the currency,
exactly.  Models whose quantity is money that events carry state no amounts of their own to convert.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, exact_context

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES_AMOUNTS: Final = frozenset(
    {
        *("flat", "per_unit", "package", "graduated", "volume", "stairstep", "seat", "matrix", "bucketed"),
        *("commit", "overcommit"),
    }
)
"""The models that can be stated in a unit of pricing."""
_AMOUNTS: Final = frozenset({"amount", "unit_amount", "flat_amount", "package_amount", "default_unit_amount"})


def converted(model: str, params: Mapping[str, Any], rate: Decimal) -> dict[str, Any]:
    """A model's parameters, in the form that core writes, with every amount times ``rate``.

    ``InvalidInput`` for a model that has no amounts of its own.
    """
    if model not in STATES_AMOUNTS:
        raise InvalidInput(
            f"the model {model} is of money, and cannot be stated in a unit of pricing",
            field="model",
            allowed=", ".join(sorted(STATES_AMOUNTS)),
        )
    with exact_context():
        return {key: _converted(key, value, rate) for key, value in params.items()}


def _converted(key: str, value: Any, rate: Decimal) -> Any:
    if isinstance(value, dict):
        return {name: _converted(name, part, rate) for name, part in value.items()}
    if isinstance(value, list):
        return [_converted(key, part, rate) for part in value]
    if key in _AMOUNTS and value is not None:
        return decimal_text(Decimal(value) * rate)
    return value
