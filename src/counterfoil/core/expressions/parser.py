"""From the text of an expression to its tree.

    sum     = product { ("+" | "-") product }
    product = factor { ("*" | "/") factor }
    factor  = "-" factor | number | property | function "(" sum { "," sum } ")" | "(" sum ")"

A property is a name of letters, digits, ``_`` and ``.``, or anything in double quotes, where ``""`` stands
for one.  A name before ``(`` is a function's.  Every refusal is ``InvalidInput`` of the field ``expression``
and says the position, from 1.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from counterfoil.core.errors import InvalidInput
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
from counterfoil.core.money import MAX_DIGITS, parse_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_LENGTH: Final = 500
"""The most characters of an expression."""
MAX_NODES: Final = 100
"""The most numbers, properties and operators in one."""
MAX_DEPTH: Final = 20
"""The most parentheses within each other."""
MAX_NAME: Final = 100
"""The most characters of a property's name."""
MAX_SIZE: Final = 100
"""The most digits, before the point or after it, that a value may ever come to: two properties multiplied."""

_FUNCTIONS: Final = {
    operator.value: operator
    for operator in (
        *(Operator.MIN, Operator.MAX, Operator.CEIL, Operator.FLOOR),
        *(Operator.ROUND, Operator.ABS, Operator.COALESCE),
    )
}
_OF_MANY: Final = frozenset({Operator.MIN, Operator.MAX, Operator.COALESCE})
_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)
      | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
      | (?P<quoted>"(?:[^"]|"")*")
      | (?P<sign>[-+*/(),])
    )""",
    re.VERBOSE | re.ASCII,
)
_OPERAND: Final = 'a number, a property, a function, "-" or "("'


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


@lru_cache(maxsize=1024)
def parse_expression(text: str) -> Expression:
    """The expression that a text is; ``InvalidInput`` where it is none, or none of bounded size."""
    if not text.strip() or len(text) > MAX_LENGTH:
        raise InvalidInput(
            "expression is empty or too long", field="expression", allowed=f"1 to {MAX_LENGTH} characters"
        )
    parser = _Parser(_tokens(text))
    root = parser.whole()
    properties = tuple(parser.properties)
    if not properties:
        raise InvalidInput(
            "the expression names no property, so it is the same for every event",
            field="expression",
            allowed="an expression with a property; to count events, the aggregation count",
        )
    if max(size := _size(root)) > MAX_SIZE:
        raise InvalidInput(
            f"the expression can come to a number of {max(size)} digits",
            field="expression",
            allowed=f"at most {MAX_SIZE} digits before the point and after it: a product of two properties",
        )
    return Expression(text, root, properties)


def _refuse(what: str, at: int, allowed: str) -> NoReturn:
    raise InvalidInput(f"{what} at position {at} of the expression", field="expression", allowed=allowed)


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            place += len(text[place:]) - len(text[place:].lstrip())
            if text[place] == '"':
                _refuse("a quoted name without end", place + 1, 'a closing "')
            _refuse(
                f"unexpected {text[place]!r}", place + 1, 'numbers, properties, + - * / ( ) , and "names"'
            )
        kind = found.lastgroup or ""
        tokens.append(_Token(kind, found[kind], found.start(kind) + 1))
        place = found.end()
    return [*tokens, _Token("end", "the end", len(text) + 1)]


class _Parser:
    """One pass over the tokens; each method reads what the grammar calls so."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.properties: list[Property] = []
        self.place = self.nodes = self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.next
        self.place += 1
        return token

    def whole(self) -> Node:
        root = self.sum()
        if self.next.kind != "end":
            _refuse(f"unexpected {self.next.text!r}", self.next.at, "an operator, or the end")
        return root

    def sum(self) -> Node:
        left = self.product()
        while self.next.text in ("+", "-") and self.next.kind == "sign":
            token = self.take()
            left = self.call(Operator(token.text), (left, self.product()), token)
        return left

    def product(self) -> Node:
        left = self.factor()
        while self.next.text in ("*", "/") and self.next.kind == "sign":
            token = self.take()
            left = self.call(Operator(token.text), (left, self.factor()), token)
        return left

    def factor(self) -> Node:
        token = self.take()
        match token.kind, token.text:
            case "number", _:
                return self.number(token)
            case "name", _ if self.next.text == "(" and self.next.kind == "sign":
                return self.function(token)
            case "name", _:
                return self.property(token.text, token)
            case "quoted", _:
                return self.property(token.text[1:-1].replace('""', '"'), token)
            case "sign", "-":
                return self.call(Operator.NEGATE, (self.inner(self.factor, token),), token)
            case "sign", "(":
                found = self.inner(self.sum, token)
                self.close(token)
                return found
        _refuse(f"unexpected {token.text!r}" if token.kind != "end" else "nothing", token.at, _OPERAND)

    def inner(self, read: Callable[[], Node], token: _Token) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            _refuse("too deep an expression", token.at, f"at most {MAX_DEPTH} parentheses within each other")
        found = read()
        self.depth -= 1
        return found

    def close(self, opened: _Token) -> None:
        token = self.take()
        if token.text != ")" or token.kind != "sign":
            _refuse(f"unexpected {token.text!r}", token.at, f'")" for the "(" at position {opened.at}')

    def function(self, name: _Token) -> Node:
        operator = _FUNCTIONS.get(name.text)
        if operator is None:
            _refuse(f"unknown function {name.text}", name.at, ", ".join(_FUNCTIONS))
        opened = self.take()
        arguments = [self.inner(self.sum, opened)]
        while self.next.text == "," and self.next.kind == "sign":
            self.take()
            arguments.append(self.inner(self.sum, opened))
        self.close(opened)
        if operator is Operator.ROUND and len(arguments) == 2:
            return self.call(operator, (arguments[0],), name, self.places(arguments[1], name))
        if len(arguments) > 1 and operator not in _OF_MANY:
            _refuse(f"too many arguments of {name.text}", name.at, "one argument")
        return self.call(operator, tuple(arguments), name)

    def places(self, node: Node, name: _Token) -> int:
        value = node.value if isinstance(node, Number) else None
        if value is None or value != int(value) or value > PLACES:
            _refuse("the places to round to are no such number", name.at, f"a whole number, 0 to {PLACES}")
        return int(value)

    def number(self, token: _Token) -> Node:
        self.count(token)
        try:
            return Number(parse_decimal(token.text))
        except InvalidInput:
            _refuse("too long a number", token.at, f"at most {MAX_DIGITS} digits")

    def property(self, name: str, token: _Token) -> Node:
        self.count(token)
        if not (name.isprintable() and 0 < len(name) <= MAX_NAME):
            _refuse(
                "a name that no property can have", token.at, f"names of 1 to {MAX_NAME} printable characters"
            )
        found = Property(name, token.at)
        self.properties.append(found)
        return found

    def call(self, operator: Operator, arguments: tuple[Node, ...], token: _Token, places: int = 0) -> Node:
        self.count(token)
        if operator is Operator.DIVIDE and constant_of(arguments[1]) == 0:
            _refuse("division by zero", token.at, "another divisor")
        return Call(operator, arguments, token.at, places)

    def count(self, token: _Token) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            _refuse(
                "too long an expression", token.at, f"at most {MAX_NODES} numbers, properties and operators"
            )


def _size(node: Node) -> tuple[int, int]:
    """The most digits before the point and after it that the value can have, with its exact denominator."""
    match node:
        case Number():
            exponent = node.value.as_tuple().exponent
            assert isinstance(exponent, int)
            return max(len(str(int(node.value))), 1), max(-exponent, 0)
        case Property():
            return MAX_DIGITS, MAX_DIGITS
    sizes = [_size(one) for one in node.arguments]
    whole, places = max(size[0] for size in sizes), max(size[1] for size in sizes)
    match node.operator:
        case Operator.ADD | Operator.SUBTRACT:
            return whole + 1, places
        case Operator.MULTIPLY:
            return sum(size[0] for size in sizes), sum(size[1] for size in sizes)
        case Operator.DIVIDE:
            divisor = constant_of(node.arguments[1])
            if divisor is None:
                return sizes[0][0] + sizes[1][1], PLACES
            return sizes[0][0] + len(str(divisor.denominator)), sizes[0][1] + len(str(abs(divisor.numerator)))
        case Operator.CEIL | Operator.FLOOR:
            return whole + 1, 0
        case Operator.ROUND:
            return whole + 1, node.places
        case _:
            return whole, places
