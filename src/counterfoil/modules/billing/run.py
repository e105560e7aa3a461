"""The billing run: drafts for subscriptions that are due, finalisation of drafts whose grace is over.

A batch is one transaction: it locks its rows (other runs skip them), loads in sets, decides with core and
writes in bulk.  ``run_due`` goes on until nothing is due.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from counterfoil.core.errors import CounterfoilError
from counterfoil.modules.billing.drafting import invoices_of
from counterfoil.modules.billing.finalising import finalise_due
from counterfoil.modules.billing.plans import SubscriptionPlan, plan_subscription
from counterfoil.modules.billing.readings import load_facts
from counterfoil.modules.billing.subscribing import end_credit_grants
from counterfoil.modules.billing.types import BATCH, Billed
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.invoicing import add_drafts
from counterfoil.modules.subscriptions import advance_items, due_subscriptions, hold_billing

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.invoicing import Invoice, NewInvoice
    from counterfoil.modules.subscriptions import DueSubscription, ItemAdvance
    from counterfoil.store import Scope, Store, Uow

log = logging.getLogger("counterfoil.billing")


async def run_due(store: Store, scope: Scope, *, now: datetime | None = None) -> Billed:
    """Bill everything that is due in an environment, a transaction a batch."""
    done = Billed()
    while True:
        async with store.unit(scope, now=now) as uow:
            batch = await bill_due(uow)
        async with store.unit(scope, now=now) as uow:
            batch += await finalise_due(uow)
        if not batch:
            return done
        done += batch


async def bill_due(uow: Uow, *, limit: int = BATCH) -> Billed:
    """Draft the invoices of one batch of due subscriptions; an empty answer means that none was due."""
    due = await due_subscriptions(uow, limit)
    return (await bill(uow, due, uow.now))[0] if due else Billed()


async def bill(uow: Uow, due: Sequence[DueSubscription], now: datetime) -> tuple[Billed, list[Invoice]]:
    """Draft what these subscriptions owe up to ``now`` and move their items on."""
    prices = await prices_by_ids(uow, {item.price_id for one in due for item in one.items})
    held: dict[UUID, str] = {}
    planned: list[SubscriptionPlan] = []
    for one in due:
        with _apart(one.subscription.id, held):
            planned.append(plan_subscription(one, prices, now))
    facts = await load_facts(uow, [charge for plan in planned for charge in plan.charges])
    drafts: list[NewInvoice] = []
    advances: list[ItemAdvance] = []
    first = 0
    for plan in planned:
        with _apart(plan.subscription.id, held):
            drafts += invoices_of(plan, facts, first)
            advances += plan.advances
        first += len(plan.charges)
    invoices = await add_drafts(uow, drafts) if drafts else []
    running = [one for one in due if one.subscription.id not in held]
    passed = await advance_items(uow, running, advances)
    begun = {one.subscription.id for one in running if one.subscription.ended_at is None}
    await end_credit_grants(uow, [subscription for subscription in passed if subscription.id in begun])
    if held:
        log.warning("%d subscriptions cannot be billed", len(held))
        await hold_billing(uow, due, held)
    return Billed(subscriptions=len(due), drafted=len(invoices), held=len(held)), invoices


@contextmanager
def _apart(subscription_id: UUID, held: dict[UUID, str]) -> Generator[None]:
    """Work out one subscription's bill; whatever goes wrong with it holds it and stops no other.

    Nothing but pure functions runs inside, so that what was read and written stays as it is.
    """
    try:
        yield
    except CounterfoilError as error:
        held[subscription_id] = error.message
    except Exception as error:
        log.exception("the bill of subscription %s cannot be worked out", subscription_id)
        held[subscription_id] = f"its bill cannot be worked out ({type(error).__name__}); see the log"
