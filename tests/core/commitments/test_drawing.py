"""Which source pays first: by hand calculation, and by law."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.commitments import (
    DEFAULT_ORDER,
    Commitment,
    Demand,
    Drawing,
    DrawOrder,
    Measure,
    Pool,
    Source,
    committed_lines,
    draw,
    redo_drawing,
    settle,
)
from counterfoil.core.errors import InvalidInput
from counterfoil.core.money import decimal_text
from tests.core.effort import effort

INCLUDED, CREDIT, COMMIT = Source.INCLUDED, Source.USAGE_CREDIT, Source.COMMIT
CALLS = Demand("calls", Decimal(100), Decimal("0.50"))


def pools(included: str = "30", credit: str = "10", commit: str = "20") -> list[Pool]:
    return [
        Pool("included", INCLUDED, Measure.QUANTITY, Decimal(included)),
        Pool("credit", CREDIT, Measure.AMOUNT, Decimal(credit)),
        Pool("commit", COMMIT, Measure.AMOUNT, Decimal(commit)),
    ]


def shown(drawing: Drawing) -> list[tuple[str, str]]:
    return [(drawn.pool, decimal_text(drawn.quantity)) for line in drawing.lines for drawn in line.draws]


def unpaid(drawing: Drawing) -> tuple[str, str]:
    """The first line's rest, and what is to be paid in all."""
    return decimal_text(drawing.lines[0].rest), decimal_text(drawing.amount)


def left(drawing: Drawing) -> dict[str, Fraction]:
    return {drawn.pool.key: drawn.left for drawn in drawing.pools}


def test_what_is_free_goes_first_then_credit_then_commit() -> None:
    """Of 100 calls at 0.50: 30 are included, 10.00 of credit pays 20, 20.00 of commit 40; 10 are left."""
    drawing = draw([CALLS], pools())
    assert shown(drawing) == [("included", "30"), ("credit", "20"), ("commit", "40")]
    assert unpaid(drawing) == ("10", "5")


def test_another_order_leaves_something_else() -> None:
    """60 calls: credit pays 20, commit 40, and the 30 that are included are not needed."""
    sixty = Demand("calls", Decimal(60), Decimal("0.50"))
    assert left(draw([sixty], pools(), DrawOrder((CREDIT, COMMIT, INCLUDED)))) == {
        "included": 30,
        "credit": 0,
        "commit": 0,
    }
    assert left(draw([sixty], pools(), DEFAULT_ORDER)) == {"included": 0, "credit": 0, "commit": 15}


def test_a_pool_is_shared_by_the_lines_in_order_or_only_by_its_own() -> None:
    calls, storage = CALLS, Demand("storage", Decimal(10), Decimal(3))
    shared = draw([calls, storage], [Pool("commit", COMMIT, Measure.AMOUNT, Decimal(60))])
    assert [line.rest for line in shared.lines] == [0, Fraction(20, 3)]
    own = Pool("commit", COMMIT, Measure.AMOUNT, Decimal(60), frozenset({"storage"}))
    assert [line.rest for line in draw([calls, storage], [own]).lines] == [100, 0]


def test_an_amount_pays_for_nothing_that_costs_nothing() -> None:
    free = Demand("free", Decimal(5), Decimal(0))
    drawing = draw([free], pools(included="2"))
    assert shown(drawing) == [("included", "2")]
    assert unpaid(drawing) == ("3", "0")
    assert left(drawing)["credit"] == 10


def test_a_third_of_a_unit_is_a_third() -> None:
    drawing = draw([Demand("calls", Decimal(1), Decimal(3))], [Pool("c", CREDIT, Measure.AMOUNT, Decimal(1))])
    assert unpaid(drawing) == ("2/3", "2")


