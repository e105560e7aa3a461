"""Exact money: what an amount is, how decimals are read, how sums are rounded and shared.

Owns: ``Money`` (integer minor units of a unit), ``Unit`` (ISO 4217 currencies and organizations' own units),
reading of decimals, named rounding modes, allocation by largest remainder.
Does not own: prices, taxes, or the formatting of amounts for people.
Always holds: no float ever; arithmetic never mixes units; the parts of an allocation sum to the whole.
"""

from counterfoil.core.money.allocate import allocate
from counterfoil.core.money.amount import MAX_MINOR, Money, total_of
from counterfoil.core.money.decimals import (
    MAX_DIGITS,
    Exact,
    decimal_text,
    exact_context,
    parse_decimal,
    to_decimal,
)
from counterfoil.core.money.rounding import (
    Rounding,
    round_exact,
    round_money,
    round_to_int,
    shown_decimal,
)
from counterfoil.core.money.units import CURRENCIES, Unit, currency_name, currency_number, own_unit, unit_of

__all__ = [
    "CURRENCIES",
    "MAX_DIGITS",
    "MAX_MINOR",
    "Exact",
    "Money",
    "Rounding",
    "Unit",
    "allocate",
    "currency_name",
    "currency_number",
    "decimal_text",
    "exact_context",
    "own_unit",
    "parse_decimal",
    "round_exact",
    "round_money",
    "round_to_int",
    "shown_decimal",
    "to_decimal",
    "total_of",
    "unit_of",
]
