"""Aggregations over events in memory: published examples, edges, and that order does not matter."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from counterfoil.core.errors import InvalidInput
from counterfoil.core.expressions import parse_expression
from counterfoil.core.rating import (
    WITHOUT_PROPERTY,
    Aggregate,
    Aggregation,
    Filter,
    PropertyValue,
    Reset,
    Stretch,
    UsageEvent,
    aggregate,
    number_of,
    value_text,
)

FOLDER = Path(__file__).parents[2] / "golden" / "aggregation"
CASES = [tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.toml"))]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
YEAR = Stretch(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


def spec_of(facts: dict[str, Any]) -> Aggregate:
    """The meter of an example."""
    expression, multiplier = facts.get("expression"), facts.get("multiplier")
    return Aggregate(
        Aggregation(facts["aggregation"]),
        facts.get("property"),
        expression=None if expression is None else parse_expression(expression),
        multiplier=None if multiplier is None else Decimal(multiplier),
        reset=Reset(facts.get("reset", "period")),
    )


def stretch_of(facts: dict[str, Any]) -> Stretch | None:
    """The period of an example."""
    period = facts.get("period")
    return None if period is None else Stretch(period["start"], period["end"])


def plain(aggregation: Aggregation, group_by: tuple[str, ...] = ()) -> Aggregate:
    """A meter over ``tokens``, with what its aggregation needs."""
    return Aggregate(
        aggregation,
        None if aggregation in WITHOUT_PROPERTY else "tokens",
        group_by=group_by,
        multiplier=Decimal(2) if aggregation is Aggregation.SUM_WITH_MULTIPLIER else None,
        expression=parse_expression("tokens * 2") if aggregation is Aggregation.EXPRESSION else None,
    )


def event(id_: str, minute: int = 0, **properties: PropertyValue) -> UsageEvent:
    return UsageEvent(id_, NOON + timedelta(minutes=minute), properties)


def quantity(events: list[UsageEvent], aggregation: Aggregation, property_: str | None = "tokens") -> Decimal:
    (usage,) = aggregate(
        events, Aggregate(aggregation, None if aggregation is Aggregation.COUNT else property_)
    )
    assert isinstance(usage.quantity, Decimal)
    return usage.quantity


@pytest.mark.golden
@pytest.mark.parametrize("case", CASES, ids=[case["case"]["id"] for case in CASES])
def test_a_published_example_comes_out_as_published(case: dict[str, Any]) -> None:
    facts = case["given"]
    events = [UsageEvent(one["id"], one["at"], one["properties"]) for one in facts["events"]]
    (usage,) = aggregate(events, spec_of(facts), stretch_of(facts))
    assert Fraction(usage.quantity) == Fraction(case["expect"]["quantity"])
    assert usage.events == len(events)


@pytest.mark.parametrize("aggregation", Aggregation)
def test_of_no_events_the_quantity_is_zero_and_what_is_one_of_the_values_has_none(
    aggregation: Aggregation,
) -> None:
    (usage,) = aggregate([], plain(aggregation), YEAR)
    assert usage.quantity == 0
    one_of_them = {Aggregation.MAX, Aggregation.MIN, Aggregation.LATEST, Aggregation.AVERAGE}
    assert (usage.value is None) == (aggregation in one_of_them)
    assert (usage.events, usage.first_at, usage.last_at) == (0, None, None)


def test_the_window_and_the_number_of_events_are_told() -> None:
    events = [event("b", 5, tokens=2), event("a", 1, tokens=1), event("c", 3, other=1)]
    (usage,) = aggregate(events, Aggregate(Aggregation.SUM, "tokens"))
    assert usage.events == 2
    assert (usage.first_at, usage.last_at) == (NOON + timedelta(minutes=1), NOON + timedelta(minutes=5))


def test_sums_are_exact_where_binary_fractions_are_not() -> None:
    events = [event(str(n), tokens=Decimal("0.1")) for n in range(10)]
    assert quantity(events, Aggregation.SUM) == 1
    assert quantity([event("a", tokens=10**37), event("b", tokens="1e-30")], Aggregation.SUM) == (
        Decimal("10000000000000000000000000000000000000.000000000000000000000000000001")
    )


def test_a_maximum_may_be_negative() -> None:
    assert quantity([event("a", tokens=-5), event("b", tokens="-2.5")], Aggregation.MAX) == Decimal("-2.5")


def test_of_two_latest_at_one_instant_the_larger_id_wins() -> None:
    tied = [event("b", 9, tokens=2), event("a", 9, tokens=1), event("z", 8, tokens=3)]
    assert quantity(tied, Aggregation.LATEST) == 2


def test_text_of_a_number_is_a_number_and_anything_else_takes_no_part() -> None:
    events = [
        event("a", tokens="12.5"),
        event("b", tokens="many"),
        event("c", tokens=None),
        event("d", tokens=True),
        event("e"),
        event("f", tokens=2),
    ]
    assert quantity(events, Aggregation.SUM) == Decimal("14.5")
    assert quantity(events, Aggregation.UNIQUE_COUNT) == 4  # 12.5, many, true, 2
    assert quantity(events, Aggregation.COUNT) == 6


def test_one_value_written_in_several_ways_is_one_value() -> None:
    events = [event("a", tokens=1), event("b", tokens=Decimal("1.0")), event("c", tokens="1")]
    assert quantity(events, Aggregation.UNIQUE_COUNT) == 1
    assert [value_text(v) for v in (True, False, Decimal("1E+3"), None)] == ["true", "false", "1000", None]
    assert number_of("1e3") == 1000


def test_all_filters_must_match_any_of_their_values() -> None:
    events = [
        event("a", model="small", region="eu"),
        event("b", model="large", region="eu"),
        event("c", model="small", region="us"),
        event("d", model="tiny", region="eu"),
        event("e", region="eu"),
        event("f", model=7, region="eu"),
    ]
    filters = (Filter("model", ("small", "large", "7")), Filter("region", ("eu",)))
    (usage,) = aggregate(events, Aggregate(Aggregation.COUNT, filters=filters))
    assert usage.events == 3  # a, b, f


def test_groups_have_their_own_numbers_in_order_and_an_absent_value_is_a_group() -> None:
    events = [
        event("a", model="small", tokens=1),
        event("b", model="large", tokens=2),
        event("c", tokens=4),
        event("d", model="small", tokens=8),
    ]
    usages = aggregate(events, Aggregate(Aggregation.SUM, "tokens", group_by=("model",)))
    assert [(usage.group, usage.quantity) for usage in usages] == [
        ((None,), Decimal(4)),
        (("large",), Decimal(2)),
        (("small",), Decimal(9)),
    ]
    assert aggregate([], Aggregate(Aggregation.SUM, "tokens", group_by=("model",))) == ()


def test_an_aggregation_without_its_property_is_refused() -> None:
    for aggregation in Aggregation:
        with pytest.raises(InvalidInput) as refusal:
            Aggregate(aggregation, "tokens" if aggregation in WITHOUT_PROPERTY else None)
        assert refusal.value.field == "property"
    for aggregation, field in (
        (Aggregation.SUM_WITH_MULTIPLIER, "multiplier"),
        (Aggregation.EXPRESSION, "expression"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            Aggregate(aggregation, None if aggregation in WITHOUT_PROPERTY else "tokens")
        assert refusal.value.field == field
    with pytest.raises(InvalidInput) as refusal:
        Aggregate(Aggregation.SUM, "tokens", multiplier=Decimal(2))
    assert (refusal.value.field, refusal.value.allowed) == ("multiplier", "none for sum")
    with pytest.raises(InvalidInput) as refusal:
        Aggregate(Aggregation.SUM_WITH_MULTIPLIER, "tokens", multiplier=Decimal(0))
    assert refusal.value.allowed == "a decimal number above 0"
    with pytest.raises(InvalidInput) as refusal:
        Aggregate(Aggregation.COUNT, "tokens")
    assert refusal.value.allowed == "none for count"


values = st.one_of(
    st.none(), st.booleans(), st.integers(-50, 50), st.decimals(-50, 50, places=2), st.sampled_from("ab1")
)
event_lists = st.lists(
    st.builds(
        lambda minute, tokens, model: (minute, {"tokens": tokens, "model": model}),
        st.integers(0, 3),
        values,
        st.sampled_from(["small", "large", None]),
    ),
    max_size=12,
).map(lambda rows: [UsageEvent(str(n), NOON + timedelta(minutes=m), p) for n, (m, p) in enumerate(rows)])


@settings(max_examples=40, deadline=None)
@given(st.data(), event_lists, st.sampled_from(Aggregation))
def test_the_order_of_events_does_not_matter(
    data: st.DataObject, events: list[UsageEvent], aggregation: Aggregation
) -> None:
    spec = plain(aggregation, ("model",))
    shuffled = data.draw(st.permutations(events))
    assert aggregate(shuffled, spec, YEAR) == aggregate(events, spec, YEAR)


@settings(max_examples=40, deadline=None)
@given(event_lists)
def test_the_groups_of_a_sum_or_count_sum_to_the_whole(events: list[UsageEvent]) -> None:
    for aggregation, property_ in ((Aggregation.SUM, "tokens"), (Aggregation.COUNT, None)):
        groups = aggregate(events, Aggregate(aggregation, property_, group_by=("model",)))
        (whole,) = aggregate(events, Aggregate(aggregation, property_))
        assert sum(group.quantity for group in groups) == whole.quantity
        assert sum(group.events for group in groups) == whole.events
