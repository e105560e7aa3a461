"""The flows that cross several domains: what is billed when, and what that does everywhere.

Owns: beginning, changing and ending subscriptions with their credit grants, the billing run (drafts for what
is due, finalisation after the grace), the preview of the next invoice, the advance of a test clock through
all that falls due on the way.
Does not own: periods (core), prices (catalog), documents (invoicing), postings (ledger).
Always holds: a preview is the run itself, rolled back; a batch does a bounded number of statements however
many subscriptions it holds; a subscription that cannot be billed is held and told, and stops no other; what
a change of a subscription costs does not depend on when the run comes.
"""

from counterfoil.modules.billing.changing import cancel, catch_up, change_quantity, pause, reprice
from counterfoil.modules.billing.clocks import ADVANCE_TASK, advance_clock, request_advance
from counterfoil.modules.billing.finalising import finalise_due, finalise_now
from counterfoil.modules.billing.jobs import RUN_TASK, advance_clock_job, find_due, run_due_job
from counterfoil.modules.billing.ports import LineTaxes, TaxProvider
from counterfoil.modules.billing.preview import preview_subscription
from counterfoil.modules.billing.run import bill_due, run_due
from counterfoil.modules.billing.subscribing import subscribe
from counterfoil.modules.billing.tax_table import TaxTable
from counterfoil.modules.billing.taxing import plug_tax_provider
from counterfoil.modules.billing.types import Billed, Preview

__all__ = [
    "ADVANCE_TASK",
    "RUN_TASK",
    "Billed",
    "LineTaxes",
    "Preview",
    "TaxProvider",
    "TaxTable",
    "advance_clock",
    "advance_clock_job",
    "bill_due",
    "cancel",
    "catch_up",
    "change_quantity",
    "finalise_due",
    "finalise_now",
    "find_due",
    "pause",
    "plug_tax_provider",
    "preview_subscription",
    "reprice",
    "request_advance",
    "run_due",
    "run_due_job",
    "subscribe",
]
