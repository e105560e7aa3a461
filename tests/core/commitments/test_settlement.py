"""What commitments cost: by hand calculation, and by law."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.commitments import (
    DEFAULT_ORDER,
    ChargeKind,
    Commitment,
    CommitPayment,
    CommittedLine,
    Demand,
    DrawOrder,
    Measure,
    Overage,
    OverageKind,
    Pool,
    Settlement,
    Source,
    cap_spend,
    committed_lines,
    draw,
    redo_cap,
    redo_settlement,
    redo_windows,
    settle,
    settle_windows,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from tests.core.effort import effort

HUNDRED = Commitment(measure=Measure.AMOUNT, size=Decimal(100))
HOURS = Commitment(
    measure=Measure.QUANTITY,
    size=Decimal(500),
    price=Decimal(1000),
    overage=Overage(OverageKind.RATE, Decimal("2.50")),
)


def used(*amounts: str) -> list[CommittedLine]:
    return [CommittedLine(f"line{n}", Decimal(amount)) for n, amount in enumerate(amounts)]


def shown(settlement: Settlement) -> list[str]:
    return [
        " ".join((charge.kind.value, charge.key or "-", decimal_text(charge.amount)))
        for charge in settlement.charges
    ]


def test_what_is_missing_at_the_end_is_owed() -> None:
    assert shown(settle(HUNDRED, used("30", "20"))) == [
        "usage line0 30",
        "usage line1 20",
        "true_up - 50",
    ]


def test_before_the_end_or_without_a_true_up_nothing_is_missing() -> None:
    assert settle(HUNDRED, used("30"), closed=False).total == 30
    assert settle(replace(HUNDRED, true_up=False), used("30")).total == 30
    assert settle(HUNDRED, []).total == 100


def test_several_lines_share_a_commitment_and_what_is_beyond_has_a_factor() -> None:
    """120 and 30 of 100: the first line is 20 beyond it, all of the second is, at 1.5 times the price."""
    half_more = replace(HUNDRED, overage=Overage(OverageKind.FACTOR, Decimal("1.5")))
    assert shown(settle(half_more, used("120", "30"))) == [
        "usage line0 100",
        "overage line0 30",
        "overage line1 45",
    ]


def test_a_committed_quantity_is_owed_in_full_and_has_its_own_rate_beyond() -> None:
    """500 hours at 2: 320 are used, or 700 with the 200 beyond at 2.50."""
    assert settle(HOURS, used("320")).total == 1000
    over = settle(HOURS, used("700"))
    assert shown(over) == ["usage line0 1000", "overage line0 500"]
    assert over.total == 1500
    factor = replace(HOURS, overage=Overage(OverageKind.FACTOR, Decimal("1.25")))
    assert settle(factor, used("700")).overage == 500


def test_a_line_may_have_its_own_price_beyond_a_shared_commitment() -> None:
    gold = CommittedLine("gold", Decimal(200), Overage(OverageKind.RATE, Decimal(10)))
    settlement = settle(HOURS, [CommittedLine("plain", Decimal(400)), gold])
    assert settlement.lines[1].overage == 1000
    assert redo_settlement(settlement.to_json()) == settlement


def test_of_a_prepaid_commitment_only_what_is_beyond_is_still_to_be_paid() -> None:
    prepaid = replace(HUNDRED, payment=CommitPayment.PREPAID)
    assert settle(prepaid, used("120")).total == 20
    unused = settle(prepaid, used("40"))
    assert unused.total == 0
    assert unused.unused == 60


def test_usage_may_be_charged_besides_the_commitment() -> None:
    """Suger's example: 100 committed and 120 used are 100 + 20, or 100 + 120."""
    assert settle(HUNDRED, used("120")).total == 120
    assert settle(replace(HUNDRED, drawn_by_usage=False), used("120")).total == 220


