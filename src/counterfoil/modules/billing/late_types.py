"""What is known of late usage."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID


class LateState(StrEnum):
    """What becomes of usage that came after its period was billed."""

    WAITING = "waiting"
    """The period is rated again with the next invoice."""
    TOO_LATE = "too_late"
    """It came after the issuer's ``late_usage_days``: it is counted as usage, and no line bills it."""


@dataclass(frozen=True, slots=True)
class LateUsage:
    """Usage of the service period of ``line_id`` that came, or was voided, after it was billed.

    ``events``: how many came or were voided, as far as their names and times tell: whether the line's price
    counts them is known when the period is rated again.  The instants are business time.
    """

    id: UUID
    subscription_id: UUID
    line_id: UUID
    state: LateState
    events: int
    first_received_at: datetime
    last_received_at: datetime
