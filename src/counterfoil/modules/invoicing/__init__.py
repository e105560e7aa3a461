"""Invoices: documents of what is owed, that never change once finalised.

Owns: issuers and their gap-free numbers; invoices and lines with their explanations; drafting, finalising,
voiding; what is still due; the PDF.
Does not own: what is billed when and at which price (billing), postings (ledger), money received (payments).
Always holds: subtotal + tax = total, on each line and on the whole, and the whole is the sum of its lines;
numbers of an issuer have no gap and no twin; a finalised invoice is never edited, not even by SQL; a period
of an item's price stands on at most one invoice that is not void.
"""

from counterfoil.modules.invoicing.models import InvoiceLineRow, InvoiceRow, IssuerRow
from counterfoil.modules.invoicing.types import (
    AppliedTax,
    Changes,
    DraftInvoice,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    Issuer,
    LineTax,
    NewAmounts,
    NewInvoice,
    NewIssuer,
    NewLine,
    Redone,
    Settlement,
)

__all__ = [
    "AppliedTax",
    "Changes",
    "DraftInvoice",
    "Invoice",
    "InvoiceLine",
    "InvoiceLineRow",
    "InvoiceRow",
    "InvoiceTax",
    "Issuer",
    "IssuerRow",
    "LineTax",
    "NewAmounts",
    "NewInvoice",
    "NewIssuer",
    "NewLine",
    "Redone",
    "Settlement",
]
