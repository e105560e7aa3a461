"""The life of an invoice.

Owns: its states and what leads from one to the next.
Does not own: effects: numbers, postings, payments.  Overdue and partly paid are no states: the first is a
due date that passed while the invoice is open, the second an amount paid that is below the total.
Always holds: lines change in draft only; every other state has a number, except a draft thrown away.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from counterfoil.core.states.machine import Row, StateTable


class InvoiceState(StrEnum):
    """Where an invoice stands."""

    DRAFT = "draft"
    """Still being made; it has no number and nobody owes it."""
    OPEN = "open"
    """Finalised: numbered, posted, owed, unchangeable."""
    PAID = "paid"
    """Nothing is due on it any more."""
    VOID = "void"
    """Taken back whole; it counts for nothing, and its periods can be billed again."""
    UNCOLLECTABLE = "uncollectable"
    """Still owed, but no longer expected or asked for."""


class InvoiceTrigger(StrEnum):
    """What can happen to an invoice."""

    EDIT = "edit"
    FINALISE = "finalise"
    PAY_IN_PART = "pay_in_part"
    PAY = "pay"
    REOPEN = "reopen"
    MARK_UNCOLLECTABLE = "mark_uncollectable"
    VOID = "void"


_S = InvoiceState
_T = InvoiceTrigger

# fmt: off
INVOICE: Final = StateTable("invoice", frozenset({_S.DRAFT}), (
    Row(_S.DRAFT, _T.EDIT, _S.DRAFT, "Late usage or a correction; until the grace is over lines may change."),
    Row(_S.DRAFT, _T.FINALISE, _S.OPEN, "It gets its number, is posted, and never changes again."),
    Row(_S.DRAFT, _T.VOID, _S.VOID, "Thrown away before it had a number; nothing was posted."),
    Row(_S.OPEN, _T.PAY_IN_PART, _S.OPEN, "A payment that leaves a rest."),
    Row(_S.OPEN, _T.PAY, _S.PAID, "Nothing is left due: paid in full, or a total of zero or below."),
    Row(_S.OPEN, _T.MARK_UNCOLLECTABLE, _S.UNCOLLECTABLE, "The seller stops asking for the money."),
    Row(_S.OPEN, _T.VOID, _S.VOID, "It should not have been sent; its posting is reversed."),
    Row(_S.PAID, _T.REOPEN, _S.OPEN, "The payment was taken back (a bounced cheque, a dispute): due again."),
    Row(_S.UNCOLLECTABLE, _T.PAY_IN_PART, _S.UNCOLLECTABLE, "Something comes in after all, a rest stays."),
    Row(_S.UNCOLLECTABLE, _T.PAY, _S.PAID, "The customer paid after all."),
    Row(_S.UNCOLLECTABLE, _T.VOID, _S.VOID, "It should not have been sent; its posting is reversed."),
), offered=frozenset({_T.FINALISE, _T.PAY_IN_PART, _T.PAY, _T.VOID}))
# fmt: on
"""The transition table of invoices."""
