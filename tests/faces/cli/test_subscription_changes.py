"""A contract's plan and seats are changed by commands, now and later, and looked at before."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
issuer: {name: Lumen AI GmbH}
plans:
  basic:
    name: Basic
    prices:
      - {code: fee, name: Fee, model: flat, amount: 30}
      - {code: seats, name: Seats, model: per_unit, unit_amount: 10, quantity_source: item}
  pro:
    name: Pro
    max_seats: 9
    prices:
      - {code: fee, name: Fee, model: flat, amount: 90}
      - {code: seats, name: Seats, model: per_unit, unit_amount: 10, quantity_source: item}
customers:
  acme: {name: Acme, zone: UTC}
subscriptions:
  acme-1:
    customer: acme
    plan: basic
    quantities: {seats: 3}
    started_at: 2026-06-01
"""


@pytest.fixture
def listed(cli: Cli) -> Cli:
    cli("clock", "set", "2026-06-01")
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    cli("clock", "advance", "2026-06-16")
    return cli


def test_another_plan_is_previewed_and_then_made(listed: Cli) -> None:
    asked = ("subscription", "change-plan", "acme-1", "pro", "--behavior", "always_invoice")
    preview = listed(*asked, "--preview", "--json").json
    assert [one["total"] for one in preview["invoices"]] == ["30.00"]  # 45.00 - 15.00; seats cost the same
    assert "nothing was changed" in listed(*asked, "--preview").out + listed(*asked, "--preview").err
    assert listed("subscription", "list", "--json").json[0]["plan"] == "basic"
    listed(*asked)
    assert listed("subscription", "list", "--json").json[0]["plan"] == "pro"
    totals = [one["total"] for one in listed("invoice", "list", "--json").json]
    assert sorted(totals) == ["30.00", "60.00"]


def test_seats_change_later_unless_that_is_taken_back(listed: Cli) -> None:
    told = listed("subscription", "change-quantity", "acme-1", "seats", "5", "--period-end").out
    assert "2026" in told
    [change] = listed("subscription", "changes", "acme-1", "--json").json
    assert (change["kind"], change["status"]) == ("quantity", "scheduled")
    assert "quantity" in listed("subscription", "changes", "acme-1").out
    listed("subscription", "cancel-change", "acme-1", change["id"])
    listed("subscription", "change-quantity", "acme-1", "seats", "4", "--at", "2026-07-01")
    listed("clock", "advance", "2026-07-02")
    assert "70.00" in [one["total"] for one in listed("invoice", "list", "--json").json]  # 30 + 4 × 10
    states = [one["status"] for one in listed("subscription", "changes", "acme-1", "--json").json]
    assert states == ["applied", "cancelled"]


def test_an_end_gives_back_what_is_not_used(listed: Cli) -> None:
    listed("subscription", "cancel", "acme-1", "--now", "--credit", "unused")
    assert "-30.00" in [one["total"] for one in listed("invoice", "list", "--json").json]


def test_what_cannot_be_says_what_is_allowed(listed: Cli) -> None:
    wrong = ("subscription", "change-quantity", "acme-1")
    assert "fee, seats" in listed(*wrong, "tokens", "5", code=1).err
    assert "always_invoice" in listed(*wrong, "seats", "5", "--behavior", "maybe", code=2).err
    assert "either" in listed(*wrong, "seats", "5", "--at", "2026-08-01", "--period-end", code=2).err
    plan = ("subscription", "change-plan", "acme-1", "pro")
    assert "at most 9" in listed(*plan, "--quantity", "seats=10", code=2).err
    assert "seats=12" in listed(*plan, "--quantity", "seats", code=2).err
    assert "unused" in listed("subscription", "cancel", "acme-1", "--credit", "some", code=2).err
