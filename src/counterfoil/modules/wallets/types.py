"""Commands and views of credit grants."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from counterfoil.core.calendar import Interval, IntervalUnit
from counterfoil.core.credit_grants import (
    DurationUnit,
    Expiry,
    GrantCadence,
    GrantExpiration,
    GrantScope,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.states import CreditApplicationState


class GrantSort(StrEnum):
    """What grants can be sorted by when they are searched."""

    CREATED_AT = "created_at"
    UPDATED_AT = "updated_at"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class CreditGrant:
    """A promise of credits: once, or for every period.

    Of a plan (``scope`` plan, ``plan_id``) it is a template without dates; of one subscription
    (``subscription_id``) it runs in ``[starts_at, ends_at)``, and ``template_id`` is the plan's grant that it
    was copied from.  ``credits`` are given for each period: every ``period`` × ``period_count``, counted from
    ``anchor_at`` in the subscription's time zone, if it is recurring.  ``currency``: of a template, the only
    currency of subscriptions that get it (``None``: any); of a subscription, the subscription's.
    ``priority``: 0 or more, lower is used first, ``None`` last.  ``conversion_rate``: what one credit is
    worth in the currency, ``topup_conversion_rate``: what one costs to buy; they choose the wallet, ``None``
    takes any.  ``archived_at``: since when a template is not copied any more.
    """

    id: UUID
    external_id: str | None
    name: str
    scope: GrantScope
    plan_id: UUID | None
    subscription_id: UUID | None
    template_id: UUID | None
    credits: Decimal
    currency: str | None
    cadence: GrantCadence
    period: IntervalUnit | None
    period_count: int | None
    expiration: GrantExpiration
    expiration_duration: int | None
    expiration_unit: DurationUnit | None
    priority: int | None
    conversion_rate: Decimal | None
    topup_conversion_rate: Decimal | None
    starts_at: datetime | None
    ends_at: datetime | None
    anchor_at: datetime | None
    archived_at: datetime | None
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def interval(self) -> Interval | None:
        """How often it gives its credits; ``None``: once."""
        if self.period is None or self.period_count is None:
            return None
        return Interval(self.period, self.period_count)

    @property
    def expiry(self) -> Expiry:
        """When its credits expire."""
        if self.expiration_unit is None or self.expiration_duration is None:
            return Expiry(self.expiration)
        return Expiry(self.expiration, self.expiration_unit.times(self.expiration_duration))


@dataclass(frozen=True, slots=True)
class CreditGrantApplication:
    """The credits of a grant for one period.

    ``period_end`` is ``None`` for a grant that gives once.  ``due_at``: when the credits are to be given,
    ``expires_at``: when they can no longer be used (``None``: never).
    """

    id: UUID
    grant_id: UUID
    subscription_id: UUID
    period_start: datetime
    period_end: datetime | None
    due_at: datetime
    expires_at: datetime | None
    credits: Decimal
    status: CreditApplicationState
    applied_at: datetime | None
    failure: str | None
    attempts: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NewCreditGrant:
    """A grant to make.

    ``plan_id`` with scope plan, and then no ``starts_at``, ``ends_at``, ``anchor_at``; ``subscription_id``
    with scope subscription, unless it is made together with its subscription (``billing.subscribe``).
    ``starts_at``: now by default, or the subscription's start if that lies ahead or both are made together.
    ``anchor_at``: the instant whose day and time its periods remember; ``starts_at`` by default.
    """

    name: str
    scope: GrantScope
    credits: Decimal
    cadence: GrantCadence
    plan_id: UUID | None = None
    subscription_id: UUID | None = None
    currency: str | None = None
    period: IntervalUnit | None = None
    period_count: int | None = None
    expiration: GrantExpiration = GrantExpiration.NEVER
    expiration_duration: int | None = None
    expiration_unit: DurationUnit | None = None
    priority: int | None = None
    conversion_rate: Decimal | None = None
    topup_conversion_rate: Decimal | None = None
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    anchor_at: datetime | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CreditGrantChanges:
    """Fields to change, by name (``name``, ``meta``, ``ends_at``); a field that is not there stays.

    ``expected_version`` is the version that the caller saw (If-Match); ``None`` changes any.
    """

    fields: Mapping[str, Any]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class CreditGrantFilter:
    """Which grants to search for; ``None`` is no condition, and an empty collection finds nothing.

    ``archived``: only templates that were put away, or all others.  ``created_from`` and ``created_to`` are
    both included.
    """

    ids: Collection[UUID] | None = None
    plan_ids: Collection[UUID] | None = None
    subscription_ids: Collection[UUID] | None = None
    archived: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
