"""Commands and views of customers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.tax_rules import Buyer


class BilledTo(StrEnum):
    """Whose name the invoices of a customer bear."""

    SELF = "self"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``country`` is ISO 3166-1 alpha-2."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A buyer.  ``currency`` is the default of new subscriptions; ``zone`` is where days begin and end.

    ``tax_exemption``: why a ``tax_exempt`` customer pays no tax, in the form of ``TaxExemption``.
    ``billed_to`` says whose name invoices bear: its own, or its parent's, who may pass them on to theirs;
    ``payer_id`` is whose that is in the end, ``None`` for its own.
    """

    id: UUID
    external_id: str | None
    name: str
    email: str | None
    currency: str | None
    zone: str
    address: Mapping[str, Any]
    tax_number: str | None
    tax_exempt: bool
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None
    tax_exemption: Mapping[str, Any] | None = None
    parent_id: UUID | None = None
    billed_to: BilledTo = BilledTo.SELF
    payer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TaxExemption:
    """Why a customer pays no tax, the paper that shows it, and until when (that instant is beyond)."""

    reason: str
    certificate: str | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NewCustomer:
    """A customer to make."""

    name: str
    external_id: str | None = None
    email: str | None = None
    currency: str | None = None
    zone: str = "UTC"
    address: Address = field(default_factory=Address)
    tax_number: str | None = None
    tax_exempt: bool = False
    tax_exemption: TaxExemption | None = None
    parent_id: UUID | None = None
    billed_to: BilledTo = BilledTo.SELF
    meta: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who pays for whom: for each customer that was asked for the payer, and what decides all their taxes."""

    payers: Mapping[UUID, UUID]
    buyers: Mapping[UUID, Buyer]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers are looked for; ``None`` asks nothing, an empty collection finds nothing.

    ``email`` is the whole address as it was given, ``name_contains`` any part of the name in any case;
    ``archived``: only archived ones, or only the others; ``created_from`` and ``created_to`` are inclusive.
    """

    ids: Collection[UUID] | None = None
    external_ids: Collection[str] | None = None
    email: str | None = None
    name_contains: str | None = None
    archived: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerChanges:
    """Fields to change, by name; a field that is not there stays as it is.

    ``expected_version`` is the version that the caller saw (If-Match); ``None`` changes any.
    """

    fields: Mapping[str, Any]
    expected_version: int | None = None
