"""What charges become: rated lines, and the invoices on which they stand together.

Pure: everything that rating looks up was loaded before (``readings.Facts``).
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from counterfoil.core.money import unit_of
from counterfoil.modules.billing.charges import rated_line
from counterfoil.modules.invoicing import NewInvoice, totals_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.billing.plans import SubscriptionPlan
    from counterfoil.modules.billing.readings import Facts
    from counterfoil.modules.invoicing import NewLine


def invoices_of(plan: SubscriptionPlan, facts: Facts, first: int) -> list[NewInvoice]:
    """An invoice for each instant at which something of the subscription fell due."""
    invoices = []
    lines = rate_all(plan.charges, facts, first)
    for _, group in groupby(zip(plan.due_at, lines, strict=True), key=lambda pair: pair[0]):
        together = tuple(line for _, line in group)
        issuer = facts.issuers[None]
        invoices.append(
            NewInvoice(
                customer_id=plan.subscription.customer_id,
                subscription_id=plan.subscription.id,
                currency=plan.subscription.currency,
                zone=plan.subscription.zone,
                period_start=min(line.service_start for line in together),
                period_end=max(line.service_end for line in together),
                lines=together,
                issuer_id=issuer.id,
                totals=totals_of(together, unit_of(plan.subscription.currency), issuer.tax_rounding),
            )
        )
    return invoices


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
