"""The life of one application of a credit grant: the credits that it gives for one period.

Owns: its states and what leads from one to the next.
Does not own: effects: the wallet that is credited, the next application.
Always holds: what was applied stays so; credits are taken back by a movement of their own, never by a state.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from counterfoil.core.states.machine import Row, StateTable


class CreditApplicationState(StrEnum):
    """Where an application of a grant stands."""

    PENDING = "pending"
    """Its period has not begun, or nobody has got to it yet."""
    APPLIED = "applied"
    """The credits are in a wallet."""
    FAILED = "failed"
    """It was tried in vain; it will be tried again."""
    SKIPPED = "skipped"
    """The period passed without credits: it was paused, or they would have expired already."""
    CANCELLED = "cancelled"
    """The grant or its subscription ended before the period began."""


class CreditApplicationTrigger(StrEnum):
    """What can happen to an application."""

    APPLY = "apply"
    FAIL = "fail"
    SKIP = "skip"
    CANCEL = "cancel"


_S = CreditApplicationState
_T = CreditApplicationTrigger

# fmt: off
CREDIT_APPLICATION: Final = StateTable("credit grant application", frozenset({_S.PENDING}), (
    Row(_S.PENDING, _T.APPLY, _S.APPLIED, "Its period has begun and the subscription runs."),
    Row(_S.PENDING, _T.FAIL, _S.FAILED, "No wallet could take the credits."),
    Row(_S.PENDING, _T.SKIP, _S.SKIPPED, "The subscription is paused, or the credits have expired already."),
    Row(_S.PENDING, _T.CANCEL, _S.CANCELLED, "The grant or the subscription ends before the period begins."),

    Row(_S.FAILED, _T.APPLY, _S.APPLIED, "It was tried again, and went."),
    Row(_S.FAILED, _T.FAIL, _S.FAILED, "It was tried again in vain."),
    Row(_S.FAILED, _T.SKIP, _S.SKIPPED, "By now the credits have expired, or the subscription is paused."),
    Row(_S.FAILED, _T.CANCEL, _S.CANCELLED, "The subscription ended before it could be tried again."),
), offered=frozenset())
# fmt: on
"""The transition table of applications of credit grants."""
