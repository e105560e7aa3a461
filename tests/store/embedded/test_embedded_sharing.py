"""One server, many users: the first starts it, the last stops it, and nobody's death confuses that."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread

import psycopg
import pytest

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded import exclusive_serve_lock, start

Spawn = Callable[..., subprocess.Popen[str]]
FAST = {"fsync": "off"}


def said(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def finish(process: subprocess.Popen[str]) -> None:
    process.communicate("\n", timeout=20)
    assert process.returncode == 0


def alive(pid: int) -> bool:
    """Running, and not only waiting for its exit code to be fetched."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_first_start_makes_a_database_that_is_safe_by_default(new: Path) -> None:
    wanted = {
        "server_encoding": "UTF8",
        "data_checksums": "on",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "TimeZone": "UTC",
        "listen_addresses": "",
        "jit": "off",
    }
    with start(new) as server, psycopg.connect(server.url()) as connection:
        found: dict[str, str] = dict(connection.execute("select name, setting from pg_settings").fetchall())
        assert {name: found[name] for name in wanted} == wanted
        database = connection.execute(
            "select d.datname, r.rolname, r.rolsuper, d.datlocprovider, d.datlocale"
            " from pg_database d join pg_roles r on r.oid = d.datdba where datname = current_database()"
        ).fetchone()
        assert database == ("counterfoil", "counterfoil_owner", True, "b", "C.UTF-8")
        assert connection.execute("select upper('äöé'), 'Z' < 'a'").fetchone() == ("ÄÖÉ", True)
        for line in connection.execute("select type, auth_method from pg_hba_file_rules").fetchall():
            assert line in {("local", "trust"), ("host", "reject")}
    assert (new / "socket").stat().st_mode & 0o777 == 0o700
    assert new.stat().st_mode & 0o777 == 0o700


def test_a_second_start_attaches_and_the_last_to_stop_stops_the_server(data: Path) -> None:
    first = start(data, FAST)
    second = start(data)
    pid = first.pid
    assert pid is not None
    assert second.pid == pid
    first.stop()
    first.stop()
    with psycopg.connect(second.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    second.stop()
    assert not alive(pid)


def test_processes_that_start_at_once_make_and_share_one_server(new: Path, spawn: Spawn) -> None:
    users = [spawn(new), spawn(new)]
    answers = [said(user) for user in users]
    assert [answer[0] for answer in answers] == ["ready"] * 2
    assert len({answer[1] for answer in answers}) == 1
    pid = int(answers[0][1])
    finish(users[0])
    assert alive(pid)
    finish(users[1])
    assert not alive(pid)


def test_a_first_start_that_was_killed_half_way_is_done_again(new: Path, spawn: Spawn) -> None:
    user = spawn(new)
    while not (new / "postgresql.new/base").exists():  # files are being made
        assert user.poll() is None
        time.sleep(0.005)
    user.kill()
    user.wait()
    with start(new, FAST) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("select current_database()").fetchone() == ("counterfoil",)


def test_a_killed_user_leaves_no_ghost(data: Path, spawn: Spawn) -> None:
    users = [spawn(data), spawn(data)]
    pids = {int(said(user)[1]) for user in users}
    users[0].kill()
    users[0].wait()
    finish(users[1])  # the last one: the dead one does not count
    (pid,) = pids
    assert not alive(pid)


def test_a_server_left_behind_is_joined_by_the_next_and_stopped_by_it(data: Path, spawn: Spawn) -> None:
    user = spawn(data)
    pid = int(said(user)[1])
    user.kill()
    user.wait()
    assert alive(pid)
    with start(data) as server:
        assert server.pid == pid
    assert not alive(pid)


def test_a_killed_server_recovers_and_keeps_what_was_committed(data: Path) -> None:
    first = start(data)
    with psycopg.connect(first.url(), autocommit=True) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (42)")
        killed = first.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)
    with start(data) as second:
        assert second.pid not in (None, killed)
        with psycopg.connect(second.url()) as connection:
            assert connection.execute("select n from kept").fetchone() == (42,)
        pid = second.pid
        assert pid is not None
        first.stop()  # had a share too: the server stays for the second
        assert alive(pid)
    assert not alive(pid)


