"""What the worker promises of jobs: none is lost with its process, none keeps the process from stopping."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from sqlalchemy import text

from counterfoil.store import Store
from counterfoil.store.jobs import QUEUE
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


async def test_a_lost_job_whose_twin_waits_gives_way_and_keeps_no_other_from_being_run_again(
    store: Store, tenant: Tenant
) -> None:
    ran: list[str] = []

    async def task(_: Store, *, who: str) -> None:
        ran.append(who)

    name = f"test.twin.{tenant.organization.id}"
    async with store.system() as system:
        worker = await system.execute(
            text(
                "insert into procrastinate_workers (last_heartbeat) values (now() - interval '1 minute')"
                " returning id"
            )
        )
        lost = worker.scalar_one()
        insert = text(
            "insert into procrastinate_jobs (task_name, queue_name, queueing_lock, args, status, worker_id)"
            " values (:name, :queue, :lock, cast(:args as jsonb), cast(:status as procrastinate_job_status),"
            " :worker)"
        )
        for who, lock, status in (("twin", "a", "doing"), ("twin", "a", "todo"), ("other", "b", "doing")):
            values = {
                "name": name,
                "queue": QUEUE,
                "lock": f"{name}/{lock}",
                "args": f'{{"who": "{who}"}}',
                "status": status,
                "worker": lost if status == "doing" else None,
            }
            await system.execute(insert, values)
    async with asyncio.timeout(20), Worker(store, {name: task}, {}).running():
        while len(ran) < 2:  # noqa: ASYNC110  (there is nothing to wait on but the effect)
            await asyncio.sleep(0.1)
    assert sorted(ran) == ["other", "twin"]
