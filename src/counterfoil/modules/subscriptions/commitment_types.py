"""Commands and views of commitments on subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.core.commitments import DEFAULT_ORDER, Measure, Remainder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.calendar import IntervalUnit
    from counterfoil.core.commitments import DrawOrder, Overage


class CommitmentKind(StrEnum):
    """What was agreed."""

    MINIMUM = "minimum"
    """The customer uses, or pays for, at least so much."""
    PREPAID = "prepaid"
    """So much is paid ahead, and drawn by usage."""
    CAP = "cap"
    """The customer pays at most so much; what usage costs beyond it is waived."""


class CommitmentPeriod(StrEnum):
    """For which time the commitment's size is."""

    BILLING_PERIOD = "billing_period"
    """For each period of the longest interval among its prices."""
    TERM = "term"
    """For a term of its own length, from its start."""


class OnCancel(StrEnum):
    """What is due of the rest where the subscription ends before the term."""

    DUE = "due"
    """All of it, and every instalment that is left: the promise was for the whole term."""
    PRORATED = "prorated"
    """As much as brings the customer to the share of the commitment for the time until then."""
    WAIVED = "waived"
    """Nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCommitment:
    """A commitment to agree.

    ``size`` is in major units of the subscription's currency, or a quantity; ``price`` is what the whole of a
    quantity costs, and what its one price makes of it by default.  ``price_codes``: whose lines count; those
    of all prices for usage by default.  ``interval_unit`` and ``interval_count`` are the length of a term.
    ``renews``: another follows; by default so for billing periods only.  ``prorated``: a billing period that
    is not whole at the commitment's start has its share of the size.  ``instalments`` (of what is prepaid;
    all of it at the start of each term by default): ``{"count", "interval_unit", "interval_count"}`` from
    the start, or ``{"parts": [{"due_at", "weight" or "amount"}]}`` where it does not renew.  ``on_cancel``
    is ``prorated`` by default for a minimum of billing periods, else ``due``.  ``starts_at``: the
    subscription's start, or now.
    """

    kind: CommitmentKind
    size: Decimal
    name: str | None = None
    measure: Measure = Measure.AMOUNT
    price: Decimal | None = None
    price_codes: Sequence[str] | None = None
    period: CommitmentPeriod = CommitmentPeriod.BILLING_PERIOD
    interval_unit: IntervalUnit | None = None
    interval_count: int = 1
    renews: bool | None = None
    prorated: bool = True
    overage: Overage | None = None
    true_up: bool | None = None
    drawn_by_usage: bool = True
    order: DrawOrder = DEFAULT_ORDER
    remainder: Remainder = Remainder.BREAKAGE
    rollover_limit: Decimal | None = None
    instalments: Mapping[str, Any] | None = None
    on_cancel: OnCancel | None = None
    starts_at: datetime | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubscriptionCommitment:
    """What a customer committed to on a subscription; the fields are those of ``NewCommitment``, settled.

    ``overage`` and ``instalments`` are in their stored form; ``draw_order`` names the sources that pay, the
    first first.
    """

    id: UUID
    external_id: str | None
    subscription_id: UUID
    name: str
    kind: CommitmentKind
    price_codes: Sequence[str] | None
    measure: Measure
    size: Decimal
    price: Decimal | None
    overage: Mapping[str, Any]
    true_up: bool
    drawn_by_usage: bool
    draw_order: Sequence[str]
    period: CommitmentPeriod
    interval_unit: IntervalUnit
    interval_count: int
    renews: bool
    prorated: bool
    remainder: Remainder
    rollover_limit: Decimal | None
    instalments: Mapping[str, Any] | None
    on_cancel: OnCancel
    starts_at: datetime
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CommitmentTerm:
    """One term of a commitment, ``[start_at, end_at)`` as agreed: what may be used in it.

    ``committed``, ``rolled_over`` and ``credit`` are in the commitment's measure.  ``opening`` says how it
    came about: by a renewal or a division, in the form of ``core.commitments``; empty for the first.
    ``plan``: the instalments, of which ``billed_parts`` are billed.  ``carried``: what of it was rolled over
    into the next.  ``closed_at``: when it was settled, earlier than ``end_at`` where the subscription ended
    within it.
    """

    id: UUID
    commitment_id: UUID
    subscription_id: UUID
    start_at: datetime
    end_at: datetime
    committed: Decimal
    rolled_over: Decimal
    credit: Decimal
    opening: Mapping[str, Any]
    plan: Mapping[str, Any] | None
    billed_parts: int
    carried: Decimal
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class HeldCommitment:
    """A commitment with its terms that are asked for, by their start."""

    commitment: SubscriptionCommitment
    terms: Sequence[CommitmentTerm]


@dataclass(frozen=True, slots=True)
class CommitmentChanges:
    """Fields to change, by name: ``name``, ``renews``, ``external_id``, ``meta``."""

    fields: Mapping[str, Any]
    expected_version: int | None = None
