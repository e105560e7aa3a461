"""A month's bills of 10,000 subscriptions with a million events, drafted and then finalised, in one process.

Each subscription has a flat line and a line of seats in advance, and a graduated line of usage in arrears.
They fall due together; a first run drafts their invoices, a second one, after the grace, rates the drafts
again and finalises them, as the worker does it.  Printed first, and held to its limit: the seconds of both
(at most ``MOST``) and the memory of the process (below ``MEMORY``).  Then what a second answers, statements
in all and a batch, where the time went (by samples of the stack), and the ratio to the time in which the bare
rows of the same invoices and lines are copied into tables with the same columns and indexes.

    python benchmarks/billing_run.py [subscriptions]
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import psycopg
from _load import served
from faces import Seller, multiply, prepare

from counterfoil import bootstrap
from counterfoil.modules.billing import Billed, run_due
from counterfoil.modules.billing.types import BATCH
from counterfoil.settings import Settings
from counterfoil.store import Scope, Store
from counterfoil.store.database import open_database
from counterfoil.store.embedded import start

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType

ROWS: Final = 10_000
EVENTS: Final = 100
"""Of each subscription in the month."""
MOST: Final = 50
"""Seconds, for ``ROWS``."""
MEMORY: Final = 1024
"""MiB of the process; the database's own is printed beside it."""
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
DUE: Final = datetime(2026, 2, 1, tzinfo=UTC)
GRACE: Final = timedelta(hours=1)
SAMPLE: Final = 0.002
"""Seconds between two looks at the stack."""

_EVENTS: Final = """
    insert into events (environment_id, id, name, customer_id, at, properties, received_at)
    select environment_id, c.id || '-' || n, 'traffic', c.id, at, '{}', at
    from customers c, generate_series(1, %(events)s) n,
        lateral (select %(start)s::timestamptz + n * %(step)s::interval as at) x
    where environment_id = %(environment)s
"""
_COPIED: Final = ("invoices", "invoice_lines")


