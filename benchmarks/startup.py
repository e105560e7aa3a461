"""From ``counterfoil serve`` to the first answered request, and the memory it holds while idle.

The limits: 3 s when the database exists, and 400 MiB for all processes together.  The time is also shown as
a ratio to starting and reaching the embedded PostgreSQL alone, which no program above it can undercut.
Memory is the proportional set size, so pages that processes share count once.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Final

from counterfoil.store.embedded import start

LIMIT_SECONDS: Final = 3.0
LIMIT_MIB: Final = 400
IDLE_SECONDS: Final = 5.0


def main() -> int:
    """Measure, print, and fail above a limit."""
    directory = Path(tempfile.mkdtemp(prefix="counterfoil-bench-"))
    directory.chmod(0o755)
    data = directory / "data"
    try:
        _serve_once(data)  # makes the database
        began = time.perf_counter()
        start(data).stop()
        alone = time.perf_counter() - began
        seconds, mib = min(_serve_once(data) for _ in range(3))
    finally:
        shutil.rmtree(directory)
    print(f"PostgreSQL alone, started and stopped: {alone:.2f} s")
    print(f"serve to first answer: {seconds:.2f} s (limit {LIMIT_SECONDS} s), ratio {seconds / alone:.2f}")
    print(f"idle memory of all processes: {mib:.0f} MiB (limit {LIMIT_MIB} MiB)")
    return int(seconds > LIMIT_SECONDS or mib > LIMIT_MIB)


def _serve_once(data: Path) -> tuple[float, float]:
    """Seconds to the first answer and MiB after a while of rest."""
    program = Path(sys.executable).with_name("counterfoil")
    began = time.perf_counter()
    command = [str(program), "serve", "--data", str(data), "--port", "8429"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        while True:
            try:
                urllib.request.urlopen("http://127.0.0.1:8429/v1/healthz", timeout=5).close()
                break
            except OSError:
                if server.poll() is not None or time.perf_counter() - began > 60:
                    raise
                time.sleep(0.01)
        seconds = time.perf_counter() - began
        time.sleep(IDLE_SECONDS)
        return seconds, sum(map(_proportional_kib, _family(server.pid, data))) / 1024
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(30)


def _family(pid: int, data: Path) -> list[int]:
    """The server's process, and every PostgreSQL process of its data directory."""
    family = {pid}
    parents = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            if Path(os.readlink(entry / "cwd")).is_relative_to(data):
                family.add(int(entry.name))
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return sorted(family | {child for child, parent in parents.items() if parent in family})


def _proportional_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    sys.exit(main())
