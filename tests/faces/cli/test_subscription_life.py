"""A subscription with prices of its own, from the price list file; paused, resumed and ended by commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
issuer: {name: Lumen AI GmbH}
plans:
  pro:
    name: Pro
    prices:
      - {code: seats, model: per_unit, unit_amount: 10, quantity_source: item}
customers:
  acme: {name: Acme, zone: Europe/Berlin}
  brink: {name: Brink}
subscriptions:
  acme-pro:
    customer: acme
    plan: pro
    payment_method: card
    quantities: {seats: 3}
    started_at: 2026-05-01
    overrides:
      - {code: seats, model: per_unit, unit_amount: 8, starts_at: 2026-06-01, ends_at: 2026-07-01}
  brink-own:
    customer: brink
    plan_reference: legacy-7
    started_at: 2026-05-01
    own_prices:
      - {code: flat-fee, name: Legacy, model: flat, amount: 25}
"""


@pytest.fixture
def listed(cli: Cli) -> Cli:
    cli("clock", "set", "2026-05-01")
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    return cli


def totals(cli: Cli) -> list[tuple[str, str]]:
    shown = cli("invoice", "list", "--json").json
    return sorted((one["customer"], one["total"]) for one in shown)


def test_what_the_file_agrees_on_is_billed_and_the_file_says_nothing_new_later(listed: Cli) -> None:
    found = {one["external_id"]: one for one in listed("subscription", "list", "--json").json}
    assert (found["brink-own"]["plan"], found["brink-own"]["plan_reference"]) == (None, "legacy-7")
    assert "legacy-7" in listed("subscription", "list").out
    listed("clock", "advance", "2026-06-15")
    # Acme: 3 seats at 10 in May, at 8 in June.
    assert totals(listed) == [("Acme", "24.00"), ("Acme", "30.00"), ("Brink", "25.00"), ("Brink", "25.00")]
    assert "nothing" in listed("apply", "list.yaml", "--yes").out.lower()


def test_an_override_need_not_repeat_the_model_of_the_plans_price(listed: Cli) -> None:
    shorter = LIST.replace("seats, model: per_unit, unit_amount: 8", "seats, unit_amount: 8.0")
    Path("list.yaml").write_text(shorter, encoding="utf-8")
    assert "nothing" in listed("apply", "list.yaml", "--yes").out.lower()
    again = shorter.replace("acme-pro", "acme-too")
    Path("list.yaml").write_text(again, encoding="utf-8")
    listed("apply", "list.yaml", "--yes")
    assert "nothing" in listed("apply", "list.yaml", "--yes").out.lower()
    listed("clock", "advance", "2026-06-15")
    assert [total for name, total in totals(listed) if name == "Acme"] == ["24.00"] * 2 + ["30.00"] * 2
    Path("list.yaml").write_text(again.replace("8.0", "7"), encoding="utf-8")
    assert "overrides" in listed("apply", "list.yaml", "--yes", code=2).err


FEATURE = """\
features:
  traffic:
    name: Traffic
    kind: boolean
    unit: {singular: gigabyte, plural: gigabytes}
    rounding: {unit: GB, step: 0.50, mode: ceil}
    regions: [{code: eu, name: Europe}, {code: no, name: Norway}]
"""


def test_a_feature_says_its_unit_its_rounding_and_its_regions(cli: Cli) -> None:
    def applied(text: str, code: int = 0) -> str:
        Path("list.yaml").write_text(text, encoding="utf-8")
        done = cli("apply", "list.yaml", "--yes", code=code)
        return done.out + done.err

    changed = FEATURE.replace("Norway", "Norge").replace("gigabytes", "GB")
    assert "1 created" in applied(FEATURE)
    assert "nothing" in applied(FEATURE).lower()
    assert "Norge" in applied(changed)
    assert "rounding" in applied(FEATURE.replace("ceil", "floor"), code=2)
    assert "list.yaml:6: features.traffic.rounding" in applied(FEATURE.replace("step: 0.50, ", ""), code=2)
    nameless = applied(FEATURE.replace("{code: no, name: Norway}", "{}"), code=2)
    assert "features.traffic.regions.1 has no code" in nameless
    assert "nothing" in applied(changed).lower()
    without = changed.replace("{singular: gigabyte, plural: GB}", "{}")
    assert "unit" in applied(without)
    assert "nothing" in applied(without).lower()


def test_a_file_that_takes_back_what_was_agreed_is_refused_at_its_place(listed: Cli) -> None:
    Path("list.yaml").write_text(LIST.replace("unit_amount: 8", "unit_amount: 7"), encoding="utf-8")
    refused = listed("apply", "list.yaml", "--yes", code=2)
    assert "list.yaml:19" in refused.err
    assert "overrides" in refused.err
    Path("list.yaml").write_text(LIST.replace("amount: 25", "amount: 26"), encoding="utf-8")
    assert "own_prices" in listed("apply", "list.yaml", "--yes", code=2).err


def test_labels_follow_the_file(listed: Cli) -> None:
    Path("list.yaml").write_text(LIST.replace("legacy-7", "legacy-8"), encoding="utf-8")
    assert "legacy-8" in listed("apply", "list.yaml", "--yes").out
    found = {one["external_id"]: one for one in listed("subscription", "list", "--json").json}
    assert found["brink-own"]["plan_reference"] == "legacy-8"


def test_a_file_with_neither_plan_nor_prices_is_refused(cli: Cli) -> None:
    Path("list.yaml").write_text(
        "currency: EUR\ncustomers:\n  a: {name: A}\nsubscriptions:\n  s: {customer: a}\n", encoding="utf-8"
    )
    assert "has no plan" in cli("apply", "list.yaml", "--yes", code=2).err


def test_a_person_pauses_resumes_and_ends_a_subscription(listed: Cli) -> None:
    listed("clock", "advance", "2026-05-10")
    assert "brink-own is paused" in listed("subscription", "pause", "brink-own").out
    [one] = listed("subscription", "list", "--status", "paused", "--json").json
    assert (one["external_id"], one["paused_at"]) == ("brink-own", "2026-05-10T00:00:00Z")
    assert "paused" in listed("subscription", "pause", "brink-own", code=1).err
    listed("clock", "advance", "2026-06-16")
    assert "billed next on 2026-07-01" in listed("subscription", "resume", "brink-own").out
    listed("clock", "advance", "2026-06-17")
    # 16 to 30 June: 15 days of 30.
    assert [total for who, total in totals(listed) if who == "Brink"] == ["12.50", "25.00"]
    ending = listed("subscription", "cancel", "brink-own", "--at", "2026-06-20", "--json").json
    assert (ending["status"], ending["cancel_at"]) == ("active", "2026-06-20T00:00:00Z")
    assert "ends on 2026-07-01" in listed("subscription", "cancel", "brink-own").out
    assert "has ended" in listed("subscription", "cancel", "brink-own", "--now").out
    assert "final" in listed("subscription", "cancel", "brink-own", "--now", code=1).err
    assert "--at" in listed("subscription", "cancel", "acme-pro", "--now", "--at", "2030-01-01", code=2).err
    assert "there is no subscription" in listed("subscription", "pause", "nobody", code=1).err