def test_a_commitment_is_settled_after_other_sources_have_paid_their_share() -> None:
    """150 calls at 2.00, 40 included: of the 110 left, 100.00 of commit pays 50, and 60 are beyond at 1.5.

    With the commit first it pays 50 of the 150, then 40 are included; the same 60 are beyond.
    """
    commitment = replace(HUNDRED, overage=Overage(OverageKind.FACTOR, Decimal("1.5")))
    sources = [
        Pool("included", Source.INCLUDED, Measure.QUANTITY, Decimal(40)),
        Pool("commit", Source.COMMIT, Measure.AMOUNT, Decimal(100), frozenset({"calls"})),
    ]
    commit_first = DrawOrder((Source.COMMIT, Source.USAGE_CREDIT, Source.INCLUDED))
    for order in (DEFAULT_ORDER, commit_first):
        drawing = draw([Demand("calls", Decimal(150), Decimal(2))], sources, order)
        settlement = settle(commitment, committed_lines(drawing, "commit"))
        assert shown(settlement) == ["usage calls 100", "overage calls 180"]
    few = draw([Demand("calls", Decimal(60), Decimal(2)), Demand("x", Decimal(1), Decimal(1))], sources)
    assert shown(settle(commitment, committed_lines(few, "commit"))) == ["usage calls 40", "true_up - 60"]


def test_a_commitment_of_a_quantity_is_settled_in_its_quantity() -> None:
    hours = Pool("commit", Source.COMMIT, Measure.QUANTITY, Decimal(500))
    drawing = draw([Demand("hours", Decimal(700), Decimal(2))], [hours])
    assert shown(settle(HOURS, committed_lines(drawing, "commit"))) == [
        "usage hours 1000",
        "overage hours 500",
    ]


