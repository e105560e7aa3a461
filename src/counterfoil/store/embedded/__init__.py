"""The embedded PostgreSQL server: a database with nothing to install.

Owns: the server's data directory (rights, locks, log, socket), its start, shared use, stop, settings and
the upgrade of its files to a newer major version.  Does not own: roles other than the owner, schemas and
migrations; which directory is used (settings); a server that the operator runs.
Always holds: no TCP port is opened, only a socket in a directory that its owner alone can enter; nothing
outside the data directory changes its rights; of all processes that use a directory, the last one out
stops the server, and a process killed outright never counts as a user.
"""

from __future__ import annotations

from counterfoil.store.embedded.cluster import DATABASE, OWNER
from counterfoil.store.embedded.locks import ServeLock, exclusive_serve_lock
from counterfoil.store.embedded.server import EmbeddedServer, start

__all__ = ["DATABASE", "OWNER", "EmbeddedServer", "ServeLock", "exclusive_serve_lock", "start"]
