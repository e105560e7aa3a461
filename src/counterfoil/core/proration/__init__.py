"""What a piece of a period costs, and what a change or an end in mid-period moves.

Owns: the named policies and their defaults, ``Proration`` (an exact share with the days or the time that it
came from), the credit for what was paid and not served, the charge for what was served and not paid, and
for what begins.
Does not own: where boundaries lie and how days are counted (calendar), what a whole period costs (pricing),
who may change what and when (subscriptions), credit notes.
Always holds: shares are exact; nothing is credited that was not billed; the rounded lines sum to the net; a
stored explanation is enough to work the net out again.
"""

from counterfoil.core.proration.changes import (
    Amounts,
    ChangeLine,
    LineKind,
    Running,
    Starting,
    cancel_amounts,
    change_amounts,
    redo_change,
)
from counterfoil.core.proration.policies import (
    DEFAULT,
    CancelCredit,
    IntervalChange,
    NetRounding,
    ProrationBehavior,
    ProrationPolicy,
    StubDenominator,
)
from counterfoil.core.proration.shares import Proration, Term, prorate

__all__ = [
    "DEFAULT",
    "Amounts",
    "CancelCredit",
    "ChangeLine",
    "IntervalChange",
    "LineKind",
    "NetRounding",
    "Proration",
    "ProrationBehavior",
    "ProrationPolicy",
    "Running",
    "Starting",
    "StubDenominator",
    "Term",
    "cancel_amounts",
    "change_amounts",
    "prorate",
    "redo_change",
]
