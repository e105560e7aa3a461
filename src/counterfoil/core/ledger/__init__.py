"""Double entry: every movement of value is a balanced transaction made by a named template.

Owns: the chart of accounts, postings and the transactions they make up, one template per business event,
balances as folds of postings.
Does not own: storing and locking (``modules/ledger``), what an invoice holds, when something happens.
Always holds: in a transaction debits equal credits in each unit; no posting is zero or negative; nothing
is changed after it was posted, only reversed by another transaction.
"""

from counterfoil.core.ledger.accounts import CHART, Account, AccountCode, AccountKind, AccountRow, Side
from counterfoil.core.ledger.posting import LedgerTransaction, Posting, balance, imbalance, reverse
from counterfoil.core.ledger.templates import Template, invoice_finalised, invoice_voided, payment_received

__all__ = [
    "CHART",
    "Account",
    "AccountCode",
    "AccountKind",
    "AccountRow",
    "LedgerTransaction",
    "Posting",
    "Side",
    "Template",
    "balance",
    "imbalance",
    "invoice_finalised",
    "invoice_voided",
    "payment_received",
    "reverse",
]
