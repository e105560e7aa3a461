"""Strict reading of a pricing model's parameters from JSON-like mappings.

Owns: the refusals (unknown key, missing key, wrong type, out of range), each an ``InvalidInput`` with the
field's path and what is allowed.  Does not own: what any model's parameters mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, cast

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text, exact_context, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

_PER_CENT: Final = Decimal("0.01")


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


def optional_decimal_at(
    data: Mapping[str, object], key: str, path: str = "", *, above_zero: bool = False
) -> Decimal | None:
    """The decimal under ``key`` as ``decimal_at`` reads it, or ``None`` where it is absent (or null)."""
    return None if data.get(key) is None else decimal_at(data, key, path, above_zero=above_zero)


def percent_at(
    data: Mapping[str, object], key: str, path: str = "", *, default: Decimal | None = None
) -> Decimal:
    """The share that the percentage under ``key`` is: 2.5 per cent are 0.025."""
    with exact_context():
        return decimal_at(data, key, path, default=default) * _PER_CENT


def percent_text(share: Decimal) -> str:
    """The percentage that ``percent_at`` read."""
    with exact_context():
        return decimal_text(share / _PER_CENT)


def count_at(data: Mapping[str, object], key: str, path: str = "", *, least: int = 0) -> int | None:
    """The whole number under ``key``, ``least`` or more; ``None`` where it is absent (or null)."""
    value = optional_decimal_at(data, key, path)
    if value is None:
        return None
    if value != value.to_integral_value() or value < least:
        field = join(path, key)
        raise InvalidInput(
            f"{field} is out of range: {decimal_text(value)}",
            field=field,
            allowed=f"a whole number, {least} or more",
        )
    return int(value)


def choice_at[C: StrEnum](data: Mapping[str, object], key: str, default: C, path: str = "") -> C:
    """The named choice under ``key`` (of ``default``'s enum), or ``default`` where it is absent."""
    value = data.get(key, default)
    for choice in type(default):
        if value == choice.value:
            return choice
    field = join(path, key)
    names = ", ".join(choice.value for choice in type(default))
    raise InvalidInput(f"{field} is not one of the choices", field=field, allowed=names)


def flag_at(data: Mapping[str, object], key: str, path: str = "", *, default: bool) -> bool:
    """True or false under ``key``, or ``default`` where it is absent."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        field = join(path, key)
        raise InvalidInput(f"{field} is neither true nor false", field=field, allowed="true or false")
    return value


def text_at(data: Mapping[str, object], key: str, path: str = "", *, longest: int) -> str | None:
    """The text under ``key``, not empty and at most so long; ``None`` where it is absent (or null)."""
    value = data.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= longest:
        field = join(path, key)
        raise InvalidInput(
            f"{field} is not a short text", field=field, allowed=f"a text of 1 to {longest} characters"
        )
    return value


def join(path: str, key: str) -> str:
    """``tiers.1`` and ``up_to`` → ``tiers.1.up_to``."""
    return f"{path}.{key}" if path else key
