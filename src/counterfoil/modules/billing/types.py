"""Views of billing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from counterfoil.modules.invoicing import DraftInvoice
    from counterfoil.modules.subscriptions import Phase, Subscription, SubscriptionItem

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
    """What would be: the invoices that something drafts, or that come next, with the usage so far.

    ``next_invoices`` are those that follow, ``subscription``, ``items`` and ``phases`` are as they are then.
    """

    invoices: tuple[DraftInvoice, ...]
    next_invoices: tuple[DraftInvoice, ...] = ()
    subscription: Subscription | None = None
    items: tuple[SubscriptionItem, ...] = ()
    phases: tuple[Phase, ...] = ()
