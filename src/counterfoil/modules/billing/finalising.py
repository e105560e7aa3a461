"""The end of the grace: drafts are rated again with what was used meanwhile, and finalised."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import CounterfoilError
from counterfoil.core.rating import Explanation, LineKind
from counterfoil.modules.billing.charges import charge_of_line
from counterfoil.modules.billing.discounting import note_discounts
from counterfoil.modules.billing.drafting import discounted, rate_all
from counterfoil.modules.billing.readings import load_facts
from counterfoil.modules.billing.settling import keep_courses, load_courses_again, settled_again
from counterfoil.modules.billing.types import BATCH, Billed
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.invoicing import (
    NewAmounts,
    as_it_stands,
    due_drafts,
    finalise,
    postpone_draft,
    replace_amounts,
    totals_of,
)
from counterfoil.modules.subscriptions import hold_billing, lock_subscription
from counterfoil.modules.usage import wait_for_events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from counterfoil.modules.billing.commitments import CommitmentCourse
    from counterfoil.modules.invoicing import DraftInvoice, Invoice, InvoiceLine, NewLine
    from counterfoil.store import Uow

PUT_OFF: Final = timedelta(days=1)
"""When a draft that could not be finalised is tried again."""

log = logging.getLogger("counterfoil.billing")


async def finalise_due(uow: Uow, *, limit: int = BATCH) -> Billed:
    """Rate one batch of drafts again, with the usage that came during the grace, and finalise them.

    A draft whose usage has no price any more is put off by a day, and its subscription is held.
    """
    drafts = await due_drafts(uow, limit)
    if not drafts:
        return Billed()
    await wait_for_events(uow)
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
    await wait_for_events(uow)
    amounts, failed = await _rated_again(uow, [draft])
    for error in failed.values():
        raise error
    (invoice,) = await _finalise(uow, [draft.invoice.id], amounts)
    return invoice


async def rate_now(uow: Uow, draft: DraftInvoice) -> Invoice:
    """Rate one locked draft again, with the usage so far; it stays a draft.

    Raises ``InvalidInput`` or ``TooLarge`` if its usage has no price.
    """
    amounts, failed = await _rated_again(uow, [draft])
    for error in failed.values():
        raise error
    return (await replace_amounts(uow, amounts))[0] if amounts else draft.invoice


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


async def _rated_again(
    uow: Uow, drafts: Sequence[DraftInvoice]
) -> tuple[list[NewAmounts], dict[UUID, CounterfoilError]]:
    """The new lines of those drafts of which usage or taxes changed, and what refused to be rated.

    A draft that a person wrote lines on is finalised as it stands, and so is every line but the charges and
    what commitments add to them: what is given back does not depend on what was used.
    """
    rateable = sorted((one for one in drafts if _is_rateable(one)), key=lambda draft: draft.invoice.id)
    lines = [(draft.invoice, line) for draft in rateable for line in _charges(draft)]
    ids = {line.price_id for draft in rateable for line in draft.lines if line.price_id is not None}
    prices = await prices_by_ids(uow, ids)
    charges = [charge_of_line(invoice, line, prices) for invoice, line in lines]
    facts = await load_facts(uow, charges)
    courses = await load_courses_again(uow, rateable, prices)
    changed: list[NewAmounts] = []
    failed: dict[UUID, CounterfoilError] = {}
    first = 0
    for draft in rateable:
        own = _charges(draft)
        try:
            rated = charges[first : first + len(own)]
            fresh = discounted(rated, rate_all(rated, facts, first), facts, first, draft.invoice.id)
            course = courses.get(draft.invoice.id)
            told = _with_fresh(draft, own, fresh, course)
            if told is not None:
                issuer = facts.issuers[draft.invoice.issuer_id]
                totals = totals_of(told, draft.invoice.unit, issuer.tax_rounding)
                changed.append(NewAmounts(draft.invoice.id, told, totals))
        except CounterfoilError as error:
            failed[draft.invoice.id] = error
        first += len(own)
    await keep_courses(uow, courses, failed)
    await note_discounts(uow, facts.discounts, [(one.invoice_id, one.lines) for one in changed])
    return changed, failed


def _is_rateable(draft: DraftInvoice) -> bool:
    return draft.invoice.subscription_id is not None and all(line.price_id for line in _charges(draft))


def _charges(draft: DraftInvoice) -> list[InvoiceLine]:
    return [line for line in draft.lines if line.kind is LineKind.CHARGE]


def _says(before: InvoiceLine, new: NewLine) -> bool:
    """Whether a charge says what it said: what it costs, how that came about, and its taxes."""
    return (
        new.rated.explanation == Explanation.from_json(before.explanation)
        and [tax.rate.code for tax in new.taxes] == [tax.code for tax in before.taxes]
        and (new.tax_mode, new.tax_treatment) == (before.tax_mode, before.tax_treatment)
    )


def _with_fresh(
    draft: DraftInvoice,
    charges: Sequence[InvoiceLine],
    fresh: Sequence[NewLine],
    course: CommitmentCourse | None,
) -> tuple[NewLine, ...] | None:
    """The draft's lines, its charges in their places as they were rated now; ``None`` if they say the same.

    Each keeps its id.  ``course`` is that of the commitments, which say anew what they add.
    """
    rated = {line.id: replace(new, id=line.id) for line, new in zip(charges, fresh, strict=True)}
    own = [line for line in draft.lines if course is None or line.kind is not LineKind.COMMITMENT]
    lines = tuple(rated.get(line.id) or as_it_stands(draft.invoice, line) for line in own)
    same = all(_says(before, new) for before, new in zip(charges, fresh, strict=True))
    if course is not None:
        lines, changed = settled_again(course, draft, lines)
        same = same and not changed
    return None if same else lines
