"""Joint invoices: what falls due of one payer at one instant, on one paper.

Owns: which drafts become one.  Does not own: who pays (customers), the lines, which subscriptions are in a
batch together (subscriptions: those of one payer are locked together).
Always holds: a subscription that is invoiced separately has invoices of its own; on a joint one there is one
currency, one issuer, one payer and one time zone; its lines are those that the separate ones would have, and
each says whose it is.  Only the rounding of taxes per invoice sees more lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from counterfoil.core.errors import TooLarge
from counterfoil.core.money import unit_of
from counterfoil.modules.invoicing import totals_of
from counterfoil.modules.subscriptions import Invoicing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.invoicing import Issuer, NewInvoice
    from counterfoil.modules.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Draft:
    """What one subscription is invoiced for one instant at which something of it fell due."""

    at: datetime
    subscription: Subscription
    invoice: NewInvoice


def joined(drafts: Iterable[Draft], issuers: Mapping[UUID, Issuer]) -> list[NewInvoice]:
    """The invoices of a batch, in the order in which the first draft of each stands.

    What would come to more than can be stored stays on invoices of its own.
    """
    groups: dict[object, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(_key(draft), []).append(draft)
    return [invoice for group in groups.values() for invoice in _together(group, issuers)]


def _key(draft: Draft) -> object:
    """What drafts of one invoice have in common; one that stands alone has its own."""
    if draft.subscription.invoicing is Invoicing.SEPARATE:
        return id(draft)
    invoice = draft.invoice
    return draft.at, invoice.customer_id, invoice.currency, invoice.issuer_id, invoice.zone


def _together(group: Sequence[Draft], issuers: Mapping[UUID, Issuer]) -> list[NewInvoice]:
    if len(group) == 1:
        return [group[0].invoice]
    try:
        return [_one(group, issuers)]
    except TooLarge:
        return [draft.invoice for draft in group]


def _one(group: Sequence[Draft], issuers: Mapping[UUID, Issuer]) -> NewInvoice:
    first = group[0].invoice
    lines = tuple(
        replace(line, subscription_id=draft.subscription.id, customer_id=draft.subscription.customer_id)
        for draft in group
        for line in draft.invoice.lines
    )
    assert first.issuer_id is not None
    rounding = issuers[first.issuer_id].tax_rounding
    return replace(
        first,
        subscription_id=None,
        lines=lines,
        totals=totals_of(lines, unit_of(first.currency), rounding),
        period_start=min(draft.invoice.period_start for draft in group),
        period_end=max(draft.invoice.period_end for draft in group),
    )
