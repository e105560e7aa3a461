"""The files of one PostgreSQL server and the process on them: made, launched, asked, halted.

Owns: how a cluster is initialised and set, whether a server runs on it and is ours, the start and the
halt themselves.  Does not own: who may do so when (``server``), upgrades (``upgrade``).
Always holds: everything here runs under the start lock; commits reach the disk (``fsync`` and
``synchronous_commit`` are on) unless the caller's settings say otherwise.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
from psycopg import pq

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded.place import SOCKET_NAME, Place
from counterfoil.store.embedded.programs import Programs, require, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    type Progress = Callable[[str], None]

OWNER: Final = "counterfoil_owner"
DATABASE: Final = "counterfoil"

_CONF: Final = "postgresql.conf"
_LOG_LIMIT: Final = 8 * 1024 * 1024
_LOG_KEPT: Final = 1024 * 1024
_PAUSE: Final = 0.01

# One machine, one program: small and quiet.  ALTER SYSTEM overrides any of these.
_SETTINGS: Final[dict[str, str]] = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    # A refused statement (a taken id, a lost race) is the program's to tell; here it would fill the disk.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


def version(cluster: Path) -> int | None:
    """The major version of the files; ``None`` where there are none yet."""
    try:
        return int((cluster / "PG_VERSION").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def initialise(
    programs: Programs, place: Place, target: Path, *, hold: int, durable: bool = True, checksums: bool = True
) -> None:
    """Make an empty cluster in ``target``, in the data directory, replacing what an earlier attempt left."""
    shutil.rmtree(target, ignore_errors=True)
    place.directory(target)
    # Order and case of text must not change with the operating system's libraries.
    builtin = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if programs.major >= 17 else []
    command = ["initdb", "-D", target.name, "-U", OWNER, "--encoding=UTF8", "--locale=C", *builtin]
    command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions"]
    command += ["--data-checksums"] if checksums else ["--no-data-checksums"] if programs.major >= 18 else []
    require(programs, place, [*command, *([] if durable else ["--no-sync"])], hold=hold)


def launch(
    programs: Programs,
    place: Place,
    settings: Mapping[str, str],
    *,
    deadline: float,
    progress: Progress,
) -> None:
    """Start a server on the cluster and wait until it answers, recovery after a crash included."""
    _clear_stale(place)
    trim_log(place)
    os.close(place.open(place.log.name, os.O_WRONLY))
    sockets = place.socket_directory()
    place.write(
        place.cluster / _CONF, _conf({**_SETTINGS, **settings, "unix_socket_directories": str(sockets)})
    )
    waited = _Waiting(place, progress)
    while True:
        mark = place.log.stat().st_size
        left = max(1, int(deadline - time.monotonic()))
        # Relative names: pg_ctl puts them into a command line of its own.
        command = ["pg_ctl", "start", "-w", "-t", str(left), "-D", place.cluster.name, "-l", place.log.name]
        code, output = run(programs, place, command, waiting=waited)
        if code == 0:
            return
        if process_of(place) is not None:
            raise Unavailable(
                f"PostgreSQL in {place.data} is still recovering; try again, and see {place.log}"
            )
        said = _log_since(place, mark)
        # A backend may outlive a killed postmaster by a moment, until it has finished its query.
        if "pre-existing shared memory block" not in said or time.monotonic() > deadline:
            raise Unavailable(f"PostgreSQL does not start in {place.data}:\n{said or output}")
        waited()
        time.sleep(0.2)


def socket_of(place: Place) -> Path | None:
    """The socket directory of the server that answers on this cluster.

    Waits for nothing: ``None`` also while it starts or stops.  Raises ``Unavailable`` when something else
    answers there.
    """
    lines = _pid_file(place)
    if len(lines) < 5 or not (sockets := Path(lines[4])).is_absolute():
        return None
    if pq.PGconn.ping(_conninfo(sockets, "postgres").encode()) != pq.Ping.OK:
        return None
    try:
        connection = psycopg.connect(_conninfo(sockets, "postgres"), autocommit=True)
    except psycopg.OperationalError as error:
        if process_of(place) is None:  # it stopped between the two questions
            return None
        raise Unavailable(f"PostgreSQL in {place.data} refuses its owner: {error}") from None
    with connection:
        row = connection.execute("select current_setting('data_directory')").fetchone()
        if row is None or Path(row[0]).resolve() != place.cluster:
            raise Unavailable(f"another PostgreSQL answers on {sockets}; it is not the one of {place.data}")
        if connection.execute("select from pg_database where datname = %s", (DATABASE,)).fetchone() is None:
            connection.execute(f"create database {DATABASE}".encode())
    return sockets


def process_of(place: Place) -> int | None:
    """The process id of a live server on this cluster, whether or not it answers yet."""
    lines = _pid_file(place)
    if not lines or not lines[0].lstrip("-").isdigit():
        return None
    # A standalone backend writes its id negated.
    process = abs(int(lines[0]))
    return process if _is_ours(process, place) else None


def await_settled(place: Place, *, deadline: float, progress: Progress) -> Path | None:
    """Wait while a server starts, recovers or stops here: its socket directory, or ``None`` if it is gone."""
    waited = _Waiting(place, progress)
    while (sockets := socket_of(place)) is None and process_of(place) is not None:
        if time.monotonic() > deadline:
            raise Unavailable(f"PostgreSQL in {place.data} neither starts nor stops; see {place.log}")
        waited()
        time.sleep(_PAUSE)
    return sockets


def halt(programs: Programs, place: Place) -> None:
    """Stop the server, its clients disconnected, its data written; nothing to do when it is gone already."""
    for mode in ("fast", "immediate"):  # immediate loses nothing: the next start recovers
        if process_of(place) is None:
            return
        code, output = run(
            programs, place, ["pg_ctl", "stop", "-w", "-t", "60", "-m", mode, "-D", place.cluster.name]
        )
        if code == 0:
            return
    if process_of(place) is not None:
        raise Unavailable(f"PostgreSQL in {place.data} does not stop: {output}")


def trim_log(place: Place) -> None:
    """Keep the newest part of a log that has grown over its limit; the server goes on appending to it."""
    descriptor = place.open(place.log.name, os.O_RDWR)
    with os.fdopen(descriptor, "r+b") as file:
        size = os.fstat(descriptor).st_size
        if size <= _LOG_LIMIT:
            return
        file.seek(size - _LOG_KEPT)
        kept = file.read().partition(b"\n")[2]
        file.seek(0)
        file.write(kept)
        file.truncate()


class _Waiting:
    """Tells, once a second, what is being waited for."""

    def __init__(self, place: Place, progress: Progress) -> None:
        self._place = place
        self._progress = progress
        self._next = time.monotonic() + 1

    def __call__(self) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 1
            said = _log_since(self._place, 0).splitlines()
            self._progress(f"waiting for PostgreSQL: {said[-1] if said else 'starting'}")


def _conninfo(sockets: Path, database: str) -> str:
    return f"postgresql://{OWNER}@/{database}?host={sockets}&port=5432&connect_timeout=10"


def _conf(settings: Mapping[str, str]) -> str:
    lines = ["# Written at every start; change settings with ALTER SYSTEM."]
    for name, value in settings.items():
        if not name.replace("_", "").replace(".", "").isalnum() or "\n" in value:
            raise ValueError(f"not a setting of PostgreSQL: {name}")
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'")
    return "\n".join(lines) + "\n"


def _pid_file(place: Place) -> list[str]:
    try:
        return (place.cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _is_ours(process: int, place: Place) -> bool:
    """Whether a live process is a PostgreSQL in this cluster's directory, where each of them works."""
    proc = Path("/proc")
    if not (proc / "self").exists():  # not Linux: being alive has to do
        return _exists(str(process))
    try:
        state = (
            (proc / str(process) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        )
        if state.split()[0] in ("Z", "X"):  # killed, and nobody has asked for its exit code
            return False
        return Path(os.readlink(proc / str(process) / "cwd")) == place.cluster
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def _exists(number: str) -> bool:
    try:
        os.kill(abs(int(number)), 0)
    except (ValueError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _clear_stale(place: Place) -> None:
    """Remove pid files of a dead server whose number names another process by now.

    PostgreSQL itself removes those whose process is gone, but takes any live one for a server.  Should a
    server be left nevertheless, its shared memory, found by the directory, still keeps a second one out.
    """
    lines = _pid_file(place)
    if not lines or process_of(place) is not None or not _exists(lines[0]):
        return
    (place.cluster / "postmaster.pid").unlink(missing_ok=True)
    if len(lines) >= 5 and (sockets := Path(lines[4])).is_absolute() and sockets.is_dir():
        lock = sockets / f"{SOCKET_NAME}.lock"
        if lock.exists() and lock.read_text(encoding="utf-8").splitlines()[:1] == lines[:1]:
            lock.unlink()


def _log_since(place: Place, mark: int) -> str:
    with place.log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(mark, size - 2000))
        return file.read().decode("utf-8", "replace").strip()
