"""Usage mended by commands: events voided and corrected, what came late, and why there is no line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.cli.conftest import Cli

LIST = """\
currency: EUR
issuer: {name: Lumen AI GmbH, late_usage_days: 10}
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: sum, property: tokens}
plans:
  pro:
    name: Pro
    prices:
      - {code: tokens, meter: tokens, model: per_unit, unit_amount: 0.02}
customers:
  acme: {name: Acme}
subscriptions:
  acme-pro: {customer: acme, plan: pro, started_at: 2026-05-01}
"""
USAGE = """\
id,time,customer,tokens,region
a,2026-05-02T00:00:00Z,acme,100,eu
b,2026-05-03T00:00:00Z,acme,900,eu
"""


@pytest.fixture
def billed(cli: Cli) -> Cli:
    """May is on an invoice: 1,000 tokens at 0.02, 20.00."""
    cli("clock", "set", "2026-05-10")
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    cli("apply", "list.yaml", "--yes")
    Path("usage.csv").write_text(USAGE, encoding="utf-8")
    cli("usage", "import", "usage.csv", "--event", "completion", "--id", "id")
    cli("clock", "advance", "2026-06-05")
    return cli


def test_an_event_is_voided_and_another_corrected_and_the_next_invoice_says_so(billed: Cli) -> None:
    """100 less, and 90 instead of 900: 910 × 0.02 = 18.20 less."""
    assert "a is void" in billed("usage", "void", "a", "--reason", "a test").out
    said = billed(
        "usage", "correct", "b", "--reason", "a zero", "--property", "tokens=90", "--id", "b2", "--json"
    )
    assert said.json["corrects"] == "b"
    assert said.json["properties"] == {"region": "eu", "tokens": 90}
    again = billed("usage", "void", "a", "--reason", "again", code=1)
    assert "void already" in again.err
    billed("clock", "advance", "2026-07-02")
    number = billed("invoice", "list", "--json").json[0]["number"]
    shown = billed("invoice", "show", number, "--json").json
    assert [(line["kind"], line["amount"]) for line in shown["lines"]] == [
        ("charge", "0.00"),
        ("adjustment", "-18.20"),
    ]
    assert "adjustment: " in billed("invoice", "show", number).out
    assert "Corrects line 1 of invoice" in billed("invoice", "explain", number, "2").out


def test_what_came_too_late_is_listed_and_asked_about(billed: Cli) -> None:
    assert "no late usage" in billed("usage", "late").out
    billed("clock", "advance", "2026-06-20")
    billed("usage", "void", "a", "--reason", "a test")
    billed("bill", "run")
    [late] = billed("usage", "late", "--json").json
    assert (late["state"], late["events"]) == ("too_late", 1)
    asked = ("subscription", "why", "acme-pro", "--meter", "tokens", "--at")
    assert "came too late" in billed(*asked, "2026-05-02").out
    [why] = billed(*asked, "2026-06-10", "--json").json
    assert (why["code"], why["facts"]["so_far"]) == ("not_due_yet", "no_events")


def test_a_correction_says_what_it_corrects(billed: Cli) -> None:
    refused = billed("usage", "correct", "a", "--reason", "why", code=2)
    assert "--property NAME=VALUE" in refused.err
    assert "no property" in billed("usage", "correct", "a", "--reason", "w", "--property", "x", code=2).err
