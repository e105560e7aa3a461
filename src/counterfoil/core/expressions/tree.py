"""The tree of an expression, and the arithmetic of its operators on exact numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

PLACES: Final = 20
"""Decimal places of a quotient whose divisor an event says, and the most that ``round`` rounds to."""


class Operator(StrEnum):
    """What is done with the arguments; those that are written as functions have the names of them."""

    ADD = "+"
    SUBTRACT = "-"
    MULTIPLY = "*"
    DIVIDE = "/"
    NEGATE = "negate"
    MIN = "min"
    """The least of one or more."""
    MAX = "max"
    """The most of one or more."""
    CEIL = "ceil"
    """The next whole number up, towards plus infinity."""
    FLOOR = "floor"
    """The next whole number down, towards minus infinity."""
    ROUND = "round"
    """To whole numbers or so many places, a half away from zero."""
    ABS = "abs"
    COALESCE = "coalesce"
    """The first of one or more that has a value."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written, 0 or more."""

    value: Decimal


@dataclass(frozen=True, slots=True)
class Property:
    """What an event carries under a name; ``at`` is where it is written, from 1."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """An operator with its arguments; ``places`` is of ``round``, ``at`` where it is written, from 1."""

    operator: Operator
    arguments: tuple[Node, ...]
    at: int
    places: int = 0


type Node = Number | Property | Call


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that was read: its text, its tree, and its properties in the order of their places."""

    text: str
    root: Node
    properties: tuple[Property, ...]


def apply(call: Call, values: Sequence[Fraction | None], *, exact: bool) -> Fraction | None:
    """What an operator makes of its arguments' values; ``exact``: the divisor is a number, none rounds."""
    if call.operator is Operator.COALESCE:
        return next((value for value in values if value is not None), None)
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return None
    match call.operator:
        case Operator.ADD:
            return known[0] + known[1]
        case Operator.SUBTRACT:
            return known[0] - known[1]
        case Operator.MULTIPLY:
            return known[0] * known[1]
        case Operator.DIVIDE:
            if not known[1]:
                return None
            quotient = known[0] / known[1]
            return quotient if exact else half_up(quotient, PLACES)
        case Operator.NEGATE:
            return -known[0]
        case Operator.MIN:
            return min(known)
        case Operator.MAX:
            return max(known)
        case Operator.CEIL:
            return Fraction(ceil(known[0]))
        case Operator.FLOOR:
            return Fraction(floor(known[0]))
        case Operator.ROUND:
            return half_up(known[0], call.places)
        case Operator.ABS:
            return abs(known[0])


def half_up(value: Fraction, places: int) -> Fraction:
    """Rounded to so many decimal places, a half away from zero."""
    scale = 10**places
    whole = floor(abs(value) * scale + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, scale)


def value_of(node: Node, numbers: Mapping[str, Fraction | None]) -> Fraction | None:
    """The value where the properties have these numbers; a property that is not there has none."""
    match node:
        case Number():
            return Fraction(node.value)
        case Property():
            return numbers.get(node.name)
        case Call():
            values = [value_of(one, numbers) for one in node.arguments]
            return apply(node, values, exact=not has_property(node.arguments[-1]))


def has_property(node: Node) -> bool:
    """Whether the value depends on the event."""
    match node:
        case Number():
            return False
        case Property():
            return True
        case Call():
            return any(has_property(one) for one in node.arguments)


def constant_of(node: Node) -> Fraction | None:
    """The value of what no event changes; ``None`` for anything else."""
    return None if has_property(node) else value_of(node, {})
