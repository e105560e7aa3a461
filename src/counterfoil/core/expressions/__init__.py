"""A small arithmetic over the properties of an event: ``ceil(seconds / 60)``, ``input + 4 * "out-put"``.

Owns: how it is written (``parser``), its tree (``tree``) and what it is worth for one event (``evaluate``).
Does not own: its translation to SQL, which the usage store makes of the same tree.
Always holds: an expression that was read has a value of bounded size for every event, or none; no value is a
float, and none is rounded but where the expression says so and in a division by what an event carries.

A property that is absent, null or no number has no value, nor has a division by zero, nor anything that is
made of either, except by ``coalesce``, which is the first of its arguments that has one.  A division by a
number is exact; one by an expression with properties is rounded half up (away from zero) to ``PLACES``
decimal places, because the sum of a million quotients of different divisors has no bounded exact form.
"""

from counterfoil.core.expressions.evaluate import Missing, evaluate, first_missing
from counterfoil.core.expressions.parser import MAX_LENGTH, MAX_NODES, parse_expression
from counterfoil.core.expressions.tree import (
    PLACES,
    Call,
    Expression,
    Node,
    Number,
    Operator,
    Property,
    constant_of,
)

__all__ = [
    "MAX_LENGTH",
    "MAX_NODES",
    "PLACES",
    "Call",
    "Expression",
    "Missing",
    "Node",
    "Number",
    "Operator",
    "Property",
    "constant_of",
    "evaluate",
    "first_missing",
    "parse_expression",
]
