"""The command line in this process, over the tests' database, in an organization of the test's own."""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from counterfoil.bootstrap import cli as program
from tests.conftest import Database


@dataclass(frozen=True)
class Result:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


type Cli = Callable[..., Result]


@pytest.fixture
def bare_cli(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Cli:
    """Runs a command that names its organization itself."""
    monkeypatch.setenv("COUNTERFOIL_DATABASE_URL", database.app_url)
    monkeypatch.chdir(tmp_path)
    capsys.readouterr()

    def run(*arguments: object, code: int = 0) -> Result:
        monkeypatch.setattr(sys, "argv", ["counterfoil", *map(str, arguments)])
        ended: int | str | None = 0
        try:
            program()
        except SystemExit as done:
            ended = done.code
        out, err = capsys.readouterr()
        assert ended == code, (ended, out, err)
        return Result(code, out, err)

    return run


@pytest.fixture
def cli(bare_cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Runs a command in the test environment of a new organization."""
    slug = f"cli-{uuid.uuid4().hex}"
    made = bare_cli("init", "--organization", "Lumen AI GmbH", "--slug", slug, "--json").json
    monkeypatch.setenv("COUNTERFOIL_KEY", made["keys"]["test"])
    return bare_cli
