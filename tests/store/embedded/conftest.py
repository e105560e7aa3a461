"""Data directories for real servers, and helper processes that use them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from counterfoil.store.embedded import start

USER_SCRIPT = """
import sys
from pathlib import Path
from counterfoil.store.embedded import {call}
held = {call}(Path(sys.argv[1]))
print("ready", getattr(held, "pid", ""), flush=True)
sys.stdin.readline()
held.{end}()
"""


def postgres_processes_below(directory: Path) -> list[int]:
    """Processes that work in a directory below this one (PostgreSQL works in its cluster)."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                cwd = os.readlink(entry / "cwd")
            except OSError:
                continue
            if cwd.startswith(f"{directory}/"):
                found.append(int(entry.name))
    return found


def _scratch() -> Path:
    """A new directory, in memory where there is room: making and removing a cluster is mostly files."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return Path(tempfile.mkdtemp(prefix="cf-", dir=memory if roomy else None))


@pytest.fixture
def base() -> Generator[Path]:
    """An empty directory that other users can pass, as /var/lib is; nothing is left running in it."""
    path = _scratch()
    path.chmod(0o755)
    yield path
    for process in postgres_processes_below(path):
        os.kill(process, signal.SIGKILL)
    shutil.rmtree(path)


@pytest.fixture
def new(base: Path) -> Path:
    """A data directory that does not exist yet."""
    return base / "data"


@pytest.fixture(scope="session")
def stopped() -> Generator[Path]:
    """A data directory made once and stopped, to be copied: making one is the slow part."""
    path = _scratch()
    path.chmod(0o755)
    with start(path / "data", {"fsync": "off"}):
        pass
    yield path / "data"
    shutil.rmtree(path)


@pytest.fixture
def data(base: Path, stopped: Path) -> Path:
    """A data directory that was used before, with no server running."""
    subprocess.run(["cp", "-a", stopped, base / "data"], check=True)
    return base / "data"


Spawn = Callable[..., subprocess.Popen[str]]


@contextmanager
def _spawner() -> Iterator[Spawn]:
    running: list[subprocess.Popen[str]] = []

    def spawn(data: Path, call: str = "start", end: str = "stop") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER_SCRIPT.format(call=call, end=end), str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    try:
        yield spawn
    finally:
        for process in running:
            process.kill()
            process.communicate()


@pytest.fixture
def spawn() -> Generator[Spawn]:
    """Start a process that uses a data directory, says ``ready`` and ends when it is sent a line."""
    with _spawner() as spawn:
        yield spawn
