"""``make demo`` and ``counterfoil serve``, as whoever tries the program out runs them."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.scenarios.conftest import PROGRAM

EXAMPLE = Path(__file__).parents[2] / "examples" / "ai-platform"


@pytest.fixture(autouse=True)
def without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the person who runs the tests takes part."""
    for name in [name for name in os.environ if name.startswith("COUNTERFOIL_")]:
        monkeypatch.delenv(name)


def python(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=170)


def test_the_months_usage_is_the_same_each_time_and_another_with_another_seed(tmp_path: Path) -> None:
    digests = []
    for number, seed in enumerate((7, 7, 8)):
        path = tmp_path / f"{number}.csv"
        assert python(EXAMPLE / "generate.py", path, "--seed", seed, "--events", 500).returncode == 0
        digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
        assert len(path.read_text().splitlines()) == 501
    assert digests[0] == digests[1] != digests[2]


def test_the_demo_ends_with_invoices_a_pdf_and_a_key_and_serve_goes_on_from_there(directory: Path) -> None:
    home = directory / "demo"
    done = python(EXAMPLE / "demo.py", "--data", home, "--events", 2_000)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(re.findall(r"LUM-0000[0-9]{2} .* 2026-06-01 → 2026-08-01  open", done.stdout)) == 25
    assert re.search(r"2,000\s+0\s+2,000\s+0\n", done.stdout), "the second import counts nothing"
    assert "worked out again from what is stored" in done.stdout
    assert (home / "LUM-000030.pdf").read_bytes().startswith(b"%PDF-")
    key = re.findall(r"ck_test_[0-9a-f]+", done.stdout)[-1]

    serving = subprocess.Popen(
        [*PROGRAM, "serve", "--port", "0", "--data", str(home / "data")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert serving.stdout is not None
        url = serving.stdout.readline().split()[-1]
        assert serving.stdout.readline().split() == ["docs", f"{url}/v1/docs"]
        assert serving.stdout.readline().split() == ["data", str(home / "data")]
        answer = httpx.get(
            f"{url}/v1/invoices", headers={"Authorization": f"Bearer {key}"}, params={"limit": 200}
        )
        assert len(answer.json()["data"]) == 50
        twin = subprocess.run(
            [*PROGRAM, "serve", "--port", "0", "--data", str(home / "data")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert twin.returncode == 1
        assert f"process {serving.pid}" in twin.stderr
        assert "Traceback" not in twin.stderr
        again = python(EXAMPLE / "demo.py", "--data", home)
        assert again.returncode == 1
        assert "already serves" in again.stderr
    finally:
        serving.send_signal(signal.SIGTERM)
        assert serving.communicate(timeout=30)[0] == ""
    assert serving.returncode == 0