@pytest.mark.parametrize("commitment", [HUNDRED, HOURS, replace(HOURS, payment=CommitPayment.PREPAID)])
def test_a_commitment_is_read_as_it_is_written(commitment: Commitment) -> None:
    assert Commitment.from_json(json.loads(json.dumps(commitment.to_json()))) == commitment
    assert Commitment.from_json({"measure": "amount", "size": "100"}) == HUNDRED


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "size"),
        ({"size": "0"}, "size"),
        ({"size": "1", "measure": "hours"}, "measure"),
        ({"size": "1", "true_up": "yes"}, "true_up"),
        ({"size": "1", "payment": "late"}, "payment"),
        ({"size": "1", "overage": {"kind": "times", "value": "1"}}, "overage.kind"),
        ({"size": "1", "overage": {"value": "-1"}}, "overage.value"),
        ({"size": "1", "overage": "1"}, "overage"),
        ({"size": "1", "minimum": "1"}, "minimum"),
    ],
)
def test_what_is_no_commitment_is_refused_by_its_field(data: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Commitment.from_json(data)
    assert refusal.value.field == field


def test_every_window_is_settled_also_an_empty_one() -> None:
    """Three hours, 10 committed in each: 15, nothing, and 4 in the hour that is not over."""
    ten = replace(HUNDRED, size=Decimal(10), overage=Overage(OverageKind.FACTOR, Decimal(2)))
    windows = [(hour, ten) for hour in ("9", "10", "11")]
    whole = settle_windows(windows, {"9": used("15"), "11": used("4")}, running=["11"])
    assert [settlement.total for _, settlement in whole.windows] == [20, 10, 4]
    assert whole.total == 34
    assert redo_windows(json.loads(json.dumps(whole.to_json()))) == whole


def test_usage_outside_of_every_window_is_refused_and_not_lost() -> None:
    for windows, usage in (([("9", HUNDRED)], {"10": used("1")}), ([("9", HUNDRED)] * 2, {})):
        with pytest.raises(InvalidInput) as refusal:
            settle_windows(windows, usage)
        assert refusal.value.field == "windows"


def test_above_a_cap_nothing_is_charged() -> None:
    capped = cap_spend(Decimal(100), [("a", Decimal(70)), ("b", Decimal(50)), ("c", Decimal(5))], Decimal(10))
    charged = [(line.key, decimal_text(line.charged), decimal_text(line.waived)) for line in capped.lines]
    assert charged == [("a", "70", "0"), ("b", "20", "30"), ("c", "0", "5")]
    assert capped.charged == 90
    assert capped.left == 0
    assert redo_cap(capped.to_json()) == capped
    assert cap_spend(Decimal(100), [("a", Decimal(1))], Decimal(130)).charged == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"size": Decimal(0)}, "size"),
        ({"price": Decimal(1)}, "price"),
        ({"measure": Measure.QUANTITY}, "price"),
        ({"measure": Measure.QUANTITY, "price": Decimal(-1)}, "price"),
        ({"overage": Overage(OverageKind.RATE, Decimal(1))}, "overage"),
    ],
)
def test_a_commitment_that_contradicts_itself_is_refused(changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        replace(HUNDRED, **changes)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert refusal.value.allowed


def test_negative_usage_and_lines_that_are_there_twice_are_refused() -> None:
    for lines, field in ((used("-1"), "used"), (used("1") * 2, "lines")):
        with pytest.raises(InvalidInput) as refusal:
            settle(HUNDRED, lines)
        assert refusal.value.field == field
    with pytest.raises(InvalidInput) as rate:
        settle(HUNDRED, [CommittedLine("a", Decimal(1), Overage(OverageKind.RATE, Decimal(1)))])
    assert rate.value.field == "overage"
    for negative in ("cap", "spent", "amount"):
        numbers = {name: Decimal(-1 if name == negative else 1) for name in ("cap", "spent", "amount")}
        with pytest.raises(InvalidInput) as refusal:
            cap_spend(numbers["cap"], [("a", numbers["amount"])], numbers["spent"])
        assert refusal.value.field == negative


amounts = st.decimals(0, 10**4, places=3)
lines = st.lists(amounts, max_size=5).map(
    lambda all_: [CommittedLine(str(n), amount) for n, amount in enumerate(all_)]
)
factors = st.decimals(0, 3, places=2).map(lambda value: Overage(OverageKind.FACTOR, value))
commitments = st.builds(
    Commitment,
    measure=st.just(Measure.AMOUNT),
    size=st.decimals("0.001", 10**4, places=3),
    overage=factors,
    true_up=st.booleans(),
    payment=st.sampled_from(CommitPayment),
    drawn_by_usage=st.booleans(),
)


@effort(120)
@given(commitments, lines, st.booleans())
def test_what_was_used_is_within_or_beyond_and_paid_once(
    commitment: Commitment, lines: list[CommittedLine], closed: bool
) -> None:
    settlement = settle(commitment, lines, closed=closed)
    assert settlement.utilized + settlement.unused == commitment.size
    assert sum(line.covered for line in settlement.lines) == settlement.utilized
    for line in settlement.lines:
        assert line.covered + line.beyond == line.line.used
    assert sum(charge.amount for charge in settlement.charges) == settlement.total
    assert {charge.kind for charge in settlement.charges} <= set(ChargeKind)
    assert redo_settlement(json.loads(json.dumps(settlement.to_json()))) == settlement


@effort(60)
@given(commitments, lines)
def test_a_commitment_with_a_true_up_costs_its_size_at_least_and_more_usage_never_less(
    commitment: Commitment, lines: list[CommittedLine]
) -> None:
    owed = replace(commitment, true_up=True, payment=CommitPayment.POSTPAID)
    total = settle(owed, lines).total
    assert total >= owed.size
    more = [*lines, CommittedLine("more", Decimal(7))]
    assert settle(owed, more).total >= total


@effort(60)
@given(amounts, st.lists(amounts, max_size=5), amounts)
def test_a_cap_loses_nothing_and_is_never_passed(cap: Decimal, spend: list[Decimal], spent: Decimal) -> None:
    capped = cap_spend(cap, [(str(n), amount) for n, amount in enumerate(spend)], spent)
    assert all(line.charged + line.waived == line.amount for line in capped.lines)
    assert capped.charged + capped.left == max(Fraction(cap) - Fraction(spent), 0)
    assert redo_cap(json.loads(json.dumps(capped.to_json()))) == capped
