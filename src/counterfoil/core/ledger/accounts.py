"""The chart of accounts: the places where value can be, and what it means to be there.

Owns: the account codes, their kinds and normal sides, which of them are kept per customer.
Does not own: balances (folds of postings) and the events that move value (templates).
Always holds: an account of a kind that is kept per customer names its customer, any other names none.

A new business event adds the rows that it needs here and a function in ``templates``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.core.money import Unit


class Side(StrEnum):
    """The two sides of an account."""

    DEBIT = "debit"
    CREDIT = "credit"

    @property
    def other(self) -> Side:
        """The opposite side."""
        return Side.CREDIT if self is Side.DEBIT else Side.DEBIT


class AccountKind(StrEnum):
    """The five kinds of double-entry bookkeeping; the kind decides on which side an account grows."""

    ASSET = "asset"
    """What the seller has, or is owed."""
    LIABILITY = "liability"
    """What the seller owes."""
    EQUITY = "equity"
    """What belongs to the seller's owners."""
    INCOME = "income"
    """What the seller earned."""
    EXPENSE = "expense"
    """What the seller used up or lost."""

    @property
    def normal_side(self) -> Side:
        """The side on which accounts of this kind grow: debit for assets and expenses, else credit."""
        return Side.DEBIT if self in (AccountKind.ASSET, AccountKind.EXPENSE) else Side.CREDIT


class AccountCode(StrEnum):
    """The names of the accounts, as they are stored."""

    CASH = "cash"
    RECEIVABLE = "receivable"
    CUSTOMER_CREDIT = "customer_credit"
    DEFERRED_REVENUE = "deferred_revenue"
    TAX_PAYABLE = "tax_payable"
    REVENUE = "revenue"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One row of the chart: the kind, whether there is one account per customer, and what a balance says."""

    kind: AccountKind
    per_customer: bool
    means: str


CHART: Final[dict[AccountCode, AccountRow]] = {
    AccountCode.CASH: AccountRow(
        AccountKind.ASSET,
        False,
        "Money received: at the bank, in the till, or with a provider.",
    ),
    AccountCode.RECEIVABLE: AccountRow(
        AccountKind.ASSET, True, "What the customer still has to pay on finalised invoices."
    ),
    AccountCode.CUSTOMER_CREDIT: AccountRow(
        AccountKind.LIABILITY,
        True,
        "Owed to the customer: paid beyond what was due, or from an invoice below zero.",
    ),
    AccountCode.DEFERRED_REVENUE: AccountRow(
        AccountKind.LIABILITY, False, "Invoiced in advance for a service that is not yet given."
    ),
    AccountCode.TAX_PAYABLE: AccountRow(
        AccountKind.LIABILITY,
        False,
        "Invoiced tax, owed to the tax office; postings name the rate.",
    ),
    AccountCode.REVENUE: AccountRow(
        AccountKind.INCOME, False, "Earned by services that were given, without tax."
    ),
}
"""Every account there is."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account: a code of the chart, in one unit, of one customer where the chart says so."""

    code: AccountCode
    unit: Unit
    customer: UUID | None = None

    def __post_init__(self) -> None:
        if CHART[self.code].per_customer != (self.customer is not None):
            wanted = "needs a customer" if self.customer is None else "belongs to no customer"
            raise ValueError(f"the account {self.code} {wanted}")

    @property
    def normal_side(self) -> Side:
        """The side on which this account grows."""
        return CHART[self.code].kind.normal_side
