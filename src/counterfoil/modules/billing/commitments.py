"""The course of a subscription's commitments: what they add to the lines that fall due, instant by instant.

Pure: terms, books and prices were loaded before; ``core.commitments`` decides each amount.  Owns: which lines
count in which term, in which order a term is settled, and what then follows it.
Always holds: a line counts once towards a commitment, and first under a cap, so that a commitment counts what
the customer is charged; a term is settled once, and what changes of its usage later is settled again on the
line's own invoice; the same lines give the same answer when a draft is rated again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from counterfoil.core.calendar import Period
from counterfoil.core.commitments import Measure, course_step
from counterfoil.core.errors import CounterfoilError
from counterfoil.core.money import round_money, unit_of
from counterfoil.core.rating import (
    Cadence,
    CommitmentExplanation,
    CommitmentPart,
    CommitmentTold,
    Counted,
    CreditExplanation,
    DeltaExplanation,
    Explanation,
    LineKind,
    RatedLine,
    credit_drawn_line,
    drawn_lines,
    instalment_line,
    true_up_line,
)
from counterfoil.modules.catalog import QuantitySource
from counterfoil.modules.invoicing import NewLine
from counterfoil.modules.subscriptions import (
    CommitmentKind,
    OnCancel,
    agreement,
    carried_anew,
    commitment_due_at,
    cut_share,
    end_of,
    next_part_at,
    next_term,
    order_of,
    plan_of,
    term_end,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.money import Money
    from counterfoil.modules.billing.commitment_books import CommitmentBook
    from counterfoil.modules.billing.ports import Answer
    from counterfoil.modules.catalog import Price
    from counterfoil.modules.subscriptions import (
        CommitmentTerm,
        HeldCommitment,
        Subscription,
        SubscriptionCommitment,
    )

_INSTANT: Final = timedelta(microseconds=1)
_SAID: Final = {
    CommitmentPart.DRAWN: "used",
    CommitmentPart.OVERAGE: "beyond it",
    CommitmentPart.CREDIT: "paid by credit",
    CommitmentPart.INSTALMENT: "paid ahead",
    CommitmentPart.TRUE_UP: "not used",
}


@dataclass(slots=True)
class _Counting:
    """A line that may count, and what is charged for it after the caps that came before."""

    line: NewLine
    price: Price
    charged: Money


@dataclass(slots=True)
class CommitmentCourse:
    """The commitments of one subscription while its lines are worked out, in the order of time.

    ``prices`` are those behind its lines; ``taxes`` what a line of a commitment bears that stands for none
    of them, by commitment.  ``draft_id``: the draft that is rated again, and ``closing`` the taxes of what is
    missing of the terms that it closes.  ``changed`` and ``opened`` are the terms to write,
    ``terms`` those of each commitment as they are by now.
    """

    subscription: Subscription
    held: Sequence[HeldCommitment]
    book: CommitmentBook
    prices: Mapping[UUID, Price]
    taxes: Mapping[UUID, Answer]
    new_id: Callable[[], UUID]
    draft_id: UUID | None = None
    closing: Mapping[UUID, Mapping[str, Any]] = field(default_factory=dict)
    changed: dict[UUID, CommitmentTerm] = field(default_factory=dict)
    opened: dict[UUID, CommitmentTerm] = field(default_factory=dict)
    terms: dict[UUID, list[CommitmentTerm]] = field(default_factory=dict)
    _ordered: list[SubscriptionCommitment] = field(default_factory=list)

    def __post_init__(self) -> None:
        for one in self.held:
            self.terms.setdefault(one.commitment.id, list(one.terms))
        agreed = [one.commitment for one in self.held]
        self._ordered = sorted(agreed, key=lambda one: one.kind is not CommitmentKind.CAP)  # stable

    @property
    def due_at(self) -> datetime | None:
        """When a commitment has something to do next."""
        return commitment_due_at(
            self.subscription,
            [replace(one, terms=self.terms[one.commitment.id]) for one in self.held],
        )

    def lines_at(self, instant: datetime, lines: Sequence[NewLine]) -> list[NewLine]:
        """What the commitments add to the lines that fall due at an instant, at which terms may end."""
        early = [line for line in lines if _falls(line) < instant]
        added = self.counted(early)
        added += self._ended(instant, added)
        added += self.counted([line for line in lines if _falls(line) >= instant])
        return added + self._instalments(instant)

    def lines_again(self, lines: Sequence[NewLine]) -> list[NewLine]:
        """What they add to the lines of the draft that is rated again, but what is paid ahead."""
        ending = [
            (commitment, term)
            for commitment in self._ordered
            for term in self.terms[commitment.id]
            if term.id in self.closing
        ]
        end = max((term.closed_at for _, term in ending if term.closed_at is not None), default=None)
        early = [line for line in lines if end is None or _falls(line) < end]
        added = self.counted(early)
        for commitment, term in ending:
            added += self._true_up(commitment, term, self.closing[term.id], always=True)
        return added + self.counted([line for line in lines if end is not None and _falls(line) >= end])

    def counted(self, lines: Iterable[NewLine]) -> list[NewLine]:
        """What lines change of the terms in which they fall due."""
        counting = [
            _Counting(line, self.prices[line.price_id], line.rated.amount)
            for line in lines
            if line.kind is not LineKind.COMMITMENT and line.price_id is not None
        ]
        added = []
        for commitment in self._ordered:
            for term, group in self._groups(commitment, counting):
                added += self._drawn(commitment, term, group)
            for term, like in self._settled_again(commitment, counting):
                added += self._true_up(commitment, term, taxes_of_line(like))
        return added

    def _true_up(
        self,
        commitment: SubscriptionCommitment,
        term: CommitmentTerm,
        taxes: Mapping[str, Any],
        *,
        always: bool = False,
    ) -> list[NewLine]:
        """What is missing at the end of a term that is closed, beyond what was billed of it before."""
        if not commitment.true_up:
            return []
        cut = term.closed_at != term.end_at
        unit = unit_of(self.subscription.currency)
        rated = true_up_line(
            self._told(commitment, term),
            agreement(commitment, term),
            self.book.used(term.id, self.draft_id),
            self.book.trued_up(term.id, unit, self.draft_id),
            share=cut_share(self.subscription, commitment, term),
            waived=cut and commitment.on_cancel is OnCancel.WAIVED,
        )
        if not rated.amount and not always:
            return []
        return [self._own(commitment, term, rated, taxes)]

    def _groups(
        self, commitment: SubscriptionCommitment, counting: Sequence[_Counting]
    ) -> list[tuple[CommitmentTerm, list[_Counting]]]:
        """The lines that count, by the term in which they fall due and the taxes that they bear."""
        groups: dict[object, tuple[CommitmentTerm, list[_Counting]]] = {}
        for one in counting:
            term = self._term_of(commitment, one)
            if term is not None:
                key = (term.id, one.line.taxes, one.line.tax_mode, one.line.tax_treatment)
                groups.setdefault(key, (term, []))[1].append(one)
        return list(groups.values())

    def _term_of(self, commitment: SubscriptionCommitment, one: _Counting) -> CommitmentTerm | None:
        falls = _falls(one.line)
        for term in self.terms[commitment.id] if counts(commitment, one.price) else ():
            if term.start_at <= falls < (term.closed_at or term_end(self.subscription, term)):
                return term
        return None

    def _drawn(
        self, commitment: SubscriptionCommitment, term: CommitmentTerm, group: Sequence[_Counting]
    ) -> list[NewLine]:
        agreed, told = agreement(commitment, term), self._told(commitment, term)
        counted = tuple(_counted(one, commitment.measure) for one in group)
        rated: list[RatedLine] = []
        before = self.book.used(term.id, self.draft_id)
        if term.credit and all(one.charged.minor >= 0 for one in group):
            unit = unit_of(self.subscription.currency)
            spent = self.book.paid_by_credit(term.id, unit, self.draft_id)
            credit = round_money(term.credit, unit) - spent
            left = max(Fraction(agreed.size) - before, Fraction(0))
            paid, counted = credit_drawn_line(told, credit, counted, order_of(commitment), left)
            rated += [paid] if paid.amount else []
        rated += drawn_lines(told, agreed, before, counted)
        if commitment.kind is CommitmentKind.CAP:
            for one, share in zip(group, counted, strict=True):
                step = course_step(agreed, before, share.used)
                one.charged -= round_money(step.beyond, one.charged.unit)
                before += Fraction(share.used)
        span = (min(one.line.service_start for one in group), max(one.line.service_end for one in group))
        return [self._own(commitment, term, one, taxes_of_line(group[0].line), span) for one in rated]

    def _settled_again(
        self, commitment: SubscriptionCommitment, counting: Sequence[_Counting]
    ) -> list[tuple[CommitmentTerm, NewLine]]:
        """The closed terms in which lines fall due, each with one: their end is settled again."""
        found = {term.id: (term, one.line) for one in counting if (term := self._term_of(commitment, one))}
        closed = [(term, line) for term, line in found.values() if term.closed_at is not None]
        for term, _ in closed:
            self._carry(commitment, term)
        return [
            (term, line)
            for term, line in closed
            if term.id not in self.closing and not self.book.trued_up_later(term.id, self.draft_id)
        ]

    def _carry(self, commitment: SubscriptionCommitment, ended: CommitmentTerm) -> None:
        unit = unit_of(self.subscription.currency)
        for following in list(self.terms[commitment.id]):
            if following.start_at != ended.end_at:
                continue
            used, credit = self.book.used(ended.id), self.book.paid_by_credit(ended.id, unit)
            fresh = carried_anew(commitment, self.subscription, ended, following, used, credit)
            if fresh is not following:
                self._replace(commitment, fresh)
                self._replace(commitment, replace(ended, carried=fresh.rolled_over))

    def _ended(self, instant: datetime, added: Sequence[NewLine]) -> list[NewLine]:
        """Settle the terms that end by an instant, and open those that follow."""
        touched = {line.commitment_term_id for line in added}
        lines = []
        for commitment in self._ordered:
            terms = self.terms[commitment.id]
            for term in list(terms):
                end = term_end(self.subscription, term)
                if term.closed_at is not None:
                    continue
                if end <= term.start_at:
                    self._put_away(commitment, term, instant)
                    continue
                if end > instant:
                    continue
                lines += self._instalments(end, commitment)
                paid = next(one for one in terms if one.id == term.id)
                closed = replace(paid, closed_at=end)
                self._replace(commitment, closed)
                lines += self._true_up(
                    commitment, closed, self._taxes(commitment), always=closed.id in touched
                )
                if all(one.closed_at is not None for one in terms):
                    self._open(commitment, closed)
        return lines

    def _put_away(self, commitment: SubscriptionCommitment, term: CommitmentTerm, instant: datetime) -> None:
        """Close a term that never begins, once the subscription has ended."""
        end = end_of(self.subscription)
        if end is not None and end <= instant:
            self._replace(commitment, replace(term, closed_at=term.start_at))

    def _open(self, commitment: SubscriptionCommitment, ended: CommitmentTerm) -> None:
        unit = unit_of(self.subscription.currency)
        used, credit = self.book.used(ended.id), self.book.paid_by_credit(ended.id, unit)
        following = next_term(self.new_id(), self.subscription, commitment, ended, used, credit)
        if following is not None:
            self.terms[commitment.id].append(following)
            self.opened[following.id] = following
            self._replace(commitment, replace(ended, carried=following.rolled_over))

    def _instalments(self, instant: datetime, only: SubscriptionCommitment | None = None) -> list[NewLine]:
        """The instalments that fall due by an instant."""
        lines = []
        for commitment in self._ordered if only is None else [only]:
            for term in list(self.terms[commitment.id]):
                begun = term.closed_at is None and term_end(self.subscription, term) > term.start_at
                while (
                    begun
                    and (at := next_part_at(self.subscription, commitment, term)) is not None
                    and at <= instant
                ):
                    plan = plan_of(term, unit_of(self.subscription.currency))
                    assert plan is not None
                    rated = instalment_line(self._told(commitment, term), plan, term.billed_parts)
                    lines.append(self._own(commitment, term, rated, self._taxes(commitment)))
                    term = replace(term, billed_parts=term.billed_parts + 1)
                    self._replace(commitment, term)
        return lines

    def _replace(self, commitment: SubscriptionCommitment, term: CommitmentTerm) -> None:
        terms = self.terms[commitment.id]
        terms[[one.id for one in terms].index(term.id)] = term
        self._write(term)

    def _write(self, term: CommitmentTerm) -> None:
        (self.opened if term.id in self.opened else self.changed)[term.id] = term

    def _told(self, commitment: SubscriptionCommitment, term: CommitmentTerm) -> CommitmentTold:
        unit = unit_of(self.subscription.currency)
        return CommitmentTold(commitment.name, Period(term.start_at, term.end_at), unit)

    def _taxes(self, commitment: SubscriptionCommitment) -> Mapping[str, Any]:
        """The taxes of the first price that counts; none where there is no such price."""
        answer = self.taxes.get(commitment.id)
        if isinstance(answer, CounterfoilError):
            raise type(answer)(answer.message, field=answer.field, allowed=answer.allowed)
        if answer is None:
            return {}
        return {
            "taxes": answer.taxes,
            "tax_mode": answer.mode,
            "tax_treatment": answer.treatment,
            "tax_reason": answer.reason,
        }

    def _own(
        self,
        commitment: SubscriptionCommitment,
        term: CommitmentTerm,
        rated: RatedLine,
        taxes: Mapping[str, Any],
        span: tuple[datetime, datetime] | None = None,
    ) -> NewLine:
        """A line of the commitment, put into the book; its span is the term's unless it is given."""
        told = rated.explanation
        assert isinstance(told, CommitmentExplanation)
        amount = Fraction(rated.amount.to_decimal())
        self.book.add(term.id, self.draft_id, told.part, Fraction(told.used), amount)
        start, end = span or (term.start_at, term.end_at)
        cadence = told.origin.cadence
        assert cadence is not None
        return NewLine(
            kind=LineKind.COMMITMENT,
            description=f"{commitment.name}: {_SAID[told.part]}",
            service_start=start,
            service_end=end,
            cadence=cadence,
            rated=rated,
            commitment_term_id=term.id,
            **taxes,
        )


