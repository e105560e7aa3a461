"""Expressions over properties: how they are read, what they are worth, and where they are wrong."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput
from counterfoil.core.expressions import (
    MAX_LENGTH,
    MAX_NODES,
    Missing,
    evaluate,
    first_missing,
    parse_expression,
)

# Worked by hand, with a = 7, b = -2, zero = 0, "in-put" = 1000 and nothing else.
NUMBERS = {
    "a": Fraction(7),
    "b": Fraction(-2),
    "zero": Fraction(0),
    "in-put": Fraction(1000),
    'a "b"': Fraction(3),
}
WORTH: list[tuple[str, str | None]] = [
    ("a + 4 * b", "-1"),
    ("(a + 4) * b", "-22"),
    ("a - b - 1", "8"),
    ("a / 2 / 7", "1/2"),
    ("-a * -b", "-14"),
    ("--a", "7"),
    ("- (a + b)", "-5"),
    ('"in-put" * 0.5 + .25 * a', "501.75"),
    ('"a ""b""" * a', "21"),
    ("a / 3", "7/3"),
    ("a / 3 * 3", "7"),
    ("a / (1 / 3)", "21"),
    ("a / b", "-3.5"),
    ("a / (b + 5)", "2.33333333333333333333"),
    ("b / (a + 5)", "-0.16666666666666666667"),
    ("min(a, b, 3)", "-2"),
    ("max(a, b, 3)", "7"),
    ("min(a)", "7"),
    ("ceil(a / 2)", "4"),
    ("ceil(b / 3)", "0"),
    ("floor(a / 2)", "3"),
    ("floor(b / 3)", "-1"),
    ("round(a / 2)", "4"),
    ("round(b * 1.25)", "-3"),
    ("round(a / 3, 2)", "2.33"),
    ("abs(b) + abs(a)", "9"),
    ("coalesce(missing, b, a)", "-2"),
    ("coalesce(a / zero, 5)", "5"),
    ("coalesce(missing, other)", None),
    ("a / zero", None),
    ("missing + a", None),
    ("missing * 0", None),
    ("min(a, missing)", None),
    ("min + max(min, a)", None),
]


@pytest.mark.parametrize(("text", "worth"), WORTH, ids=[text for text, _ in WORTH])
def test_an_expression_is_worth_what_arithmetic_says(text: str, worth: str | None) -> None:
    assert evaluate(parse_expression(text), NUMBERS) == (None if worth is None else Fraction(worth))


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("a +", 4, "nothing"),
        ("a b", 3, "unexpected 'b'"),
        ("(a + 1", 7, "unexpected 'the end'"),
        ("a + 1)", 6, "unexpected ')'"),
        ("a * / b", 5, "unexpected '/'"),
        ("a % 2", 3, "unexpected '%'"),
        ('a + "b', 5, "a quoted name without end"),
        ('a + ""', 5, "a name that no property can have"),
        ("sqrt(a)", 1, "unknown function sqrt"),
        ("a + ceil(a, 2)", 5, "too many arguments of ceil"),
        ("round(a, 1.5)", 1, "the places to round to are no such number"),
        ("round(a, b)", 1, "the places to round to are no such number"),
        ("round(a, 21)", 1, "the places to round to are no such number"),
        ("min()", 5, "unexpected ')'"),
        ("a / 0", 3, "division by zero"),
        ("a + b / (2 - 2)", 7, "division by zero"),
        ("1e5 + a", 2, "unexpected 'e5'"),
        (f"a + {'9' * 39}", 5, "too long a number"),
        (f"{'(' * 21}a{')' * 21}", 21, "too deep an expression"),
        (f"{'-' * 30}a", 21, "too deep an expression"),
        ("a" + " + a" * 60, 199, "too long an expression"),
    ],
)
def test_what_is_no_expression_is_refused_with_its_place(text: str, place: int, what: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_expression(text)
    assert refusal.value.message == f"{what} at position {place} of the expression"
    assert refusal.value.field == "expression"
    assert refusal.value.allowed


@pytest.mark.parametrize("text", ["", "  ", "a" * (MAX_LENGTH + 1), "1 + 2", "a * b * c"])
def test_what_is_empty_or_too_long_or_the_same_for_all_or_without_bound_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_expression(text)
    assert refusal.value.field == "expression"


def test_as_many_operators_as_are_allowed_are_read() -> None:
    text = "a" + "+a" * (MAX_NODES // 2 - 1)
    assert evaluate(parse_expression(text), {"a": Fraction(2)}) == MAX_NODES


def test_why_an_event_is_worth_nothing_is_said_with_the_place() -> None:
    expression = parse_expression("coalesce(a, 1) + b / (c - 2)")
    assert first_missing(expression, {"b": Fraction(1), "c": Fraction(3)}) is None
    assert first_missing(expression, {"b": Fraction(1)}) == Missing("c", 23)
    assert first_missing(expression, {"b": Fraction(1), "c": Fraction(2)}) == Missing(None, 20)


@given(st.decimals(-(10**6), 10**6, places=3), st.integers(1, 10**6))
def test_begun_units_are_counted_exactly(used: Decimal, size: int) -> None:
    whole = evaluate(parse_expression(f"ceil(used / {size})"), {"used": Fraction(used)})
    assert whole is not None
    assert whole - 1 < Fraction(used) / size <= whole
