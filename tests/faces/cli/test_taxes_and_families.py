"""The price lists of the guides on taxes and on families, applied as they are printed there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.faces.cli.conftest import Cli

GUIDES = Path(__file__).parents[3] / "docs" / "guides"


def printed(guide: str, mark: str) -> str:
    """The YAML of a guide that holds ``mark``."""
    blocks = re.findall(r"```yaml\n(.*?)```", (GUIDES / guide).read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if mark in block]
    return str(found)


def test_the_guides_taxes_are_made_once_and_their_dates_may_change(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "taxes.yaml"
    path.write_text(printed("discounts-and-taxes.md", "registrations:"))
    cli("apply", path, "--yes")
    assert "nothing to do" in cli("apply", path, "--yes").out
    path.write_text('tax_rates:\n  de: {name: MwSt, percent: 19, country: DE, valid_to: "2027-01-01"}\n')
    assert "valid_to" in cli("apply", path, "--yes").out
    path.write_text("tax_rates:\n  de: {name: MwSt, percent: 19, country: AT}\n")
    refused = cli("apply", path, "--yes", code=2)
    assert "country of this tax rate was DE when it was made" in refused.err


def test_the_guides_family_is_listed_by_its_parent(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "family.yaml"
    path.write_text(printed("invoices.md", "parent: group"))
    cli("apply", path, "--yes")
    assert "nothing to do" in cli("apply", path, "--yes").out
    listed = cli("customer", "list", "--parent", "group", "--json").json
    assert [(one["external_id"], one["billed_to"]) for one in listed] == [
        ("south", "parent"),
        ("north", "parent"),
    ]
    path.write_text("customers:\n  north: {name: North, billed_to: aunt}\n")
    refused = cli("apply", path, "--yes", code=2)
    assert "self, parent" in refused.err


def test_parents_may_stand_below_their_children_in_the_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "family.yaml"
    path.write_text(
        "customers:\n"
        "  leaf: {name: Leaf, parent: branch, billed_to: parent}\n"
        "  other: {name: Other}\n"
        "  branch: {name: Branch, parent: root}\n"
        "  root: {name: Root}\n"
    )
    cli("apply", path, "--yes")
    assert "nothing to do" in cli("apply", path, "--yes").out
    listed = cli("customer", "list", "--parent", "branch", "--json").json
    assert [one["external_id"] for one in listed] == ["leaf"]


def test_a_circle_of_parents_is_refused_by_its_place(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "circle.yaml"
    path.write_text(
        "customers:\n  a: {name: A, parent: b}\n  b: {name: B, parent: c}\n  c: {name: C, parent: b}\n"
    )
    refused = cli("apply", path, "--yes", code=2)
    assert "circle.yaml:3: customers.b.parent makes a circle: b in c in b" in refused.err
    assert cli("customer", "list", "--json").json == []
