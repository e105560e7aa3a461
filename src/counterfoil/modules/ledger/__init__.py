"""The journal of every movement of value, and balances as its folds.

Owns: ledger transactions and their postings: writing them, listing them, summing them.
Does not own: which postings an event makes (``core.ledger``), and the events (invoicing, payments).
Always holds: what is stored balances in each unit, which the database checks again at commit; nothing is ever
changed or deleted; an event of one object is posted once.
"""

from counterfoil.modules.ledger.models import LedgerPostingRow, LedgerTransactionRow
from counterfoil.modules.ledger.service import balances, list_transactions, post, transactions_of
from counterfoil.modules.ledger.types import Balance, PostedTransaction

__all__ = [
    "Balance",
    "LedgerPostingRow",
    "LedgerTransactionRow",
    "PostedTransaction",
    "balances",
    "list_transactions",
    "post",
    "transactions_of",
]
