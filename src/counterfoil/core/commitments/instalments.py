"""Instalments: an amount that is paid in parts, each on its day; the parts always sum to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Cycle, format_instant, parse_instant
from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import Money, allocate, decimal_text, total_of

if TYPE_CHECKING:
    from counterfoil.core.money import Exact, Unit

MAX_INSTALMENTS: Final = 1000
"""The most parts that one amount may have."""


@dataclass(frozen=True, slots=True)
class Instalment:
    """One part: when it is due, its weight among the others, and its amount."""

    due_at: datetime
    weight: Fraction
    amount: Money


@dataclass(frozen=True, slots=True)
class InstalmentPlan:
    """The parts of ``whole`` in the order in which they are due."""

    whole: Money
    parts: tuple[Instalment, ...]

    def to_json(self) -> dict[str, Any]:
        """The form that is stored and shown; ``redo_instalments`` makes the plan again from it."""
        return {
            "whole": self.whole.amount_text(),
            "unit": self.whole.unit.code,
            "parts": [
                {
                    "due_at": format_instant(part.due_at),
                    "weight": decimal_text(part.weight),
                    "amount": part.amount.amount_text(),
                }
                for part in self.parts
            ],
        }


def weighted_instalments(whole: Money, parts: Sequence[tuple[datetime, Exact]]) -> InstalmentPlan:
    """Parts in proportion to their weights, by largest remainder.

    No part at all, a weight that is not more than 0, and dates that do not ascend are ``InvalidInput``; over
    1000 parts are ``TooLarge``.
    """
    _check_dates([due_at for due_at, _ in parts])
    for number, (_, weight) in enumerate(parts):
        if weight <= 0:
            field = f"instalments.{number}.weight"
            raise InvalidInput("an instalment weighs nothing", field=field, allowed="more than 0")
    amounts = allocate(whole, [weight for _, weight in parts])
    return InstalmentPlan(
        whole,
        tuple(
            Instalment(due_at, Fraction(weight), amount)
            for (due_at, weight), amount in zip(parts, amounts, strict=True)
        ),
    )


def equal_instalments(whole: Money, due: Sequence[datetime]) -> InstalmentPlan:
    """Equal parts on these dates; where they cannot be equal the first ones are a minor unit more."""
    return weighted_instalments(whole, [(due_at, Fraction(1)) for due_at in due])


def declared_instalments(whole: Money, parts: Sequence[tuple[datetime, Money]]) -> InstalmentPlan:
    """Parts whose amounts were agreed: each is more than 0 and all sum to the whole, or ``InvalidInput``."""
    total = total_of((amount for _, amount in parts), whole.unit)
    if total != whole:
        raise InvalidInput(
            f"the instalments sum to {total}", field="instalments", allowed=f"amounts that sum to {whole}"
        )
    return weighted_instalments(whole, [(due_at, amount.to_decimal()) for due_at, amount in parts])


def due_dates(cycle: Cycle, start: datetime, count: int) -> list[datetime]:
    """``start`` and the ``count`` - 1 boundaries of the cycle after it."""
    if not 1 <= count <= MAX_INSTALMENTS:
        raise InvalidInput(
            "that is no number of instalments", field="count", allowed=f"1 to {MAX_INSTALMENTS}"
        )
    dates = [start]
    while len(dates) < count:
        dates.append(cycle.next_boundary(dates[-1]))
    return dates


def redo_instalments(data: Mapping[str, Any], unit: Unit) -> InstalmentPlan:
    """The plan made again from the whole, the dates and the weights that were stored."""
    assert data["unit"] == unit.code
    parts = [(parse_instant(part["due_at"]), Fraction(part["weight"])) for part in data["parts"]]
    return weighted_instalments(Money.of(data["whole"], unit), parts)


def _check_dates(dates: Sequence[datetime]) -> None:
    if len(dates) > MAX_INSTALMENTS:
        raise TooLarge(
            "there are too many instalments", field="instalments", allowed=f"at most {MAX_INSTALMENTS}"
        )
    if not dates or any(earlier >= later for earlier, later in pairwise(dates)):
        raise InvalidInput(
            "the instalments have no order", field="instalments", allowed="at least one, by ascending date"
        )
