"""The locks of a data directory, all of them kept by the kernel.

Owns: ``start.lock`` (one process at a time starts, stops or upgrades), ``users.lock`` (who uses the server:
a shared lock each), ``serve.lock`` (one ``serve`` a directory).
Always holds: a lock ends with its process, however that ended; programs that we run do not inherit one
unless it is handed to them.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded.place import Place, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

_PAUSE: Final = 0.01


@contextmanager
def start_lock(place: Place, timeout: float) -> Generator[int]:
    """Be the only one that starts, stops or upgrades, waiting ``timeout`` seconds at most."""
    descriptor = place.open("start.lock", os.O_RDWR)
    deadline = time.monotonic() + timeout
    try:
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise Unavailable(
                    f"another process is still starting or stopping the database in {place.data}"
                )
            time.sleep(_PAUSE)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def handed_lock(place: Place, name: str, timeout: float, waiting: Callable[[], None]) -> Generator[int]:
    """A lock to hand to a program that we run, so as to know later whether it or a child of it still runs.

    Until the last one to have got it is gone, at most ``timeout`` seconds, ``waiting`` is called.
    """
    descriptor = place.open(name, os.O_RDWR)
    deadline = time.monotonic() + timeout
    try:
        while not _try(descriptor, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise Unavailable(f"an interrupted upgrade of the database in {place.data} has not ended yet")
            waiting()
            time.sleep(_PAUSE)
        yield descriptor
    finally:
        os.close(descriptor)


class Use:
    """This process's mark as a user of the server."""

    def __init__(self, place: Place) -> None:
        self._descriptor = place.open("users.lock", os.O_RDWR)

    def alone(self) -> bool:
        """Whether nobody else uses the server; under the start lock, and before ``share`` or at the end."""
        return _try(self._descriptor, fcntl.LOCK_EX)

    def share(self) -> None:
        """Count as a user from now on."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def close(self) -> None:
        """Count no longer."""
        os.close(self._descriptor)


class ServeLock:
    """The right to serve one data directory, held until ``close`` or the end of the process."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def close(self) -> None:
        """Let another ``serve`` have the directory."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def exclusive_serve_lock(data_dir: Path) -> ServeLock:
    """The right to serve ``data_dir``; raises ``Unavailable``, naming the process, while another has it."""
    place = prepare(data_dir)
    descriptor = place.open("serve.lock", os.O_RDWR)
    if not _try(descriptor, fcntl.LOCK_EX):
        holder = os.pread(descriptor, 20, 0).decode("utf-8", "replace").strip()
        os.close(descriptor)
        raise Unavailable(
            f"another server{f' (process {holder})' if holder else ''} already serves {place.data}; "
            "stop it, or choose another directory (--data)"
        )
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return ServeLock(descriptor)


def _try(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
