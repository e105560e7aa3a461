"""The calculator's answers in words and as data, to figures worked out by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from counterfoil.core.calculator import commitment, periods, price, proration, tax
from counterfoil.core.errors import InvalidInput, TooLarge
from counterfoil.core.money import unit_of
from counterfoil.core.rating import redo

TIERS = {"tiers": [{"up_to": "100", "unit_amount": "1"}, {"unit_amount": "0.50"}]}
TOKENS = {"currency": "EUR", "model": "graduated", "params": TIERS, "quantity": "150"}
MARCH = {"currency": "EUR", "interval": "month", "anchor": {"alignment": "calendar"}}


def words(told: dict[str, Any]) -> list[str]:
    return [step["text"] for step in told["steps"]]


def test_a_price_is_explained_tier_by_tier_and_its_sum_can_be_done_again() -> None:
    told = price(TOKENS)
    assert words(told) == [
        "Quantity: 150",
        "0 to 100: 100 × 1 = 100",
        "Over 100: 50 × 0.5 = 25",
        "Sum: 125",
        "Amount: 125.00 EUR, nothing to round",
    ]
    stored = json.loads(json.dumps(told["explanation"]))
    assert redo(stored, unit_of("EUR")).amount_text() == told["amount"] == "125.00"


def test_a_share_a_minimum_and_discounts_are_taken_in_the_order_of_rating() -> None:
    # 125 × 1/3 = 41.67 before, 10 % off is 37.50, and the least is 120 × 1/3 = 40.
    terms = {"minimum": {"amount": "120"}}
    asked = TOKENS | {"proration": "1/3", "discounts": [{"kind": "percent", "value": "10"}], "terms": terms}
    told = price(asked)
    assert (told["listed"], told["amount"]) == ("41.67", "40.00")
    assert price(asked | {"closed": False})["amount"] == "37.50"
    assert price(asked | {"terms": {**terms, "discounts": "after_minimum"}})["amount"] == "37.50"


def test_every_form_of_usage_is_priced() -> None:
    by_region = {
        "properties": ["region"],
        "prices": [{"values": ["eu"], "unit_amount": "2"}],
        "default_unit_amount": "1",
    }
    groups = [{"values": ["eu"], "quantity": "3"}, {"values": [None], "quantity": "4"}]
    told = price({"currency": "EUR", "model": "matrix", "params": by_region, "groups": groups})
    assert told["amount"] == "10.00"
    hourly = {"window": {"unit": "hour"}, "model": "package"}
    hourly |= {"params": {"package_size": "10", "package_amount": "1"}}
    windows = [{"start": f"2026-01-01T0{hour}:00:00Z", "quantity": "11"} for hour in range(3)]
    told = price({"currency": "EUR", "model": "bucketed", "params": hourly, "windows": windows})
    assert told["amount"] == "6.00"
    share = {"rate_percent": "2", "fixed_per_event": "0.30"}
    told = price({"currency": "EUR", "model": "percentage", "params": share, "quantity": "100", "events": 4})
    assert told["amount"] == "3.20"
    assert price({"currency": "EUR", "model": "flat", "params": {"amount": "9"}})["amount"] == "9.00"


def test_a_meter_makes_of_events_what_the_price_needs() -> None:
    # 1, 2, 3 and 4 tokens, an hour apart, in turn in the us and in the eu.
    records = [
        {"at": f"2026-01-01T0{hour}:10:00Z", "properties": {"tokens": hour + 1, "region": region}}
        for hour, region in enumerate(["us", "eu", "us", "eu"])
    ]
    asked: dict[str, Any] = {"currency": "EUR", "records": records}
    asked |= {"meter": {"aggregation": "sum", "property": "tokens"}}
    each = {"model": "per_unit", "params": {"unit_amount": "1"}}
    told = price(asked | each)
    assert (words(told)[0], told["amount"]) == ("Quantity: 10, from 4 events", "10.00")
    day = {"start": "2026-01-01T01:00:00Z", "end": "2026-01-01T03:00:00Z"}
    assert price(asked | each | {"period": day})["amount"] == "5.00"
    of_eu = {"aggregation": "max", "property": "tokens", "filters": {"region": ["eu"]}}
    assert price(asked | each | {"meter": of_eu})["amount"] == "4.00"
    cheap = [{"values": ["eu"], "unit_amount": "1"}]
    matrix = {"properties": ["region"], "prices": cheap, "default_unit_amount": "2"}
    assert price(asked | {"model": "matrix", "params": matrix})["amount"] == "14.00"
    share = {"rate_percent": "100", "free_events": 2}
    assert price(asked | {"model": "percentage", "params": share})["amount"] == "7.00"
    hours = {"window": {"unit": "hour", "count": 2}, "model": "package"}
    hours |= {"params": {"package_size": "5", "package_amount": "1"}}
    told = price(
        asked | {"model": "bucketed", "params": hours, "period": day | {"end": "2026-01-02T00:00:00Z"}}
    )
    assert words(told)[1].startswith("From 2026-01-01 00:00:00 UTC: 2 in packages of 5")
    assert told["amount"] == "3.00"  # 2 tokens are one package, 7 are two


def test_a_change_is_told_by_its_days_and_says_what_runs_after_it() -> None:
    change = {"at": "2026-03-15T00:00:00Z", "old": {"amount": "10"}, "new": {"amount": "20"}}
    told = proration(MARCH | {"change": change})
    assert words(told) == [
        "Credit, 2026-03-15 until before 2026-04-01 (17 of 31 days): 10 × 17/31 = about 5.483871",
        "Charge, 2026-03-15 until before 2026-04-01 (17 of 31 days): 20 × 17/31 = about 10.967742",
        "Net: 5.49 EUR, on the next invoice",
    ]
    assert told["charged_from"] == told["period"]["end"] == "2026-04-01T00:00:00Z"
    rounded = proration(MARCH | {"change": change, "policy": {"net_rounding": "rounded_sum"}})
    assert rounded["net"] == "5.48"


def test_no_more_is_given_back_than_was_paid() -> None:
    cancel = {"at": "2026-03-15T00:00:00Z", "old": {"amount": "31", "paid": "7"}}
    told = proration(MARCH | {"cancel": cancel})
    assert told["net"] == "-7.00"
    assert told["lines"][0]["limited"]
    assert proration(MARCH | {"cancel": cancel | {"credit": "none"}})["net"] == "0.00"
    whole = {"at": cancel["at"], "old": {"amount": "31"}, "credit": "whole"}
    assert proration(MARCH | {"cancel": whole})["net"] == "-31.00"


def test_a_part_is_cut_at_every_boundary() -> None:
    part = {"start": "2026-01-16T00:00:00Z", "end": "2026-03-08T00:00:00Z", "amount": "31"}
    told = proration(MARCH | {"part": part})
    assert [line["words"] for line in told["lines"]] == ["16 of 31 days", "28 of 28 days", "7 of 31 days"]
    assert told["net"] == "54.00"  # 16 + 31 + 7


def test_periods_are_numbered_from_where_charging_starts() -> None:
    asked = {"interval": "month", "anchor": {"day": 31}, "start": "2026-01-15T00:00:00Z", "count": 3}
    told = periods(asked | {"amount": "31", "currency": "EUR"})
    assert [(one["number"], one["end"][:10], one["amount"]) for one in told["periods"]] == [
        (1, "2026-01-31", "16.00"),
        (2, "2026-02-28", "31.00"),
        (3, "2026-03-31", "31.00"),
    ]
    assert told["total"] == "78.00"
    [later] = periods(asked | {"from": "2027-01-01T00:00:00Z", "count": 1})["periods"]
    assert (later["number"], later["start"][:10]) == (13, "2026-12-31")
    assert periods(asked | {"end": "2026-03-10T00:00:00Z"})["periods"][-1]["words"] == "10 of 31 days"
    assert periods(asked | {"cadence": "in_arrears"})["periods"][0]["due_at"][:10] == "2026-01-31"


def test_what_pays_first_comes_before_the_commitment() -> None:
    # 60 calls at 0.50: 30 are included, 10.00 of credit pay 20, and 5.00 of the commitment of 20.00 are used.
    pools = [{"source": "included", "balance": "30"}, {"source": "usage_credit", "balance": "10"}]
    lines = [{"key": "calls", "quantity": "60", "unit_amount": "0.50"}]
    settlement = {"commitment": {"size": "20"}, "lines": lines, "pools": pools}
    told = commitment({"currency": "EUR", "settlement": settlement})
    charges = [(charge["kind"], charge["amount"]) for charge in told["charges"]]
    assert charges == [("usage", "5.00"), ("true_up", "15.00")]
    assert words(told)[1] == "not used: 20 committed, 5 used of it: 15"
    other = settlement | {"order": ["commit", "usage_credit", "included"]}
    assert commitment({"currency": "EUR", "settlement": other})["amount"] == "20.00"


@pytest.mark.parametrize(
    ("question", "amount", "said"),
    [
        (
            {"drawing": {"lines": [{"quantity": "5", "unit_amount": "2"}], "pools": [{"balance": "3"}]}},
            "4.00",
            "usage: 2 × 2 = 4",
        ),
        (
            {"cap": {"cap": "50", "spent": "20", "lines": [{"key": "a", "amount": "40"}]}},
            "30.00",
            "a: 30 charged, 10 waived",
        ),
        (
            {
                "instalments": {
                    "amount": "100",
                    "count": 3,
                    "start": "2026-01-31T00:00:00Z",
                    "interval": "month",
                }
            },
            "100.00",
            "Due 2026-02-28T00:00:00Z: 33.33 EUR",
        ),
        (
            {
                "renewal": {
                    "start": "2024-02-29T00:00:00Z",
                    "interval": "year",
                    "commit": {"given": "100", "used": "30"},
                    "remainder": "rollover",
                    "limit": "50",
                }
            },
            None,
            "Lost: 20.00 EUR",
        ),
        (
            {
                "division": {
                    "start": "2026-01-01T00:00:00Z",
                    "interval": "year",
                    "commit": {"given": "1000"},
                    "starts": ["2026-01-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-09-01T00:00:00Z"],
                }
            },
            None,
            "2026-01-01T00:00:00Z until before 2026-05-01T00:00:00Z: 333.34 EUR",
        ),
    ],
    ids=["drawing", "cap", "instalments", "renewal", "division"],
)
def test_what_belongs_to_commitments_is_answered(
    question: dict[str, Any], amount: str | None, said: str
) -> None:
    told = commitment({"currency": "EUR"} | question)
    assert told["amount"] == amount
    assert said in words(told)
    assert told["redone"] == {"amount": amount, "matches": True}


def test_tax_is_told_with_its_rounding() -> None:
    line = {"amount": "0.10", "rates": [{"code": "vat", "percent": "5"}]}
    told = tax({"currency": "EUR", "lines": [line]})
    assert words(told)[0] == "vat: 0.1 × 5 % = 0.005, rounded half up to 0.01"
    assert tax({"currency": "EUR", "lines": [line], "rounding": "half_even"})["tax"] == "0.00"
    credit = {"amount": "-100.00", "rates": [{"percent": "20"}], "mode": "inclusive"}
    told = tax({"currency": "EUR", "lines": [credit]})
    assert (told["net"], told["tax"], told["total"]) == ("-83.33", "-16.67", "-100.00")


@pytest.mark.parametrize(
    ("work", "asked", "field"),
    [
        (
            price,
            {"params": {"tiers": [{"up_to": "100", "unit_amount": "1"}, {"up_to": "50"}]}},
            "params.tiers.1",
        ),
        (
            price,
            {"params": {"tiers": [{"up_to": 9, "unit_amount": 1}, {"up_to": 9, "unit_amount": 1}]}},
            "params.tiers.1.up_to",
        ),
        (price, {"model": "magic"}, "model"),
        (price, {"model": "bucketed", "params": {"model": "magic"}}, "params.window"),
        (price, {"currency": "eur"}, "currency"),
        (price, {"currency": None}, "currency"),
        (price, {"quantity": None}, "quantity"),
        (price, {"quantity": "-1"}, "quantity"),
        (price, {"quantity": "9" * 38}, "quantity"),
        (price, {"amounts": ["1"]}, "amounts"),
        (price, {"quantity": None, "amounts": ["1", "x"]}, "amounts.1"),
        (price, {"terms": {"minimum": {"amount": "2"}, "maximum": {"amount": "1"}}}, "terms.maximum.amount"),
        (price, {"terms": {"rounding": {"step": "0"}}}, "terms.rounding.step"),
        (price, {"terms": {"rounding": {"step": "1", "unit": "\ud800"}}}, "terms.rounding.unit"),
        (price, {"meter": {"aggregation": "count"}}, "meter"),
        (price, {"records": []}, "records"),
        (price, {"quantity": None, "meter": {}}, "meter.aggregation"),
        (price, {"quantity": None, "meter": {"aggregation": "sum"}}, "meter.property"),
        (
            price,
            {"quantity": None, "meter": {"aggregation": "count"}, "records": [{"at": "now"}]},
            "records.0.at",
        ),
        (price, {"proration": "3/2"}, "proration"),
        (price, {"proration": "1/0"}, "proration"),
        (price, {"discounts": [{"value": "101"}]}, "discounts.0.value"),
        (price, {"rounding": "up_a_bit"}, "rounding"),
        (price, {"no_such": 1}, "no_such"),
        (proration, {"interval": "fortnight"}, "interval.unit"),
        (proration, {"interval": {"unit": "month", "count": 0}}, "interval.count"),
        (proration, {"zone": "Mars"}, "zone"),
        (proration, {"anchor": {"day": 32}}, "anchor.day"),
        (proration, {"anchor": {"day": 1, "weekday": 1}}, "anchor"),
        (proration, {"anchor": {"day": 1, "alignment": "calendar"}}, "anchor.alignment"),
        (
            proration,
            {"policy": {"day_count": "inclusive_end", "denominator": "plan_year"}},
            "policy.denominator",
        ),
        (proration, {"part": None}, "part"),
        (proration, {"cancel": {}}, "cancel"),
        (proration, {"part": {"start": "2026-01-02T00:00:00Z", "end": "2026-01-01T00:00:00Z"}}, "part.end"),
        (proration, {"part": None, "change": {"at": "2026-01-01T00:00:00Z"}}, "change.new"),
        (
            proration,
            {"part": None, "change": {"at": "2026-01-01T00:00:00Z", "old": {"amount": "1"}}},
            "change.old.started_at",
        ),
        (proration, {"part": None, "cancel": {"at": "2026-01-01T00:00:00Z"}}, "cancel.old"),
        (
            proration,
            {
                "part": None,
                "change": {
                    "at": "2026-01-01T00:00:00Z",
                    "old": {"amount": "1", "started_at": "2026-02-01T00:00:00Z"},
                },
            },
            "change.at",
        ),
        (periods, {"start": "yesterday"}, "start"),
        (periods, {"start": None}, "start"),
        (periods, {"end": "2025-01-01T00:00:00Z"}, "end"),
        (periods, {"trial_days": 1001}, "trial_days"),
        (periods, {"count": 1001}, "count"),
        (periods, {"policy": {"behavior": "none"}}, "policy.behavior"),
        (periods, {"amount": "1"}, "currency"),
        (periods, {"currency": "EUR"}, "amount"),
        (commitment, {"settlement": None}, "settlement"),
        (commitment, {"settlement": {"lines": []}}, "settlement.commitment"),
        (commitment, {"settlement": {"commitment": {"size": "0"}}}, "settlement.commitment.size"),
        (
            commitment,
            {"settlement": {"commitment": {"size": "1"}, "lines": [{"quantity": "1"}, {"quantity": "1"}]}},
            "settlement.lines",
        ),
        (
            commitment,
            {"settlement": {"commitment": {"size": "1"}, "lines": [{"model": "flat", "params": {}}]}},
            "settlement.lines.0.params.amount",
        ),
        (commitment, {"settlement": None, "drawing": {"order": ["commit"]}}, "drawing.order"),
        (commitment, {"settlement": None, "instalments": {"amount": "1", "parts": []}}, "instalments"),
        (
            commitment,
            {"settlement": None, "renewal": {"start": "2026-01-01T00:00:00Z"}},
            "renewal.interval",
        ),
        (
            commitment,
            {
                "settlement": None,
                "renewal": {
                    "start": "2026-01-01T00:00:00Z",
                    "interval": "year",
                    "commit": {"given": "1", "used": "2"},
                },
            },
            "renewal.commit.used",
        ),
        (
            commitment,
            {
                "settlement": None,
                "division": {
                    "start": "2026-01-01T00:00:00Z",
                    "interval": "year",
                    "commit": {"given": "2", "used": "1"},
                },
            },
            "division.commit.used",
        ),
        (tax, {"lines": []}, "lines"),
        (tax, {"lines": [{"amount": "1.001"}]}, "lines.0.amount"),
        (tax, {"lines": [{"amount": "1", "rates": [{"percent": "101"}]}]}, "lines.0.rates.0.percent"),
        (tax, {"lines": [{"amount": "1", "rates": [{"percent": "1"}] * 2}]}, "lines.0.rates"),
        (tax, {"lines": [{"amount": "-1"}], "discount": "1"}, "discount"),
    ],
)
def test_what_cannot_be_worked_out_is_refused_by_its_field(
    work: Any, asked: dict[str, Any], field: str
) -> None:
    part = {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z", "amount": "1"}
    good: dict[Any, dict[str, Any]] = {
        price: TOKENS,
        proration: {"currency": "EUR", "interval": "month", "part": part},
        periods: {"interval": "month", "start": "2026-01-01T00:00:00Z"},
        commitment: {"currency": "EUR", "settlement": {"commitment": {"size": "1"}, "lines": []}},
        tax: {"currency": "EUR", "lines": [{"amount": "1"}]},
    }
    work(good[work])
    with pytest.raises(InvalidInput) as refused:
        work(good[work] | asked)
    assert (refused.value.field or "").startswith(field)
    assert refused.value.allowed


def test_what_would_take_long_is_refused() -> None:
    ages = {"start": "1970-01-01T00:00:00Z", "end": "9998-01-01T00:00:00Z", "amount": "1"}
    with pytest.raises(TooLarge) as refused:
        proration({"currency": "EUR", "interval": "day", "part": ages})
    assert refused.value.field == "part.end"
    old = {"amount": "1", "started_at": "1970-01-01T00:00:00Z", "billed_to": "1970-01-01T00:00:00Z"}
    with pytest.raises(TooLarge):
        proration({"currency": "EUR", "interval": "day", "cancel": {"at": ages["end"], "old": old}})
    tiers = [{"up_to": str(n), "unit_amount": "1"} for n in range(1, 1001)]
    inner = {"window": {"unit": "minute"}, "model": "graduated", "params": {"tiers": tiers}}
    windows = [{"start": f"2026-01-01T00:{n:02}:00Z", "quantity": "999"} for n in range(11)]
    with pytest.raises(TooLarge) as refused:
        price({"currency": "EUR", "model": "bucketed", "params": inner, "windows": windows})
    assert refused.value.field == "windows"
    far = {"start": "9998-12-31T00:00:00Z", "interval": {"unit": "year", "count": 1000}}
    with pytest.raises(InvalidInput) as unreachable:
        periods(far)
    assert unreachable.value.field == "start"


@pytest.mark.parametrize(
    ("meter", "field"),
    [
        ({"aggregation": "sum", "property": "gb"}, "records.1.properties.gb"),
        ({"aggregation": "expression", "expression": "gb / hours"}, "records.1.properties"),
    ],
)
def test_a_record_without_the_number_of_its_meter_is_refused_as_an_event_is(
    meter: dict[str, str], field: str
) -> None:
    """A typing error in a property's name must not come out as 0.00."""
    at = "2026-01-05T00:00:00Z"
    records = [
        {"at": at, "properties": {"gb": 6, "hours": 2, "kind": "a"}},
        {"at": at, "properties": {"gigabytes": 6, "hours": 0, "kind": "a"}},
    ]
    asked = {"currency": "EUR", "model": "per_unit", "params": {"unit_amount": "1"}, "records": records}
    with pytest.raises(InvalidInput) as refused:
        price(asked | {"meter": meter})
    assert refused.value.field == field
    left_out = {**meter, "filters": {"kind": ["b"]}}
    assert price(asked | {"meter": left_out})["amount"] == "0.00"
