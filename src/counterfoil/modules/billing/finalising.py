"""The end of the grace: drafts are rated again with what was used meanwhile, and finalised."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import CounterfoilError
from counterfoil.core.rating import Explanation, LineKind
from counterfoil.modules.billing.charges import charge_of_line
from counterfoil.modules.billing.discounting import note_discounts
from counterfoil.modules.billing.drafting import discounted, rate_all
from counterfoil.modules.billing.late import forget, noted_of
from counterfoil.modules.billing.readings import load_facts
from counterfoil.modules.billing.settling import keep_courses, load_courses_again, settled_again
from counterfoil.modules.billing.types import BATCH, Billed
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.invoicing import (
    DraftInvoice,
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
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from counterfoil.modules.billing.commitments import CommitmentCourse
    from counterfoil.modules.billing.late_types import LateUsage
    from counterfoil.modules.invoicing import Invoice, InvoiceLine, NewLine
    from counterfoil.store import Uow

PUT_OFF: Final = timedelta(days=1)
"""When a draft that could not be finalised is tried again."""

log = logging.getLogger("counterfoil.billing")


async def finalise_due(uow: Uow, *, limit: int = BATCH) -> Billed:
    """Rate one batch of drafts again, with the usage that came during the grace, and finalise them.

    A draft whose usage has no price any more is put off by a day, and the subscription at fault is held; on
    a joint one the others' lines wait with it.
    """
    await uow.look_up_by_index()
    drafts = await due_drafts(uow, limit)
    if not drafts:
        return Billed()
    await wait_for_events(uow)
    noted = await _noted(uow, drafts)
    amounts, failed = await _rated_again(uow, drafts)
    for failure in failed.values():
        await _set_aside(uow, failure)
    ready = [draft.invoice.id for draft in drafts if draft.invoice.id not in failed]
    finalised = await _finalise(uow, ready, amounts)
    await forget(uow, [late for id_ in ready for late in noted.get(id_, ())])
    return Billed(finalised=len(finalised), held=len(failed))


async def finalise_now(uow: Uow, draft: DraftInvoice) -> Invoice:
    """Rate one locked draft again and finalise it, whether or not its grace is over.

    Raises ``InvalidInput`` or ``TooLarge`` if its usage has no price.
    """
    await wait_for_events(uow)
    noted = await _noted(uow, [draft])
    amounts, failed = await _rated_again(uow, [draft])
    for failure in failed.values():
        raise failure.error
    (invoice,) = await _finalise(uow, [draft.invoice.id], amounts)
    await forget(uow, noted.get(invoice.id, ()))
    return invoice


async def rate_now(uow: Uow, draft: DraftInvoice) -> Invoice:
    """Rate one locked draft again, with the usage so far; it stays a draft.

    Raises ``InvalidInput`` or ``TooLarge`` if its usage has no price.
    """
    amounts, failed = await _rated_again(uow, [draft])
    for failure in failed.values():
        raise failure.error
    return (await replace_amounts(uow, amounts))[0] if amounts else draft.invoice


async def _noted(uow: Uow, drafts: Sequence[DraftInvoice]) -> dict[UUID, list[LateUsage]]:
    """By draft, what is noted as late of those that are rated again: asked before, so that they bill it."""
    whose = {line.id: one.invoice.id for one in drafts if _is_rateable(one) for line in one.lines}
    found: dict[UUID, list[LateUsage]] = {}
    for late in await noted_of(uow, [line for one in drafts for line in one.lines if line.id in whose]):
        found.setdefault(whose[late.line_id], []).append(late)
    return found


async def _finalise(uow: Uow, ids: Sequence[UUID], amounts: Sequence[NewAmounts]) -> list[Invoice]:
    if amounts:
        await replace_amounts(uow, amounts)
    return await finalise(uow, ids) if ids else []


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why a draft cannot be finalised, and for which subscription."""

    invoice_id: UUID
    subscription_id: UUID
    error: CounterfoilError


async def _set_aside(uow: Uow, failure: _Failure) -> None:
    log.warning("invoice %s cannot be finalised: %s", failure.invoice_id, failure.error.message)
    await postpone_draft(uow, failure.invoice_id, uow.now + PUT_OFF)
    due = await lock_subscription(uow, failure.subscription_id)
    await hold_billing(uow, [due], {due.subscription.id: failure.error.message})


