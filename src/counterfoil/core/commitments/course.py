"""The course of a commitment: what each invoice's lines are to it, after all that came before them.

Settling is cumulative: what a line changes is the settlement with it less the settlement without it.  So it
does not matter on how many invoices the usage of a term stands, a line that is taken back (below zero) undoes
what it did, and the parts sum to the settlement of the whole term.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.commitments.settlement import CommittedLine, settle

if TYPE_CHECKING:
    from counterfoil.core.commitments.settlement import Commitment, Settlement
    from counterfoil.core.money import Exact


@dataclass(frozen=True, slots=True)
class CourseStep:
    """What some usage changes of a commitment's settlement.

    ``covered`` and ``beyond`` are in its measure and together what was used; ``usage`` and ``overage`` are
    what is to be paid for each.
    """

    covered: Fraction
    beyond: Fraction
    usage: Fraction
    overage: Fraction

    def corrections(self, charged: Exact) -> tuple[Fraction, Fraction]:
        """What must be added to ``charged``, which the usage cost without the commitment, in two parts.

        The first makes what the commitment covers cost what it costs there (nothing, if that is paid
        already), the second prices what is beyond it.  Usage of nothing needs neither.
        """
        used = self.covered + self.beyond
        if not used:
            return Fraction(0), Fraction(0)
        within = Fraction(charged) * self.covered / used
        return self.usage - within, self.overage - (Fraction(charged) - within)


def course_step(commitment: Commitment, before: Exact, used: Exact) -> CourseStep:
    """What ``used`` more (or, below zero, less) changes after ``before`` was used already."""
    earlier = _settled(commitment, Fraction(before))
    later = _settled(commitment, Fraction(before) + Fraction(used))
    [first], [second] = earlier.lines, later.lines
    return CourseStep(
        second.covered - first.covered,
        second.beyond - first.beyond,
        second.usage - first.usage,
        second.overage - first.overage,
    )


def true_up(commitment: Commitment, used: Exact) -> Fraction:
    """What is missing at the end, given all that was used."""
    return _settled(commitment, Fraction(used), closed=True).true_up


def _settled(commitment: Commitment, used: Fraction, *, closed: bool = False) -> Settlement:
    """The settlement of usage as one line; corrections may be early, and usage is never below nothing."""
    return settle(commitment, [CommittedLine("usage", max(used, Fraction(0)))], closed=closed)