@pytest.mark.parametrize(
    ("demands", "sources", "field"),
    [
        ([CALLS, CALLS], [], "lines"),
        ([CALLS], [pools()[0], pools()[0]], "pools"),
        ([Demand("calls", Decimal(-1), Decimal(1))], [], "quantity"),
        ([Demand("calls", Decimal(1), Decimal(-1))], [], "unit_amount"),
        ([CALLS], pools(credit="-1"), "balance"),
    ],
)
def test_what_could_be_paid_twice_or_backwards_is_refused(
    demands: list[Demand], sources: list[Pool], field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        draw(demands, sources)
    assert refusal.value.field == field


@pytest.mark.parametrize("order", [(), (INCLUDED, CREDIT), (INCLUDED, CREDIT, CREDIT)])
def test_an_order_names_each_source_once(order: tuple[Source, ...]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        DrawOrder(order)
    assert refusal.value.field == "order"


numbers = st.one_of(st.decimals(0, 1000, places=3), st.integers(0, 50).map(Decimal))
orders = st.sampled_from([DrawOrder(order) for order in permutations(Source)])


@st.composite
def situations(draw: st.DrawFn) -> tuple[list[Demand], list[Pool]]:
    lines = [f"line{n}" for n in range(draw(st.integers(0, 4)))]
    demands = [Demand(key, draw(numbers), draw(numbers)) for key in lines]
    some = st.one_of(st.none(), st.frozensets(st.sampled_from(["line0", "line1", "line2"])))
    sources = [
        Pool(
            f"pool{n}",
            draw(st.sampled_from(Source)),
            draw(st.sampled_from(Measure)),
            draw(numbers),
            draw(some),
        )
        for n in range(draw(st.integers(0, 5)))
    ]
    return demands, sources


@effort(150)
@given(situations(), orders)
def test_nothing_is_paid_twice_and_no_value_is_lost(
    situation: tuple[list[Demand], list[Pool]], order: DrawOrder
) -> None:
    demands, sources = situation
    drawing = draw(demands, sources, order)
    for line in drawing.lines:
        assert sum(drawn.quantity for drawn in line.draws) + line.rest == line.demand.quantity
        paid = sum(drawn.amount for drawn in line.draws) + line.amount
        assert paid == Fraction(line.demand.quantity) * Fraction(line.demand.unit_amount)
        assert line.rest >= 0
    by_key = {pool.key: pool for pool in sources}
    for drawn_pool in drawing.pools:
        pool = by_key[drawn_pool.pool.key]
        assert drawn_pool.drawn + drawn_pool.left == pool.balance
        assert 0 <= drawn_pool.left <= pool.balance
        taken = [
            one.quantity if pool.measure is Measure.QUANTITY else one.amount
            for line in drawing.lines
            for one in line.draws
            if one.pool == pool.key
        ]
        assert sum(taken) == drawn_pool.drawn


@effort(80)
@given(situations(), orders)
def test_a_customer_pays_only_what_no_source_could(
    situation: tuple[list[Demand], list[Pool]], order: DrawOrder
) -> None:
    drawing = draw(*situation, order)
    for line in drawing.lines:
        for drawn in drawing.pools:
            could = drawn.left and drawn.pool.serves(line.demand.key)
            if line.rest and could and drawn.pool.measure is Measure.QUANTITY:
                pytest.fail(f"{drawn.pool.key} could have paid for {line.demand.key}")
            assert not (line.amount and could)


@effort(60)
@given(situations(), orders)
def test_a_drawing_can_be_made_again_from_what_is_stored(
    situation: tuple[list[Demand], list[Pool]], order: DrawOrder
) -> None:
    drawing = draw(*situation, order)
    assert redo_drawing(json.loads(json.dumps(drawing.to_json()))) == drawing


@effort(60)
@given(numbers, numbers, numbers, st.integers(1, 99))
def test_usage_in_two_parts_draws_what_it_draws_at_once(
    quantity: Decimal, price: Decimal, balance: Decimal, percent: int
) -> None:
    part = Fraction(quantity) * percent / 100
    at_once = draw([Demand("a", quantity, price)], [Pool("p", COMMIT, Measure.AMOUNT, balance)])
    first = draw([Demand("a", part, price)], [Pool("p", COMMIT, Measure.AMOUNT, balance)])
    rest = first.pools[0].left
    second = draw([Demand("a", Fraction(quantity) - part, price)], [Pool("p", COMMIT, Measure.AMOUNT, rest)])
    assert first.amount + second.amount == at_once.amount
    assert second.pools[0].left == at_once.pools[0].left


@effort(100)
@given(situations(), orders, st.decimals("0.001", 500, places=3))
def test_whatever_the_order_a_commitment_covers_what_its_pool_paid(
    situation: tuple[list[Demand], list[Pool]], order: DrawOrder, size: Decimal
) -> None:
    demands, sources = situation
    pool = Pool("commit", COMMIT, Measure.AMOUNT, size)
    drawing = draw(demands, [*sources, pool], order)
    settlement = settle(Commitment(measure=Measure.AMOUNT, size=size), committed_lines(drawing, "commit"))
    paid = {
        line.demand.key: sum((one.amount for one in line.draws if one.pool == "commit"), Fraction(0))
        for line in drawing.lines
    }
    assert {line.line.key: line.covered for line in settlement.lines} == paid
    assert settlement.overage == drawing.amount
    assert settlement.unused == drawing.pools[-1].left
