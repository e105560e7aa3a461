"""The worker: runs deferred jobs, places changes in their feeds, starts what falls due.

Owns: the loops and the table of tasks that bootstrap hands in.  Does not own: what a task does.
Always holds: any number of workers may run at once; a loop that fails says so in the log and goes on.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from procrastinate import RetryStrategy
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

from counterfoil.store.feed import relay_changes
from counterfoil.store.idempotency import forget_expired
from counterfoil.store.jobs import QUEUE, job_app

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

    from procrastinate import App

    from counterfoil.store import Store

type Task = Callable[..., Awaitable[None]]
"""What a job runs: ``task(store, **arguments)``."""

type Scan = Callable[[Store], Awaitable[None]]
"""Looks for what is due and defers jobs for it."""

RELAY_SECONDS: Final = 0.25
SCAN_SECONDS: Final = 1.0
TIDY_SECONDS: Final = 3600.0
REVIVE_SECONDS: Final = 5.0
LOST_SECONDS: Final = 15.0
"""How long a worker may say nothing before its jobs are taken to be nobody's."""
GRACE_SECONDS: Final = 5.0
"""How long a job may go on when the worker is asked to stop; then it is broken off, to be taken up again."""

_RETRY: Final = RetryStrategy(max_attempts=12, linear_wait=5)
"""A job that fails, or is broken off, is tried again, each time five seconds later than the time before."""

log = logging.getLogger("counterfoil.worker")


class Worker:
    """Everything that runs later, over one store."""

    def __init__(self, store: Store, tasks: Mapping[str, Task], scans: Mapping[str, Scan]) -> None:
        self._store = store
        self._tasks = tasks
        self._scans = scans

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Run until the block ends."""
        async with self._jobs() as app:
            jobs = app.run_worker_async(
                queues=[QUEUE],
                concurrency=2,
                install_signal_handlers=False,
                shutdown_graceful_timeout=GRACE_SECONDS,
                update_heartbeat_interval=LOST_SECONDS / 5,
                stalled_worker_timeout=LOST_SECONDS,
            )
            work = [
                jobs,
                self._every(RELAY_SECONDS, "relay", self.relay),
                self._every(REVIVE_SECONDS, "revive", partial(self._revive, app)),
                self._every(TIDY_SECONDS, "tidy", self._tidy),
                *(
                    self._every(SCAN_SECONDS, name, partial(scan, self._store))
                    for name, scan in self._scans.items()
                ),
            ]
            loops = [asyncio.create_task(one) for one in work]
            try:
                yield
            finally:
                for loop in loops:
                    loop.cancel()
                await asyncio.gather(*loops, return_exceptions=True)

    async def drain(self) -> None:
        """Scan once and run every waiting job, for tests and commands that must see the end."""
        for scan in self._scans.values():
            await scan(self._store)
        async with self._jobs() as app:
            await app.run_worker_async(
                queues=[QUEUE], wait=False, install_signal_handlers=False, listen_notify=False
            )
        await self.relay()

    async def relay(self) -> None:
        """Place every committed change."""
        placed = 1
        while placed:
            async with self._store.system() as uow:
                placed = await relay_changes(uow)

    @asynccontextmanager
    async def _jobs(self) -> AsyncGenerator[App]:
        app = job_app(self._store.url)
        for name, task in self._tasks.items():
            app.task(name=name, queue=QUEUE, retry=_RETRY)(self._bound(task))
        async with app.open_async():
            yield app

    def _bound(self, task: Task) -> Callable[..., Awaitable[None]]:
        async def run(**arguments: Any) -> None:
            await task(self._store, **arguments)

        return run

    async def _revive(self, app: App) -> None:
        """Give the jobs of workers that are gone, killed or broken off, back to be run again.

        Every task of ours can be: it goes on from what is committed.
        """
        now = self._store.clock()
        for job in await app.job_manager.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=LOST_SECONDS):
            log.warning("job %s (%s) was left unfinished; it is run again", job.id, job.task_name)
            try:
                await app.job_manager.retry_job(job, retry_at=now)
            except UniqueViolation:  # another job that does the same waits already
                await app.job_manager.finish_job(job, Status.ABORTED, delete_job=False)

    async def _tidy(self) -> None:
        async with self._store.system() as uow:
            await forget_expired(uow)

    async def _every(self, seconds: float, name: str, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except Exception:
                log.exception("%s failed; trying again in %s s", name, seconds)
            await asyncio.sleep(seconds)
