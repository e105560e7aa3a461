"""Data of an older PostgreSQL is brought to the newest one, and an interruption loses nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded import server, start
from counterfoil.store.embedded.place import Place, prepare
from counterfoil.store.embedded.programs import packaged, run

Spawn = Callable[..., subprocess.Popen[str]]
FAST = {"fsync": "off"}


def make_old(data: Path, *, killed: bool = False) -> None:
    """Data of PostgreSQL 16 with one row, made as an older release would have."""
    with pytest.MonkeyPatch.context() as older:
        older.setattr(server, "packaged", lambda: {16: packaged()[16]})
        with start(data, FAST) as old, psycopg.connect(old.url(), autocommit=True) as connection:
            assert connection.info.server_version // 10_000 == 16
            connection.execute("create table kept (n numeric primary key, t text)")
            connection.execute("insert into kept values (12345678901234567890.000000001, 'Grüße')")
            if killed:
                assert old.pid is not None
                os.kill(old.pid, signal.SIGKILL)


def row(data: Path) -> tuple[int, str, str, str]:
    """Major version, checksums, and the row that was there before."""
    with start(data, FAST) as now, psycopg.connect(now.url()) as connection:
        found = connection.execute(
            "select n::text, t, current_setting('data_checksums') from kept where n > 1"
        ).fetchone()
        assert found is not None
        return connection.info.server_version // 10_000, found[2], found[0], found[1]


KEPT = (18, "on", "12345678901234567890.000000001", "Grüße")


def test_data_of_16_without_checksums_is_upgraded_though_a_first_attempt_was_killed(
    new: Path, spawn: Spawn
) -> None:
    data = new
    make_old(data)
    place: Place = prepare(data)
    code, said = run(packaged()[16], place, ["pg_checksums", "--disable", "-D", "postgresql"])
    assert code == 0, said
    user = spawn(data)
    while not (data / "upgrade").exists():
        assert user.poll() is None
        time.sleep(0.005)
    time.sleep(0.4)  # pg_upgrade is at work, with a server of its own that it leaves behind
    user.kill()
    user.wait()
    assert (data / "postgresql/PG_VERSION").read_text() == "16\n"
    heard: list[str] = []
    with start(data, progress=heard.append):
        pass
    assert heard[0] == "upgrading the database from PostgreSQL 16 to 18"
    assert row(data) == KEPT
    left = {path.name for path in data.iterdir()}
    assert left == {"postgresql", "socket", "postgres.log", "start.lock", "users.lock"}


def test_data_of_a_killed_16_recovers_first_and_interrupted_renames_are_finished(new: Path) -> None:
    data = new
    make_old(data, killed=True)
    assert row(data) == KEPT
    # After the first rename, and after the second.
    (data / "postgresql").rename(data / "postgresql.new")
    (data / "postgresql.old").mkdir()
    (data / "upgrade.done").write_text("16 to 18\n")
    assert row(data) == KEPT
    (data / "postgresql.old").mkdir()
    (data / "upgrade.done").write_text("16 to 18\n")
    assert row(data) == KEPT
    assert not (data / "postgresql.old").exists()
    assert not (data / "upgrade.done").exists()


def test_an_upgrade_is_refused_while_an_older_program_uses_the_server(new: Path) -> None:
    data = new
    with pytest.MonkeyPatch.context() as older:
        older.setattr(server, "packaged", lambda: {16: packaged()[16]})
        old = start(data, FAST)
    try:
        with pytest.raises(Unavailable, match=re.escape("an older version of this program still uses it")):
            start(data, FAST)
        with psycopg.connect(old.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        old.stop()


@pytest.mark.parametrize("number", [15, 19])
def test_data_of_a_version_that_is_not_brought_along_is_left_alone(data: Path, number: int) -> None:
    with start(data, FAST):
        pass
    (data / "postgresql/PG_VERSION").write_text(f"{number}\n")
    with pytest.raises(Unavailable, match=f"is of PostgreSQL {number}; this program brings 16, 18"):
        start(data, FAST)
    assert (data / "postgresql/PG_VERSION").read_text() == f"{number}\n"
