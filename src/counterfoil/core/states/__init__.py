"""What may happen to a thing in the state it is in: one transition table a thing.

Owns: the states, the triggers and the rows from one to the next, each with its reason.
Does not own: effects.  Nothing here computes, saves or sends; a use case asks the table, then acts.
Always holds: what has no row is refused with ``WrongState``; a final state has no row out of it.
"""

from counterfoil.core.states.credit_application import (
    CREDIT_APPLICATION,
    CreditApplicationState,
    CreditApplicationTrigger,
)
from counterfoil.core.states.invoice import INVOICE, InvoiceState, InvoiceTrigger
from counterfoil.core.states.machine import Row, StateTable, advance
from counterfoil.core.states.subscription import SUBSCRIPTION, SubscriptionState, SubscriptionTrigger

__all__ = [
    "CREDIT_APPLICATION",
    "INVOICE",
    "SUBSCRIPTION",
    "CreditApplicationState",
    "CreditApplicationTrigger",
    "InvoiceState",
    "InvoiceTrigger",
    "Row",
    "StateTable",
    "SubscriptionState",
    "SubscriptionTrigger",
    "advance",
]
