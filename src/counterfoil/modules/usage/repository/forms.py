"""What an event contributes to each aggregation, in SQL, and what becomes of it.

A form says no name and no number of a meter: they are parameters, so that meters of one shape share a
statement.  The exact totals that come of it are finished by core (``core.rating.finished``).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import lcm
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.expressions import PLACES, Call, Number, Operator, Property, constant_of
from counterfoil.core.rating import SUMS, Aggregation, Reset

if TYPE_CHECKING:
    from counterfoil.core.expressions import Expression, Node
    from counterfoil.core.rating import Aggregate

AMOUNTS: Final = 'array_agg(part order by at, id collate "C")'
"""What becomes of the parts of a sum where each of them is wanted, in the order of time."""
_MICROSECONDS: Final = "cast(extract(epoch from {}) * 1000000 as numeric)"
SINCE_START: Final = _MICROSECONDS.format('event.at - span."start"')
"""How many microseconds after the period's beginning an event happened."""
_STOOD: Final = _MICROSECONDS.format('span."end" - greatest(event.at, span."start")')
_LATEST: Final = '(array_agg(part order by at desc, id collate "C" desc))[1]'
_TEXT: Final = "event.properties ->> cast(:property as text)"


def _number(parameter: str) -> str:
    """The number of at most 38 digits that a property holds, also as text, or null."""
    held = f"event.properties -> cast(:{parameter} as text)"
    return (
        f"(case jsonb_typeof({held}) when 'number' then cast({held} as numeric)"
        f" when 'string' then counterfoil_number(event.properties ->> cast(:{parameter} as text)) end)"
    )


_NUMBER: Final = _number("property")

_FORMS: Final = {
    Aggregation.COUNT: ("true", "cast(count(*) as numeric)"),
    Aggregation.SUM: (_NUMBER, "sum(part)"),
    Aggregation.MAX: (_NUMBER, "max(part)"),
    Aggregation.MIN: (_NUMBER, "min(part)"),
    Aggregation.LATEST: (_NUMBER, _LATEST),
    Aggregation.UNIQUE_COUNT: (_TEXT, "cast(count(distinct part) as numeric)"),
    Aggregation.AVERAGE: (_NUMBER, "sum(part)"),
    Aggregation.WEIGHTED_SUM: (f"{_NUMBER} * {_STOOD}", "sum(part)"),
    Aggregation.SUM_WITH_MULTIPLIER: (_NUMBER, "sum(part)"),
}


@dataclass(frozen=True, slots=True)
class Form:
    """What an event contributes (it takes part if that is not null), and what becomes of it.

    ``carries``: events from before the span take part.  ``moment``: the instants are weighed too.  ``fresh``:
    of a value that is in several windows only the first counts.
    """

    part: str
    value: str
    carries: bool = False
    moment: bool = False
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Formed:
    """The form of a meter with its parameters; totals are to be divided by ``denominator``."""

    form: Form
    parameters: dict[str, Any]
    denominator: int = 1


def form_of(spec: Aggregate, *, running: bool = False, amounts: bool = False) -> Formed:
    """The form of what a meter computes.

    ``running``: for windows that need the ones before them; ``amounts``: each event's part of a sum.
    """
    parameters: dict[str, Any] = {} if spec.property is None else {"property": spec.property}
    denominator = 1
    if spec.expression is not None:
        translated = translate(spec.expression)
        part, value = translated.text, "sum(part)"
        denominator, parameters = translated.denominator, dict(translated.parameters)
    else:
        part, value = _FORMS[spec.aggregation]
    if amounts:
        assert spec.aggregation in SUMS
        value = AMOUNTS
    weighted = running and spec.aggregation is Aggregation.WEIGHTED_SUM
    fresh = running and spec.aggregation is Aggregation.UNIQUE_COUNT
    if weighted:
        part = _NUMBER
    if fresh:
        value = "cast(count(*) filter (where seen = 1) as numeric)"
    form = Form(part, value, spec.reset is Reset.NEVER, weighted, fresh)
    return Formed(form, parameters, denominator)


@dataclass(frozen=True, slots=True)
class Translated:
    """An expression in SQL: its value is ``text`` divided by ``denominator``, exactly."""

    text: str
    denominator: int
    parameters: tuple[tuple[str, Any], ...]


@lru_cache(maxsize=256)
def translate(expression: Expression) -> Translated:
    """An expression as SQL over ``event.properties``; every name and number is a parameter."""
    translator = _Translator()
    text, denominator = translator.of(expression.root)
    return Translated(text, denominator, tuple(translator.parameters.items()))


type _Scaled = tuple[str, int]
"""SQL of a numerator, and the denominator, which no event changes."""


class _Translator:
    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}

    def of(self, node: Node) -> _Scaled:
        constant = constant_of(node)
        if constant is not None:
            return self._literal(constant.numerator), constant.denominator
        match node:
            case Property():
                return _number(self._bind(node.name)), 1
            case Call():
                return self._call(node)
            case Number():
                raise AssertionError(node)

    def _call(self, call: Call) -> _Scaled:
        match call.operator:
            case Operator.ADD | Operator.SUBTRACT:
                (left, right), below = self._alike(call)
                return f"({left} {call.operator.value} {right})", below
            case Operator.MULTIPLY:
                (left, one), (right, other) = (self.of(node) for node in call.arguments)
                return f"({left} * {right})", one * other
            case Operator.DIVIDE:
                return self._quotient(call)
            case Operator.MIN | Operator.MAX:
                name = "counterfoil_lesser" if call.operator is Operator.MIN else "counterfoil_greater"
                values, below = self._alike(call)
                text = values[0]
                for value in values[1:]:
                    text = f"{name}({text}, {value})"
                return text, below
            case Operator.COALESCE:
                values, below = self._alike(call)
                return f"coalesce({', '.join(values)})", below
        text, below = self.of(call.arguments[0])
        match call.operator:
            case Operator.NEGATE:
                return f"(- {text})", below
            case Operator.ABS:
                return f"abs({text})", below
            case Operator.FLOOR:
                return f"counterfoil_floor({text}, {self._literal(below)})", 1
            case Operator.CEIL:
                return f"(- counterfoil_floor(- {text}, {self._literal(below)}))", 1
            case _:
                assert call.operator is Operator.ROUND
                return self._rounded(text, self._literal(below), call.places), 1

    def _quotient(self, call: Call) -> _Scaled:
        (left, one), divisor = self.of(call.arguments[0]), constant_of(call.arguments[1])
        if divisor is not None:
            numerator = divisor.denominator if divisor > 0 else -divisor.denominator
            return f"({left} * {self._literal(numerator)})", one * abs(divisor.numerator)
        right, other = self.of(call.arguments[1])
        above = f"{left} * {self._literal(other)}"
        return self._rounded(above, f"{right} * {self._literal(one)}", PLACES), 1

    def _rounded(self, above: str, below: str, places: int) -> str:
        return f"counterfoil_quotient({above}, {below}, cast(:{self._bind(places)} as integer))"

    def _alike(self, call: Call) -> tuple[list[str], int]:
        """The arguments over one denominator."""
        values = [self.of(node) for node in call.arguments]
        below = lcm(*(denominator for _, denominator in values))
        return [
            text if denominator == below else f"({text} * {self._literal(below // denominator)})"
            for text, denominator in values
        ], below

    def _literal(self, whole: int) -> str:
        return f"cast(:{self._bind(Decimal(whole))} as numeric)"

    def _bind(self, value: object) -> str:
        name = f"x{len(self.parameters)}"
        self.parameters[name] = value
        return name
