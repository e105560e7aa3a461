"""What the lines of invoices say of each term of a commitment: the balance, derived and never stored.

A draft that is rated again is left out and put in anew; the drafts after it are not seen, since they will be
rated again themselves.  So each amount of usage counts once, in the order in which invoices were drafted.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.money import Money, round_money
from counterfoil.core.rating import CommitmentPart

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from counterfoil.core.money import Unit
    from counterfoil.modules.invoicing import CommitmentEntry

_NOTHING: Final = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Entry:
    draft_id: UUID | None
    part: CommitmentPart
    used: Fraction
    amount: Fraction


class CommitmentBook:
    """The sums of lines by term; ``before`` is the draft that is worked out, none for a new one."""

    def __init__(self, entries: Iterable[CommitmentEntry]) -> None:
        self._entries: defaultdict[UUID, list[_Entry]] = defaultdict(list)
        for one in entries:
            self.add(one.term_id, one.draft_id, one.part, one.used, one.amount)

    def add(
        self,
        term_id: UUID,
        draft_id: UUID | None,
        part: CommitmentPart,
        used: Decimal | Fraction,
        amount: Decimal | Fraction,
    ) -> None:
        """Put a line in."""
        self._entries[term_id].append(_Entry(draft_id, part, Fraction(used), Fraction(amount)))

    def leave_out(self, draft_id: UUID, term_ids: AbstractSet[UUID]) -> None:
        """Take out what stands on a draft for these terms."""
        for term_id in term_ids & self._entries.keys():
            entries = self._entries[term_id]
            self._entries[term_id] = [one for one in entries if one.draft_id != draft_id]

    def used(self, term_id: UUID, before: UUID | None = None) -> Fraction:
        """How much of a term is used, in its measure."""
        return sum((one.used for one in self._of(term_id, before)), _NOTHING)

    def paid_by_credit(self, term_id: UUID, unit: Unit, before: UUID | None = None) -> Money:
        """What the term's credit has paid, 0 or more."""
        return -self._amount(term_id, CommitmentPart.CREDIT, unit, before)

    def trued_up(self, term_id: UUID, unit: Unit, before: UUID | None = None) -> Money:
        """What was billed of what is missing at the end."""
        return self._amount(term_id, CommitmentPart.TRUE_UP, unit, before)

    def trued_up_later(self, term_id: UUID, before: UUID | None) -> bool:
        """Whether a later draft settles the end of the term, and will do so again."""
        return before is not None and any(
            one.part is CommitmentPart.TRUE_UP and one.draft_id is not None and one.draft_id > before
            for one in self._entries[term_id]
        )

    def billed(self, term_id: UUID, part: CommitmentPart, unit: Unit) -> Money:
        """What all lines of one part come to."""
        return self._amount(term_id, part, unit, None)

    def _amount(self, term_id: UUID, part: CommitmentPart, unit: Unit, before: UUID | None) -> Money:
        amounts = (one.amount for one in self._of(term_id, before) if one.part is part)
        return round_money(sum(amounts, _NOTHING), unit)

    def _of(self, term_id: UUID, before: UUID | None) -> list[_Entry]:
        return [
            one
            for one in self._entries[term_id]
            if before is None or one.draft_id is None or one.draft_id <= before
        ]
