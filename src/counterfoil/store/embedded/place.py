"""The data directory: whose it is, what lies in it, and the rights of everything in it.

Owns: the choice of the operating system's user that runs PostgreSQL, the names below the directory, the
creation of files and directories there.  Does not own: what PostgreSQL writes.
Always holds: what is outside the directory is looked at, never changed; links planted in it are not
followed; PostgreSQL never runs as root.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from counterfoil.core.errors import Unavailable

SERVER_USER: Final = "counterfoil"
SOCKET_NAME: Final = ".s.PGSQL.5432"

# sun_path holds 108 bytes on Linux and 104 on macOS, its closing zero included.
_SOCKET_LIMIT: Final = 103
# A comma separates hosts in a PostgreSQL URL, a colon host and port in SQLAlchemy's.
_SAFE_PATH: Final = re.compile(r"[A-Za-z0-9/._+~-]+")
_CLUSTERS: Final = ("postgresql", "postgresql.old")
"""Where files of PostgreSQL may lie; only the second exists in the midst of an upgrade."""
_OURS: Final = frozenset(
    {*_CLUSTERS, "postgresql.new", "socket", "postgres.log", "programs", "upgrade", "upgrade.done"}
    | {"start.lock", "users.lock", "serve.lock"}
    | {"lost+found"}  # which a fresh file system has in its root
)


@dataclass(frozen=True, slots=True)
class Account:
    """A user of the operating system."""

    uid: int
    gid: int
    name: str


@dataclass(frozen=True, slots=True)
class Place:
    """A data directory that is ready for use; ``account`` runs its PostgreSQL."""

    data: Path
    account: Account
    files: str = "postgresql"

    @property
    def cluster(self) -> Path:
        """The files of PostgreSQL itself."""
        return self.data / self.files

    @property
    def log(self) -> Path:
        """What PostgreSQL has to say."""
        return self.data / "postgres.log"

    @property
    def switches_user(self) -> bool:
        """Whether programs have to be run as another user than our own."""
        return os.geteuid() == 0

    def directory(self, path: Path) -> Path:
        """``path``, made if absent, as a directory that only the account can enter."""
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            found = path.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != self.account.uid or found.st_mode & 0o077:
                raise Unavailable(
                    f"{path} must be a directory that belongs to {self.account.name} alone (mode 0700); "
                    "remove it, or correct its owner and mode"
                ) from None
        else:
            self._give(path)
        return path

    def open(self, name: str, flags: int) -> int:
        """A descriptor of the file ``name`` in the directory, made if absent; children do not inherit it."""
        path = self.data / name
        flags |= os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
            if self.switches_user:
                os.fchown(descriptor, self.account.uid, self.account.gid)
        except FileExistsError:
            return _open_ours(path, flags)
        return descriptor

    def write(self, path: Path, content: str) -> None:
        """Put ``content`` at ``path`` in one step, readable by the account only."""
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        self._give(Path(temporary))
        os.replace(temporary, path)

    def socket_directory(self) -> Path:
        """Where a new server puts its socket: in the data directory if a socket can have that name."""
        own = self.data / "socket"
        if _can_hold_socket(own):
            return self.directory(own)
        name = f"counterfoil-{self.account.uid}-" + hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        for base in self._runtime_directories():
            if base.is_dir() and _can_hold_socket(base / name) and first_closed(base, self.account) is None:
                return self.directory(base / name)
        raise Unavailable(f"the path {self.data} is too long for a socket; choose a shorter one (--data)")

    def sync(self) -> None:
        """Make renames in the directory survive a loss of power."""
        descriptor = os.open(self.data, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _runtime_directories(self) -> list[Path]:
        if self.switches_user:
            return [Path("/run"), Path("/tmp")]  # noqa: S108 - a directory of 0700 is made in it, and checked
        runtime = os.environ.get("XDG_RUNTIME_DIR")
        found = [Path(runtime)] if runtime and os.access(runtime, os.W_OK | os.X_OK) else []
        return [*found, Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - as above

    def _give(self, path: Path) -> None:
        if self.switches_user:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)


def prepare(data_dir: Path) -> Place:
    """The directory ready for use: made if absent, its user decided.

    Raises ``Unavailable`` when the user that must run PostgreSQL cannot get there, when another one owns it,
    or when it holds what is not ours; then nothing was written.
    """
    data = data_dir
    try:
        data = data.expanduser().resolve()
        _refuse_foreign(data)
        place = _prepare_for_account(data) if os.geteuid() == 0 else _prepare_own(data)
        if not os.access(data, os.R_OK | os.W_OK | os.X_OK):  # also where the file system is read-only
            raise PermissionError
    except (FileExistsError, NotADirectoryError):
        raise Unavailable(f"{data} is not a directory; choose another (--data)") from None
    except PermissionError as error:
        who = _name_of(os.geteuid())
        raise Unavailable(
            f"{error.filename or data} cannot be used by {who}; choose another directory (--data)"
        ) from None
    except (OSError, RuntimeError):  # pathlib tells of a home that is not known with the second
        raise Unavailable(
            f"no directory can be made or used at {data}; choose one in a place that can be written (--data)"
        ) from None
    return place


def first_closed(path: Path, account: Account) -> Path | None:
    """The first directory on the way to and including ``path`` that ``account`` cannot pass."""
    for step in (*reversed(path.parents), path):
        found = step.stat()
        if found.st_uid == account.uid:
            needed = stat.S_IXUSR
        elif found.st_gid == account.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not found.st_mode & needed:
            return step
    return None


def _refuse_foreign(data: Path) -> None:
    """Refuse a directory in use for something else (``/etc``), unless a database of ours is in it already."""
    strangers = sorted(set(os.listdir(data)) - _OURS) if data.exists() else []
    if strangers and not any(_is_cluster(data / name) for name in _CLUSTERS):
        shown = ", ".join(strangers[:3]) + (", …" if len(strangers) > 3 else "")
        raise Unavailable(
            f"{data} is in use for something else (it holds {shown}); "
            "name an empty or a new directory (--data)"
        )


def _is_cluster(path: Path) -> bool:
    """Whether these are files of a server: ``/etc/postgresql`` has the name, and is none."""
    try:
        return stat.S_ISREG((path / "PG_VERSION").lstat().st_mode)
    except PermissionError:  # closed to us as another user's cluster is, and refused as that
        return True
    except (FileNotFoundError, NotADirectoryError):
        return False


def _open_ours(path: Path, flags: int) -> int:
    """A descriptor of a file that exists, if it is a plain one with no second name.

    A second name would let whoever may write here point us at a file elsewhere.
    """
    try:
        descriptor = os.open(path, flags)
    except PermissionError:
        raise Unavailable(f"{path} cannot be used by {_name_of(os.geteuid())}; correct its owner") from None
    except OSError:  # a link, a directory, a socket
        raise Unavailable(f"{path} is not a plain file of ours; remove it") from None
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(descriptor)
        raise Unavailable(f"{path} is not a plain file of ours; remove it")
    return descriptor


def _prepare_own(data: Path) -> Place:
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Place(data, Account(os.geteuid(), os.getegid(), _name_of(os.geteuid())))
    if place.cluster.exists() and (owner := place.cluster.stat().st_uid) != place.account.uid:
        raise Unavailable(
            f"the database in {data} belongs to the user {_name_of(owner)}; "
            "run as that user or as root, or choose another directory (--data)"
        )
    return place


def _prepare_for_account(data: Path) -> Place:
    owner = next((path.lstat().st_uid for name in _CLUSTERS if (path := data / name).exists()), 0)
    account = _account(owner) if owner else _server_account()
    existing = next(parent for parent in data.parents if parent.exists())
    if not existing.is_dir():
        raise NotADirectoryError
    if closed := first_closed(existing, account):
        raise Unavailable(
            f"PostgreSQL does not run as root but as the user {account.name}, who cannot pass {closed}; "
            "choose a data directory elsewhere (--data /var/lib/counterfoil)"
        )
    missing = [parent for parent in data.parents if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        parent.chmod(0o755)  # just made by us: must be passable whatever the umask
    data.mkdir(mode=0o700, exist_ok=True)
    if data.stat().st_uid == 0 and not any(data.iterdir()):
        os.chown(data, account.uid, account.gid)
        data.chmod(0o700)
    elif first_closed(data, account):
        raise Unavailable(
            f"{data} is not empty and closed to the user {account.name}, who runs PostgreSQL; "
            "choose a new directory (--data)"
        )
    return Place(data, account)


def _server_account() -> Account:
    """The system user that runs PostgreSQL for root, made on first use; ``nobody`` where that cannot be."""
    try:
        return _account_named(SERVER_USER)
    except KeyError:
        pass
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is not None:
        command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - fixed words
    for name in (SERVER_USER, "nobody"):
        try:
            return _account_named(name)
        except KeyError:
            continue
    raise Unavailable(
        f"PostgreSQL does not run as root: make a system user {SERVER_USER}, or run as another user"
    )


def _account_named(name: str) -> Account:
    entry = pwd.getpwnam(name)
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:  # files of a user who is no longer in the list still have an owner
        return Account(uid, uid, str(uid))
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _name_of(uid: int) -> str:
    return _account(uid).name


def _can_hold_socket(directory: Path) -> bool:
    name = str(directory / SOCKET_NAME)
    return len(os.fsencode(name)) <= _SOCKET_LIMIT and _SAFE_PATH.fullmatch(name) is not None
