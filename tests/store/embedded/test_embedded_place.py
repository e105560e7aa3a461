"""Where a data directory may lie, whose it is, and that nothing around it is changed."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import psycopg
import pytest

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded import exclusive_serve_lock, programs, start
from counterfoil.store.embedded.place import Account, first_closed
from counterfoil.store.embedded.programs import packaged

FAST = {"fsync": "off"}
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="shows what happens as root; we are not root")


def rights(paths: Iterable[Path]) -> dict[Path, tuple[int, int, int]]:
    return {path: (found.st_mode, found.st_uid, found.st_gid) for path in paths for found in [path.lstat()]}


def test_rights_outside_the_data_directory_stay_as_they_were(base: Path) -> None:
    data = base / "one/two/data"
    installed = packaged()
    watched = [*base.parents, base]
    for root in (found.root for found in installed.values()):
        watched += [root, *root.parents, *root.rglob("*")]
    before = rights(watched)
    with start(data, FAST):
        assert rights(watched) == before
    assert rights(watched) == before


def test_a_data_directory_with_a_long_or_awkward_name_works(base: Path) -> None:
    long = base / ("d" * 120) / ("e" * 120)
    awkward = base / """it's, a "name" with: $(touch x) `y` é\\"""
    for data in (long, awkward):
        with start(data, FAST) as server, psycopg.connect(server.url()) as connection:
            assert connection.execute("select current_database()").fetchone() == ("counterfoil",)
            assert len(os.fsencode(server.socket_dir / ".s.PGSQL.5432")) <= 107
            assert not server.socket_dir.is_relative_to(base)
            assert server.socket_dir.stat().st_mode & 0o777 == 0o700
            assert server.socket_dir.stat().st_uid == data.stat().st_uid
        server.socket_dir.rmdir()  # empty again: the server took its socket away


def test_a_socket_directory_planted_by_somebody_else_is_refused(base: Path) -> None:
    data = base / ("d" * 120)
    with start(data, FAST) as server:
        sockets = server.socket_dir
    sockets.rmdir()
    sockets.symlink_to(base)
    try:
        with pytest.raises(Unavailable, match=r"must be a directory that belongs to \w+ alone"):
            start(data, FAST)
    finally:
        sockets.unlink()


def test_a_lock_file_planted_as_a_link_is_not_followed(base: Path, data: Path) -> None:
    with start(data, FAST):
        pass
    victim = base / "victim"
    victim.write_text("untouched")
    (data / "serve.lock").symlink_to(victim)
    with pytest.raises(Unavailable, match="not a plain file of ours"):
        exclusive_serve_lock(data)
    (data / "serve.lock").unlink()
    os.link(victim, data / "serve.lock")
    with pytest.raises(Unavailable, match="not a plain file of ours"):
        exclusive_serve_lock(data)
    assert victim.read_text() == "untouched"


def test_a_file_in_place_of_the_directory_is_refused(base: Path) -> None:
    (base / "file").write_text("")
    for data in (base / "file", base / "file/data"):
        with pytest.raises(Unavailable, match=r"is not a directory; choose another \(--data\)"):
            start(data)


@as_root
def test_root_gives_the_server_to_a_system_user_and_connects_itself(data: Path) -> None:
    with start(data, FAST) as server:
        assert server.pid is not None
        owner = Path(f"/proc/{server.pid}").stat().st_uid
        assert owner == (data / "postgresql").stat().st_uid != 0
        assert pwd.getpwuid(owner).pw_name in ("counterfoil", "nobody")
        groups = Path(f"/proc/{server.pid}/status").read_text().partition("Groups:")[2].splitlines()[0]
        assert groups.split() == []
        with psycopg.connect(server.url()) as connection:
            assert connection.execute("select 1").fetchone() == (1,)


@as_root
def test_root_is_told_which_parent_keeps_the_server_out(base: Path) -> None:
    closed = base / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unavailable) as refused:
        start(closed / "inner/data")
    assert f"cannot pass {closed};" in refused.value.message
    assert "--data" in refused.value.message
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []


