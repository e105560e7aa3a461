"""What a price list in a file may say, and how it is refused: without a database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from counterfoil.core.errors import InvalidInput
from counterfoil.faces.cli.apply.diff import Action, FieldChange, difference
from counterfoil.faces.cli.apply.document import Wanted, read_document
from counterfoil.faces.cli.apply.yaml_text import read_yaml

EXAMPLES = Path(__file__).parents[3] / "examples" / "ai-platform"

LIST = """\
currency: EUR
meters:
  calls: {name: Calls, event_name: call, aggregation: count}
plans:
  pro:
    name: Pro
    prices:
      - code: fee
        model: flat
        amount: 9.90
      - code: calls
        meter: calls
        model: graduated
        tiers:
          - {up_to: 1000, unit_amount: 0.10}
          - {unit_amount: 0.0000000000000000000000000000001}
"""


def wanted(text: str) -> list[Wanted]:
    return read_document(read_yaml(text, "list.yaml"))


def refusal(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        wanted(text)
    return caught.value


def state(text: str) -> dict[tuple[str, str], Any]:
    return {(one.kind, one.key): dict(one.fields) for one in wanted(text)}


def test_amounts_keep_every_digit_that_was_written() -> None:
    prices = state(LIST)["plan", "pro"]["prices"]
    assert prices["fee"]["currencies"] == {"EUR": {"amount": "9.9"}}
    last = prices["calls"]["currencies"]["EUR"]["tiers"][1]
    assert Decimal(last["unit_amount"]) == Decimal("1E-31")


def test_a_price_with_a_meter_is_of_usage_in_arrears_and_one_without_a_fee_in_advance() -> None:
    prices = state(LIST)["plan", "pro"]["prices"]
    assert (prices["calls"]["quantity_source"], prices["calls"]["cadence"]) == ("usage", "in_arrears")
    assert (prices["fee"]["quantity_source"], prices["fee"]["cadence"]) == ("one", "in_advance")


def test_terms_stand_beside_the_parameters_and_their_amounts_are_of_the_files_currency() -> None:
    stated = "        terms: {included: 100, minimum: {amount: 5, prorated: false}}\n"
    text = LIST.replace("        meter: calls\n", "        meter: calls\n" + stated)
    prices = state(text)["plan", "pro"]["prices"]
    assert prices["fee"]["terms"] == {}
    assert prices["calls"]["terms"] == {
        "included": "100",
        "minimum": {"amount": {"EUR": "5"}, "prorated": False},
    }
    error = refusal(text.replace("amount: 5", "amount: -5"))
    assert error.field == "plans.pro.prices.1.terms.minimum.amount.EUR"
    assert "list.yaml:13:" in error.message


def test_each_model_takes_its_parameters_beside_its_name_or_by_currency() -> None:
    text = LIST.replace("aggregation: count", "aggregation: count, group_by: [region]") + (
        "      - code: regions\n        meter: calls\n        model: matrix\n"
        "        properties: [region]\n        default_unit_amount: 1\n"
        "        prices: [{values: [eu], unit_amount: 0.4}, {values: [null], unit_amount: 2}]\n"
        "      - code: days\n        meter: calls\n        model: bucketed\n"
        "        currencies: {EUR: {window: {unit: day}, model: per_unit, params: {unit_amount: 2}}}\n"
    )
    prices = state(text)["plan", "pro"]["prices"]
    regions = prices["regions"]["currencies"]["EUR"]
    assert [one["values"] for one in regions["prices"]] == [["eu"], [None]]
    assert prices["days"]["currencies"]["EUR"]["window"] == {"unit": "day", "count": 1}
    error = refusal(text.replace("unit_amount: 0.4}", "unit_price: 0.4}"))
    assert error.field == "plans.pro.prices.2.prices.0.unit_price"


def test_norway_is_a_country_and_not_false() -> None:
    found = state("customers:\n  fjord: {name: Fjord AS, address: {country: NO}}\n")
    assert found["customer", "fjord"]["address"] == {"country": "NO"}


def test_a_postal_code_keeps_its_zero_and_a_day_is_its_midnight_in_utc() -> None:
    found = state(
        "customers:\n  a: {name: A, address: {postal_code: 04109}}\n"
        "subscriptions:\n  s: {customer: a, plan: p, started_at: 2026-06-01}\n"
    )
    assert found["customer", "a"]["address"]["postal_code"] == "04109"
    assert found["subscription", "s"]["started_at"] == datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "line", "path", "allowed"),
    [
        (LIST.replace("9.90", "nine"), 10, "plans.pro.prices.0.amount", "decimal"),
        (LIST.replace("amount: 9.90", "amount: -1"), 10, "plans.pro.prices.0.amount", "0 or more"),
        (LIST.replace("amount: 9.90", "amount: .nan"), 10, "plans.pro.prices.0.amount", None),
        (LIST.replace("amount: 9.90", "amount: 1e400"), 10, "plans.pro.prices.0.amount", "38 digits"),
        (LIST.replace("up_to: 1000", "up_too: 1000"), 15, "plans.pro.prices.1.tiers.0.up_too", "up_to"),
        (LIST.replace("model: flat", "model: falt"), 9, "plans.pro.prices.0.model", "flat, graduated"),
        (LIST.replace("name: Pro", "nam: Pro"), 6, "plans.pro.nam", "name, description"),
        (LIST.replace("currency: EUR", "currency: EURO"), 1, "currency", "ISO 4217"),
        (LIST.replace("        amount: 9.90\n", "        amount: 9.90\n        amount: 8\n"), 11,
         "plans.pro.prices.0.amount", "once"),
        (LIST.replace("code: calls\n", "code: fee\n"), 11, "plans.pro.prices.1", None),
        (LIST.replace("  pro:", "  pro: {name: A}\n  pro:"), 6, "plans.pro", "once"),
        ("subscriptions:\n  s:\n    customer: a\n    plan: p\n    started_at: 2026-02-30\n", 5,
         "subscriptions.s.started_at", None),
        ("tax_rates:\n  vat: {percent: 19}\n", 2, "tax_rates.vat", "name"),
        ("customers:\n  a: {name: A, zone: Europe/Atlantis}\n", 2, "customers.a.zone", "Europe/Berlin"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_refused_with_file_line_and_path(
    text: str, line: int, path: str, allowed: str | None
) -> None:
    error = refusal(text)
    assert error.message.startswith(f"list.yaml:{line}: {path}")
    assert error.field == path
    assert allowed is None or allowed in (error.allowed or "")


@pytest.mark.parametrize(
    "text",
    [
        "", "- a\n", "a: [1\n", "\tplans:\n", "plans: {a: \x07}\n", "a: 1\n---\nb: 2\n",
        "plans: {? {a: 1} : 2}\n",
        "&a [*a]\n", "plans: &a {b: *a}\n", "[" * 5000, "plans: *nobody\n", "!!python/object:os.system {}\n",
    ],
)  # fmt: skip
def test_what_is_no_price_list_at_all_is_refused(text: str) -> None:
    assert "list.yaml" in refusal(text).message


def test_a_file_that_unfolds_without_bounds_is_refused() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))
    assert "too many values" in refusal(text).message


def test_the_same_file_twice_is_no_difference() -> None:
    assert difference(wanted(LIST), state(LIST)) == []


def test_what_is_missing_is_created_in_the_order_in_which_one_needs_the_other() -> None:
    changes = difference(wanted(LIST), {})
    assert [(change.key, change.action) for change in changes] == [
        (("meter", "calls"), Action.CREATE),
        (("plan", "pro"), Action.CREATE),
    ]


def test_another_amount_is_a_new_version_of_the_plan_and_shows_before_and_after() -> None:
    (change,) = difference(wanted(LIST.replace("9.90", "12")), state(LIST))
    assert change.action is Action.VERSION
    assert change.fields == (FieldChange("prices.fee.currencies.EUR.amount", "9.9", "12"),)


def test_a_price_that_is_left_out_is_shown_as_taken_away() -> None:
    shorter = LIST[: LIST.index("      - code: calls")]
    (change,) = difference(wanted(shorter), state(LIST))
    gone = {field.path: field.before for field in change.fields if field.after is None}
    assert gone["prices.calls.currencies.EUR.tiers.0.unit_amount"] == "0.1"
    assert all(path.startswith("prices.calls.") for path in gone)


def test_another_name_is_an_update_without_a_new_version() -> None:
    (change,) = difference(wanted(LIST.replace("name: Pro", "name: Professional")), state(LIST))
    assert change.action is Action.UPDATE
    assert change.fields == (FieldChange("name", "Pro", "Professional"),)


def test_a_field_that_the_file_does_not_state_stays_as_it_is() -> None:
    text = "customers:\n  a: {name: A}\n"
    there = {("customer", "a"): {"name": "A", "email": "a@a.example", "metadata": {"x": 1}}}
    assert difference(wanted(text), there) == []


def test_a_meter_cannot_be_made_to_measure_something_else() -> None:
    with pytest.raises(InvalidInput) as caught:
        difference(wanted(LIST.replace("aggregation: count", "aggregation: sum, property: n")), state(LIST))
    assert caught.value.message.startswith("list.yaml:3: meters.calls.aggregation cannot change")
    assert "count" in (caught.value.allowed or "")


def test_a_meter_says_how_it_measures_and_what_it_carries() -> None:
    def meter(stated: str) -> dict[str, object]:
        found = state(LIST.replace("aggregation: count}", stated + "}"))["meter", "calls"]
        return {name: found[name] for name in ("property", "multiplier", "expression", "reset")}

    plain: dict[str, object] = {"property": None, "multiplier": None, "expression": None, "reset": "period"}
    assert meter("aggregation: count") == plain
    assert meter('aggregation: expression, expression: "ceil(seconds / 60)"') == plain | {
        "expression": "ceil(seconds / 60)"
    }
    assert meter("aggregation: sum_with_multiplier, property: n, multiplier: 0.010") == plain | {
        "property": "n",
        "multiplier": "0.01",
    }
    assert meter("aggregation: weighted_sum, property: gb, reset: never") == plain | {
        "property": "gb",
        "reset": "never",
    }
    with pytest.raises(InvalidInput) as caught:
        difference(
            wanted(LIST.replace("aggregation: count", "aggregation: count, reset: never")), state(LIST)
        )
    assert caught.value.message.startswith("list.yaml:3: meters.calls.reset cannot change")


def test_seats_that_the_file_does_not_state_stay() -> None:
    text = "subscriptions:\n  s: {customer: a, plan: p, quantities: {seat: 3}}\n"
    there = {("subscription", "s"): {"customer": "a", "plan": "p", "quantities": {"seat": "2", "desk": "1"}}}
    (change,) = difference(wanted(text), there)
    assert change.fields == (FieldChange("quantities.seat", "2", "3"),)


def test_shared_usage_is_said_when_a_subscription_is_made_and_is_no_difference_later() -> None:
    text = "subscriptions:\n  s: {customer: a, plan: p, shared_usage: true}\n"
    (change,) = difference(wanted(text), {})
    assert FieldChange("shared_usage", None, "true") in change.fields
    assert difference(wanted(text), {("subscription", "s"): {"customer": "a", "plan": "p"}}) == []
    assert refusal(text.replace("true", "often")).field == "subscriptions.s.shared_usage"


def test_the_example_names_only_what_it_has() -> None:
    both = [
        one
        for name in ("price-list.yaml", "customers.yaml")
        for one in read_document(read_yaml((EXAMPLES / name).read_text(), name))
    ]
    known = {
        kind: {one.key for one in both if one.kind == kind} for kind in ("customer", "plan", "subscription")
    }
    assert len(known["customer"]) == len(known["subscription"]) == 25
    for one in both:
        if one.kind == "subscription":
            assert one.fields["customer"] in known["customer"]
            assert one.fields["plan"] in known["plan"]


def test_a_plan_and_its_prices_say_who_sees_them_what_they_are_and_what_was_committed_to() -> None:
    found = state(
        "currency: EUR\nplans:\n  edge:\n    name: Edge\n    visibility: private\n    kind: bespoke\n"
        "    position: 3\n    min_seats: 2\n    max_seats: null\n    trial_days: 14\n    prices:\n"
        "      - {code: traffic, model: commit, unit_amount: 0.04, committed_quantity: 1000,"
        " unit: GB, feature: cdn, description: Traffic}\n"
    )["plan", "edge"]
    said = {"visibility": "private", "kind": "bespoke", "position": 3, "max_seats": None, "trial_days": 14}
    assert found | said == found
    assert "evaluation_days" not in found, "what is not said is left as it is"
    traffic = found["prices"]["traffic"]
    assert (traffic["unit"], traffic["feature"], traffic["description"]) == ("GB", "cdn", "Traffic")
    assert traffic["currencies"] == {"EUR": {"unit_amount": "0.04", "committed_quantity": "1000"}}
