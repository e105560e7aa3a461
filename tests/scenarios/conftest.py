"""Scenarios drive the program by its command line, in this process or as one that can be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Database
from tests.faces.cli.conftest import Cli as Cli
from tests.faces.cli.conftest import bare_cli as bare_cli
from tests.faces.cli.conftest import cli as cli

PROGRAM = [sys.executable, "-c", "from counterfoil.bootstrap import cli; cli()"]

type Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(cli: Cli) -> Iterator[Start]:
    """Starts a command as a process of its own, in the same organization as ``cli``."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=dict(os.environ),
        )  # fmt: skip
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def look(database: Database) -> Iterator[Callable[..., list[tuple[object, ...]]]]:
    """Asks the database itself, past the program, as its owner."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield lambda query, *values: connection.execute(query, values).fetchall()


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that a server run as another user can reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="counterfoil-scenario-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)
