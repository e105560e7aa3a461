"""What time and usage do to a commitment's terms, as pure functions on views: core decides, no row is read.

A line counts in the term in which it falls due: one in arrears by the last moment of its service period, one
in advance by the first.  So all that counts in a term is billed when it ends.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Cycle, Interval, IntervalUnit, Period, fraction_of, parse_instant
from counterfoil.core.commitments import (
    Allowance,
    Commitment,
    CommitPayment,
    DrawOrder,
    InstalmentPlan,
    Measure,
    Overage,
    OverageKind,
    Remainder,
    Source,
    Term,
    declared_instalments,
    due_dates,
    equal_instalments,
    redo_instalments,
    renew,
    weighted_instalments,
)
from counterfoil.core.money import Money, Rounding, round_exact, round_money, to_decimal, unit_of
from counterfoil.modules.subscriptions.commitment_types import (
    CommitmentKind,
    CommitmentPeriod,
    CommitmentTerm,
    HeldCommitment,
    OnCancel,
)
from counterfoil.modules.subscriptions.planning import cycle_of, end_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.money import Exact, Unit
    from counterfoil.modules.subscriptions.commitment_types import SubscriptionCommitment
    from counterfoil.modules.subscriptions.types import Subscription

_PLACES: Final = 12
"""A quantity that is a share of another one is kept to so many places."""
NOTHING: Final = Decimal(0)
_WAIVED: Final = Overage(OverageKind.FACTOR, Fraction(0))


def commitment_cycle(subscription: Subscription, commitment: SubscriptionCommitment) -> Cycle:
    """The boundaries of a commitment's terms."""
    interval = Interval(commitment.interval_unit, commitment.interval_count)
    if commitment.period is CommitmentPeriod.BILLING_PERIOD:
        return cycle_of(subscription, interval)
    return Cycle(interval, commitment.starts_at, subscription.zone)


def agreement(commitment: SubscriptionCommitment, term: CommitmentTerm) -> Commitment:
    """What was agreed for one term, as core settles it."""
    size = term.committed + term.rolled_over
    price = None
    if commitment.price is not None:
        price = Fraction(commitment.price) * Fraction(size) / Fraction(commitment.size)
    cap = commitment.kind is CommitmentKind.CAP
    prepaid = commitment.kind is CommitmentKind.PREPAID
    return Commitment(
        measure=commitment.measure,
        size=size,
        price=price,
        overage=_WAIVED if cap else Overage.from_json(commitment.overage),
        true_up=commitment.true_up,
        payment=CommitPayment.PREPAID if prepaid else CommitPayment.POSTPAID,
        drawn_by_usage=commitment.drawn_by_usage,
    )


def order_of(commitment: SubscriptionCommitment) -> DrawOrder:
    """Which source pays first."""
    return DrawOrder(tuple(Source(source) for source in commitment.draw_order))


def term_end(subscription: Subscription, term: CommitmentTerm) -> datetime:
    """When a term ends as things stand: as agreed, or with its subscription.

    That is its start where the subscription ended before it: such a term never begins.
    """
    end = end_of(subscription)
    return term.end_at if end is None else max(min(end, term.end_at), term.start_at)


def first_term(id_: UUID, subscription: Subscription, commitment: SubscriptionCommitment) -> CommitmentTerm:
    """The term with which a commitment begins: the rest of the billing period, or a whole term."""
    cycle = commitment_cycle(subscription, commitment)
    period = Period(commitment.starts_at, cycle.period_at(commitment.starts_at).end)
    committed = commitment.size
    if commitment.prorated:
        share = _time_share(subscription, commitment, period, cycle.period_at(period.start))
        committed = _share(commitment, share, unit_of(subscription.currency))
    return _term(id_, subscription, commitment, period, committed)


