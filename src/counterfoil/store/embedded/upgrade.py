"""Bringing the files of an older major version to the newest one that the package carries.

Owns: the steps of an upgrade and their recovery.
Always holds: the old files are kept, apart from switching their checksums on, until the new server has
answered once; at any moment of a loss of power either the old or the complete new files are there, and
the next start goes on from that::

    postgresql                                       old
    postgresql, postgresql.new                       pg_upgrade copies
    postgresql, postgresql.new, upgrade.done         the copy is complete
    postgresql.old, postgresql.new, upgrade.done     first rename
    postgresql.old, postgresql, upgrade.done         second rename
    postgresql.old, postgresql                       used from here on
    postgresql                                       after the first answer
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded import cluster
from counterfoil.store.embedded.locks import handed_lock
from counterfoil.store.embedded.programs import Programs, reachable, require

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from counterfoil.store.embedded.cluster import Progress
    from counterfoil.store.embedded.place import Place

_CHECKSUMS: Final = re.compile(r"^Data page checksum version:\s*(\d+)", re.MULTILINE)
_RECOVERY: Final = 300.0
_LOCK: Final = "upgrade/lock"


def upgrade(place: Place, old: Programs, new: Programs, *, hold: int, progress: Progress) -> None:
    """Make the cluster one of ``new``; the caller holds the start lock and nobody uses the server."""
    progress(f"upgrading the database from PostgreSQL {old.major} to {new.major}")
    _require_room(place)
    old, new = reachable(old, place), reachable(new, place)
    _shut_down_cleanly(place, old, progress)
    control = require(old, place, ["pg_controldata", "-D", place.cluster.name], hold=hold)
    found = _CHECKSUMS.search(control)
    if found is not None and found[1] == "0":
        progress("adding checksums to the old files")
        require(old, place, ["pg_checksums", "--enable", "-D", place.cluster.name], hold=hold)
    target = _new(place)
    cluster.initialise(new, place, target, hold=hold)
    work = place.directory(_work(place))
    progress("copying the data")
    command = ["pg_upgrade", "-b", str(old.bin), "-B", str(new.bin), "-U", cluster.OWNER]
    command += ["-d", f"../{place.cluster.name}", "-D", f"../{target.name}"]
    command += ["--socketdir", str(place.socket_directory())]
    # Not the start lock: pg_upgrade runs servers, which would keep it for ever if both of us were killed.
    with handed_lock(place, _LOCK, _RECOVERY, _nothing) as handed:
        require(new, place, command, hold=handed, cwd=work)
    place.write(_done(place), f"{old.major} to {new.major}\n")
    place.sync()
    finish(place, new)


def finish(place: Place, programs: Programs) -> None:
    """Take up an interrupted upgrade: go on if the new files are complete, else keep the old ones."""
    done, new, old = _done(place), _new(place), _old(place)
    if _work(place).exists():
        _end_helpers(place, programs)
    if done.exists():
        if new.exists():
            if place.cluster.exists():
                shutil.rmtree(old, ignore_errors=True)
                place.cluster.rename(old)
                place.sync()
            new.rename(place.cluster)
            place.sync()
        done.unlink()
    elif new.exists():
        shutil.rmtree(new)


def forget_old(place: Place) -> None:
    """Remove the files of before the upgrade: the new server has answered."""
    shutil.rmtree(_old(place), ignore_errors=True)


def _end_helpers(place: Place, programs: Programs) -> None:
    """Wait for what a killed upgrade left running, and stop its servers, which would stay for ever."""

    def stop_servers() -> None:
        for files in (place.files, _new(place).name):
            cluster.halt(programs, replace(place, files=files))

    with handed_lock(place, _LOCK, _RECOVERY, stop_servers):
        shutil.rmtree(_work(place))


def _shut_down_cleanly(place: Place, old: Programs, progress: Progress) -> None:
    """Let the old server recover and stop: pg_upgrade refuses files that a crash left behind."""
    deadline = time.monotonic() + _RECOVERY
    if cluster.await_settled(place, deadline=deadline, progress=progress) is None:
        settings: Mapping[str, str] = {}
        cluster.launch(old, place, settings, deadline=deadline, progress=progress)
    cluster.halt(old, place)


def _require_room(place: Place) -> None:
    size = sum(path.lstat().st_size for path in place.cluster.rglob("*") if path.is_file())
    free = shutil.disk_usage(place.data).free
    if free < size * 1.1:
        raise Unavailable(
            f"upgrading the database needs {size * 11 // 10 // 2**20 + 1} MiB free in {place.data}, "
            f"{free // 2**20} MiB are; make room"
        )


def _work(place: Place) -> Path:
    return place.data / "upgrade"


def _new(place: Place) -> Path:
    return place.data / "postgresql.new"


def _old(place: Place) -> Path:
    return place.data / "postgresql.old"


def _done(place: Place) -> Path:
    return place.data / "upgrade.done"


def _nothing() -> None:
    """No upgrade ran before: ``finish`` has seen to that."""
