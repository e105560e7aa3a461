"""Events a second through HTTP into the embedded database, against the same inserts without HTTP.

The raw limit is the same SQL statement with the same batch and number of connections, sent by psycopg threads
with the columns made beforehand; both write durably (fsync and synchronous commit are on) into the same table
in turns, and the ratio is the median of the turns'.  At batches of 1,000 it must be at least ``LIMIT``.

    python benchmarks/ingest.py [seconds a turn]
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import re
import shutil
import socket
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import psycopg

from counterfoil import bootstrap
from counterfoil.core.rating import Aggregation
from counterfoil.modules.catalog import NewMeter, create_meter
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.identity import (
    EnvironmentKind,
    NewApiClient,
    NewOrganization,
    create_api_client,
    create_environment,
    create_organization,
)
from counterfoil.modules.usage.repository.events import INSERT_EVENTS, SEPARATOR
from counterfoil.settings import Settings
from counterfoil.store import Scope, Store
from counterfoil.store.database import open_database

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from multiprocessing.connection import Connection

LIMIT: Final = 0.4
SHAPES: Final = ((1, 16), (100, 4), (1000, 4))
"""Events a batch, and connections at once."""
TURNS: Final = 3
CUSTOMERS: Final = 25
MARK: Final = "@@@@@@@@@@@@"
"""Stands in every prepared id for what makes it unique: twelve digits of a counter."""


@dataclass(frozen=True)
class Seller:
    """Whose events are sent."""

    scope: Scope
    key: str
    customers: list[Any]


def main(seconds: float) -> int:
    """Measure, print, and answer the exit code."""
    directory = Path(tempfile.mkdtemp(prefix="counterfoil-bench-"))
    directory.chmod(0o755)
    settings = Settings(data=directory / "data", port=0, rate_limit=0, worker=False, pool_size=16)
    try:
        with open_database(settings) as url, served(settings) as address:
            seller = asyncio.run(prepare(url))
            ratios = {size: measure(size, count, seconds, seller, url, address) for size, count in SHAPES}
    finally:
        shutil.rmtree(directory)
    reached = ratios[1000] >= LIMIT
    verdict = "within" if reached else "UNDER"
    print(f"at batches of 1,000: {ratios[1000]:.2f} of the raw limit, {verdict} {LIMIT}")
    return 0 if reached else 1


def measure(size: int, connections: int, seconds: float, seller: Seller, url: str, address: str) -> float:
    """Both in turns; prints the best figures and answers the median of the turns' ratios."""
    counter = Counter()
    body, columns = batch(size, seller)
    turns = [
        (
            raw_rate(url, seller, columns, connections, seconds, counter),
            http_rate(address, seller, body, size, connections, seconds, counter),
        )
        for _ in range(TURNS)
    ]
    ratio = median(http / raw for raw, http in turns)
    print(
        f"batch {size:>5,} on {connections:>2} connections:"
        f" HTTP {max(http for _, http in turns):>7,.0f} events/s,"
        f" raw {max(raw for raw, _ in turns):>7,.0f} events/s, ratio {ratio:.2f}",
        flush=True,
    )
    return ratio