def test_a_server_killed_in_the_midst_of_a_query_is_started_again_only_when_that_query_is_gone(
    data: Path,
) -> None:
    first = start(data, FAST)

    def busy() -> None:
        with contextlib.suppress(psycopg.OperationalError), psycopg.connect(first.url()) as connection:
            started.append(connection.info.backend_pid)
            connection.execute("do $$ begin for i in 1..60000000 loop end loop; end $$")

    started: list[int] = []
    thread = Thread(target=busy)
    thread.start()
    while not started:
        time.sleep(0.01)
    time.sleep(0.05)  # the query is on its way
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    with start(data, FAST) as second:
        # Two servers never write the same files: the second was kept out while the query ran.
        assert "pre-existing shared memory block" in (data / "postgres.log").read_text()
        assert second.pid is not None
    thread.join()
    first.stop()


@pytest.mark.parametrize("number", ["self", "999999999"])
def test_a_pid_file_that_names_another_process_does_not_stop_a_start(data: Path, number: str) -> None:
    with start(data, FAST) as server:
        sockets = server.socket_dir
        content = (data / "postgresql/postmaster.pid").read_text().splitlines()
    stale = [str(os.getpid()) if number == "self" else number, *content[1:]]
    for name in (data / "postgresql/postmaster.pid", sockets / ".s.PGSQL.5432.lock"):
        name.write_text("\n".join(stale) + "\n")
        os.chown(name, data.stat().st_uid, data.stat().st_gid)
        name.chmod(0o600)
    with start(data, FAST) as server:
        assert server.pid not in (None, os.getpid())


def test_the_server_has_a_session_of_its_own_and_holds_none_of_our_locks(data: Path) -> None:
    with start(data, FAST) as server, exclusive_serve_lock(data):
        pid = server.pid
        assert pid is not None
        assert os.getsid(pid) != os.getsid(0)  # Ctrl-C in our terminal does not reach it
        open_files = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()]
        assert open_files
        assert not [name for name in open_files if name.endswith(".lock")]


def test_a_second_serve_on_a_directory_is_refused_and_told_by_which_process(data: Path, spawn: Spawn) -> None:
    with exclusive_serve_lock(data):
        with pytest.raises(Unavailable, match=rf"\(process {os.getpid()}\) already serves {data}"):
            exclusive_serve_lock(data)
        assert said(other := spawn(data, "exclusive_serve_lock", "close")) == []
        assert other.wait() == 1
    holder = spawn(data, "exclusive_serve_lock", "close")
    assert said(holder) == ["ready"]
    with pytest.raises(Unavailable, match=rf"\(process {holder.pid}\)"):
        exclusive_serve_lock(data)
    holder.kill()
    holder.wait()
    exclusive_serve_lock(data).close()


def test_a_failing_start_shows_what_postgresql_said_and_can_be_repeated(data: Path) -> None:
    with pytest.raises(Unavailable, match="shared_bufers"):
        start(data, {"shared_bufers": "1MB"})
    with start(data, FAST) as server:
        assert server.pid is not None


def test_the_log_keeps_its_newest_part_when_it_grows(data: Path) -> None:
    with start(data, FAST):
        pass
    log = data / "postgres.log"
    with log.open("a") as file:
        file.writelines(f"line {n:>90}\n" for n in range(100_000))  # 9.6 MB
    with start(data, FAST) as server:
        assert log.stat().st_size < 1_100_000
        text = log.read_text()
        assert f"line {99_999:>90}\n" in text
        assert "ready to accept connections" in text
        with psycopg.connect(server.url(), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.UndefinedTable):
                connection.execute("select from nowhere")
            connection.execute("select pg_reload_conf()")
        _wait_for(lambda: "reloading configuration files" in log.read_text())
        assert "nowhere" not in log.read_text()  # a refused statement is the program's to tell


def _wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 10
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)
