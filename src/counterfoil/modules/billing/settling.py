"""Loading the commitments of a batch, and putting what they add to its invoices.

In sets: a batch without commitments costs one statement or none, one with them a few, however many there are.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from counterfoil.core.billing_periods import ServicePeriod
from counterfoil.core.rating import CommitmentPart, LineKind
from counterfoil.modules.billing.charges import charge_for
from counterfoil.modules.billing.commitment_books import CommitmentBook
from counterfoil.modules.billing.commitments import CommitmentCourse, counts, taxes_of_line
from counterfoil.modules.billing.taxing import taxes_of
from counterfoil.modules.invoicing import as_it_stands, commitment_entries
from counterfoil.modules.subscriptions import held_commitments, subscriptions_by_ids, write_terms

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.modules.billing.charges import Charge
    from counterfoil.modules.billing.late import Late
    from counterfoil.modules.billing.plans import SubscriptionPlan
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.invoicing import DraftInvoice, Issuer, NewLine
    from counterfoil.modules.subscriptions import (
        DueSubscription,
        HeldCommitment,
        Subscription,
    )
    from counterfoil.store import Uow

_NONE: Final = Decimal(0)


async def load_courses(
    uow: Uow,
    due: Sequence[DueSubscription],
    plans: Sequence[SubscriptionPlan],
    prices: Mapping[UUID, Price],
    issuers: Mapping[UUID | None, Issuer],
    late: Late,
) -> dict[UUID, CommitmentCourse]:
    """The commitments of those subscriptions of a batch that have any, as their lines will find them.

    What is corrected or given back may belong to a term of one that has none running any more.
    """
    ids = {plan.subscription.id for plan in plans if plan.subscription.commitment_due_at or plan.credits}
    ids |= late.by_subscription.keys()
    rerated = [one.charge for of_one in late.by_subscription.values() for one in of_one]
    starts = [
        *(charge.start for plan in plans for charge in plan.charges),
        *(credit.since for plan in plans for credit in plan.credits),
        *(charge.start for charge in rerated),
    ]
    held = await held_commitments(uow, ids, min(starts, default=None), locked=True)
    if not held:
        return {}
    taxed = {
        one.commitment.id: charge
        for subscription in due
        for one in held.get(subscription.subscription.id, ())
        if (charge := _standing_for(subscription, one, prices)) is not None
    }
    taxes = dict(zip(taxed, await taxes_of(uow, list(taxed.values()), issuers), strict=True))
    book = await _book(uow, held.values())
    known = {**prices, **{charge.price.id: charge.price for charge in rerated}}
    return {
        plan.subscription.id: CommitmentCourse(
            plan.subscription, held[plan.subscription.id], book, known, taxes, uow.new_id
        )
        for plan in plans
        if plan.subscription.id in held
    }


def settled(
    course: CommitmentCourse | None,
    due: Sequence[tuple[datetime, NewLine]],
    until: datetime,
    adjustments: Sequence[NewLine] = (),
) -> Iterator[tuple[datetime, Sequence[NewLine]]]:
    """Each instant at which something falls due, and its lines with what the commitments add to them.

    ``due`` are lines with their instants, in order; a commitment has instants of its own, up to ``until``.
    ``adjustments`` stand with the first of them, or by themselves where nothing falls due.
    """
    groups: defaultdict[datetime, list[NewLine]] = defaultdict(list)
    for at, line in due:
        groups[at].append(line)
    while True:
        instants = list(groups)[:1]
        if course is not None and (own := course.due_at) is not None and own <= until:
            instants.append(own)
        if not instants and not adjustments:
            return
        at = min(instants, default=until)
        lines = [*groups.pop(at, []), *adjustments]
        adjustments = ()
        if course is not None:
            lines += course.lines_at(at, lines)
        if lines:
            yield at, lines


async def keep_courses[K: Hashable](
    uow: Uow, courses: Mapping[K, CommitmentCourse], held: Collection[K] = ()
) -> dict[K, datetime | None]:
    """Write what became of the terms, but of those that are held; when each has something to do next."""
    followed = {id_: course for id_, course in courses.items() if id_ not in held}
    changed = {term.id: term for course in followed.values() for term in course.changed.values()}
    opened = {term.id: term for course in followed.values() for term in course.opened.values()}
    if changed or opened:
        await write_terms(uow, list(changed.values()), list(opened.values()))
    return {id_: course.due_at for id_, course in followed.items()}


async def load_courses_again(
    uow: Uow, drafts: Sequence[DraftInvoice], prices: Mapping[UUID, Price]
) -> dict[tuple[UUID, UUID], CommitmentCourse]:
    """The commitments of drafts that are rated again, by invoice and subscription.

    All share one book, and the terms as they become in the order in which the drafts were made.  Each draft
    has the lines of one subscription: of a joint invoice there are several.
    """
    ids = {draft.invoice.subscription_id for draft in drafts if draft.invoice.subscription_id is not None}
    starts = [line.service_start for draft in drafts for line in draft.lines]
    held = await held_commitments(uow, ids, min(starts, default=None), locked=True)
    if not held:
        return {}
    subscriptions = await subscriptions_by_ids(uow, held)
    book = await _book(uow, held.values())
    terms = {one.commitment.id: list(one.terms) for of_one in held.values() for one in of_one}
    return {
        (draft.invoice.id, id_): replace(
            _course_again(uow, draft, subscriptions[id_], held[id_], book, prices), terms=terms
        )
        for draft in sorted(drafts, key=lambda one: one.invoice.id)
        if (id_ := draft.invoice.subscription_id) in held and id_ is not None
    }


def settled_again(
    course: CommitmentCourse, draft: DraftInvoice, lines: Sequence[NewLine]
) -> tuple[tuple[NewLine, ...], bool]:
    """A draft's lines with what its commitments add to them now, and whether that is other than it was.

    ``lines`` are those of other kinds, as they are now.  What is paid ahead does not depend on usage and
    stays; a line of a commitment keeps its id where its term and part have one still.
    """
    course.book.leave_out(draft.invoice.id, {term.id for one in course.held for term in one.terms})
    before = [line for line in draft.lines if line.kind is LineKind.COMMITMENT]
    paid_ahead = [line for line in before if line.commitment_part is CommitmentPart.INSTALMENT]
    for line in paid_ahead:
        assert line.commitment_term_id is not None
        amount = Fraction(line.charged.to_decimal())
        course.book.add(line.commitment_term_id, draft.invoice.id, CommitmentPart.INSTALMENT, _NONE, amount)
    added = course.lines_again(lines)
    ids: defaultdict[object, list[UUID]] = defaultdict(list)
    for line in before:
        ids[line.commitment_term_id, line.commitment_part].append(line.id)
    fresh = []
    for new in added:
        known = ids[new.commitment_term_id, getattr(new.rated.explanation, "part", None)]
        fresh.append(replace(new, id=known.pop(0) if known else None))
    standing = [as_it_stands(draft.invoice, line) for line in paid_ahead]
    told = [new.rated.explanation.to_json() for new in fresh]
    same = told == [dict(line.explanation) for line in before if line not in paid_ahead]
    return (*lines, *fresh, *standing), not same


def _course_again(
    uow: Uow,
    draft: DraftInvoice,
    subscription: Subscription,
    held: Sequence[HeldCommitment],
    book: CommitmentBook,
    prices: Mapping[UUID, Price],
) -> CommitmentCourse:
    """One draft's; a commitment that was agreed after it was drafted counts nothing of it."""
    closing = {
        line.commitment_term_id: taxes_of_line(as_it_stands(draft.invoice, line))
        for line in draft.lines
        if line.commitment_part is CommitmentPart.TRUE_UP and line.commitment_term_id is not None
    }
    then = [one for one in held if one.commitment.created_at <= draft.invoice.drafted_at]
    return CommitmentCourse(
        subscription, then, book, prices, {}, uow.new_id, draft_id=draft.invoice.id, closing=closing
    )


async def _book(uow: Uow, held: Iterable[Sequence[HeldCommitment]]) -> CommitmentBook:
    terms = [term.id for of_one in held for one in of_one for term in one.terms]
    return CommitmentBook(await commitment_entries(uow, terms))


def _standing_for(due: DueSubscription, held: HeldCommitment, prices: Mapping[UUID, Price]) -> Charge | None:
    """A charge of nothing that bears the taxes of the first price that counts, for the running term."""
    item = next((one for one in due.items if counts(held.commitment, prices[one.price_id])), None)
    if item is None or not held.terms:
        return None
    term = held.terms[0]
    period = ServicePeriod(term.start_at, term.end_at, term.start_at, Fraction(1), is_stub=False)
    return replace(charge_for(due.subscription, item, prices[item.price_id], period), quantity=_NONE)
