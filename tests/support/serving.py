"""The program as a process of its own, as in production, for tests that drive it from outside."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.conftest import Database


@contextmanager
def served(database: Database, directory: Path, **settings: str) -> Iterator[str]:
    """The URL at which the program serves ``database``; ``settings`` are environment variables of ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "COUNTERFOIL_DATABASE_URL": database.app_url,
        "COUNTERFOIL_WORKER": "false",
        "COUNTERFOIL_RATE_LIMIT": "0",
        **{f"COUNTERFOIL_{name.upper()}": value for name, value in settings.items()},
    }
    program = "from counterfoil.bootstrap import cli; cli()"
    command = [sys.executable, "-c", program, "serve", "--port", str(port)]
    url = f"http://127.0.0.1:{port}"
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=directory)
        try:
            _wait_for(url, process, directory / "log")
            yield url
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/v1/readyz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(log.read_text())
