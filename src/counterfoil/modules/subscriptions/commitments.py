"""What a subscription commits to: agreed, shown, given credit, divided.

Settling is not here: ``billing`` decides what is due with the lines of invoices, by ``commitment_planning``.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from counterfoil.core.calendar import Period
from counterfoil.core.commitments import Allowance, Measure, Term, add_credit, divide
from counterfoil.core.errors import Conflict, CounterfoilError, InvalidInput, WrongState
from counterfoil.core.money import Money, exact_context, unit_of
from counterfoil.core.states import SUBSCRIPTION, SubscriptionTrigger, advance
from counterfoil.modules.catalog import prices_by_ids
from counterfoil.modules.subscriptions import commitment_planning, planning, repository
from counterfoil.modules.subscriptions import repository_commitments as rows
from counterfoil.modules.subscriptions.commitment_checks import agreed
from counterfoil.modules.subscriptions.commitment_types import CommitmentKind, HeldCommitment
from counterfoil.modules.subscriptions.writing import announce, next_version
from counterfoil.store.guards import check_metadata, check_text, check_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.money import Exact
    from counterfoil.modules.subscriptions.commitment_types import (
        CommitmentChanges,
        CommitmentTerm,
        NewCommitment,
        SubscriptionCommitment,
    )
    from counterfoil.modules.subscriptions.types import Subscription
    from counterfoil.store import Page, PageQuery, Uow

_CHANGEABLE: Final = frozenset({"name", "renews", "external_id", "meta"})


async def add_commitments(
    uow: Uow, subscription_id: UUID, new: Sequence[NewCommitment], *, at_creation: bool = False
) -> tuple[Subscription, list[HeldCommitment]]:
    """Agree commitments on a subscription, from now on at the earliest, or from its start ``at_creation``.

    Raises ``NotFound``, ``WrongState`` for one that has ended, ``InvalidInput`` and ``Conflict`` as
    ``commitment_checks.agreed`` says, below ``commitments.0`` … at its creation, ``AlreadyExists`` for an
    external id that is taken.
    """
    before = await repository.get(uow, subscription_id, locked=True)
    if not at_creation:
        advance(SUBSCRIPTION, planning.as_of(before, uow.now).status, SubscriptionTrigger.CHANGE)
    items = (await repository.items_of(uow, [before.id])).get(before.id, [])
    by_id = await prices_by_ids(uow, {item.price_id for item in items})
    since = before.started_at if at_creation else uow.now
    prices = [by_id[item.price_id] for item in items if item.ended_at is None or item.ended_at > since]
    held = (await rows.held(uow, [before.id])).get(before.id, [])
    others = [one.commitment for one in held if one.terms]
    made: list[HeldCommitment] = []
    for index, one in enumerate(new):
        try:
            commitment = agreed(
                uow.new_id(), one, before, prices, others,
                earliest=max(since, before.started_at), now=uow.now,
            )  # fmt: skip
        except CounterfoilError as refused:
            if at_creation:
                refused.within(f"commitments.{index}")
            raise
        term = commitment_planning.first_term(uow.new_id(), before, commitment)
        await rows.add(uow, commitment)
        await rows.add_terms(uow, [term])
        others.append(commitment)
        made.append(HeldCommitment(commitment, [term]))
    after = await _rescheduled(uow, before, [*held, *made], raised=not at_creation)
    for one_made in made:
        told = {"commitment_id": one_made.commitment.id, "kind": one_made.commitment.kind}
        announce(uow, "commitment_added", after, told)
    return after, made


async def held_commitments(
    uow: Uow, subscription_ids: Collection[UUID], since: datetime | None = None, *, locked: bool = False
) -> Mapping[UUID, list[HeldCommitment]]:
    """The commitments of these subscriptions in the order in which they were agreed; two statements.

    Each with its terms that are not settled, and those that reach beyond ``since``.
    """
    return await rows.held(uow, subscription_ids, since, locked=locked)


async def get_commitment(uow: Uow, subscription_id: UUID, commitment_id: UUID) -> SubscriptionCommitment:
    """A commitment of this subscription, or ``NotFound``."""
    return await rows.get(uow, subscription_id, commitment_id)


async def page_of_terms(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, query: PageQuery
) -> tuple[SubscriptionCommitment, Page[CommitmentTerm]]:
    """A commitment and its terms, the newest first, or ``NotFound``."""
    commitment = await rows.get(uow, subscription_id, commitment_id)
    return commitment, await rows.page_terms(uow, commitment_id, query)


async def update_commitment(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, changes: CommitmentChanges
) -> SubscriptionCommitment:
    """Change its name, whether it renews, its external id or metadata; what is agreed else stays.

    Raises ``NotFound``, ``VersionMismatch``, ``InvalidInput``, ``AlreadyExists``, and ``WrongState`` for one
    whose last term is settled.
    """
    assert changes.fields.keys() <= _CHANGEABLE
    subscription = await repository.get(uow, subscription_id, locked=True)
    before = await rows.get(uow, subscription_id, commitment_id)
    check_version(before.version, changes.expected_version)
    after = replace(before, **changes.fields, version=before.version + 1, updated_at=uow.now)
    check_text(after.name, "name", longest=255)
    check_text(after.external_id, "external_id", longest=255)
    check_metadata(after.meta)
    if after.renews and not before.renews:
        if before.instalments is not None and "parts" in before.instalments:
            raise InvalidInput("its instalments have dates of one term", field="renews", allowed="false")
        _open_terms(await rows.held(uow, [subscription_id], locked=True), before)
    await rows.update(uow, after, changes.fields)
    told = {"changed": ["commitments"], "commitment_id": commitment_id}
    announce(uow, "updated", subscription, told)
    return after


async def add_commitment_credit(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, amount: Decimal
) -> HeldCommitment:
    """Give the running term so much credit: usage draws it in the declared order, and it ends with the term.

    Raises ``NotFound``, ``InvalidInput`` for an amount that is none or a commitment that takes no credit,
    ``WrongState`` where no term runs.
    """
    subscription = await repository.get(uow, subscription_id, locked=True)
    commitment = await rows.get(uow, subscription_id, commitment_id)
    if commitment.kind is CommitmentKind.CAP or commitment.measure is Measure.QUANTITY:
        raise InvalidInput(
            "this commitment takes no credit", field="amount", allowed="a minimum or prepaid amount"
        )
    unit = unit_of(subscription.currency)
    given = Money.of(amount, unit)
    terms = _open_terms(await rows.held(uow, [subscription_id], locked=True), commitment)
    term = next((one for one in terms if one.start_at <= uow.now), terms[0])
    period = Period(term.start_at, term.end_at)
    whole = Term.of(period, Money.of(term.committed, unit))
    more = add_credit(replace(whole, credit=Allowance.of(Money.of(term.credit, unit))), given)
    after = replace(term, credit=more.credit.given.to_decimal())
    await rows.write_terms(uow, [after])
    told = {"commitment_id": commitment_id, "amount": given.amount_text(), "currency": unit.code}
    announce(uow, "commitment_credited", subscription, told)
    return HeldCommitment(commitment, [after if one.id == term.id else one for one in terms])


async def divide_commitment(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, starts: Sequence[datetime], used: Exact
) -> HeldCommitment:
    """Put equal parts in the place of the running term, one from each start; the last ends with the term.

    ``used`` is what is used of the term, which must be nothing.  Raises ``NotFound``, ``InvalidInput`` for
    starts that do not fill the term or a commitment that is none of an amount, ``Conflict`` for one in use
    or of which instalments are still to be billed, ``WrongState`` where no term runs.
    """
    subscription = await repository.get(uow, subscription_id, locked=True)
    commitment = await rows.get(uow, subscription_id, commitment_id)
    if commitment.measure is Measure.QUANTITY or commitment.kind is CommitmentKind.CAP:
        raise InvalidInput(
            "only an amount is divided",
            field="starts",
            allowed="a minimum or prepaid commitment of an amount",
        )
    unit = unit_of(subscription.currency)
    term, *others = _open_terms(await rows.held(uow, [subscription_id], locked=True), commitment)
    if others:
        raise Conflict("the term is divided already", allowed="a term that is not divided")
    plan = commitment_planning.plan_of(term, unit)
    if plan is not None and term.billed_parts < len(plan.parts):
        raise Conflict("instalments are still to be billed", allowed="a term that is billed")
    with exact_context():
        whole = commitment_planning.core_term(term, used, Money.zero(unit), unit)
    division = divide(whole, starts)
    told = division.to_json()
    first, *following = division.parts
    parts = [
        replace(term, end_at=first.period.end, committed=first.commit.given.to_decimal(), opening=told),
        *(
            commitment_planning.divided(term, part.period, part.commit.given, uow.new_id(), told)
            for part in following
        ),
    ]
    await rows.write_terms(uow, parts[:1])
    await rows.add_terms(uow, parts[1:])
    held = await rows.held(uow, [subscription_id])
    await _rescheduled(uow, subscription, held[subscription_id], raised=True)
    announce(uow, "commitment_divided", subscription, {"commitment_id": commitment_id, "parts": len(parts)})
    return HeldCommitment(commitment, parts)


async def write_terms(uow: Uow, changed: Sequence[CommitmentTerm], opened: Sequence[CommitmentTerm]) -> None:
    """Write terms that billing moved on, and those that it opened; two statements."""
    await rows.write_terms(uow, changed)
    await rows.add_terms(uow, opened)


def _open_terms(
    held: Mapping[UUID, list[HeldCommitment]], commitment: SubscriptionCommitment
) -> Sequence[CommitmentTerm]:
    """The terms of a commitment that are not settled, or ``WrongState``."""
    terms = [
        term
        for one in held.get(commitment.subscription_id, [])
        for term in one.terms
        if one.commitment.id == commitment.id and term.closed_at is None
    ]
    if not terms:
        raise WrongState("the commitment has ended", allowed="a commitment whose term runs")
    return terms


async def _rescheduled(
    uow: Uow, before: Subscription, held: Sequence[HeldCommitment], *, raised: bool
) -> Subscription:
    """The subscription with what its commitments have due; ``raised``: it is its next version."""
    items = (await repository.items_of(uow, [before.id])).get(before.id, [])
    after = replace(before, commitment_due_at=commitment_planning.commitment_due_at(before, held))
    after = planning.scheduled(next_version(uow, after) if raised else after, items)
    await repository.write_states(uow, [after])
    return after
