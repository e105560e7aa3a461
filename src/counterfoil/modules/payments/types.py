"""Commands and views of payments."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.money import Money


class PaymentMethod(StrEnum):
    """How the money came."""

    BANK_TRANSFER = "bank_transfer"
    CASH = "cash"
    CHEQUE = "cheque"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came in.  ``settled`` is what its invoice took of it; the rest is the customer's credit."""

    id: UUID
    external_id: str | None
    customer_id: UUID
    invoice_id: UUID | None
    amount: Money
    settled: Money
    method: PaymentMethod
    reference: str | None
    received_at: datetime
    meta: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def credited(self) -> Money:
        """What went to the customer's credit."""
        return self.amount - self.settled


@dataclass(frozen=True, slots=True)
class NewPayment:
    """A payment to record: for an invoice, or ahead of any for a customer.

    ``received_at`` is when it came in, by default now.
    """

    amount: Money
    customer_id: UUID | None = None
    invoice_id: UUID | None = None
    method: PaymentMethod = PaymentMethod.BANK_TRANSFER
    reference: str | None = None
    received_at: datetime | None = None
    external_id: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
