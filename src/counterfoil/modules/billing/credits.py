"""Credits: what was billed for a time that is not served, given back line by line.

Pure: the lines that stand of an item were loaded before (``readings.Facts``).  Owns: which part of which line
is given back.  Does not own: its amount (``core.rating``), when it is given back (subscriptions).
Always holds: a line is given back at most once, with the taxes that it bore.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from counterfoil.core.calendar import Period
from counterfoil.core.money import Money, total_of
from counterfoil.core.proration import prorate
from counterfoil.core.rating import Explanation, LineKind, credit_line, read_explanation
from counterfoil.modules.invoicing import as_it_stands
from counterfoil.modules.subscriptions import item_cycle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.calendar import Cycle
    from counterfoil.core.proration import ProrationPolicy
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.invoicing import DraftInvoice, Invoice, InvoiceLine, NewLine
    from counterfoil.modules.subscriptions import GivenBack, Subscription, SubscriptionItem


@dataclass(frozen=True, slots=True)
class Credit:
    """What was billed of an item beyond ``since`` is to be given back; its periods are those of ``cycle``.

    ``item_id`` is the item on whose line it was billed.
    """

    item_id: UUID
    since: datetime
    due_at: datetime
    cycle: Cycle
    policy: ProrationPolicy


def credit_for(
    subscription: Subscription, item: SubscriptionItem, price: Price, given_back: GivenBack
) -> Credit:
    """The credit of an item whose time has ended."""
    cycle = item_cycle(subscription, item, price.interval)
    return Credit(item.paid_by_id or item.id, given_back.since, given_back.due_at, cycle, subscription.policy)


def credit_lines(credit: Credit, billed: Sequence[DraftInvoice]) -> list[NewLine]:
    """A line for each charge of the item that reaches beyond the end; none of what cost nothing.

    ``billed`` are the invoices on which the item stands, each with these lines of it.
    """
    standing = [(one.invoice, line) for one in billed for line in one.lines]
    credits = [line for _, line in standing if line.kind is LineKind.CREDIT]
    charges = [(invoice, line) for invoice, line in standing if line.kind is LineKind.CHARGE]
    charges.sort(key=lambda pair: pair[1].service_start)
    made = [_given_back(credit, invoice, line, credits) for invoice, line in charges]
    return [line for line in made if line.rated.amount.minor]


def _given_back(
    credit: Credit, invoice: Invoice, line: InvoiceLine, credits: Sequence[InvoiceLine]
) -> NewLine:
    piece = Period(max(credit.since, line.service_start), line.service_end)
    unused = prorate(piece, credit.cycle, credit.policy)
    told = read_explanation(line.explanation)
    assert isinstance(told, Explanation)
    before = total_of((one.charged for one in credits if one.of_line_id == line.id), invoice.unit)
    given: Money = -before
    of = f"line {line.position} of invoice {invoice.number}" if invoice.number else ""
    return replace(
        as_it_stands(invoice, line),
        id=None,
        kind=LineKind.CREDIT,
        of_line_id=line.id,
        service_start=piece.start,
        service_end=piece.end,
        rated=credit_line(told, line.charged, given, unused, of=of),
    )
