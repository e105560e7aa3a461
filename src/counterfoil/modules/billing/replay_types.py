"""Views of a replay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where an invoice is not what it should be; ``line`` is its position, ``None``: the whole."""

    invoice_id: UUID
    number: str | None
    line: int | None
    field: str
    stored: str
    rebuilt: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many invoices and lines were rebuilt, and every difference; ``after``: go on after this invoice.

    ``from_explanations``: lines whose usage nobody knows as it was then, for they are older than the record
    of that; their sums are done again from what they say themselves.
    """

    invoices: int = 0
    lines: int = 0
    from_explanations: int = 0
    differences: tuple[Difference, ...] = ()
    after: UUID | None = None

    def __add__(self, other: Replayed) -> Replayed:
        return Replayed(
            self.invoices + other.invoices,
            self.lines + other.lines,
            self.from_explanations + other.from_explanations,
            self.differences + other.differences,
            other.after,
        )


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """The invoices of a customer (public or external id) that were final at ``as_of``, after one of them."""

    customer: str
    as_of: datetime
    after: UUID | None = None
