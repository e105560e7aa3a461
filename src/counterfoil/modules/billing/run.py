"""A batch of the billing run: drafts for subscriptions that are due.

A batch is one transaction: it locks its rows (other runs skip them), loads in sets, decides with core and
writes in bulk.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from counterfoil.core.errors import CounterfoilError
from counterfoil.modules.billing.discounting import note_discounts
from counterfoil.modules.billing.drafting import invoices_of
from counterfoil.modules.billing.joining import Draft, joined
from counterfoil.modules.billing.late import load_late, settle, take_up_notes
from counterfoil.modules.billing.plans import SubscriptionPlan, in_step, plan_subscription
from counterfoil.modules.billing.readings import load_facts
from counterfoil.modules.billing.repository import ready_subscriptions
from counterfoil.modules.billing.settling import keep_courses, load_courses
from counterfoil.modules.billing.subscribing import change_credit_grants, end_credit_grants
from counterfoil.modules.billing.types import BATCH, Billed
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.invoicing import add_drafts
from counterfoil.modules.subscriptions import (
    advance_items,
    due_families,
    due_subscriptions,
    hold_billing,
    lock_subscriptions,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.invoicing import Invoice
    from counterfoil.modules.subscriptions import DueSubscription, ItemAdvance
    from counterfoil.store import Uow

log = logging.getLogger("counterfoil.billing")


async def bill_due(uow: Uow, *, limit: int = BATCH) -> Billed:
    """Draft the invoices of one batch of due subscriptions; an empty answer means that none was due."""
    await uow.look_up_by_index()
    due = await due_subscriptions(uow, limit)
    if len(due) < limit:
        due += await due_families(uow, limit - len(due))
    due = due or await _expecting_nothing(uow, limit)
    return (await bill(uow, due, uow.now))[0] if due else Billed()


async def _expecting_nothing(uow: Uow, limit: int) -> list[DueSubscription]:
    """Subscriptions with late usage that no invoice to come will take up: one of its own does."""
    await take_up_notes(uow)
    ready = await ready_subscriptions(uow, limit)
    return await lock_subscriptions(uow, ready) if ready else []


async def bill(uow: Uow, due: Sequence[DueSubscription], now: datetime) -> tuple[Billed, list[Invoice]]:
    """Draft what these subscriptions owe up to ``now`` and move their items on."""
    await take_up_notes(uow)
    prices = await prices_by_ids(uow, {item.price_id for one in due for item in one.items})
    held: dict[UUID, str] = {}
    planned: list[SubscriptionPlan] = []
    for one in due:
        with _apart(one.subscription.id, held):
            planned.append(plan_subscription(one, prices, now))
    planned = in_step(due, planned, prices)
    facts = await load_facts(
        uow,
        [charge for plan in planned for charge in plan.charges],
        [credit for plan in planned for credit in plan.credits],
        {plan.subscription.customer_id for plan in planned},
    )
    late = await load_late(uow, planned)
    courses = await load_courses(uow, due, planned, prices, facts.issuers, late)
    parts: list[Draft] = []
    advances: list[ItemAdvance] = []
    first = 0
    for plan in planned:
        with _apart(plan.subscription.id, held):
            course = courses.get(plan.subscription.id)
            parts += invoices_of(plan, facts, first, course, adjustments=late.lines(plan))
            advances += plan.advances
        first += len(plan.charges)
    drafts = joined(parts, {issuer.id: issuer for issuer in facts.issuers.values()})
    invoices = await add_drafts(uow, drafts) if drafts else []
    written = zip((one.id for one in invoices), (draft.lines for draft in drafts), strict=True)
    await note_discounts(uow, facts.discounts, written)
    await settle(uow, late, planned, held)
    running = [one for one in due if one.subscription.id not in held]
    commitments_due = await keep_courses(uow, courses, held)
    passed = await advance_items(uow, running, advances, commitments_due)
    for one, after in zip(running, passed, strict=True):
        if after.plan_id != one.subscription.plan_id:  # a phase began
            await change_credit_grants(uow, after)
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
