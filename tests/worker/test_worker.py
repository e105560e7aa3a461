"""What the worker promises of jobs: none is lost with its process, none keeps the process from stopping."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import text

from counterfoil.store import Store
from counterfoil.worker.runner import Worker
from tests.conftest import Tenant


async def test_a_job_whose_worker_was_killed_is_run_again(store: Store, tenant: Tenant) -> None:
    ran = asyncio.Event()

    async def task(_: Store, *, tenant_id: str) -> None:
        assert tenant_id == str(tenant.organization.id)
        ran.set()

    name = f"test.{tenant.organization.id}"
    async with store.unit(tenant.scope) as uow:
        uow.defer(name, tenant_id=str(tenant.organization.id))
    async with store.system() as system:
        worker = await system.execute(
            text(
                "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 minute')"
                " returning id"
            )
        )
        await system.execute(
            text(
                "update procrastinate_jobs set status = 'doing', worker_id = :worker, attempts = 1"
                " where task_name = :name"
            ),
            {"worker": worker.scalar_one(), "name": name},
        )
    async with Worker(store, {name: task}, {}).running():
        await asyncio.wait_for(ran.wait(), 20)
    assert ran.is_set()


async def test_a_long_job_does_not_keep_the_worker_from_stopping(store: Store, tenant: Tenant) -> None:
    started = asyncio.Event()
    broken_off: list[Any] = []

    async def task(_: Store) -> None:
        started.set()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            broken_off.append(True)
            raise

    name = f"test.long.{tenant.organization.id}"
    async with store.unit(tenant.scope) as uow:
        uow.defer(name)
    async with Worker(store, {name: task}, {}).running():
        await asyncio.wait_for(started.wait(), 20)
        asked = time.monotonic()
    assert time.monotonic() - asked < 30
    assert broken_off
    async with store.system() as system:
        status = text("select status from procrastinate_jobs where task_name = :name")
        assert (await system.execute(status, {"name": name})).scalar_one() in ("todo", "doing")
