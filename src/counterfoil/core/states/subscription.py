"""The life of a subscription.

Owns: its states and what leads from one to the next.
Does not own: effects: billing, entitlements, messages.  A cancellation at the period's end is no state but a
date (``cancel_at``) on a subscription that goes on as before; when the date comes, ``cancel`` is triggered.
So reactivating before the end is ``unschedule_cancel``.  A scheduled change is a date and a change.
Always holds: what was cancelled or has expired stays so; whoever comes back gets a new subscription.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from counterfoil.core.states.machine import Row, StateTable


class SubscriptionState(StrEnum):
    """Where a subscription stands."""

    DRAFT = "draft"
    """Not begun: still being written, or its start lies ahead."""
    TRIALING = "trialing"
    """In use without charge until the trial ends."""
    ACTIVE = "active"
    """In use and billed."""
    PAST_DUE = "past_due"
    """In use and billed, while an invoice was not paid in time."""
    PAUSED = "paused"
    """Neither in use nor billed, to be resumed."""
    CANCELLED = "cancelled"
    """Ended by someone's decision."""
    EXPIRED = "expired"
    """Ended by its own terms."""


class SubscriptionTrigger(StrEnum):
    """What can happen to a subscription."""

    CHANGE = "change"
    START_TRIAL = "start_trial"
    ACTIVATE = "activate"
    RENEW = "renew"
    FALL_PAST_DUE = "fall_past_due"
    RECOVER = "recover"
    PAUSE = "pause"
    RESUME = "resume"
    SCHEDULE_CANCEL = "schedule_cancel"
    UNSCHEDULE_CANCEL = "unschedule_cancel"
    CANCEL = "cancel"
    EXPIRE = "expire"


_S = SubscriptionState
_T = SubscriptionTrigger

# fmt: off
SUBSCRIPTION: Final = StateTable("subscription", frozenset({_S.DRAFT, _S.TRIALING, _S.ACTIVE}), (
    Row(_S.DRAFT, _T.CHANGE, _S.DRAFT, "Items, quantities and terms are still being agreed."),
    Row(_S.DRAFT, _T.START_TRIAL, _S.TRIALING, "The start has come and the terms begin with a trial."),
    Row(_S.DRAFT, _T.ACTIVATE, _S.ACTIVE, "The start has come and there is no trial."),
    Row(_S.DRAFT, _T.CANCEL, _S.CANCELLED, "Given up before it began; nothing is billed."),

    Row(_S.TRIALING, _T.CHANGE, _S.TRIALING, "Another plan or quantity, tried out without charge."),
    Row(_S.TRIALING, _T.ACTIVATE, _S.ACTIVE, "The trial ended, or the customer did not wait for its end."),
    Row(_S.TRIALING, _T.SCHEDULE_CANCEL, _S.TRIALING, "It shall not go on after the trial."),
    Row(_S.TRIALING, _T.UNSCHEDULE_CANCEL, _S.TRIALING, "It shall go on after all."),
    Row(_S.TRIALING, _T.CANCEL, _S.CANCELLED, "Ended during the trial, at once or at its date."),
    Row(_S.TRIALING, _T.EXPIRE, _S.EXPIRED, "The trial ended and nothing was agreed for the time after it."),

    Row(_S.ACTIVE, _T.CHANGE, _S.ACTIVE, "Another plan, quantity or add-on."),
    Row(_S.ACTIVE, _T.RENEW, _S.ACTIVE, "A period ended and the next one begins."),
    Row(_S.ACTIVE, _T.FALL_PAST_DUE, _S.PAST_DUE, "An invoice was not paid in time."),
    Row(_S.ACTIVE, _T.PAUSE, _S.PAUSED, "Asked for by the customer or the seller."),
    Row(_S.ACTIVE, _T.SCHEDULE_CANCEL, _S.ACTIVE, "It shall end with the period or at a date."),
    Row(_S.ACTIVE, _T.UNSCHEDULE_CANCEL, _S.ACTIVE, "It shall go on after all."),
    Row(_S.ACTIVE, _T.CANCEL, _S.CANCELLED, "Ended at once, or the scheduled date came."),
    Row(_S.ACTIVE, _T.EXPIRE, _S.EXPIRED, "The agreed time is over and the terms do not renew."),

    Row(_S.PAST_DUE, _T.CHANGE, _S.PAST_DUE, "The contract still runs, so it may be changed."),
    Row(_S.PAST_DUE, _T.RENEW, _S.PAST_DUE, "A period ended while the debt stands; it runs on."),
    Row(_S.PAST_DUE, _T.RECOVER, _S.ACTIVE, "Nothing is overdue any more."),
    Row(_S.PAST_DUE, _T.PAUSE, _S.PAUSED, "The reminders are used up and the seller holds the service back."),
    Row(_S.PAST_DUE, _T.SCHEDULE_CANCEL, _S.PAST_DUE, "It shall end with the period or at a date."),
    Row(_S.PAST_DUE, _T.UNSCHEDULE_CANCEL, _S.PAST_DUE, "It shall go on after all."),
    Row(_S.PAST_DUE, _T.CANCEL, _S.CANCELLED, "Ended at once, at its date, or because it stayed unpaid."),
    Row(_S.PAST_DUE, _T.EXPIRE, _S.EXPIRED, "The agreed time is over; the debt remains."),

    Row(_S.PAUSED, _T.RESUME, _S.ACTIVE, "By hand, or the date of resuming came."),
    Row(_S.PAUSED, _T.SCHEDULE_CANCEL, _S.PAUSED, "It shall end at a date without being resumed."),
    Row(_S.PAUSED, _T.UNSCHEDULE_CANCEL, _S.PAUSED, "It shall go on after all."),
    Row(_S.PAUSED, _T.CANCEL, _S.CANCELLED, "Ended at once, or the scheduled date came."),
    Row(_S.PAUSED, _T.EXPIRE, _S.EXPIRED, "The agreed time ran out during the pause."),
), offered=frozenset({_T.CHANGE, _T.PAUSE, _T.RESUME, _T.SCHEDULE_CANCEL, _T.UNSCHEDULE_CANCEL, _T.CANCEL}))
# fmt: on
"""The transition table of subscriptions."""