def taxes_of_line(line: NewLine) -> Mapping[str, Any]:
    """The taxes of a line, for another that bears the same."""
    return {name: getattr(line, name) for name in ("taxes", "tax_mode", "tax_treatment", "tax_reason")}


def _falls(line: NewLine) -> datetime:
    """The moment by which a line counts: the last of its period in arrears, the first in advance."""
    in_arrears = line.cadence is Cadence.IN_ARREARS
    return line.service_end - _INSTANT if in_arrears else line.service_start


def counts(commitment: SubscriptionCommitment, price: Price) -> bool:
    """Whether lines of a price count towards a commitment."""
    if commitment.price_codes is None:
        return price.quantity_source is QuantitySource.USAGE
    return price.code in commitment.price_codes


def _counted(one: _Counting, measure: Measure) -> Counted:
    """A line as a commitment counts it; of what was given back or corrected, the quantity in proportion."""
    charged = Fraction(one.charged.to_decimal())
    if measure is Measure.AMOUNT:
        return Counted(one.price.code, one.charged, charged)
    told = one.line.rated.explanation
    if isinstance(told, Explanation):
        return Counted(one.price.code, one.charged, Fraction(told.counted) - Fraction(told.included))
    assert isinstance(told, CreditExplanation | DeltaExplanation)
    whole = told.billed if isinstance(told, CreditExplanation) else told.fresh
    full = Fraction(whole.amount.to_decimal())
    quantity = Fraction(whole.counted) - Fraction(whole.included)
    return Counted(one.price.code, one.charged, quantity * charged / full if full else Fraction(0))
