"""Tax at given rates, on prices that exclude it or include it.

Owns: the tax of each rate, its rounding, and its shares on the lines.  Does not own: which rates apply where
(an engine or a person says so), or what a rate's code means to an authority.
Always holds, for each line and the whole: ``net + tax == total``; the lines' figures sum to the whole's; a
line's tax at a rate is less than one minor unit from the exact one; taxes of one line do not compound (each
is a percentage of the line's net).

Rounding is per invoice by default: the tax of a rate is worked out on the sum of its lines and rounded
once, as EN 16931 requires (rule BR-CO-17: the tax of a category is its taxable amount × its rate, rounded to
two places), then shared among the lines by largest remainder.  Per line, each line's tax is rounded and the
rate's tax is their sum.

A price that includes tax is split by net = total / (1 + sum of the rates); what is rounded is each rate's
tax, and the net is what is left, so that the price stays what was agreed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import Money, Rounding, parse_decimal, round_to_int, total_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.core.money import Unit


class TaxMode(StrEnum):
    """Whether prices include tax."""

    EXCLUSIVE = "exclusive"
    """Tax is added to the price."""
    INCLUSIVE = "inclusive"
    """Tax is contained in the price."""


class TaxRounding(StrEnum):
    """Where tax is rounded to the minor unit."""

    PER_INVOICE = "per_invoice"
    """Once a rate, on the sum of its lines."""
    PER_LINE = "per_line"
    """On each line."""


@dataclass(frozen=True, slots=True)
class TaxRate:
    """A rate of tax in per cent, 0 to 100, by any precision; ``code`` tells two taxes of one rate apart."""

    code: str
    percent: Decimal

    def __post_init__(self) -> None:
        if not 0 <= self.percent <= 100:
            raise InvalidInput("percent is out of range", field="percent", allowed="0 to 100")

    @classmethod
    def of(cls, code: str, percent: str | int | Decimal) -> TaxRate:
        """The rate as written (``"8.875"``), or ``InvalidInput``."""
        return cls(code, parse_decimal(percent, field="percent"))


@dataclass(frozen=True, slots=True)
class TaxableLine:
    """An amount, after discounts, and the rates it bears, each once; a credit's amount is negative.

    ``mode`` says whether the amount contains its taxes; one invoice may have lines of both kinds.
    """

    amount: Money
    rates: tuple[TaxRate, ...] = ()
    mode: TaxMode = TaxMode.EXCLUSIVE

    def __post_init__(self) -> None:
        if len(set(self.rates)) < len(self.rates):
            raise InvalidInput("a line bears a tax rate twice", field="rates", allowed="each rate once")


@dataclass(frozen=True, slots=True)
class LineTax:
    """A line's net, its tax at each of its rates (in their order) and in all, and its total."""

    net: Money
    taxes: tuple[Money, ...]
    tax: Money
    total: Money


@dataclass(frozen=True, slots=True)
class RateTax:
    """What an invoice states for one rate: the net of the lines that bear it, and the tax."""

    rate: TaxRate
    taxable: Money
    tax: Money


@dataclass(frozen=True, slots=True)
class Taxed:
    """The tax of an invoice; ``by_rate`` in the order in which the rates first appear."""

    net: Money
    tax: Money
    total: Money
    by_rate: tuple[RateTax, ...]
    lines: tuple[LineTax, ...]


def work_out_tax(
    lines: Sequence[TaxableLine],
    unit: Unit,
    *,
    tax_rounding: TaxRounding = TaxRounding.PER_INVOICE,
    rounding: Rounding = Rounding.HALF_UP,
) -> Taxed:
    """The tax of these lines, all in ``unit``."""
    bearing: dict[TaxRate, list[int]] = {}
    for index, line in enumerate(lines):
        for rate in line.rates:
            bearing.setdefault(rate, []).append(index)
    bases = [_exact_net(line) for line in lines]
    shares: dict[tuple[int, TaxRate], int] = {}
    for rate, indexes in bearing.items():
        exact = [bases[index] * Fraction(rate.percent) / 100 for index in indexes]
        if tax_rounding is TaxRounding.PER_INVOICE:
            minors = share_out(round_to_int(sum(exact, Fraction(0)), rounding), exact)
        else:
            minors = [round_to_int(tax, rounding) for tax in exact]
        shares |= {(index, rate): minor for index, minor in zip(indexes, minors, strict=True)}
    taxed = tuple(
        _line_tax(line, [shares[index, rate] for rate in line.rates]) for index, line in enumerate(lines)
    )
    return Taxed(
        net=total_of((line.net for line in taxed), unit),
        tax=total_of((line.tax for line in taxed), unit),
        total=total_of((line.total for line in taxed), unit),
        by_rate=tuple(
            RateTax(
                rate,
                taxable=total_of((taxed[index].net for index in indexes), unit),
                tax=Money(sum(shares[index, rate] for index in indexes), unit),
            )
            for rate, indexes in bearing.items()
        ),
        lines=taxed,
    )


def share_out(whole: int, exact: Sequence[Fraction]) -> list[int]:
    """Whole numbers that sum to ``whole``, each less than 1 from its exact part, by largest remainder.

    ``whole`` is the rounded sum of ``exact``, whose parts may have both signs (charges and credits); the
    shares of the mirror image are the mirror image, so a credit of an invoice has its taxes, negated.
    """
    shares = [int(part) for part in exact]  # towards zero
    left = whole - sum(shares)
    sign = 1 if left > 0 else -1
    by_rest = sorted(range(len(exact)), key=lambda i: (sign * (shares[i] - exact[i]), i))
    for index in by_rest[: abs(left)]:
        shares[index] += sign
    return shares


def _exact_net(line: TaxableLine) -> Fraction:
    """The line's net in minor units."""
    if line.mode is TaxMode.EXCLUSIVE:
        return Fraction(line.amount.minor)
    percent = sum((Fraction(rate.percent) for rate in line.rates), Fraction(100))
    return line.amount.minor * 100 / percent


def _line_tax(line: TaxableLine, minors: Sequence[int]) -> LineTax:
    taxes = tuple(Money(minor, line.amount.unit) for minor in minors)
    tax = total_of(taxes, line.amount.unit)
    if line.mode is TaxMode.EXCLUSIVE:
        return LineTax(line.amount, taxes, tax, line.amount + tax)
    return LineTax(line.amount - tax, taxes, tax, line.amount)
