"""Money that came in.

Owns: payments recorded by hand: what came, how, when, for which invoice.
Does not own: what is due (invoicing), balances (ledger), providers.
Always holds: a payment is never changed; what its invoice did not need is the customer's credit; the currency
is the invoice's.
"""

from counterfoil.modules.payments.models import PaymentRow
from counterfoil.modules.payments.service import get_payment, list_payments, record_payment
from counterfoil.modules.payments.types import NewPayment, Payment, PaymentMethod

__all__ = [
    "NewPayment",
    "Payment",
    "PaymentMethod",
    "PaymentRow",
    "get_payment",
    "list_payments",
    "record_payment",
]
