"""What an expression is worth for one event, or why it is worth nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.expressions.tree import Call, Operator, Property, value_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from counterfoil.core.expressions.tree import Expression, Node


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no value: this property has no number, or (``None``) the division at ``at`` is by zero."""

    property: str | None
    at: int


def evaluate(expression: Expression, numbers: Mapping[str, Fraction | None]) -> Fraction | None:
    """The value for an event whose properties have these numbers, or ``None`` where it has none."""
    return value_of(expression.root, numbers)


def first_missing(expression: Expression, numbers: Mapping[str, Fraction | None]) -> Missing | None:
    """The first reason, from the left, why there is no value; ``None`` if there is one."""
    return _missing(expression.root, numbers)


def _missing(node: Node, numbers: Mapping[str, Fraction | None]) -> Missing | None:
    if value_of(node, numbers) is not None:
        return None
    if isinstance(node, Property):
        return Missing(node.name, node.at)
    assert isinstance(node, Call)
    for argument in node.arguments:
        if (found := _missing(argument, numbers)) is not None:
            return found
    assert node.operator is Operator.DIVIDE
    return Missing(None, node.at)
