"""Ids of rows that bring none: the same row of the same source has the same id each time it is imported.

Always holds: the id is a hash of the source's name, the row's content, and how many rows before it had
that same content, so that a file with two equal rows counts two, and twice the file counts them once.
"""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Final, Self

_COUNT: Final = (
    "insert into seen values (?, 1) on conflict (content) do update set times = times + 1 returning times"
)


class RowIds:
    """Gives ids to the rows of one source, in the order of the file."""

    def __init__(self, source: str) -> None:
        self._source = _digest(source.encode())
        # A nameless database of SQLite lives in memory and moves to a temporary file when it grows.
        self._seen = sqlite3.connect("", isolation_level=None)
        self._seen.execute("pragma journal_mode = off")
        self._seen.execute("create table seen (content blob primary key, times integer) without rowid")
        self._seen.execute("begin")

    def of(self, content: bytes) -> str:
        """The id of the next row with this content."""
        digest = _digest(content)
        (times,) = self._seen.execute(_COUNT, (digest,)).fetchone()
        return f"row_{_digest(self._source + digest + str(times).encode()).hex()}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._seen.close()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=20).digest()
