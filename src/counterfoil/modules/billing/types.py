"""Views of billing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterfoil.modules.invoicing import DraftInvoice

BATCH: Final = 200
"""Subscriptions, or drafts, in one transaction."""


@dataclass(frozen=True, slots=True)
class Billed:
    """What a run, or a batch of one, did."""

    subscriptions: int = 0
    drafted: int = 0
    finalised: int = 0
    held: int = 0

    def __add__(self, other: Billed) -> Billed:
        return Billed(
            self.subscriptions + other.subscriptions,
            self.drafted + other.drafted,
            self.finalised + other.finalised,
            self.held + other.held,
        )

    def __bool__(self) -> bool:
        return bool(self.subscriptions or self.finalised or self.held)


@dataclass(frozen=True, slots=True)
class Preview:
    """The invoices that a subscription will get next, as they would be now; usage is what has come so far."""

    invoices: tuple[DraftInvoice, ...]
