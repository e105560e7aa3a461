"""Commitments over random usage: nothing is charged twice, and every unit of a commitment has one end."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import count
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.calendar import Alignment, IntervalUnit
from counterfoil.core.commitments import Measure, Remainder
from counterfoil.core.money import Money, unit_of
from counterfoil.core.pricing import parse_pricing
from counterfoil.core.proration import DEFAULT
from counterfoil.core.rating import Cadence, LineKind, RatingInput, rate_line, redo
from counterfoil.modules.billing.commitment_books import CommitmentBook
from counterfoil.modules.billing.commitments import CommitmentCourse
from counterfoil.modules.billing.committing import TermBalance, balance_of
from counterfoil.modules.billing.settling import settled
from counterfoil.modules.catalog import Price, QuantitySource
from counterfoil.modules.invoicing import NewLine
from counterfoil.modules.subscriptions import (
    CommitmentKind,
    CommitmentPeriod,
    CommitmentTerm,
    HeldCommitment,
    OnCancel,
    Subscription,
    SubscriptionCommitment,
)
from counterfoil.modules.subscriptions.commitment_planning import first_term

EUR = unit_of("EUR")
MONTHS = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 13)]
PRICE = UUID(int=1)
PRICES = {PRICE: cast("Price", SimpleNamespace(id=PRICE, code="calls", quantity_source=QuantitySource.USAGE))}
CENTS = parse_pricing("per_unit", {"unit_amount": "0.01"})


def subscription(ended_at: datetime | None) -> Subscription:
    return cast(
        "Subscription",
        SimpleNamespace(
            id=UUID(int=2), currency="EUR", zone="UTC", policy=DEFAULT, alignment=Alignment.ANNIVERSARY,
            anchor_at=MONTHS[0], ended_at=ended_at, cancel_at=None, expires_at=None,
        ),
    )  # fmt: skip


def commitment(**more: Any) -> SubscriptionCommitment:
    fields: dict[str, Any] = {
        "id": UUID(int=3), "external_id": None, "subscription_id": UUID(int=2), "name": "Commit",
        "kind": CommitmentKind.MINIMUM, "price_codes": None, "measure": Measure.AMOUNT, "size": Decimal(100),
        "price": None, "overage": {"kind": "factor", "value": "1"}, "true_up": False, "drawn_by_usage": True,
        "draw_order": ["included", "usage_credit", "commit"], "period": CommitmentPeriod.TERM,
        "interval_unit": IntervalUnit.MONTH, "interval_count": 3, "renews": True, "prorated": False,
        "remainder": Remainder.BREAKAGE, "rollover_limit": None, "instalments": None,
        "on_cancel": OnCancel.DUE, "starts_at": MONTHS[0], "meta": {}, "version": 1,
        "created_at": MONTHS[0], "updated_at": MONTHS[0],
    }  # fmt: skip
    return SubscriptionCommitment(**(fields | more))


def charge(start: datetime, end: datetime, cents: int) -> NewLine:
    rated = rate_line(RatingInput(pricing=CENTS, quantity=Decimal(cents), unit=EUR))
    return NewLine(
        description="Calls", service_start=start, service_end=end, cadence=Cadence.IN_ARREARS, rated=rated,
        price_id=PRICE,
    )  # fmt: skip


def run(
    agreed: SubscriptionCommitment, months: list[list[int]], ended_at: datetime | None
) -> tuple[list[NewLine], list[TermBalance]]:
    """All lines of the months that were billed, and what became of each term."""
    ids = (UUID(int=number) for number in count(100))
    owner = subscription(ended_at)
    course = CommitmentCourse(
        owner,
        [HeldCommitment(agreed, [first_term(next(ids), owner, agreed)])],
        CommitmentBook([]),
        PRICES,
        {},
        lambda: next(ids),
    )
    due = [
        (end, charge(start, end, cents))
        for start, end, used in zip(MONTHS, MONTHS[1:], months, strict=False)
        if ended_at is None or end <= ended_at
        for cents in used
    ]
    lines = [line for _, together in settled(course, due, MONTHS[9]) for line in together]
    terms: list[CommitmentTerm] = [*course.changed.values(), *course.opened.values()]
    assert len({term.id for term in terms}) == len(terms)
    return lines, [balance_of(agreed, term, course.book, EUR) for term in terms]


KINDS = st.sampled_from(
    [
        {"true_up": True},
        {"true_up": False, "overage": {"kind": "factor", "value": "2"}},
        {"kind": CommitmentKind.PREPAID},
        {"kind": CommitmentKind.PREPAID, "remainder": Remainder.ROLLOVER},
        {"kind": CommitmentKind.PREPAID, "remainder": Remainder.ROLLOVER, "rollover_limit": Decimal("7.77")},
        {"true_up": True, "on_cancel": OnCancel.PRORATED},
        {"true_up": True, "on_cancel": OnCancel.WAIVED},
        {"kind": CommitmentKind.CAP},
    ]
)
USAGE = st.lists(st.lists(st.integers(0, 20_000), max_size=3), min_size=9, max_size=9)


@settings(max_examples=120)
@given(more=KINDS, months=USAGE, end=st.sampled_from([None, *MONTHS[2:9]]), shuffled=st.randoms())
def test_every_unit_of_a_commitment_has_one_end(
    more: dict[str, Any], months: list[list[int]], end: datetime | None, shuffled: Any
) -> None:
    agreed = commitment(**more)
    lines, balances = run(agreed, months, end)
    for one in balances:
        whole = Fraction(one.term.committed) + Fraction(one.term.rolled_over)
        assert one.drawn + one.left + one.owed + Fraction(one.term.carried) + one.broken == whole
        assert min(one.drawn, one.left, one.owed, one.broken) >= 0
        if one.plan is not None:
            assert one.paid_ahead == Money.of(one.term.committed, EUR)
    for line in lines:
        stored = line.rated.explanation.to_json()
        assert redo(stored, EUR) == line.rated.amount
    assert sum_of(lines) == expected(agreed, balances, months, end)
    for month in months:
        shuffled.shuffle(month)
    again, _ = run(agreed, months, end)
    assert sum_of(again) == sum_of(lines)


def sum_of(lines: list[NewLine]) -> Fraction:
    return sum((Fraction(line.rated.amount.to_decimal()) for line in lines), Fraction(0))


def expected(
    agreed: SubscriptionCommitment,
    balances: list[TermBalance],
    months: list[list[int]],
    end: datetime | None,
) -> Fraction:
    """What is to be paid, by hand: within the commitment once, beyond it at the factor, and the true-up."""
    factor = Fraction(agreed.overage["value"]) if agreed.kind is not CommitmentKind.CAP else Fraction(0)
    total = Fraction(0)
    for one in balances:
        prepaid = agreed.kind is CommitmentKind.PREPAID
        total += Fraction(one.term.committed) if prepaid else one.drawn
        total += one.beyond * factor + Fraction(one.trued_up.to_decimal())
    used = sum((Fraction(cents, 100) for month in billed(months, end) for cents in month), Fraction(0))
    assert used == sum((one.drawn + one.beyond for one in balances), Fraction(0))
    return total


def billed(months: list[list[int]], end: datetime | None) -> list[list[int]]:
    return months if end is None else months[: MONTHS.index(end)]


def test_a_line_of_the_run_is_one_of_a_commitment() -> None:
    """The months of a quarter at 40.00 each of a minimum of 150: 30 are missing."""
    lines, [first, second, third, fourth] = run(
        commitment(size=Decimal(150), true_up=True), [[4_000]] * 3 + [[]] * 6, None
    )
    told = [line.rated.amount.amount_text() for line in lines if line.kind is LineKind.COMMITMENT]
    assert told == ["0.00", "0.00", "0.00", "30.00", "150.00", "150.00"]
    balances = (first.drawn, first.owed, second.owed, third.owed, fourth.left)
    assert list(map(str, balances)) == ["120", "30", "150", "150", "150"]
