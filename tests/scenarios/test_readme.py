"""The README's own price list in five minutes, run as it is written there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from tests.scenarios.conftest import Cli

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return [content for named, content in fenced if named == language]


def commands() -> list[list[str]]:
    """What the README has one type, from the clock to the invoice's paper, without the program's name."""
    lines = [line for block in blocks("shell") for line in block.splitlines()]
    typed = [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("counterfoil ")]
    return [one for one in typed if one[0] in ("apply", "clock", "usage", "invoice", "bill")]


def test_the_readmes_commands_give_what_it_shows(cli: Cli) -> None:
    (prices,) = blocks("yaml")
    plain = blocks("")
    (usage,) = (block for block in plain if block.startswith("time,"))
    (explanation,) = (block for block in plain if block.startswith("Quantity: "))
    Path("prices.yaml").write_text(prices, encoding="utf-8")
    Path("usage.csv").write_text(usage, encoding="utf-8")

    run = commands()
    assert [one[0] for one in run[:3]] == ["clock", "apply", "clock"]
    printed = "".join(cli(*one, *(["--yes"] if one[0] == "apply" else [])).out for one in run)
    squeezed = " ".join(printed.split())
    for line in explanation.splitlines():
        assert line in squeezed
    assert Path("INV-000002.pdf").exists()
    assert "nothing to do" in cli("apply", "prices.yaml", "--yes").out
    again = cli("usage", "import", "usage.csv", "--event", "completion", "--json").json
    assert (again["accepted"], again["duplicates"]) == (0, 4)
