"""Commitments: what a customer promised to buy, what draws on it, and what becomes of the rest.

Owns: commits of an amount or a quantity, over one line or several, within a term or window by window; what is
beyond them and what is missing; the order in which included quantity, usage credit and commit are used up;
terms that renew, roll over, are divided or get credit; caps on what is spent; instalments.
Does not own: what usage costs (pricing), the ledger and wallets that hold the balances, when a term is due.
Always holds: nothing is paid for twice, and no value is lost: what was drawn and what is left are what there
was; parts sum to the whole; all is exact but ``Money``, which is shared by largest remainder; each result
keeps what it was made of, and the ``redo`` beside it makes it again.
"""

from counterfoil.core.commitments.caps import CappedLine, CappedSpend, cap_spend, redo_cap
from counterfoil.core.commitments.course import CourseStep, course_step, true_up
from counterfoil.core.commitments.drawing import (
    DEFAULT_ORDER,
    Demand,
    Draw,
    Drawing,
    DrawnLine,
    DrawnPool,
    DrawOrder,
    Measure,
    Pool,
    Source,
    draw,
    redo_drawing,
)
from counterfoil.core.commitments.instalments import (
    Instalment,
    InstalmentPlan,
    declared_instalments,
    due_dates,
    equal_instalments,
    redo_instalments,
    weighted_instalments,
)
from counterfoil.core.commitments.settlement import (
    SAME_PRICE,
    Charge,
    ChargeKind,
    Commitment,
    CommitPayment,
    CommittedLine,
    Overage,
    OverageKind,
    SettledLine,
    Settlement,
    committed_lines,
    redo_commitment,
    redo_settlement,
    settle,
)
from counterfoil.core.commitments.terms import (
    Allowance,
    Division,
    Remainder,
    Renewal,
    Term,
    add_credit,
    divide,
    redo_division,
    redo_renewal,
    renew,
    spend,
)
from counterfoil.core.commitments.windows import WindowedSettlement, redo_windows, settle_windows

__all__ = [
    "DEFAULT_ORDER",
    "SAME_PRICE",
    "Allowance",
    "CappedLine",
    "CappedSpend",
    "Charge",
    "ChargeKind",
    "CommitPayment",
    "Commitment",
    "CommittedLine",
    "CourseStep",
    "Demand",
    "Division",
    "Draw",
    "DrawOrder",
    "Drawing",
    "DrawnLine",
    "DrawnPool",
    "Instalment",
    "InstalmentPlan",
    "Measure",
    "Overage",
    "OverageKind",
    "Pool",
    "Remainder",
    "Renewal",
    "SettledLine",
    "Settlement",
    "Source",
    "Term",
    "WindowedSettlement",
    "add_credit",
    "cap_spend",
    "committed_lines",
    "course_step",
    "declared_instalments",
    "divide",
    "draw",
    "due_dates",
    "equal_instalments",
    "redo_cap",
    "redo_commitment",
    "redo_division",
    "redo_drawing",
    "redo_instalments",
    "redo_renewal",
    "redo_settlement",
    "redo_windows",
    "renew",
    "settle",
    "settle_windows",
    "spend",
    "true_up",
    "weighted_instalments",
]