def next_term(
    id_: UUID,
    subscription: Subscription,
    commitment: SubscriptionCommitment,
    ended: CommitmentTerm,
    used: Exact,
    credit_used: Money,
) -> CommitmentTerm | None:
    """The term after one that ended, with what is rolled over into it; ``None`` where none follows."""
    end = end_of(subscription)
    if not commitment.renews or (end is not None and end <= ended.end_at):
        return None
    cycle = commitment_cycle(subscription, commitment)
    if commitment.measure is Measure.QUANTITY:
        period = Period(ended.end_at, cycle.next_boundary(ended.end_at))
        return _term(id_, subscription, commitment, period, commitment.size)
    unit = unit_of(subscription.currency)
    renewal = renew(
        core_term(ended, used, credit_used, unit),
        cycle,
        Money.of(commitment.size, unit),
        remainder=commitment.remainder,
        limit=None if commitment.rollover_limit is None else Money.of(commitment.rollover_limit, unit),
    )
    opened = _term(id_, subscription, commitment, renewal.term.period, commitment.size)
    return replace(opened, rolled_over=renewal.carried.to_decimal(), opening=renewal.to_json())


def carried_anew(
    commitment: SubscriptionCommitment,
    subscription: Subscription,
    ended: CommitmentTerm,
    following: CommitmentTerm,
    used: Exact,
    credit_used: Money,
) -> CommitmentTerm:
    """The term after one whose usage changed once it had ended: other usage, another remainder."""
    if commitment.remainder is not Remainder.ROLLOVER or following.start_at != ended.end_at:
        return following
    fresh = next_term(following.id, subscription, commitment, ended, used, credit_used)
    if fresh is None or fresh.rolled_over == following.rolled_over:
        return following
    return replace(following, rolled_over=fresh.rolled_over, opening=fresh.opening)


def core_term(term: CommitmentTerm, used: Exact, credit_used: Money, unit: Unit) -> Term:
    """A term of an amount as core holds it; of the commit what was rolled over is used first."""
    rolled_over, commit = Money.of(term.rolled_over, unit), Money.of(term.committed, unit)
    total = round_money(max(Fraction(used), Fraction(0)), unit, Rounding.HALF_UP)
    from_rolled = total if total <= rolled_over else rolled_over
    rest = total - from_rolled
    return Term(
        period=Period(term.start_at, term.end_at),
        commit=Allowance(commit, rest if rest <= commit else commit),
        rolled_over=Allowance(rolled_over, from_rolled),
        credit=Allowance(Money.of(term.credit, unit), credit_used),
    )


def plan_of(term: CommitmentTerm, unit: Unit) -> InstalmentPlan | None:
    """How a term is paid ahead."""
    if term.plan is None:
        return None
    return redo_instalments(term.plan, unit)


def next_part_at(
    subscription: Subscription, commitment: SubscriptionCommitment, term: CommitmentTerm
) -> datetime | None:
    """When the next instalment is to be billed; at the subscription's end, if it is due after it."""
    plan = plan_of(term, unit_of(subscription.currency))
    if plan is None or term.billed_parts == len(plan.parts):
        return None
    due_at, end = plan.parts[term.billed_parts].due_at, term_end(subscription, term)
    if due_at < end or end == term.end_at:
        return min(due_at, end)
    return end if commitment.on_cancel is OnCancel.DUE else None


def commitment_due_at(subscription: Subscription, held: Iterable[HeldCommitment]) -> datetime | None:
    """The next instant at which a commitment has something to bill, or a term of it ends.

    A term that the subscription's end comes before is put away at that end, so that it is there again if the
    end is taken back.
    """
    instants = [
        at
        for one in held
        for term in one.terms
        if term.closed_at is None
        for at in _due_of(subscription, one.commitment, term)
        if at is not None
    ]
    return min(instants, default=None)


def _due_of(
    subscription: Subscription, commitment: SubscriptionCommitment, term: CommitmentTerm
) -> tuple[datetime | None, ...]:
    end = term_end(subscription, term)
    if end <= term.start_at:
        return (end_of(subscription),)
    return next_part_at(subscription, commitment, term), end


