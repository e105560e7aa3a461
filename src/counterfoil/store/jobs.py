"""Jobs written in our own transaction, run later by the worker.

Owns: the procrastinate application and how a job row is written.  Does not own: what a job does; the
worker registers tasks by name.
Always holds: a job is visible to workers only when the transaction that asked for it has committed;
procrastinate's clock is the database's, so nothing in business time is scheduled here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued

from counterfoil.store.types import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import AsyncConnection

QUEUE: Final = "counterfoil"


@dataclass(frozen=True, slots=True)
class Job:
    """A task's name, its arguments (plain JSON) and, if only one may wait, its key."""

    task: str
    arguments: Mapping[str, Any]
    key: str | None = None


def job_app(url: str | None = None, *, max_size: int = 4) -> App:
    """A procrastinate application; with a URL it can run a worker, without it only writes jobs."""
    if url is None:
        return App(connector=PsycopgConnector(json_dumps=json_text))
    connector = PsycopgConnector(conninfo=url, json_dumps=json_text, min_size=1, max_size=max_size)
    return App(connector=connector)


_WRITER: Final = job_app()


async def defer_jobs(connection: AsyncConnection[Any], jobs: Sequence[Job]) -> None:
    """Write job rows inside the caller's transaction; a key that already waits is left as it is."""
    for job in jobs:
        task = _WRITER.configure_task(
            job.task, allow_unknown=True, queue=QUEUE, connection=connection, queueing_lock=job.key
        )
        if job.key is None:
            await task.defer_async(**job.arguments)
            continue
        try:
            async with connection.transaction():
                await task.defer_async(**job.arguments)
        except AlreadyEnqueued:
            continue
