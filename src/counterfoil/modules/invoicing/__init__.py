"""Invoices: documents of what is owed, that never change once finalised.

Owns: issuers and their gap-free numbers; invoices and lines with their explanations; drafting, finalising,
voiding; what is still due; the PDF.
Does not own: what is billed when and at which price (billing), postings (ledger), money received (payments).
Always holds: subtotal + tax = total, on each line and on the whole, and the whole is the sum of its lines;
numbers of an issuer have no gap and no twin; a finalised invoice is never edited, not even by SQL; a period
of an item's price is charged on at most one invoice that is not void, and what is given back or caught up of
it are lines of their own on later ones.
"""

from counterfoil.modules.invoicing.document import document as paper_texts
from counterfoil.modules.invoicing.drafting import (
    add_drafts,
    as_it_stands,
    as_written,
    replace_amounts,
    totals_of,
)
from counterfoil.modules.invoicing.issuers import (
    create_issuer,
    default_issuer,
    get_issuer,
    issuers_for,
    list_issuers,
    update_issuer,
)
from counterfoil.modules.invoicing.models import InvoiceLineRow, InvoiceRow, IssuerRow
from counterfoil.modules.invoicing.pdf import invoice_pdf
from counterfoil.modules.invoicing.service import (
    apply_payment,
    billed_lines,
    commitment_entries,
    due_drafts,
    earliest_due,
    environments_with_due,
    explain,
    explain_line,
    finalise,
    get_invoice,
    invoices_by_ids,
    lines_of,
    list_invoices,
    lock_draft,
    postpone_draft,
    standing_lines,
    update_invoice,
    void_invoice,
    void_lines,
)
from counterfoil.modules.invoicing.types import (
    AppliedTax,
    Changes,
    CommitmentEntry,
    DraftInvoice,
    Invoice,
    InvoiceDiscount,
    InvoiceLine,
    InvoiceTax,
    Issuer,
    LineExplanation,
    LineTax,
    NewAmounts,
    NewInvoice,
    NewIssuer,
    NewLine,
    Settlement,
    StandingLine,
)

__all__ = [
    "AppliedTax",
    "Changes",
    "CommitmentEntry",
    "DraftInvoice",
    "Invoice",
    "InvoiceDiscount",
    "InvoiceLine",
    "InvoiceLineRow",
    "InvoiceRow",
    "InvoiceTax",
    "Issuer",
    "IssuerRow",
    "LineExplanation",
    "LineTax",
    "NewAmounts",
    "NewInvoice",
    "NewIssuer",
    "NewLine",
    "Settlement",
    "StandingLine",
    "add_drafts",
    "apply_payment",
    "as_it_stands",
    "as_written",
    "billed_lines",
    "commitment_entries",
    "create_issuer",
    "default_issuer",
    "due_drafts",
    "earliest_due",
    "environments_with_due",
    "explain",
    "explain_line",
    "finalise",
    "get_invoice",
    "get_issuer",
    "invoice_pdf",
    "invoices_by_ids",
    "issuers_for",
    "lines_of",
    "list_invoices",
    "list_issuers",
    "lock_draft",
    "paper_texts",
    "postpone_draft",
    "replace_amounts",
    "standing_lines",
    "totals_of",
    "update_invoice",
    "update_issuer",
    "void_invoice",
    "void_lines",
]