@dataclass
class Cost:
    """What one run took: seconds, also of processors (ours, the database's), statements, where it was."""

    done: Billed = field(default_factory=Billed)
    seconds: float = 0
    processor: float = 0
    database: float = 0
    statements: int = 0
    places: Counter[str] = field(default_factory=Counter)

    def line(self, name: str, invoices: int) -> str:
        """The run in words."""
        samples = sum(self.places.values()) or 1
        shares = ", ".join(f"{self.places[place] / samples:.0%} {place}" for place in ("SQL", "core", "glue"))
        batches = max(1, -(-invoices // BATCH))
        return (
            f"{name:>10}: {self.seconds:>6.1f} s, {invoices / self.seconds:>5.0f} invoices/s,"
            f" {self.processor:.1f} s of a processor and the database {self.database:.1f} s,"
            f" {self.statements:,} statements,"
            f" {self.statements / batches:.0f} a batch of {BATCH}; {shares}"
        )


def main(rows: int) -> int:
    """Measure, print, and answer the exit code."""
    directory = Path(tempfile.mkdtemp(prefix="counterfoil-bench-"))
    directory.chmod(0o755)
    chosen: Any = {"data": directory / "data", "port": 0, "rate_limit": 0, "worker": False}
    settings = Settings.model_validate(chosen)
    try:
        with open_database(settings) as url:
            with served(settings) as server:
                seller = asyncio.run(prepare(url))
                fill(server.address, seller)
            bootstrap.run(_all_due(url, seller))  # what is due at the beginning
            with start(settings.data) as database:
                owner = database.url()
                multiply(owner, seller, rows)
                use(owner, seller)
                return measure(url, owner, seller, rows)
    finally:
        shutil.rmtree(directory)


def measure(url: str, owner: str, seller: Seller, rows: int) -> int:
    """Both runs and the limit; prints what is held to a limit first."""
    before = _peak()
    database = _postmaster(owner)
    with _watched(database) as theirs:
        drafting = _run(url, owner, seller, DUE, database)
        finalising = _run(url, owner, seller, DUE + GRACE, database)
    assert drafting.done.drafted >= rows, drafting.done
    assert finalising.done.finalised >= rows, finalising.done
    seconds = drafting.seconds + finalising.seconds
    limit, lines = copied(owner)
    most = MOST * rows / ROWS
    print(f"{rows:,} subscriptions: {seconds:.1f} s (limit {most:g})")
    print(
        f"memory: {_peak()} MiB at most (limit {MEMORY}), {before} before; the database's {max(theirs)} MiB"
    )
    print(drafting.line("drafted", drafting.done.drafted))
    print(finalising.line("finalised", finalising.done.finalised))
    print(
        f"the bare rows of {drafting.done.drafted:,} invoices and {lines:,} lines are copied in"
        f" {limit:.2f} s: the run takes {seconds / limit:.0f} times as long"
    )
    return int(seconds > most or _peak() > MEMORY)


def fill(address: str, seller: Seller) -> None:
    """One customer with one subscription, on a clock that stands at the beginning of the month."""
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {seller.key}"}) as api:

        def make(path: str, **content: Any) -> str:
            made = api.post(f"/v1/{path}", json=content).raise_for_status().json()
            return str(made.get("id"))

        make("test-clocks", name="month", now_at=START.isoformat())
        [issuer] = api.get("/v1/issuers").raise_for_status().json()["data"]
        grace = {"grace_seconds": int(GRACE.total_seconds())}
        api.patch(f"/v1/issuers/{issuer['id']}", json=grace).raise_for_status()
        meter = make("meters", code="traffic", name="Traffic", event_name="traffic", aggregation="count")
        month = {"interval": {"unit": "month"}}
        flat = {"model": "flat", "params": {"EUR": {"amount": "49"}}}
        seats = {"model": "per_unit", "params": {"EUR": {"unit_amount": "15"}}, "quantity_source": "item"}
        tiers = [{"up_to": "50", "unit_amount": "0.05"}, {"up_to": None, "unit_amount": "0.02"}]
        usage = {"model": "graduated", "params": {"EUR": {"tiers": tiers}}, "quantity_source": "usage"}
        prices = [
            {"code": "base", **flat, **month},
            {"code": "seats", **seats, **month},
            {"code": "usage", **usage, "cadence": "in_arrears", "meter_id": meter, **month},
        ]
        plan = make("plans", code="pro", name="Pro", publish=True, prices=prices)
        customer = make("customers", name="Kunde", external_id="crm", currency="EUR")
        make(
            "subscriptions", customer_id=customer, plan_id=plan, external_id="sub", quantities={"seats": "12"}
        )


def use(owner: str, seller: Seller) -> None:
    """The events of the month, spread evenly over it, for every customer."""
    values = {
        "environment": seller.environment_id,
        "events": EVENTS,
        "start": START,
        "step": (DUE - START) / (EVENTS + 1),
    }
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(_EVENTS, values)
        connection.execute("vacuum analyze")


def copied(owner: str) -> tuple[float, int]:
    """Seconds in which the rows of invoices and lines are copied into tables like theirs; how many lines."""
    seconds = 0.0
    with psycopg.connect(owner) as connection:
        for table in _COPIED:
            with connection.cursor().copy(f"copy {table} to stdout".encode()) as copy:
                rows = b"".join(bytes(part) for part in copy)
            connection.execute(f"create table bare (like {table} including all)".encode())
            connection.commit()
            began = time.perf_counter()
            with connection.cursor().copy(b"copy bare from stdin") as copy:
                copy.write(rows)
            connection.commit()
            seconds += time.perf_counter() - began
            lines = rows.count(b"\n")
            connection.execute("drop table bare")
            connection.commit()
    return seconds, lines


def _run(url: str, owner: str, seller: Seller, now: datetime, database: int) -> Cost:
    with psycopg.connect(owner) as connection:
        connection.execute(
            "update test_clocks set now_at = %s where environment_id = %s", [now, seller.environment_id]
        )
    cost = Cost()
    with _counted(cost), _sampled(cost):
        began, used, theirs = time.perf_counter(), time.process_time(), _processor(database)
        cost.done = bootstrap.run(_all_due(url, seller))
        cost.seconds = time.perf_counter() - began
        cost.processor, cost.database = time.process_time() - used, _processor(database) - theirs
    return cost


async def _all_due(url: str, seller: Seller) -> Billed:
    store = Store(url)
    try:
        return await run_due(store, Scope(seller.organization_id, seller.environment_id, "benchmark"))
    finally:
        await store.close()


@contextmanager
def _counted(cost: Cost) -> Generator[None]:
    """Count what the driver is told to execute."""
    plain = psycopg.AsyncCursor.execute, psycopg.AsyncCursor.executemany

    def counting(execute: Any) -> Any:
        def count(*arguments: Any, **options: Any) -> Any:
            cost.statements += 1
            return execute(*arguments, **options)

        return count

    cursor: Any = psycopg.AsyncCursor
    cursor.execute, cursor.executemany = map(counting, plain)
    try:
        yield
    finally:
        cursor.execute, cursor.executemany = plain


@contextmanager
def _sampled(cost: Cost) -> Generator[None]:
    """Look at the stack now and then."""

    def look(_: int, frame: FrameType | None) -> None:
        cost.places[_place(frame)] += 1

    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, SAMPLE, SAMPLE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _place(frame: FrameType | None) -> str:
    """Whose the innermost part of a stack is: ours, or that of what talks to the database, or waits for it.

    The event loop itself waits for the database and for nothing else.
    """
    while frame is not None:
        path = frame.f_code.co_filename
        if "/counterfoil/core/" in path:
            return "core"
        if any(part in path for part in ("/psycopg", "/sqlalchemy/", "/counterfoil/store/", "/asyncio/")):
            return "SQL"
        if "/counterfoil/" in path:
            return "glue"
        frame = frame.f_back
    return "SQL"


def _postmaster(owner: str) -> int:
    """The process id of the database."""
    with psycopg.connect(owner) as connection:
        row = connection.execute("select setting from pg_settings where name = 'data_directory'").fetchone()
    assert row is not None
    return int(Path(row[0], "postmaster.pid").read_text().splitlines()[0])


@contextmanager
def _watched(database: int) -> Generator[list[int]]:
    """The memory of all the server's processes in MiB, twice a second; what they share counts once."""
    found: list[int] = [0]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.5):
            found.append(sum(map(_proportional, [database, *_children(database)])) // 1024)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join()


def _children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _processor(database: int) -> float:
    """What the server has used of processors until now: its processes that are there and those that were."""
    fields = [_stat(database)[11:15], *(_stat(pid)[11:13] for pid in _children(database))]
    return sum(map(int, chain.from_iterable(fields))) / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _proportional(pid: int) -> int:
    """The process's own memory and its share of what it shares, in KiB; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _peak() -> int:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
