"""What is refused of the numbers and names that commitments are made of."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from counterfoil.core.money import Exact


def not_negative(value: Exact, field: str) -> Fraction:
    """The value as a fraction; ``InvalidInput`` naming ``field`` if it is below 0."""
    if value < 0:
        raise InvalidInput(f"{field} is negative", field=field, allowed="0 or more")
    return Fraction(value)


def distinct(keys: Iterable[str], field: str) -> None:
    """``InvalidInput`` naming ``field`` if a key is there twice: its value would be paid twice."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            raise InvalidInput(f"{key} is there twice", field=field, allowed="each key once")
        seen.add(key)