class Counter:
    """Makes every batch's ids its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = time.time_ns() // 1000 % 10**11

    def take(self) -> str:
        """Twelve digits that were not taken before."""
        with self._lock:
            self._next += 1
            return f"{self._next:012}"


def batch(size: int, seller: Seller) -> tuple[bytes, dict[str, Any]]:
    """The same events as a body and as columns."""
    events = [
        {
            "id": f"req-{number:04}-{MARK}-8f14e45fceea167a",
            "name": "llm.request",
            "customer": f"crm-{number % CUSTOMERS:04}",
            "at": f"2026-01-{number % 28 + 1:02}T09:30:00.{number % 1000:03}Z",
            "properties": {
                "model": ("large", "small", "mini")[number % 3],
                "region": "eu-west",
                "input_tokens": 1000 + number * 7 % 5000,
                "output_tokens": 10 + number * 13 % 900,
            },
        }
        for number in range(size)
    ]
    if size == 1:
        return json.dumps(events[0]).encode(), _columns(events, seller)
    return json.dumps({"events": events}).encode(), _columns(events, seller)


def _columns(events: list[dict[str, Any]], seller: Seller) -> dict[str, Any]:
    ids = {f"crm-{number:04}": str(id_) for number, id_ in enumerate(seller.customers)}
    compact = [json.dumps(event["properties"], separators=(",", ":")) for event in events]
    return {
        "ids": SEPARATOR.join(event["id"] for event in events),
        "names": SEPARATOR.join(event["name"] for event in events),
        "customers": SEPARATOR.join(ids[event["customer"]] for event in events),
        "subscriptions": SEPARATOR.join("" for _ in events),
        "times": SEPARATOR.join(event["at"].replace("Z", "+00:00") for event in events),
        "properties": SEPARATOR.join(compact),
        "environment": seller.scope.environment_id,
    }


def raw_rate(
    url: str,
    seller: Seller,
    columns: dict[str, Any],
    connections: int,
    seconds: float,
    counter: Counter,
) -> float:
    """Events a second by psycopg alone."""
    statement: Any = re.sub(r":([a-z]+)", r"%(\1)s", INSERT_EVENTS)  # psycopg's own form of parameters
    begin = "select counterfoil_begin(%s, %s)"
    tenant = (seller.scope.organization_id, seller.scope.environment_id)
    stop = threading.Event()
    counts = [0] * connections

    def work(place: int) -> None:
        with psycopg.connect(url) as connection:
            while not stop.is_set():
                ids = columns["ids"].replace(MARK, counter.take())
                connection.execute(begin, tenant)
                parameters = {**columns, "ids": ids, "received": "2026-01-31T00:00:00Z"}
                stored = connection.execute(statement, parameters).fetchone()
                connection.commit()
                assert stored is not None
                counts[place] += len(stored[0].split(SEPARATOR))

    return _timed(work, counts, stop, seconds)


def http_rate(
    address: str, seller: Seller, body: bytes, size: int, connections: int, seconds: float, counter: Counter
) -> float:
    """Events a second through the API, each request checked to have stored its events."""
    place = urlsplit(address)
    head = (
        f"POST /v1/events HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {seller.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    expected = f'"stored":{size},'.encode()
    counts = [0] * connections
    stop = threading.Event()

    def work(number: int) -> None:
        with socket.create_connection((place.hostname, place.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not stop.is_set():
                connection.sendall(head + body.replace(MARK.encode(), counter.take().encode()))
                answer = _answer(connection)
                if not answer.startswith(b"HTTP/1.1 202") or expected not in answer:
                    raise RuntimeError(answer[:2000].decode())
                counts[number] += size

    return _timed(work, counts, stop, seconds)


def _answer(connection: Any) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(262_144)
    head, _, rest = received.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    parts = [rest]
    missing = length - len(rest)
    while missing > 0:
        parts.append(connection.recv(262_144))
        missing -= len(parts[-1])
    return head + b"".join(parts)


def _timed(work: Callable[[int], None], counts: list[int], stop: threading.Event, seconds: float) -> float:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(counts))]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)  # until connections and prepared statements stand
    before, began = sum(counts), time.perf_counter()
    time.sleep(seconds)
    rate = (sum(counts) - before) / (time.perf_counter() - began)
    stop.set()
    for thread in threads:
        thread.join()
    return rate


async def prepare(url: str) -> Seller:
    """An organization with its customers and meters."""
    store = Store(url)
    async with store.system() as system:
        organization = await create_organization(system, NewOrganization("Bench"))
        environment = await create_environment(system, organization.id, "bench", EnvironmentKind.SANDBOX)
        _, key = await create_api_client(system, environment, NewApiClient("bench"))
    scope = Scope(organization.id, environment.id, "bench")
    async with store.unit(scope) as uow:
        customers = [
            (await create_customer(uow, NewCustomer(f"Customer {n}", external_id=f"crm-{n:04}"))).id
            for n in range(CUSTOMERS)
        ]
        for property_ in ("input_tokens", "output_tokens"):
            await create_meter(
                uow,
                NewMeter(
                    code=property_,
                    name=property_,
                    event_name="llm.request",
                    aggregation=Aggregation.SUM,
                    property=property_,
                    group_by=("model",),
                ),
            )
    await store.close()
    return Seller(scope, key, customers)


@contextmanager
def served(settings: Settings) -> Generator[str]:
    """The address of ``serve`` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(settings, there))
    process.start()
    try:
        if not here.poll(60):
            raise RuntimeError("the server did not start")
        yield here.recv()
    finally:
        process.terminate()
        process.join()


def _serve(settings: Settings, pipe: Connection) -> None:
    bootstrap.serve(settings, lambda _: None, pipe.send)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0))
