"""Templates: for each business event, the one function that says what it does to the books.

Owns: the names of the events and their postings.
Does not own: the amounts (rating, tax), whether the event is allowed now (``core/states``), storing.
Always holds: every transaction of the program is made here, so a stored template name leads to the function
that explains it.

The tables show the usual, positive case.  A part below zero (a credit line above the charges of its account)
goes to the other side of the same account; a part of zero makes no posting.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from counterfoil.core.ledger.accounts import Account, AccountCode, Side
from counterfoil.core.ledger.posting import LedgerTransaction, Posting, reverse
from counterfoil.core.money import Money

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID


class Template(StrEnum):
    """The stored names of the templates."""

    INVOICE_FINALISED = "invoice_finalised"
    INVOICE_VOIDED = "invoice_voided"
    PAYMENT_RECEIVED = "payment_received"


def invoice_finalised(
    *,
    invoice: UUID,
    customer: UUID,
    effective_at: datetime,
    total: Money,
    earned: Money,
    deferred: Money,
    taxes: Mapping[str, Money],
) -> LedgerTransaction | None:
    """The customer owes the total from now on; ``None`` where no part of the invoice is other than zero.

    =================  ========  ========  ==========================================================
    account            debit     credit
    =================  ========  ========  ==========================================================
    receivable         total               where the total is below zero, credit customer_credit
    revenue                      earned    lines in arrears, without tax
    deferred_revenue             deferred  lines in advance, without tax
    tax_payable                  tax       a posting for each tax rate, its name or id as the detail
    =================  ========  ========  ==========================================================

    A negative total is owed to the customer: it goes to their credit and not below zero on the receivable,
    so the receivable is always the sum of what is due on open invoices.  ``total`` is the printed total; if
    the parts do not sum to it, the transaction does not balance and ``ValueError`` is raised.
    """
    unit = total.unit
    owed_by = Account(AccountCode.RECEIVABLE, unit, customer)
    owed_to = Account(AccountCode.CUSTOMER_CREDIT, unit, customer)
    tax_payable = Account(AccountCode.TAX_PAYABLE, unit)
    postings = [
        *_credit(owed_to if total.minor < 0 else owed_by, -total),
        *_credit(Account(AccountCode.REVENUE, unit), earned),
        *_credit(Account(AccountCode.DEFERRED_REVENUE, unit), deferred),
    ]
    for rate, tax in taxes.items():
        postings += _credit(tax_payable, tax, rate)
    if not postings:
        return None
    return LedgerTransaction(Template.INVOICE_FINALISED, "invoice", invoice, effective_at, tuple(postings))


def invoice_voided(finalised: LedgerTransaction, *, effective_at: datetime) -> LedgerTransaction:
    """The invoice is taken back whole: the exact reverse of its finalisation, at the time of the voiding.

    =================  ========  ========
    account            debit     credit
    =================  ========  ========
    receivable                   total
    revenue            earned
    deferred_revenue   deferred
    tax_payable        tax
    =================  ========  ========

    For invoices on which nothing was paid; a payment would leave the receivable below zero.
    """
    assert finalised.template == Template.INVOICE_FINALISED
    return reverse(finalised, template=Template.INVOICE_VOIDED, effective_at=effective_at)


def payment_received(
    *, payment: UUID, customer: UUID, effective_at: datetime, amount: Money, due: Money
) -> LedgerTransaction:
    """Money came in: it settles what is due, and the rest is the customer's credit.

    =================  ========  =============  ================================================
    account            debit     credit
    =================  ========  =============  ================================================
    cash               amount
    receivable                   min(amount,    ``due``: still to pay on what this payment is for;
                                 due)           zero for a payment ahead of any invoice
    customer_credit              the rest       what is paid beyond that
    =================  ========  =============  ================================================

    ``amount`` is above zero and ``due`` not below it, in one unit, else ``ValueError``.
    """
    if due.minor < 0:
        raise ValueError(f"nothing can be due below zero: {due}")
    settled = min(amount, due)
    unit = amount.unit
    postings = (
        Posting(Account(AccountCode.CASH, unit), Side.DEBIT, amount),
        *_credit(Account(AccountCode.RECEIVABLE, unit, customer), settled),
        *_credit(Account(AccountCode.CUSTOMER_CREDIT, unit, customer), amount - settled),
    )
    return LedgerTransaction(Template.PAYMENT_RECEIVED, "payment", payment, effective_at, postings)


def _credit(account: Account, amount: Money, detail: str | None = None) -> list[Posting]:
    """The posting that credits an amount of any sign: none for zero, a debit for one below zero."""
    if amount.minor == 0:
        return []
    if amount.minor < 0:
        return [Posting(account, Side.DEBIT, -amount, detail)]
    return [Posting(account, Side.CREDIT, amount, detail)]
