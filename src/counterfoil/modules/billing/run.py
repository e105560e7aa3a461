"""The billing run: drafts for subscriptions that are due, finalisation of drafts whose grace is over.

A batch is one transaction: it locks its rows (other runs skip them), loads in sets, decides with core and
writes in bulk.  ``run_due`` goes on until nothing is due.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import CounterfoilError
from counterfoil.core.money import unit_of
from counterfoil.core.rating import Explanation
from counterfoil.modules.billing.charges import Charge, charge_for, charge_of_line, rated_line
from counterfoil.modules.billing.readings import Facts, load_facts
from counterfoil.modules.billing.subscribing import end_credit_grants
from counterfoil.modules.billing.types import Billed
from counterfoil.modules.catalog import Price, prices_by_ids
from counterfoil.modules.invoicing import (
    DraftInvoice,
    Invoice,
    NewAmounts,
    NewInvoice,
    NewLine,
    add_drafts,
    due_drafts,
    finalise,
    postpone_draft,
    replace_amounts,
    totals_of,
)
from counterfoil.modules.subscriptions import (
    DueSubscription,
    ItemAdvance,
    ItemPlan,
    advance_items,
    due_subscriptions,
    hold_billing,
    lock_subscription,
    plan_item,
)

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.subscriptions import Subscription
    from counterfoil.store import Scope, Store, Uow

BATCH: Final = 200
"""Subscriptions, or drafts, in one transaction."""

MOST_PERIODS: Final = 60
"""Periods of one item in one batch; a start far in the past is caught up in several."""

_INSTANT: Final = timedelta(microseconds=1)

PUT_OFF: Final = timedelta(days=1)
"""When a draft that could not be finalised is tried again."""

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
    planned: list[_Plan] = []
    for one in due:
        with _apart(one.subscription.id, held):
            planned.append(_plan(one, prices, now))
    facts = await load_facts(uow, [charge for plan in planned for charge in plan.charges])
    drafts: list[NewInvoice] = []
    advances: list[ItemAdvance] = []
    first = 0
    for plan in planned:
        with _apart(plan.subscription.id, held):
            drafts += _invoices(plan, facts, first)
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


async def finalise_due(uow: Uow, *, limit: int = BATCH) -> Billed:
    """Rate one batch of drafts again, with the usage that came during the grace, and finalise them.

    A draft whose usage has no price any more is put off by a day, and its subscription is held.
    """
    drafts = await due_drafts(uow, limit)
    if not drafts:
        return Billed()
    amounts, failed = await _rated_again(uow, drafts)
    for draft in drafts:
        if draft.invoice.id in failed:
            await _set_aside(uow, draft, failed[draft.invoice.id])
    ready = [draft.invoice.id for draft in drafts if draft.invoice.id not in failed]
    return Billed(finalised=len(await _finalise(uow, ready, amounts)), held=len(failed))


async def finalise_now(uow: Uow, draft: DraftInvoice) -> Invoice:
    """Rate one locked draft again and finalise it, whether or not its grace is over.

    Raises ``InvalidInput`` or ``TooLarge`` if its usage has no price.
    """
    amounts, failed = await _rated_again(uow, [draft])
    for error in failed.values():
        raise error
    (invoice,) = await _finalise(uow, [draft.invoice.id], amounts)
    return invoice


async def _finalise(uow: Uow, ids: Sequence[UUID], amounts: Sequence[NewAmounts]) -> list[Invoice]:
    if amounts:
        await replace_amounts(uow, amounts)
    return await finalise(uow, ids) if ids else []


async def _set_aside(uow: Uow, draft: DraftInvoice, error: CounterfoilError) -> None:
    assert draft.invoice.subscription_id is not None
    log.warning("invoice %s cannot be finalised: %s", draft.invoice.id, error.message)
    await postpone_draft(uow, draft.invoice.id, uow.now + PUT_OFF)
    due = await lock_subscription(uow, draft.invoice.subscription_id)
    await hold_billing(uow, [due], {due.subscription.id: error.message})


@dataclass(frozen=True, slots=True)
class _Plan:
    """What one subscription is to be billed: its charges in order, each with the instant it fell due."""

    subscription: Subscription
    due_at: list[datetime]
    charges: list[Charge]
    advances: list[ItemAdvance]


def _plan(one: DueSubscription, prices: Mapping[UUID, Price], now: datetime) -> _Plan:
    """The charges up to ``now``, or up to where the first item reaches ``MOST_PERIODS``.

    All items stop at the same instant, so that what falls due together stands on one invoice.
    """
    plans = _item_plans(one, prices, now)
    left_over = [plan.advance.due_at for plan in plans if plan.advance.due_at and plan.advance.due_at <= now]
    if left_over:
        plans = _item_plans(one, prices, min(left_over) - _INSTANT)
    charges = [
        (period.due_at, charge_for(one.subscription, item, prices[item.price_id], period))
        for item, plan in zip(one.items, plans, strict=True)
        for period in plan.periods
    ]
    charges.sort(key=lambda pair: pair[0])  # stable: within an instant the items' order stays
    due_at, ordered = [at for at, _ in charges], [charge for _, charge in charges]
    return _Plan(one.subscription, due_at, ordered, [plan.advance for plan in plans])


def _item_plans(one: DueSubscription, prices: Mapping[UUID, Price], until: datetime) -> list[ItemPlan]:
    return [
        plan_item(one.subscription, item, prices[item.price_id], until, limit=MOST_PERIODS)
        for item in one.items
    ]


def _invoices(plan: _Plan, facts: Facts, first: int) -> list[NewInvoice]:
    """An invoice for each instant at which something of the subscription fell due."""
    invoices = []
    lines = _rate(plan.charges, facts, first)
    for _, group in groupby(zip(plan.due_at, lines, strict=True), key=lambda pair: pair[0]):
        together = tuple(line for _, line in group)
        invoices.append(
            NewInvoice(
                customer_id=plan.subscription.customer_id,
                subscription_id=plan.subscription.id,
                currency=plan.subscription.currency,
                zone=plan.subscription.zone,
                period_start=min(line.service_start for line in together),
                period_end=max(line.service_end for line in together),
                lines=together,
                totals=totals_of(together, unit_of(plan.subscription.currency)),
            )
        )
    return invoices


async def _rated_again(
    uow: Uow, drafts: Sequence[DraftInvoice]
) -> tuple[list[NewAmounts], dict[UUID, CounterfoilError]]:
    """The new lines of those drafts of which usage has changed an amount, and what refused to be rated.

    A draft that a person wrote lines on is finalised as it stands.
    """
    rateable = [
        draft
        for draft in drafts
        if draft.invoice.subscription_id is not None and all(line.price_id for line in draft.lines)
    ]
    lines = [(draft.invoice, line) for draft in rateable for line in draft.lines]
    prices = await prices_by_ids(uow, {line.price_id for _, line in lines if line.price_id})
    charges = [charge_of_line(invoice, line, prices) for invoice, line in lines]
    facts = await load_facts(uow, charges)
    changed: list[NewAmounts] = []
    failed: dict[UUID, CounterfoilError] = {}
    first = 0
    for draft in rateable:
        own = charges[first : first + len(draft.lines)]
        try:
            fresh = tuple(_rate(own, facts, first))
            before = [Explanation.from_json(line.explanation) for line in draft.lines]
            if [line.rated.explanation for line in fresh] != before:
                amounts = totals_of(fresh, draft.invoice.unit)
                changed.append(NewAmounts(draft.invoice.id, fresh, amounts))
        except CounterfoilError as error:
            failed[draft.invoice.id] = error
        first += len(own)
    return changed, failed


def _rate(charges: Sequence[Charge], facts: Facts, first: int) -> list[NewLine]:
    """The lines of charges that stand in the batch from index ``first`` on."""
    return [
        rated_line(
            charge,
            facts.readings.get(first + index),
            facts.meters,
            facts.taxes,
            tax_exempt=charge.customer_id in facts.exempt,
        )
        for index, charge in enumerate(charges)
    ]
