"""The flows that cross several domains: what is billed when, and what that does everywhere.

Owns: beginning, changing and ending subscriptions with their credit grants, the billing run (drafts for what
is due, finalisation after the grace), what becomes of late usage, the preview of the next invoice, the
advance of a test clock through all that falls due on the way.
Does not own: periods (core), prices (catalog), documents (invoicing), postings (ledger).
Always holds: a preview is the run itself, rolled back; a batch does a bounded number of statements however
many subscriptions it holds; a subscription that cannot be billed is held and told, and stops no other; what
a change of a subscription costs does not depend on when the run comes.
"""

from counterfoil.modules.billing.add_ons import add_add_on, remove_add_on
from counterfoil.modules.billing.changing import cancel, change_plan, change_quantity, reprice
from counterfoil.modules.billing.charges import Charge, Reading, charge_of_line, rating_input
from counterfoil.modules.billing.clocks import ADVANCE_TASK, advance_clock, request_advance
from counterfoil.modules.billing.committing import (
    CommitmentBalance,
    TermBalance,
    add_commitment,
    add_commitment_credit,
    divide_commitment,
    get_commitment,
    list_commitments,
    list_terms,
)
from counterfoil.modules.billing.due import run_due
from counterfoil.modules.billing.finalising import finalise_due, finalise_now, rate_now
from counterfoil.modules.billing.jobs import RUN_TASK, advance_clock_job, find_due, run_due_job
from counterfoil.modules.billing.late import list_late_usage
from counterfoil.modules.billing.late_types import LateState, LateUsage
from counterfoil.modules.billing.lifetime import (
    change_term,
    change_trial,
    end_trial,
    pause,
    resume,
    set_phases,
)
from counterfoil.modules.billing.migrating import MIGRATE_TASK, migrate_job, request_migration
from counterfoil.modules.billing.models import LateUsageRow
from counterfoil.modules.billing.ports import LineTaxes, TaxProvider
from counterfoil.modules.billing.preview import preview_subscription, previewed
from counterfoil.modules.billing.readings import read_usage_of
from counterfoil.modules.billing.replay import replay_invoices
from counterfoil.modules.billing.replay_types import Difference, Replayed, ReplayQuery
from counterfoil.modules.billing.run import bill_due
from counterfoil.modules.billing.scheduled import APPLY, apply_due, catch_up
from counterfoil.modules.billing.subscribing import subscribe
from counterfoil.modules.billing.tax_table import TaxTable
from counterfoil.modules.billing.taxing import plug_tax_provider
from counterfoil.modules.billing.types import Billed, Preview
from counterfoil.modules.billing.why import why_no_line
from counterfoil.modules.billing.why_types import Why, WhyCode, WhyQuestion

__all__ = [
    "ADVANCE_TASK",
    "APPLY",
    "MIGRATE_TASK",
    "RUN_TASK",
    "Billed",
    "Charge",
    "CommitmentBalance",
    "Difference",
    "LateState",
    "LateUsage",
    "LateUsageRow",
    "LineTaxes",
    "Preview",
    "Reading",
    "ReplayQuery",
    "Replayed",
    "TaxProvider",
    "TaxTable",
    "TermBalance",
    "Why",
    "WhyCode",
    "WhyQuestion",
    "add_add_on",
    "add_commitment",
    "add_commitment_credit",
    "advance_clock",
    "advance_clock_job",
    "apply_due",
    "bill_due",
    "cancel",
    "catch_up",
    "change_plan",
    "change_quantity",
    "change_term",
    "change_trial",
    "charge_of_line",
    "divide_commitment",
    "end_trial",
    "finalise_due",
    "finalise_now",
    "find_due",
    "get_commitment",
    "list_commitments",
    "list_late_usage",
    "list_terms",
    "migrate_job",
    "pause",
    "plug_tax_provider",
    "preview_subscription",
    "previewed",
    "rate_now",
    "rating_input",
    "read_usage_of",
    "remove_add_on",
    "replay_invoices",
    "reprice",
    "request_advance",
    "request_migration",
    "resume",
    "run_due",
    "run_due_job",
    "set_phases",
    "subscribe",
    "why_no_line",
]
