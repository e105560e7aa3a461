"""Caps on what is spent: beyond them nothing is charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from counterfoil.core.commitments.checks import distinct, not_negative
from counterfoil.core.money import decimal_text

if TYPE_CHECKING:
    from counterfoil.core.money import Exact


@dataclass(frozen=True, slots=True)
class CappedLine:
    """A line's amount: what is charged of it, and what is waived."""

    key: str
    amount: Fraction
    charged: Fraction
    waived: Fraction


@dataclass(frozen=True, slots=True)
class CappedSpend:
    """The lines under a cap; ``spent`` was charged before, ``left`` may still be."""

    cap: Fraction
    spent: Fraction
    lines: tuple[CappedLine, ...]
    left: Fraction

    @property
    def charged(self) -> Fraction:
        """What is charged in all, exactly."""
        return sum((line.charged for line in self.lines), Fraction(0))

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_cap`` makes it again."""
        return {
            "cap": decimal_text(self.cap),
            "spent": decimal_text(self.spent),
            "lines": [
                {
                    "key": line.key,
                    "amount": decimal_text(line.amount),
                    "charged": decimal_text(line.charged),
                    "waived": decimal_text(line.waived),
                }
                for line in self.lines
            ],
            "left": decimal_text(self.left),
        }


def cap_spend(cap: Exact, lines: Sequence[tuple[str, Exact]], spent: Exact = Fraction(0)) -> CappedSpend:
    """What is charged of the lines (key and amount), in order, until ``cap`` is reached.

    ``spent`` was charged before in the time that the cap is for; where that is over the cap already, nothing
    more is.  Negative amounts, and a key that is there twice, are ``InvalidInput``.
    """
    distinct((key for key, _ in lines), "lines")
    before = not_negative(spent, "spent")
    left = max(not_negative(cap, "cap") - before, Fraction(0))
    capped = []
    for key, amount in lines:
        asked = not_negative(amount, "amount")
        charged = min(asked, left)
        left -= charged
        capped.append(CappedLine(key, asked, charged, asked - charged))
    return CappedSpend(Fraction(cap), before, tuple(capped), left)


def redo_cap(data: Mapping[str, Any]) -> CappedSpend:
    """The lines capped again from what ``CappedSpend.to_json`` stored."""
    lines = [(line["key"], Fraction(line["amount"])) for line in data["lines"]]
    return cap_spend(Fraction(data["cap"]), lines, Fraction(data["spent"]))
