"""Strict reading of a pricing model's parameters from JSON-like mappings.

Owns: the refusals (unknown key, missing key, wrong type, out of range), each an ``InvalidInput`` with the
field's path and what is allowed.  Does not own: what any model's parameters mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, cast

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence


def object_at(value: object, keys: Sequence[str], path: str = "") -> Mapping[str, object]:
    """``value`` as an object that has none but these keys; ``path`` is where it stands (empty: the root)."""
    if not isinstance(value, Mapping):
        raise InvalidInput(
            f"{path or 'params'} is not an object",
            field=path or None,
            allowed=f"an object with {', '.join(keys)}",
        )
    for key in value:
        if key not in keys:
            field = join(path, str(key))
            raise InvalidInput(f"{field} is not a known field", field=field, allowed=", ".join(keys))
    return cast("Mapping[str, object]", value)


def decimal_at(
    data: Mapping[str, object],
    key: str,
    path: str = "",
    *,
    default: Decimal | None = None,
    above_zero: bool = False,
) -> Decimal:
    """The decimal under ``key``: 0 or more, or more than 0; absent (or null) it is ``default``."""
    field = join(path, key)
    allowed = f"a decimal number {'greater than 0' if above_zero else '0 or more'}, as text or a JSON number"
    value = data.get(key)
    if value is None:
        if default is None:
            raise InvalidInput(f"{field} is missing", field=field, allowed=allowed)
        return default
    number = parse_decimal(cast("str", value), field=field)  # it refuses what is not a number itself
    if number < 0 or (above_zero and number == 0):
        raise InvalidInput(f"{field} is out of range: {decimal_text(number)}", field=field, allowed=allowed)
    return number


def choice_at[C: StrEnum](data: Mapping[str, object], key: str, default: C) -> C:
    """The named choice under ``key`` (of ``default``'s enum), or ``default`` where it is absent."""
    value = data.get(key, default)
    for choice in type(default):
        if value == choice.value:
            return choice
    names = ", ".join(choice.value for choice in type(default))
    raise InvalidInput(f"{key} is not one of the choices", field=key, allowed=names)


def join(path: str, key: str) -> str:
    """``tiers.1`` and ``up_to`` → ``tiers.1.up_to``."""
    return f"{path}.{key}" if path else key
