"""The models that look at events, groups, windows, costs and seats, by hand-worked numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.core.pricing import (
    Detail,
    GroupUsage,
    Measured,
    Part,
    PartKind,
    Pricing,
    WindowUsage,
    parse_pricing,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def price(model: str, /, **params: object) -> Pricing:
    return parse_pricing(model, params, given=tuple(Detail))


def events(*amounts: str) -> Measured:
    return Measured.of_amounts(Decimal(amount) for amount in amounts)


def facts(parts: tuple[Part, ...]) -> list[object]:
    return [(part.kind, part.quantity, part.count, part.amount) for part in parts]


def said(part: Part, names: str) -> list[object]:
    return [getattr(part, name) for name in names.split()]


def test_a_percentage_with_a_fee_counts_events_of_which_no_more_is_known() -> None:
    card = price("percentage", rate_percent="2.9", fixed_per_event="0.30")
    assert facts(card.rate(Measured(Decimal(1000), events=40))) == [
        (PartKind.PERCENT, 1000, 1000, 29),
        (PartKind.EVENTS, 0, 40, 12),
    ]
    assert facts(card.rate(Measured(Decimal(0), events=2))) == [
        (PartKind.PERCENT, 0, 0, 0),
        (PartKind.EVENTS, 0, 2, Decimal("0.6")),
    ]


def test_events_that_are_charged_alike_are_told_together() -> None:
    fees = price("percentage", rate_percent="10", min_per_event="1", max_per_event="5")
    assert facts(fees.rate(events("2", "20", "30", "100", "4", "900"))) == [
        (PartKind.PERCENT, 50, 50, 5),
        (PartKind.MINIMUM, 6, 2, 2),
        (PartKind.MAXIMUM, 1000, 2, 10),
    ]


def test_an_event_that_ends_exactly_at_the_free_amount_is_free_and_pays_no_fee() -> None:
    fees = price("percentage", rate_percent="10", fixed_per_event="1", free_amount="100")
    assert facts(fees.rate(events("60", "40"))) == [
        (PartKind.INCLUDED, 100, 100, 0),
        (PartKind.PERCENT, 0, 0, 0),
    ]
    assert facts(fees.rate(events("60", "40.01"))) == [
        (PartKind.INCLUDED, 100, 100, 0),
        (PartKind.PERCENT, Decimal("0.01"), Decimal("0.01"), Decimal("0.001")),
        (PartKind.EVENTS, 0, 1, 1),
    ]


def test_the_order_of_events_decides_which_of_them_are_free() -> None:
    fees = price("percentage", rate_percent="10", free_events=1)
    assert [sum(part.amount for part in fees.rate(events(*given))) for given in (("1", "9"), ("9", "1"))] == [
        Decimal("0.9"),
        Decimal("0.1"),
    ]


def test_graduated_percentages_say_what_each_tier_took() -> None:
    tiers = [{"up_to": "1000", "rate_percent": "1.5"}, {"rate_percent": "0.5", "flat_amount": "10"}]
    first, second = price("graduated_percentage", tiers=tiers).rate(events("800", "700"))
    assert said(first, "kind over up_to amount") == [PartKind.PERCENT, 0, 1000, 15]
    assert said(second, "index quantity unit_amount amount") == [1, 500, Decimal("0.005"), Decimal("12.5")]


def test_seats_below_the_least_pay_for_it_and_over_the_most_are_refused() -> None:
    team = price("seat", unit_amount="9", min_seats=5, max_seats=20)
    assert facts(team.rate(Decimal(0))) == [(PartKind.SEATS, 0, 5, 45)]
    assert facts(team.rate(Decimal(20))) == [(PartKind.SEATS, 20, 20, 180)]
    assert facts(team.rate(Decimal("7.5"))) == [
        (PartKind.SEATS, Decimal("7.5"), Decimal("7.5"), Decimal("67.5"))
    ]
    with pytest.raises(InvalidInput) as refusal:
        team.rate(Decimal(21))
    assert (refusal.value.field, refusal.value.allowed) == ("quantity", "at most 20")


def test_a_cost_is_the_quantity_itself_or_so_much_a_unit() -> None:
    assert facts(price("cost_plus", markup_percent="25").rate(Decimal("8"))) == [
        (PartKind.COST, 8, 8, 8),
        (PartKind.MARKUP, 0, 8, 2),
    ]
    tokens = price("cost_plus", markup_percent="25", unit_cost="0.000002")
    assert [part.amount for part in tokens.rate(Decimal(1_000_000))] == [2, Decimal("0.5")]


def test_nothing_used_of_a_dynamic_price_makes_no_part() -> None:
    assert price("dynamic", multiplier="2").rate(Decimal(0)) == ()


def matrix(**more: object) -> Pricing:
    prices = [{"values": ["eu"], "unit_amount": "2"}, {"values": [None], "unit_amount": "5"}]
    return price("matrix", properties=["region"], prices=prices, **more)


def test_each_group_of_a_matrix_has_its_price_and_an_absent_value_is_one_too() -> None:
    used = Measured.of_groups([GroupUsage((None,), Decimal(1)), GroupUsage(("eu",), Decimal(3))])
    absent, europe = matrix().rate(used)
    assert said(absent, "group amount") == [(("region", None),), 5]
    assert said(europe, "group amount") == [(("region", "eu"),), 6]


def test_a_group_without_a_price_is_refused_unless_there_is_a_default() -> None:
    mars = Measured.of_groups([GroupUsage(("mars",), Decimal(3))])
    assert [part.amount for part in matrix(default_unit_amount="7").rate(mars)] == [21]
    with pytest.raises(InvalidInput) as refusal:
        matrix().rate(mars)
    assert "region mars" in refusal.value.message
    assert "default_unit_amount" in (refusal.value.allowed or "")


def test_tiers_packages_and_fees_begin_anew_in_each_window_and_a_quiet_window_is_free() -> None:
    hours = Measured.of_windows(
        WindowUsage(NOON + timedelta(hours=hour), Decimal(quantity))
        for hour, quantity in enumerate([11, 0, 9, 10])
    )
    packages = price(
        "bucketed",
        window={"unit": "hour"},
        model="package",
        params={"package_size": "10", "package_amount": "1"},
    )
    parts = packages.rate(hours)
    assert [said(part, "window count") for part in parts] == [
        [NOON, 2],
        [NOON + timedelta(hours=2), 1],
        [NOON + timedelta(hours=3), 1],
    ]
    fee = price("bucketed", window={"unit": "hour"}, model="flat", params={"amount": "3"})
    assert sum(part.amount for part in fee.rate(hours)) == 9
