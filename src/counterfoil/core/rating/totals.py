"""The totals of an invoice, from its lines.

Always holds: ``subtotal - discount`` is the sum of the lines' amounts; ``net + tax == total``, on each line
and on the whole; each of the whole's figures is the sum of its lines'.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.money import Money, Rounding, allocate, total_of
from counterfoil.core.rating.explanation import Explanation
from counterfoil.core.tax import TaxableLine, TaxRounding, work_out_tax

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.money import Unit
    from counterfoil.core.rating.lines import Line, RatedLine
    from counterfoil.core.tax import LineTax, RateTax


@dataclass(frozen=True, slots=True)
class Totals:
    """An invoice's figures.

    ``subtotal`` and ``discount`` are as priced: a line whose price includes tax counts with it.  Where no
    line's does, ``subtotal - discount`` is the ``net``; where every line's does, it is the ``total``.
    """

    subtotal: Money
    discount: Money
    net: Money
    tax: Money
    total: Money
    by_rate: tuple[RateTax, ...]
    lines: tuple[LineTax, ...]


@dataclass(frozen=True, slots=True)
class DiscountTaken:
    """What one discount, known by its public id, took off the lines of an invoice."""

    ref: str
    name: str
    amount: Money


def discounts_taken(lines: Sequence[RatedLine], unit: Unit) -> tuple[DiscountTaken, ...]:
    """What each discount took off, in the order in which they are first met; none that took nothing.

    What a line's discounts took together, rounded as the line is, is shared by what each took exactly: so
    they sum to what they took.
    """
    found: dict[tuple[str, str], Money] = {}
    for line in lines:
        told = line.explanation
        if not isinstance(told, Explanation) or not line.discount:
            continue
        shares = allocate(line.discount, [applied.amount for applied in told.discounts])
        for applied, share in zip(told.discounts, shares, strict=True):
            key = (applied.discount.ref, applied.discount.name)
            found[key] = found.get(key, Money.zero(unit)) + share
    return tuple(DiscountTaken(*key, amount) for key, amount in found.items() if amount)


def totals(
    lines: Sequence[Line],
    unit: Unit,
    *,
    tax_rounding: TaxRounding = TaxRounding.PER_INVOICE,
    rounding: Rounding = Rounding.HALF_UP,
) -> Totals:
    """The figures of an invoice with these lines; of no lines, all zero."""
    taxed = work_out_tax(
        [TaxableLine(line.amount, line.rates, line.mode) for line in lines],
        unit,
        tax_rounding=tax_rounding,
        rounding=rounding,
    )
    subtotal = total_of((line.listed for line in lines), unit)
    amount = total_of((line.amount for line in lines), unit)
    return Totals(
        subtotal=subtotal,
        discount=subtotal - amount,
        net=taxed.net,
        tax=taxed.tax,
        total=taxed.total,
        by_rate=taxed.by_rate,
        lines=taxed.lines,
    )