@as_root
def test_root_does_not_give_away_a_directory_that_is_in_use(base: Path) -> None:
    used = base / "used"
    used.mkdir(mode=0o700)
    (used / "letter.txt").write_text("mine")
    with pytest.raises(Unavailable, match="name an empty or a new directory"):
        start(used)
    assert rights([used])[used][1] == 0
    assert [path.name for path in used.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("call", [start, exclusive_serve_lock])
@pytest.mark.parametrize("held", ["letter.txt", "postgresql/16/main/x", "postgresql.conf"])
def test_a_directory_in_use_for_something_else_is_refused_before_anything_is_written(
    base: Path, call: Callable[[Path], object], held: str
) -> None:
    used = base / "etc"
    (used / held).parent.mkdir(parents=True)
    (used / held).write_text("mine")
    (used / "hosts").write_text("mine")
    before = rights([used, *used.rglob("*")])
    with pytest.raises(Unavailable) as refused:
        call(used)
    assert f"{used} is in use for something else (it holds hosts" in refused.value.message
    assert "name an empty or a new directory (--data)" in refused.value.message
    assert rights([used, *used.rglob("*")]) == before


def test_a_database_of_ours_with_a_strange_file_beside_it_still_starts(data: Path) -> None:
    (data / "notes.txt").write_text("do not delete")
    with start(data, FAST) as server:
        assert server.pid is not None


def test_the_root_of_a_fresh_file_system_counts_as_empty(new: Path) -> None:
    (new / "lost+found").mkdir(parents=True)
    exclusive_serve_lock(new).close()
    assert (new / "serve.lock").is_file()


@pytest.mark.parametrize("call", [start, exclusive_serve_lock])
@pytest.mark.parametrize("place", ["/proc/x", "/proc/x/y", "~nobody-of-this-name/data"])
def test_a_place_where_nothing_can_be_made_is_named_in_a_sentence(
    call: Callable[[Path], object], place: str
) -> None:
    with pytest.raises(Unavailable) as refused:
        call(Path(place))
    assert refused.value.message == (
        f"no directory can be made or used at {place}; choose one in a place that can be written (--data)"
    )


@as_root
@pytest.mark.usefixtures("programs_for_nobody")
def test_an_existing_directory_that_cannot_be_written_is_named_in_a_sentence(base: Path) -> None:
    closed = base / "closed"
    closed.mkdir(mode=0o755)
    assert run_as_nobody(closed) == (
        f"refused {closed} cannot be used by nobody; choose another directory (--data)\n"
    )
    assert list(closed.iterdir()) == []


@as_root
def test_programs_that_the_server_cannot_reach_are_copied_into_the_data_directory(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "first_closed", lambda path, account: Path("/root"))
    for _ in range(2):
        with start(data, FAST) as server:
            executable = Path(os.readlink(f"/proc/{server.pid}/exe"))
            assert executable.is_relative_to(data / "programs")
    monkeypatch.undo()
    with start(data, FAST) as server:  # reachable again: the copy goes
        assert not list((data / "programs").iterdir())


SCENARIO = """
import os, pwd, sys
from pathlib import Path
import psycopg
from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded import start
data, nobody = Path(sys.argv[1]), pwd.getpwnam("nobody")
os.setgroups([])  # only now: the interpreter itself may lie where this user cannot read it
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
try:
    with start(data, {"fsync": "off"}) as server, psycopg.connect(server.url()) as connection:
        print("user", os.stat(f"/proc/{server.pid}").st_uid, connection.execute("select 1").fetchone()[0])
except Unavailable as refusal:
    print("refused", refusal)
"""


def run_as_nobody(data: Path) -> str:
    ran = subprocess.run([sys.executable, "-c", SCENARIO, str(data)], capture_output=True, text=True, cwd="/")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture
def programs_for_nobody() -> None:
    """Skips where an ordinary user cannot reach the package's programs."""
    nobody = pwd.getpwnam("nobody")
    if first_closed(packaged()[18].bin, Account(nobody.pw_uid, nobody.pw_gid, "nobody")):
        pytest.skip("the packages lie where the user nobody cannot reach them")


@as_root
@pytest.mark.usefixtures("programs_for_nobody")
def test_an_ordinary_user_runs_the_server_as_itself_and_root_may_join(base: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    home = base / "home"
    home.mkdir(mode=0o755)
    shutil.chown(home, nobody.pw_uid, nobody.pw_gid)
    data = home / "data"
    assert run_as_nobody(data) == f"user {nobody.pw_uid} 1\n"
    with start(data, FAST) as server:  # as root: the owner of the files runs the server
        assert Path(f"/proc/{server.pid}").stat().st_uid == nobody.pw_uid
    assert run_as_nobody(data) == f"user {nobody.pw_uid} 1\n"  # and root left nothing that keeps it out


@as_root
@pytest.mark.usefixtures("programs_for_nobody")
def test_an_ordinary_user_is_refused_where_it_may_not_write(base: Path) -> None:
    answer = run_as_nobody(base / "data")
    assert answer.startswith("refused ")
    assert "cannot be used by nobody; choose another directory (--data)" in answer
