"""A price list in a file is tried on what was used before it is applied; the guide shows the same."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faces.cli.conftest import Cli

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "simulation.md").read_text("utf-8")
LIST = """\
currency: EUR
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: sum, property: tokens}
plans:
  pro:
    name: Pro
    prices:
      - {code: fee, name: Platform, model: flat, amount: 100}
      - code: tokens
        name: Tokens
        meter: tokens
        model: graduated
        tiers: [{up_to: 1000, unit_amount: 0.02}, {unit_amount: 0.01}]
customers:
  acme: {name: Acme, currency: EUR}
  birk: {name: Birk, currency: EUR}
subscriptions:
  acme-pro: {customer: acme, plan: pro}
  birk-pro: {customer: birk, plan: pro}
"""
DRAFT = """\
currency: EUR
meters:
  tokens: {name: Tokens, event_name: completion, aggregation: sum, property: tokens}
plans:
  pro:
    name: Pro
    prices:
      - {code: support, name: Support, model: flat, amount: 5}
      - {code: tokens, name: Tokens, meter: tokens, model: per_unit, unit_amount: 0.009}
"""
USAGE = "id,customer,time,tokens\ne1,acme,2026-01-20T00:00:00Z,1500\ne2,birk,2026-01-20T00:00:00Z,3000\n"


def spaced(text: str) -> list[str]:
    """The lines with their words, however they are spaced."""
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_file_is_tried_and_what_was_never_billed_is_noted(cli: Cli) -> None:
    Path("list.yaml").write_text(LIST, encoding="utf-8")
    Path("draft.yaml").write_text(DRAFT, encoding="utf-8")
    Path("usage.csv").write_text(USAGE, encoding="utf-8")
    cli("clock", "set", "2026-01-10")
    cli("apply", "list.yaml", "--yes")
    cli("clock", "advance", "2026-02-01")
    columns = ("--id", "id", "--customer", "@customer", "--time", "time", "--event", "completion")
    cli("usage", "import", "usage.csv", *columns)
    cli("clock", "advance", "2026-02-11")
    command = ("simulate", "draft.yaml", "--from", "2026-01-10", "--to", "2026-02-10")
    told = cli(*command)
    assert "plans.pro: nothing was ever billed as support, so it is left out" in told.err
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert [text for kind, text in fenced if kind == "yaml"] == [DRAFT]
    (shown,) = [text for kind, text in fenced if not kind]
    assert spaced(told.out) == spaced(shown)
    # 1,500: 20 + 5 = 25.00 → 13.50; 3,000: 20 + 20 = 40.00 → 27.00
    found = cli(*command, "--json").json
    assert [(one["customers"], one["difference"]) for one in found["totals"]] == [(2, "-24.50")]
    assert {one["name"]: one["difference"] for one in found["customers"]} == {
        "Acme": "-11.50",
        "Birk": "-13.00",
    }
    only = cli(*command, "--customer", "birk", "--json").json
    assert [one["name"] for one in only["customers"]] == ["Birk"]
    past = cli(*command[:1], *command[2:], "--plan", "pro", "--version", "1", "--json").json
    assert past["totals"][0]["difference"] == "0.00"
    assert "--plan and --version go together" in cli(*command[:1], *command[2:], "--plan", "pro", code=2).err
    assert "no such customer" in cli(*command, "--customer", "nobody", code=1).err