async def _rated_again(
    uow: Uow, drafts: Sequence[DraftInvoice]
) -> tuple[list[NewAmounts], dict[UUID, _Failure]]:
    """The new lines of those drafts of which usage or taxes changed, and what refused to be rated.

    A draft that a person wrote lines on is finalised as it stands, and so is every line but the charges and
    what commitments add to them: what is given back does not depend on what was used.  A joint draft is rated
    by its subscriptions, each as if it were alone.
    """
    rateable = sorted((one for one in drafts if _is_rateable(one)), key=lambda draft: draft.invoice.id)
    parts = [part for draft in rateable for part in _parts(draft)]
    lines = [(part.invoice, line) for part in parts for line in _charges(part)]
    ids = {line.price_id for part in parts for line in part.lines if line.price_id is not None}
    prices = await prices_by_ids(uow, ids)
    charges = [charge_of_line(invoice, line, prices) for invoice, line in lines]
    facts = await load_facts(uow, charges)
    courses = await load_courses_again(uow, parts, prices)
    fresh: dict[tuple[UUID, UUID], tuple[NewLine, ...] | None] = {}
    failed: dict[UUID, _Failure] = {}
    first = 0
    for part in parts:
        own, key = _charges(part), _key(part)
        try:
            rated = charges[first : first + len(own)]
            told = discounted(rated, rate_all(rated, facts, first), facts, first, key[0])
            fresh[key] = _with_fresh(part, own, told, courses.get(key))
        except CounterfoilError as error:
            failed.setdefault(key[0], _Failure(*key, error))
        first += len(own)
    changed: list[NewAmounts] = []
    for draft in rateable:
        if draft.invoice.id in failed:
            continue
        try:
            if (lines_ := _together(draft, fresh)) is not None:
                issuer = facts.issuers[draft.invoice.issuer_id]
                totals = totals_of(lines_, draft.invoice.unit, issuer.tax_rounding)
                changed.append(NewAmounts(draft.invoice.id, lines_, totals))
        except CounterfoilError as error:
            failed[draft.invoice.id] = _Failure(*_key(_parts(draft)[0]), error)
    await keep_courses(uow, courses, {key for key in courses if key[0] in failed})
    await note_discounts(uow, facts.discounts, [(one.invoice_id, one.lines) for one in changed])
    return changed, failed


def _parts(draft: DraftInvoice) -> list[DraftInvoice]:
    """A draft by its subscriptions, in the order of their lines: of a separate one itself."""
    if draft.invoice.subscription_id is not None:
        return [draft]
    by_subscription: dict[UUID | None, list[InvoiceLine]] = {}
    for line in draft.lines:
        by_subscription.setdefault(line.subscription_id, []).append(line)
    return [
        DraftInvoice(replace(draft.invoice, subscription_id=id_), tuple(lines))
        for id_, lines in by_subscription.items()
    ]


def _key(part: DraftInvoice) -> tuple[UUID, UUID]:
    assert part.invoice.subscription_id is not None
    return part.invoice.id, part.invoice.subscription_id


def _together(
    draft: DraftInvoice, fresh: Mapping[tuple[UUID, UUID], tuple[NewLine, ...] | None]
) -> tuple[NewLine, ...] | None:
    """The lines of a draft's subscriptions one after the other; ``None`` if all say the same as before."""
    parts = [(part, fresh[_key(part)]) for part in _parts(draft)]
    if all(lines is None for _, lines in parts):
        return None
    found: list[NewLine] = []
    for part, lines in parts:
        told = [as_it_stands(part.invoice, line) for line in part.lines] if lines is None else lines
        whose = next(line for line in part.lines)
        found += (
            replace(line, subscription_id=whose.subscription_id, customer_id=whose.customer_id)
            for line in told
        )
    return tuple(found)


def _is_rateable(draft: DraftInvoice) -> bool:
    """Whether every line is of a subscription, and every charge of a price: no person wrote any."""
    return bool(draft.lines) and all(
        line.subscription_id and (line.price_id or line.kind is not LineKind.CHARGE) for line in draft.lines
    )


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
