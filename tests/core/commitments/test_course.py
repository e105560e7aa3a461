"""The course of a commitment: whatever the usage stands on, its parts sum to the settlement of the whole."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.commitments import (
    Commitment,
    CommitPayment,
    CommittedLine,
    Measure,
    Overage,
    OverageKind,
    course_step,
    settle,
    true_up,
)

AMOUNTS = st.decimals(min_value=0, max_value=1000, places=2)


def commitment(size: Decimal, factor: Decimal, payment: CommitPayment) -> Commitment:
    return Commitment(
        measure=Measure.AMOUNT,
        size=size,
        overage=Overage(OverageKind.FACTOR, factor),
        true_up=payment is CommitPayment.POSTPAID,
        payment=payment,
    )


@given(
    size=st.decimals(min_value="0.01", max_value=2000, places=2),
    factor=st.sampled_from([Decimal(0), Decimal(1), Decimal("1.5")]),
    payment=st.sampled_from(CommitPayment),
    amounts=st.lists(AMOUNTS, max_size=8),
)
def test_steps_sum_to_the_settlement_of_all(
    size: Decimal, factor: Decimal, payment: CommitPayment, amounts: list[Decimal]
) -> None:
    agreed = commitment(size, factor, payment)
    whole = settle(agreed, [CommittedLine(str(n), amount) for n, amount in enumerate(amounts)])
    used = paid = Fraction(0)
    covered = Fraction(0)
    for amount in amounts:
        step = course_step(agreed, used, amount)
        within, beyond = step.corrections(amount)
        paid += Fraction(amount) + within + beyond
        covered += step.covered
        used += Fraction(amount)
    assert covered == whole.utilized
    assert paid + true_up(agreed, used) == whole.total


@given(amounts=st.lists(AMOUNTS, min_size=1, max_size=6), factor=st.sampled_from(["0", "1.5"]))
def test_usage_that_is_taken_back_undoes_what_it_did(amounts: list[Decimal], factor: str) -> None:
    agreed = commitment(Decimal(500), Decimal(factor), CommitPayment.POSTPAID)
    used = sum((Fraction(amount) for amount in amounts), Fraction(0))
    for amount in amounts:
        more, less = course_step(agreed, used, amount), course_step(agreed, used + Fraction(amount), -amount)
        assert (less.covered, less.beyond) == (-more.covered, -more.beyond)
        assert less.corrections(-amount) == tuple(-part for part in more.corrections(amount))


def test_a_prepaid_line_across_the_end_of_the_commitment() -> None:
    """400 of 700 are paid ahead, and 300 cost 1.2 times as much: −400 and + 60."""
    agreed = commitment(Decimal(1000), Decimal("1.2"), CommitPayment.PREPAID)
    step = course_step(agreed, Decimal(600), Decimal(700))
    assert (step.covered, step.beyond) == (Fraction(400), Fraction(300))
    assert step.corrections(Decimal(700)) == (Fraction(-400), Fraction(60))
