"""What something would do, before it is done: the same code, rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from counterfoil.modules.billing.scheduled import catch_up
from counterfoil.modules.billing.types import Preview
from counterfoil.modules.invoicing import DraftInvoice, lines_of, list_invoices
from counterfoil.modules.subscriptions import lock_subscription, phases_of
from counterfoil.store import PageQuery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from counterfoil.modules.subscriptions import Subscription
    from counterfoil.store import Uow

MOST_INVOICES: Final = 100
"""How many invoices of one subscription a preview tells; what is more is left out, the first ones."""

MOST_STEPS: Final = 12
"""How many dates ahead a preview looks for the next invoice: at one a change may come, or a trial's end."""


class _Done(Exception):
    """Ends the savepoint so that nothing of it stays."""


async def previewed(uow: Uow, action: Callable[[], Awaitable[Subscription]]) -> Preview:
    """What ``action`` would do to a subscription, its invoices, and the next one after them.

    ``action`` is a flow of this module, or a use case of subscriptions: it runs in a savepoint, which is
    rolled back with all that it wrote and announced.  Raises what it raises.
    """
    found = Preview(())
    try:
        async with uow.savepoint():
            marker = uow.new_id()
            subscription = await action()
            invoices = await _drafted_since(uow, subscription.id, marker)
            due = await lock_subscription(uow, subscription.id)
            phases = (await phases_of(uow, [due.subscription])).get(subscription.id, ())
            following = await _next_invoices(uow, subscription.id)
            found = Preview(invoices, following, due.subscription, tuple(due.items), tuple(phases))
            raise _Done
    except _Done:
        return found


async def preview_subscription(uow: Uow, subscription_id: UUID) -> Preview:
    """What the billing run would draft at the subscription's next billing instant with the usage so far.

    A change that is scheduled before then is made.  Raises ``NotFound``.  A subscription that has nothing
    left to bill has an empty preview.
    """
    invoices: tuple[DraftInvoice, ...] = ()
    due = await lock_subscription(uow, subscription_id)
    try:
        async with uow.savepoint():
            invoices = await _next_invoices(uow, subscription_id)
            raise _Done
    except _Done:
        return Preview(invoices, (), due.subscription, tuple(due.items))


async def _next_invoices(uow: Uow, subscription_id: UUID) -> tuple[DraftInvoice, ...]:
    """The invoices that are drafted next: time is let pass, up to ``MOST_STEPS`` dates ahead."""
    marker = uow.new_id()
    for _ in range(MOST_STEPS):
        due = await lock_subscription(uow, subscription_id)
        at = due.subscription.next_billing_at
        if at is None or due.subscription.billing_error is not None:
            break
        with uow.at(max(at, uow.now)):
            await catch_up(uow, subscription_id)
        if drafted := await _drafted_since(uow, subscription_id, marker):
            return drafted
    return ()


async def _drafted_since(uow: Uow, subscription_id: UUID, marker: UUID) -> tuple[DraftInvoice, ...]:
    """The invoices of a subscription that this unit made after an id of its own, the first one first."""
    page = await list_invoices(uow, PageQuery(MOST_INVOICES), subscription_id=subscription_id)
    made = [invoice for invoice in reversed(page.items) if invoice.id > marker]
    lines = await lines_of(uow, [invoice.id for invoice in made])
    return tuple(DraftInvoice(invoice, tuple(lines[invoice.id])) for invoice in made)
