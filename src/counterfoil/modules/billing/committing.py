"""What subscriptions commit to: agreeing it, crediting and dividing terms, and their balances.

The faces change commitments here, never past this: what is due by then is billed first, and what a change
makes due at once is drafted with it.  Balances are sums of invoice lines, so they are right whatever becomes
of an invoice: a draft that is rated again, a void one.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from counterfoil.core.commitments import course_step
from counterfoil.core.money import Money, unit_of
from counterfoil.core.rating import CommitmentPart
from counterfoil.modules import subscriptions
from counterfoil.modules.billing.commitment_books import CommitmentBook
from counterfoil.modules.billing.scheduled import catch_up
from counterfoil.modules.invoicing import commitment_entries
from counterfoil.modules.subscriptions import (
    add_commitments,
    agreement,
    get_subscription,
    held_commitments,
    page_of_terms,
    plan_of,
)
from counterfoil.store import Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from decimal import Decimal
    from uuid import UUID

    from counterfoil.core.commitments import InstalmentPlan
    from counterfoil.core.money import Unit
    from counterfoil.modules.subscriptions import (
        CommitmentTerm,
        HeldCommitment,
        NewCommitment,
        SubscriptionCommitment,
    )
    from counterfoil.store import PageQuery, Uow


@dataclass(frozen=True, slots=True)
class TermBalance:
    """A term with what became of it, in its measure where it is no ``Money``.

    ``drawn`` is what usage took of it and ``beyond`` what went over it; ``left`` may still be used, and is
    nothing once the term is closed: what was left then was ``trued_up`` (what that was billed at), carried
    over, or is ``broken``: lost to the customer.  ``drawn + left`` of an open term, and
    ``drawn + owed + carried + broken`` of a closed one, are what was committed and rolled over, where
    ``owed`` is how much of it the true-up is for.
    """

    term: CommitmentTerm
    drawn: Fraction
    beyond: Fraction
    left: Fraction
    owed: Fraction
    broken: Fraction
    credit_used: Money
    paid_ahead: Money
    trued_up: Money
    plan: InstalmentPlan | None


@dataclass(frozen=True, slots=True)
class CommitmentBalance:
    """A commitment with the balances of terms of it, by their start."""

    commitment: SubscriptionCommitment
    terms: tuple[TermBalance, ...]
    unit: Unit


async def list_commitments(uow: Uow, subscription_id: UUID) -> list[CommitmentBalance]:
    """The commitments of a subscription with their terms that are not settled; ``NotFound``."""
    subscription = await get_subscription(uow, subscription_id)
    held = (await held_commitments(uow, [subscription_id])).get(subscription_id, [])
    return await _balances(uow, held, unit_of(subscription.currency))


async def get_commitment(uow: Uow, subscription_id: UUID, commitment_id: UUID) -> CommitmentBalance:
    """One commitment with its terms that are not settled, or ``NotFound``."""
    await subscriptions.get_commitment(uow, subscription_id, commitment_id)
    known = await list_commitments(uow, subscription_id)
    return next(one for one in known if one.commitment.id == commitment_id)


async def list_terms(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, query: PageQuery
) -> tuple[Unit, Page[TermBalance]]:
    """A page of a commitment's terms, newest first, settled ones too, and their currency; ``NotFound``."""
    subscription = await get_subscription(uow, subscription_id)
    commitment, page = await page_of_terms(uow, subscription_id, commitment_id, query)
    held = subscriptions.HeldCommitment(commitment, page.items)
    [balance] = await _balances(uow, [held], unit_of(subscription.currency))
    return balance.unit, Page(list(balance.terms), page.has_more)


async def add_commitment(
    uow: Uow, subscription_id: UUID, new: NewCommitment, *, expected_version: int | None = None
) -> CommitmentBalance:
    """Agree a commitment on a running subscription; what it makes due at once is drafted.

    Raises what ``subscriptions.add_commitments`` raises, and ``VersionMismatch``.
    """
    await catch_up(uow, subscription_id, expected_version)
    _, [made] = await add_commitments(uow, subscription_id, [new])
    await catch_up(uow, subscription_id)
    return await get_commitment(uow, subscription_id, made.commitment.id)


async def add_commitment_credit(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, amount: Decimal
) -> CommitmentBalance:
    """Give a commitment's running term credit, as ``subscriptions.add_commitment_credit`` does."""
    await catch_up(uow, subscription_id)
    await subscriptions.add_commitment_credit(uow, subscription_id, commitment_id, amount)
    return await get_commitment(uow, subscription_id, commitment_id)


async def divide_commitment(
    uow: Uow, subscription_id: UUID, commitment_id: UUID, starts: Sequence[datetime]
) -> CommitmentBalance:
    """Divide a commitment's running term, as ``subscriptions.divide_commitment`` does."""
    await catch_up(uow, subscription_id)
    before = await get_commitment(uow, subscription_id, commitment_id)
    used = sum((one.drawn for one in before.terms), Fraction(0))
    await subscriptions.divide_commitment(uow, subscription_id, commitment_id, starts, used)
    return await get_commitment(uow, subscription_id, commitment_id)


async def _balances(uow: Uow, held: Sequence[HeldCommitment], unit: Unit) -> list[CommitmentBalance]:
    ids = [term.id for one in held for term in one.terms]
    book = CommitmentBook(await commitment_entries(uow, ids))
    return [
        CommitmentBalance(
            one.commitment,
            tuple(balance_of(one.commitment, term, book, unit) for term in one.terms),
            unit,
        )
        for one in held
    ]


def balance_of(
    commitment: SubscriptionCommitment, term: CommitmentTerm, book: CommitmentBook, unit: Unit
) -> TermBalance:
    """What became of a term, by the lines in the book."""
    agreed = agreement(commitment, term)
    step = course_step(agreed, Fraction(0), book.used(term.id))
    rest = Fraction(agreed.size) - step.covered
    trued_up = book.trued_up(term.id, unit)
    owed = broken = Fraction(0)
    if term.closed_at is not None:
        price = agreed.unit_price
        owed = min(Fraction(trued_up.to_decimal()) / price, rest) if price else Fraction(0)
        broken = rest - owed - Fraction(term.carried)
    return TermBalance(
        term=term,
        drawn=step.covered,
        beyond=step.beyond,
        left=rest if term.closed_at is None else Fraction(0),
        owed=owed,
        broken=broken,
        credit_used=book.paid_by_credit(term.id, unit),
        paid_ahead=book.billed(term.id, CommitmentPart.INSTALMENT, unit),
        trued_up=trued_up,
        plan=plan_of(term, unit),
    )
