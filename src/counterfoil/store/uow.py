"""The unit of work: one request or job, one transaction, one ``now``.

Owns: commit, savepoints, the changes and jobs that are written in the same transaction, ids for new rows.
Does not own: opening (``Store``), retry, or any rule.
Always holds: nothing outside this file commits; ``now`` is business time and ``wall`` is real time, both
read once; a change or a job exists if and only if the rows it speaks of do.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from counterfoil.core.ids import uuid7
from counterfoil.store.faults import refusal
from counterfoil.store.jobs import Job, defer_jobs
from counterfoil.store.outbox import NewChange, write_changes

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from psycopg import AsyncConnection as DriverConnection
    from sqlalchemy import Executable
    from sqlalchemy.engine import CursorResult
    from sqlalchemy.ext.asyncio import AsyncConnection

    from counterfoil.store.compiled import Compiled

_NOTHING: Final = text("select")
_BY_INDEX: Final = text("set local enable_seqscan = off")


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose data a unit of work sees, and who acts.

    ``actor`` is a short text for the audit: ``api_client:<uuid>``, ``cli:<user>``, ``worker``;
    ``request_id`` is the id under which the call is logged, if one made it.
    """

    organization_id: UUID
    environment_id: UUID
    actor: str
    request_id: str | None = None


class _Transaction:
    def __init__(self, connection: AsyncConnection, *, wall: datetime) -> None:
        self.connection = connection
        self.wall = wall
        assert connection.sync_connection is not None
        self._driver = cast("DriverConnection[Any]", connection.sync_connection.connection.driver_connection)
        self._jobs: list[Job] = []
        self._last_entropy = int.from_bytes(os.urandom(10)) >> 8

    def new_id(self) -> UUID:
        """A fresh UUIDv7 of real time; the ids of one transaction ascend in the order they were asked for."""
        self._last_entropy += 1
        milliseconds = int(self.wall.timestamp() * 1000)
        return uuid7(milliseconds, self._last_entropy.to_bytes(10))

    async def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run one statement (or one per parameter set, in one round trip where the driver can).

        Raises our own errors for what input can cause (``store.faults``).
        """
        try:
            return await self.connection.execute(statement, parameters)
        except DBAPIError as error:
            refused = refusal(error.orig, lost=error.connection_invalidated)
            if refused is None:
                raise
            raise refused from error

    async def rows(self, query: Compiled, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a compiled select, as plain tuples: for lists, and what is looked up for them.

        Raises as ``execute`` does.
        """
        try:
            return await query.run(self._driver, self.connection.dialect, values)
        except psycopg.Error as error:
            if self._driver.closed:
                await self.execute(_NOTHING)  # which fails too, and has the pool try its other connections
            refused = refusal(error, lost=self._driver.closed)
            if refused is None:
                raise
            raise refused from error

    async def look_up_by_index(self) -> None:
        """Have the server plan for large tables from here on: for batches that fill them.

        A new seller's are small when the first batch begins, and a connection keeps the plans of that moment,
        those of foreign keys too: each row of the last batch would look through all rows of those before.
        """
        await self.execute(_BY_INDEX)

    async def driver(self) -> DriverConnection[Any]:
        """The psycopg connection below, inside the same transaction: for COPY and hot paths."""
        return self._driver

    def defer(self, task: str, *, key: str | None = None, **arguments: Any) -> None:
        """Have the worker run ``task`` after this commits.

        ``key`` keeps at most one waiting job of that key.
        """
        self._jobs.append(Job(task, arguments, key))

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """A part that can fail alone: an exception undoes its statements and its jobs, and goes on up."""
        jobs = len(self._jobs)
        try:
            async with self.connection.begin_nested():
                yield
        except BaseException:
            del self._jobs[jobs:]
            raise

    async def commit(self) -> None:
        """Write the jobs and end the transaction; ``Store`` calls this."""
        if self._jobs:
            await defer_jobs(self._driver, self._jobs)
            self._jobs.clear()
        await self._driver.commit()


class SystemUow(_Transaction):
    """A transaction across tenants; ``actor`` and ``request_id`` are as in ``Scope``."""

    def __init__(
        self, connection: AsyncConnection, *, wall: datetime, actor: str, request_id: str | None
    ) -> None:
        super().__init__(connection, wall=wall)
        self.actor = actor
        self.request_id = request_id


class Uow(_Transaction):
    """A transaction of one tenant's environment."""

    def __init__(self, connection: AsyncConnection, scope: Scope, *, now: datetime, wall: datetime) -> None:
        super().__init__(connection, wall=wall)
        self.scope = scope
        self.now = now
        self._changes: list[NewChange] = []

    @property
    def environment_id(self) -> UUID:
        """The environment whose rows this sees."""
        return self.scope.environment_id

    @property
    def organization_id(self) -> UUID:
        """The organization of that environment."""
        return self.scope.organization_id

    @property
    def actor(self) -> str:
        """Who acts."""
        return self.scope.actor

    @property
    def request_id(self) -> str | None:
        """The request that this serves, if any."""
        return self.scope.request_id

    @contextmanager
    def at(self, instant: datetime) -> Generator[None]:
        """Let business time be another instant inside: that at which something was due, or will be.

        It is for what is done late as if it were done in time, and for what is rolled back.
        """
        now, self.now = self.now, instant
        try:
            yield
        finally:
            self.now = now

    def announce(
        self, event: str, object_kind: str, object_id: UUID, version: int, data: Mapping[str, Any]
    ) -> None:
        """Record that something happened: ``event`` is ``noun.verb_past`` (``invoice.finalised``).

        ``data`` is the object as the native API shows it, or the part that changed; no secrets.
        """
        self._changes.append(NewChange(self.new_id(), event, object_kind, object_id, version, data))

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """As for every transaction; announced changes are undone too."""
        changes = len(self._changes)
        try:
            async with super().savepoint():
                yield
        except BaseException:
            del self._changes[changes:]
            raise

    async def commit(self) -> None:
        """Write the changes and the jobs and end the transaction; ``Store`` calls this."""
        if self._changes:
            await write_changes(
                self.connection,
                self._changes,
                environment_id=self.environment_id,
                actor=self.actor,
                now=self.now,
                wall=self.wall,
            )
            self._changes.clear()
        await super().commit()
