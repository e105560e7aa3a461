"""What a person learns from ``counterfoil calc``, without a server, a key or a database."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from counterfoil.bootstrap import cli as program
from tests.faces.cli.conftest import Cli, Result

GUIDES = [
    (Path(__file__).parents[3] / "docs" / "guides" / name).read_text("utf-8")
    for name in ("calculator.md", "meters.md")
]
FENCED = [
    found
    for guide in GUIDES
    for found in re.findall(r"^```(\w*)\n(.*?)^```$", guide, re.MULTILINE | re.DOTALL)
]
SHOWN = [
    (command, shown) for (kind, command), (other, shown) in pairwise(FENCED) if (kind, other) == ("shell", "")
]
TIERS = '{"tiers": [{"up_to": 100, "unit_amount": 1}, {"unit_amount": "0.50"}]}'
TOKENS = ("calc", "price", "--model", "graduated", "--currency", "EUR", "--params", TIERS)


@pytest.fixture
def calc(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Cli:
    """Runs a command where there is no database to reach."""
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object, code: int = 0) -> Result:
        monkeypatch.setattr(sys, "argv", ["counterfoil", *map(str, arguments)])
        ended: int | str | None = 0
        try:
            program()
        except SystemExit as done:
            ended = done.code
        out, err = capsys.readouterr()
        assert (ended or 0) == code, (ended, out, err)
        return Result(code, out, err)

    return run


def lines(text: str) -> list[str]:
    """The lines with their words, however they are spaced."""
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command.split()[2] for command, _ in SHOWN])
def test_the_guide_shows_what_is_printed(command: str, shown: str, calc: Cli) -> None:
    question = next(text for kind, text in FENCED if kind == "yaml")
    Path("upgrade.yaml").write_text(question, encoding="utf-8")
    program_, *arguments = shlex.split(command.replace("\\\n", " "))
    assert program_ == "counterfoil"
    assert lines(calc(*arguments).out) == lines(shown)


def test_the_guide_shows_every_question() -> None:
    shown = [command.split()[2] for command, _ in SHOWN]
    assert list(dict.fromkeys(shown)) == ["price", "proration", "periods", "commitment", "tax"]


def test_what_the_guide_says_of_other_policies_is_so(calc: Cli) -> None:
    question = next(text for kind, text in FENCED if kind == "yaml")
    Path("upgrade.yaml").write_text(question, encoding="utf-8")
    rounded = calc("calc", "proration", "upgrade.yaml", "--set", "policy.net_rounding=rounded_sum", "--json")
    assert rounded.json["net"] == "5.48"
    exact = calc("calc", "proration", "upgrade.yaml", "--set", "policy.day_count=exact", "--json")
    assert exact.json["lines"][0]["words"] == "1468800 of 2678400 seconds"
    line = "{amount: 0.33, rates: [{percent: 20}]}"
    per_line = ("--set", "tax_rounding=per_line", "--json")
    told = calc("calc", "tax", "--currency", "EUR", "--lines", f"[{line}, {line}]", *per_line)
    assert told.json["tax"] == "0.14"


def test_programs_get_the_explanation_with_every_digit(calc: Cli) -> None:
    told = calc(*TOKENS, "--quantity", "100.1234567890123456789", "--json").json
    assert told["explanation"]["exact"] == "100.06172839450617283945"
    assert told["amount"] == "100.06"


def test_a_question_may_stand_in_a_file_and_options_go_before_it(
    calc: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"currency": "EUR", "model": "graduated", "params": json.loads(TIERS), "quantity": 150}
    Path("price.json").write_text(json.dumps(asked), encoding="utf-8")
    assert calc("calc", "price", "price.json", "--json").json["amount"] == "125.00"
    more = calc("calc", "price", "price.json", "--quantity", "10", "--set", "params.tiers.0.unit_amount=2")
    assert more.out.startswith("20.00 EUR\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asked)))
    assert calc("calc", "price", "-", "--json").json["amount"] == "125.00"


def test_a_refusal_names_the_field_and_in_a_file_its_line(calc: Cli) -> None:
    wrong = TIERS.replace('{"unit_amount"', '{"up_to": 50, "unit_amount"')
    refused = calc(*TOKENS[:-1], wrong, "--quantity", "1", code=2)
    assert "params.tiers.1.up_to" in refused.err
    assert "(allowed: a decimal number greater than 100)" in refused.err
    Path("price.yaml").write_text("currency: EUR\nmodel: flat\nparams:\n  amount: many\n", encoding="utf-8")
    refused = calc("calc", "price", "price.yaml", code=2)
    assert refused.err.startswith("error: price.yaml:4: params.amount")
    assert refused.out == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("price",), "currency is missing"),
        (("price", "--set", "nothing"), "names no field"),
        (("price", "--set", "a.b=1", "--set", "a.b.c=1"), "leads nowhere"),
        (("price", "missing.yaml"), "cannot be read"),
        (("price", "--params", "{"), "--params"),
        (("periods", "--interval", "month", "--start", "yesterday"), "start is not a time with its zone"),
        (("tax", "--currency", "EUR", "--lines", "5"), "lines is not a list"),
        (("commitment", "--currency", "EUR"), "settlement is missing"),
    ],
)
def test_a_command_that_cannot_be_read_is_one_sentence(
    calc: Callable[..., Result], arguments: tuple[str, ...], said: str
) -> None:
    refused = calc("calc", *arguments, code=2)
    assert said in refused.err
    assert "Traceback" not in refused.err
