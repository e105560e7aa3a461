"""What benchmarks over HTTP share: the server in a process of its own, and a load generator.

The generator speaks plain HTTP/1.1 with keep-alive over several sockets and does nothing with an answer but
check its status, so that what is measured is the server's work.
"""

from __future__ import annotations

import multiprocessing
import os
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from counterfoil import bootstrap

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from multiprocessing.connection import Connection

    from counterfoil.settings import Settings

_RECEIVED: Final = 262_144


@dataclass(frozen=True)
class Server:
    """``serve`` in a process of its own."""

    address: str
    pid: int

    def processor_seconds(self) -> float:
        """What the process has used of its processors until now."""
        stat = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """Answers a second, and what one cost the server of a processor, in seconds."""

    rate: float
    cost: float


@contextmanager
def served(settings: Settings) -> Generator[Server]:
    """``serve`` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(settings, there))
    process.start()
    try:
        if not here.poll(60):
            raise RuntimeError("the server did not start")
        assert process.pid is not None
        yield Server(here.recv(), process.pid)
    finally:
        process.terminate()
        process.join()


def _serve(settings: Settings, pipe: Connection) -> None:
    bootstrap.serve(settings, lambda _: None, pipe.send)


def load(
    server: Server, path: str, headers: Mapping[str, str], seconds: float, connections: int = 4
) -> Measured:
    """``GET path`` again and again, with this many connections at once."""
    address = server.address
    counts = [0] * connections
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with _connected(address) as connection:
                sent = request(address, path, headers)
                while not stop.is_set():
                    connection.sendall(sent)
                    answer(connection)
                    counts[number] += 1
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)  # until connections and prepared statements stand
    before, used, began = sum(counts), server.processor_seconds(), time.perf_counter()
    time.sleep(seconds)
    answered, used = sum(counts) - before, server.processor_seconds() - used
    found = Measured(answered / (time.perf_counter() - began), used / max(answered, 1))
    stop.set()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return found


def body(address: str, path: str, headers: Mapping[str, str]) -> bytes:
    """What ``GET path`` answers."""
    with _connected(address) as connection:
        connection.sendall(request(address, path, headers))
        return answer(connection).partition(b"\r\n\r\n")[2]


def request(address: str, path: str, headers: Mapping[str, str]) -> bytes:
    """A request without a body, as it goes over the wire."""
    lines = [f"GET {path} HTTP/1.1", f"Host: {urlsplit(address).netloc}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()


def answer(connection: Any) -> bytes:
    """A whole answer, which must be a 200 and say how long it is."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(_RECEIVED)
    head, _, rest = received.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(received[:2000].decode(errors="replace"))
    lines = head.lower().split(b"\r\n")
    length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length"))
    parts = [rest]
    missing = length - len(rest)
    while missing > 0:
        parts.append(connection.recv(_RECEIVED))
        missing -= len(parts[-1])
    return head + b"\r\n\r\n" + b"".join(parts)


def _connected(address: str) -> socket.socket:
    place = urlsplit(address)
    connection = socket.create_connection((place.hostname, place.port), timeout=60)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection
