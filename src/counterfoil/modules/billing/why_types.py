"""What is asked and answered about usage that is on no line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class WhyCode(StrEnum):
    """Which rule leaves usage out, or that none does."""

    NO_PRICE_READS_METER = "no_price_reads_meter"
    """No price of the subscription reads the meter, or the subscription has no such price."""
    BEFORE_START = "before_start"
    """The subscription, or its price, had not begun."""
    IN_TRIAL = "in_trial"
    AFTER_END = "after_end"
    """The subscription, or its price, had ended."""
    PAUSED = "paused"
    BILLED = "billed"
    """There is a line: the facts name its invoice."""
    ON_DRAFT = "on_draft"
    """There is a line, on a draft that is rated again before it is final."""
    INVOICE_VOID = "invoice_void"
    """The invoice of the period was voided, and nothing billed the period again."""
    LATE_USAGE_WAITING = "late_usage_waiting"
    """Usage came after the invoice was final; the next invoice bills the difference."""
    LATE_GRACE_OVER = "late_grace_over"
    """Usage came after the invoice was final, and too late for an adjustment."""
    NO_EVENTS = "no_events"
    EVENTS_VOID = "events_void"
    """Every event of the period was voided."""
    OTHER_SUBSCRIPTION = "other_subscription"
    """Every event names another subscription."""
    FILTERED_OUT = "filtered_out"
    """The filters of the meter or of the price let no event pass, or none has the meter's property."""
    QUANTITY_ZERO = "quantity_zero"
    """Events were counted, and what they come to is zero."""
    BILLING_HELD = "billing_held"
    """Billing put the subscription aside; the facts say why."""
    NOT_DUE_YET = "not_due_yet"
    """The period is billed later; the facts say when."""
    DUE = "due"
    """The period is billed with the next run."""


@dataclass(frozen=True, slots=True)
class WhyQuestion:
    """Usage of a ``meter`` (id or code), or of a ``price`` (id or code), at an instant."""

    at: datetime
    meter: str | None = None
    price: str | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """The answer for one price of the subscription, or for the subscription as a whole (``price_id`` none).

    ``facts`` are what the sentence rests on, by name: texts, numbers, instants, ids in their public form.
    """

    code: WhyCode
    sentence: str
    price_id: UUID | None = None
    price_code: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
