"""Shared use of one embedded server: the first user starts it, the last one stops it.

Owns: the decision to initialise, upgrade, start, attach or stop.
Always holds: the decision is made under the start lock; a server that a killed process left behind is
attached to by the next user and stopped by the last.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final, Self

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded import cluster, upgrade
from counterfoil.store.embedded.locks import Use, start_lock
from counterfoil.store.embedded.place import Place, prepare
from counterfoil.store.embedded.programs import Programs, packaged, reachable, remove_other_copies

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from counterfoil.store.embedded.cluster import Progress

_TIMEOUT: Final = 300.0


class EmbeddedServer:
    """A running server in use by this process, until ``stop``; made by ``start``."""

    def __init__(self, place: Place, use: Use, programs: Programs, socket_dir: Path) -> None:
        self._place = place
        self._use: Use | None = use
        self._programs = programs
        self.data_dir = place.data
        self.socket_dir = socket_dir

    @property
    def pid(self) -> int | None:
        """The server's process id; ``None`` once it is gone."""
        return cluster.process_of(self._place)

    def url(self, user: str = cluster.OWNER, database: str = cluster.DATABASE) -> str:
        """Where to connect, as a PostgreSQL URL; no password is needed on this socket."""
        # The port is said so that PGPORT in the environment cannot lead elsewhere.
        return f"postgresql://{user}@/{database}?host={self.socket_dir}&port=5432"

    def trim_log(self) -> None:
        """Keep the log below its limit; for a process that runs for long to call now and then."""
        cluster.trim_log(self._place)

    def stop(self) -> None:
        """Use the server no longer; the last user stops it.  Calling it again does nothing."""
        use, self._use = self._use, None
        if use is None:
            return
        with contextlib.closing(use), start_lock(self._place, _TIMEOUT):
            if use.alone():
                cluster.halt(self._programs, self._place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    data_dir: Path,
    settings: Mapping[str, str] | None = None,
    *,
    progress: Progress | None = None,
    timeout: float = _TIMEOUT,
) -> EmbeddedServer:
    """Use the server of ``data_dir``: attach to it if it runs, else start it, made or upgraded as needed.

    ``settings`` are PostgreSQL's own and apply only when this call starts it.  ``progress`` gets a sentence
    for each step that takes long.  ``timeout`` (seconds) bounds the waiting, for others and for recovery.
    Raises ``Unavailable`` with what to do about it.
    """
    report = progress or _silent
    place = prepare(data_dir)
    with contextlib.ExitStack() as on_failure, start_lock(place, timeout) as hold:
        use = on_failure.enter_context(contextlib.closing(Use(place)))
        alone = use.alone()
        programs = _programs(place, hold, alone=alone, settings=settings or {}, progress=report)
        use.share()
        deadline = time.monotonic() + timeout
        sockets = cluster.await_settled(place, deadline=deadline, progress=report)
        if sockets is None:
            cluster.launch(programs, place, settings or {}, deadline=deadline, progress=report)
            remove_other_copies(programs, place)
            sockets = cluster.socket_of(place)
        if sockets is None:
            raise Unavailable(f"PostgreSQL in {place.data} stopped right after its start; see {place.log}")
        upgrade.forget_old(place)
        cluster.trim_log(place)
        on_failure.pop_all()
    return EmbeddedServer(place, use, programs, sockets)


def _programs(
    place: Place, hold: int, *, alone: bool, settings: Mapping[str, str], progress: Progress
) -> Programs:
    """The programs for this data directory, whose cluster is made or upgraded first where needed."""
    available = packaged()
    newest = available[max(available)]
    if alone:
        upgrade.finish(place, reachable(newest, place))
    found = cluster.version(place.cluster)
    if found is None:
        progress(f"making a database in {place.data}")
        durable = settings.get("fsync") != "off"
        fresh = place.data / "postgresql.new"
        cluster.initialise(reachable(newest, place), place, fresh, hold=hold, durable=durable)
        fresh.rename(place.cluster)
        place.sync()
    elif found not in available:
        raise Unavailable(
            f"the database in {place.data} is of PostgreSQL {found}; this program brings "
            f"{', '.join(map(str, sorted(available)))}: use the version of the program that made it"
        )
    elif found < newest.major:
        if not alone:
            raise Unavailable(
                f"the database in {place.data} must be upgraded to PostgreSQL {newest.major}, "
                "but an older version of this program still uses it; stop that first"
            )
        upgrade.upgrade(place, available[found], newest, hold=hold, progress=progress)
    return reachable(newest, place)


def _silent(_: str) -> None:
    """Progress that nobody asked for."""
