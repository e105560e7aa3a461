"""What charges become: rated lines, and the invoices on which they stand together.

Pure: everything that rating looks up was loaded before (``readings.Facts``).
"""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, Final

from counterfoil.core.money import unit_of
from counterfoil.core.rating import LineKind
from counterfoil.modules.billing.charges import rated_line, rating_input
from counterfoil.modules.billing.credits import credit_lines
from counterfoil.modules.billing.joining import Draft
from counterfoil.modules.billing.settling import settled
from counterfoil.modules.invoicing import NewInvoice, totals_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from counterfoil.core.rating import RatingInput
    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.billing.commitments import CommitmentCourse
    from counterfoil.modules.billing.plans import SubscriptionPlan
    from counterfoil.modules.billing.readings import Facts
    from counterfoil.modules.invoicing import NewLine


_BESIDE: Final = frozenset({LineKind.COMMITMENT, LineKind.ADJUSTMENT})
"""Lines whose time is not that of their invoice, unless there are no others."""


def invoices_of(
    plan: SubscriptionPlan,
    facts: Facts,
    first: int,
    course: CommitmentCourse | None = None,
    adjustments: Sequence[NewLine] = (),
) -> list[Draft]:
    """A draft for each instant at which something of the subscription fell due, credits first.

    ``course`` is that of its commitments, which add their lines to those on which they draw.
    ``adjustments`` stand on the first invoice, or on one of their own where nothing fell due.
    """
    drafts = []
    subscription = plan.subscription
    payer_id = facts.payers[subscription.customer_id]
    due = [
        (credit.due_at, line)
        for credit in plan.credits
        for line in credit_lines(credit, facts.billed.get(credit.item_id, ()))
    ]
    due += zip(plan.due_at, _charged(plan, facts, first), strict=True)
    due.sort(key=lambda pair: pair[0])  # stable: what falls due together stays in its order
    for at, lines in settled(course, due, plan.until, adjustments):
        together = tuple(
            lines
            if payer_id == subscription.customer_id
            else (replace(line, customer_id=subscription.customer_id) for line in lines)
        )
        served = [line for line in together if line.kind not in _BESIDE] or together
        issuer = facts.issuers[None]
        invoice = NewInvoice(
            customer_id=payer_id,
            subscription_id=subscription.id,
            currency=subscription.currency,
            zone=subscription.zone,
            period_start=min(line.service_start for line in served),
            period_end=max(line.service_end for line in served),
            lines=together,
            issuer_id=issuer.id,
            totals=totals_of(together, unit_of(subscription.currency), issuer.tax_rounding),
        )
        drafts.append(Draft(at, subscription, invoice))
    return drafts


def _charged(plan: SubscriptionPlan, facts: Facts, first: int) -> list[NewLine]:
    """The lines of a plan's charges; what falls due together shares what discounts take of an invoice."""
    lines = rate_all(plan.charges, facts, first)
    found: list[NewLine] = []
    for _, group in groupby(range(len(lines)), key=lambda index: plan.due_at[index]):
        start = len(found)
        end = start + len(list(group))
        found += discounted(plan.charges[start:end], lines[start:end], facts, first + start)
    return found


def discounted(
    charges: Sequence[Charge],
    lines: Sequence[NewLine],
    facts: Facts,
    first: int,
    invoice_id: UUID | None = None,
) -> list[NewLine]:
    """The lines of charges on one invoice, which stand in the batch from index ``first`` on, discounted.

    ``invoice_id``: the draft that is rated again; ``None``: one that is being made.
    """

    def rated_by(index: int) -> RatingInput:
        return rating_input(charges[index], facts.readings.get(first + index), facts.meters)

    return facts.discounts.applied(charges, lines, rated_by, invoice_id)


def rate_all(charges: Sequence[Charge], facts: Facts, first: int) -> list[NewLine]:
    """The lines of charges that stand in the batch from index ``first`` on."""
    return [
        rated_line(
            charge,
            facts.readings.get(first + index),
            facts.meters,
            facts.taxes[first + index],
        )
        for index, charge in enumerate(charges)
    ]
