"""Views of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.ledger import AccountCode, LedgerTransaction
    from counterfoil.core.money import Money


@dataclass(frozen=True, slots=True)
class PostedTransaction:
    """A transaction as it stands in the journal; ``recorded_at`` is the real time at which it was written."""

    id: UUID
    recorded_at: datetime
    content: LedgerTransaction


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds in one unit, above zero on the account's normal side.

    ``customer_id`` is ``None`` for accounts of no customer and for sums over all customers.
    """

    account: AccountCode
    customer_id: UUID | None
    amount: Money