def cut_share(
    subscription: Subscription, commitment: SubscriptionCommitment, term: CommitmentTerm
) -> Fraction:
    """The share of a term's commitment that is due where the subscription ended within it; else all."""
    assert term.closed_at is not None
    if term.closed_at == term.end_at or commitment.on_cancel is not OnCancel.PRORATED:
        return Fraction(1)
    if term.closed_at <= term.start_at:
        return Fraction(0)
    whole, served = (Period(term.start_at, end) for end in (term.end_at, term.closed_at))
    return _time_share(subscription, commitment, served, whole)


def divided(
    term: CommitmentTerm, part: Period, committed: Money, id_: UUID, opening: Mapping[str, Any]
) -> CommitmentTerm:
    """A later part of a term that was divided; the first one keeps its credit, and what was paid ahead."""
    return replace(
        term,
        id=id_,
        start_at=part.start,
        end_at=part.end,
        committed=committed.to_decimal(),
        rolled_over=NOTHING,
        credit=NOTHING,
        opening=opening,
        plan=None,
        billed_parts=0,
    )


def instalments_of(
    commitment: SubscriptionCommitment, period: Period, whole: Money, zone: str
) -> InstalmentPlan:
    """The instalments of a term as agreed: all at its start, so many from there on, or on given dates."""
    given = commitment.instalments
    if given is None:
        return equal_instalments(whole, [period.start])
    if "parts" not in given:
        interval = Interval(IntervalUnit(given["interval_unit"]), given["interval_count"])
        dates = due_dates(Cycle(interval, period.start, zone), period.start, given["count"])
        return equal_instalments(whole, dates)
    parts = [(parse_instant(part["due_at"]), part) for part in given["parts"]]
    if all("amount" in part for _, part in parts):
        return declared_instalments(
            whole, [(due_at, Money.of(part["amount"], whole.unit)) for due_at, part in parts]
        )
    return weighted_instalments(whole, [(due_at, Decimal(part.get("weight", "1"))) for due_at, part in parts])


def _term(
    id_: UUID,
    subscription: Subscription,
    commitment: SubscriptionCommitment,
    period: Period,
    committed: Decimal,
) -> CommitmentTerm:
    plan = None
    if commitment.kind is CommitmentKind.PREPAID:
        whole = prepaid_whole(commitment, committed, unit_of(subscription.currency))
        plan = instalments_of(commitment, period, whole, subscription.zone).to_json()
    return CommitmentTerm(
        id=id_,
        commitment_id=commitment.id,
        subscription_id=subscription.id,
        start_at=period.start,
        end_at=period.end,
        committed=committed,
        rolled_over=NOTHING,
        credit=NOTHING,
        opening={},
        plan=plan,
        billed_parts=0,
        carried=NOTHING,
        closed_at=None,
    )


def prepaid_whole(commitment: SubscriptionCommitment, committed: Decimal, unit: Unit) -> Money:
    """What is paid ahead for so much: itself, or its share of the price of the whole quantity."""
    if commitment.price is None:
        return Money.of(committed, unit)
    price = Fraction(commitment.price) * Fraction(committed) / Fraction(commitment.size)
    return round_money(price, unit, Rounding.HALF_UP)


def _time_share(
    subscription: Subscription, commitment: SubscriptionCommitment, part: Period, whole: Period
) -> Fraction:
    """The share of a whole period that a part of it is, by the subscription's count of days."""
    interval = Interval(commitment.interval_unit, commitment.interval_count)
    return fraction_of(part, whole, subscription.zone, subscription.policy.day_count, interval)


def _share(commitment: SubscriptionCommitment, share: Fraction, unit: Unit) -> Decimal:
    exact = Fraction(commitment.size) * share
    if commitment.measure is Measure.AMOUNT:
        return max(round_money(exact, unit, Rounding.HALF_UP), Money(1, unit)).to_decimal()
    finite = to_decimal(exact)
    return round_exact(exact, _PLACES, Rounding.HALF_EVEN) if finite is None else finite
