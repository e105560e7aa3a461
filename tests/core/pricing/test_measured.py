"""Usage in more detail than a quantity, and what a price says it must be told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import Exact
from counterfoil.core.pricing import (
    Detail,
    GroupUsage,
    Measured,
    Need,
    Window,
    WindowUnit,
    WindowUsage,
    parse_pricing,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
MATRIX: dict[str, object] = {
    "properties": ["region", "size"],
    "prices": [{"values": ["eu", None], "unit_amount": "2"}],
}
BUCKETED: dict[str, object] = {
    "window": {"unit": "minute", "count": 15},
    "model": "package",
    "params": {"package_size": "10", "package_amount": "1"},
}
NEEDS: list[tuple[str, dict[str, object], Need]] = [
    ("graduated", {"tiers": [{"unit_amount": "1"}]}, Need(Detail.QUANTITY)),
    ("percentage", {"rate_percent": "2"}, Need(Detail.QUANTITY)),
    ("percentage", {"rate_percent": "2", "fixed_per_event": "0.3"}, Need(Detail.EVENTS)),
    ("percentage", {"rate_percent": "2", "free_events": 1}, Need(Detail.AMOUNTS)),
    ("percentage", {"rate_percent": "2", "free_amount": "1"}, Need(Detail.AMOUNTS)),
    ("percentage", {"rate_percent": "2", "min_per_event": "1"}, Need(Detail.AMOUNTS)),
    ("percentage", {"rate_percent": "2", "max_per_event": "1"}, Need(Detail.AMOUNTS)),
    ("matrix", MATRIX, Need(Detail.GROUPS, group_by=("region", "size"))),
    ("bucketed", BUCKETED, Need(Detail.WINDOWS, window=Window(WindowUnit.MINUTE, 15))),
]


@pytest.mark.parametrize(("model", "params", "need"), NEEDS)
def test_a_price_says_what_it_must_be_told_of_the_usage(
    model: str, params: dict[str, object], need: Need
) -> None:
    assert parse_pricing(model, params, given=[need.detail]).need == need


@pytest.mark.parametrize(
    ("model", "params", "need"), [case for case in NEEDS if case[2].detail != "quantity"]
)
def test_a_price_that_needs_more_than_is_known_is_refused_before_anybody_owes_by_it(
    model: str, params: dict[str, object], need: Need
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_pricing(model, params)
    assert refusal.value.allowed == "a price that needs quantity"
    assert need.detail in refusal.value.message


@pytest.mark.parametrize(
    ("model", "params", "need"), [case for case in NEEDS if case[2].detail != "quantity"]
)
def test_a_quantity_alone_is_refused_where_more_is_needed_and_of_nothing_everything_is_known(
    model: str, params: dict[str, object], need: Need
) -> None:
    pricing = parse_pricing(model, params, given=[need.detail])
    with pytest.raises(InvalidInput) as refusal:
        pricing.rate(Decimal(5))
    assert (refusal.value.field, refusal.value.allowed) == (
        "quantity",
        f"the usage with its {need.detail.value}",
    )
    assert sum(part.amount for part in pricing.rate(Decimal(0))) == 0


def groups(**quantities: Exact | int) -> Measured:
    return Measured.of_groups(
        GroupUsage((name,), Decimal(value) if isinstance(value, int) else value)
        for name, value in quantities.items()
    )


def windows(*quantities: int) -> Measured:
    return Measured.of_windows(
        WindowUsage(NOON + timedelta(hours=hour), Decimal(quantity))
        for hour, quantity in enumerate(quantities)
    )


def test_what_a_detail_lists_sums_to_the_quantity_exactly() -> None:
    events = Measured.of_amounts([Decimal("0.1"), Decimal("1e28"), Fraction(1, 3)])
    assert (events.quantity, events.events) == (10**28 + Fraction(1, 10) + Fraction(1, 3), 3)
    assert groups(eu=3, us=4).quantity == 7
    assert windows(1, 0, 2).quantity == 3


@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda: Measured(Decimal(-1)), "quantity"),
        (lambda: Measured(Decimal("NaN")), "quantity"),
        (lambda: Measured.of_amounts([Decimal(1), Decimal(-1)]), "amounts.1"),
        (lambda: groups(eu=5, us=-1), "groups.1"),
        (lambda: windows(5, 5, -1), "windows.2"),
    ],
)
def test_a_negative_piece_of_usage_is_refused_by_its_place(make: Any, field: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make()
    assert (refusal.value.field, refusal.value.allowed) == (field, "0 or more")


def test_a_year_of_hours_is_told_apart_and_ten_thousand_windows_are_the_end() -> None:
    assert windows(*[1] * 8_784).quantity == 8_784
    with pytest.raises(TooLarge) as refusal:
        windows(*[1] * 10_001)
    assert (refusal.value.field, refusal.value.allowed) == ("windows", "at most 10000")


def test_a_change_of_each_quantity_keeps_the_detail() -> None:
    def half(quantity: Exact) -> Exact:
        return quantity / 2

    assert Measured(Decimal(5), events=3).each(half) == Measured(Decimal("2.5"), events=3)
    assert groups(eu=3, us=4).each(half) == groups(eu=Decimal("1.5"), us=2)
    assert windows(2, 6).each(half) == windows(1, 3)
    assert Measured.of_amounts([Decimal(4)]).each(half) == Measured.of_amounts([Decimal(2)])
