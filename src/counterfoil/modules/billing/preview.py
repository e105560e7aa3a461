"""The next invoice of a subscription, before it is due: the run itself, rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from counterfoil.modules.billing.run import bill
from counterfoil.modules.billing.types import Preview
from counterfoil.modules.invoicing import DraftInvoice, lines_of
from counterfoil.modules.subscriptions import lock_subscription

if TYPE_CHECKING:
    from uuid import UUID

    from counterfoil.store import Uow


class _Done(Exception):
    """Ends the savepoint so that nothing of it stays."""


async def preview_subscription(uow: Uow, subscription_id: UUID) -> Preview:
    """What the billing run would draft at the subscription's next billing instant with the usage so far.

    Raises ``NotFound``.  A subscription that has nothing left to bill has an empty preview.
    """
    due = await lock_subscription(uow, subscription_id)
    at = due.subscription.next_billing_at
    if at is None:
        return Preview(())
    invoices: tuple[DraftInvoice, ...] = ()
    try:
        async with uow.savepoint():
            _, drafted = await bill(uow, [due], max(at, uow.now))
            lines = await lines_of(uow, [invoice.id for invoice in drafted])
            invoices = tuple(DraftInvoice(invoice, tuple(lines[invoice.id])) for invoice in drafted)
            raise _Done
    except _Done:
        return Preview(invoices)
