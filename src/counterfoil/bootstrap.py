"""Plugs the program together; the only place that names concrete parts.

Owns: how the store, the HTTP application, the worker and the command line are made from settings, and the
life of ``serve``: database, application, worker, and back down in the opposite order.
Parts are imported where they are made: a command that needs no database does not wait for one's driver.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import time
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from counterfoil.core.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Coroutine, Generator

    from fastapi import FastAPI

    from counterfoil.settings import Settings
    from counterfoil.store import Store
    from counterfoil.worker.runner import Worker

type Progress = Callable[[str], None]

log = logging.getLogger("counterfoil")


def plug_providers() -> None:
    """Name the outside systems, or what stands for them, behind the ports of the modules."""
    from counterfoil.modules.billing import TaxTable, plug_tax_provider

    plug_tax_provider(TaxTable())


def http_app(settings: Settings, store: Store) -> FastAPI:
    """The HTTP application over an open store."""
    from counterfoil.faces.app import create_app
    from counterfoil.faces.kit.context import Context
    from counterfoil.faces.kit.limits import RateLimiter
    from counterfoil.modules.identity import Authenticator

    plug_providers()
    return create_app(Context(settings, store, Authenticator(store), RateLimiter(settings.rate_limit)))


def make_worker(store: Store) -> Worker:
    """The worker over an open store, with every task and scan of the modules."""
    from counterfoil.worker.runner import Worker
    from counterfoil.worker.tasks import SCANS, TASKS

    plug_providers()
    return Worker(store, TASKS, SCANS)


@contextmanager
def opened(settings: Settings, progress: Progress) -> Generator[str]:
    """The URL of the database that the settings name, ready."""
    from counterfoil.store.database import open_database

    with open_database(settings, progress) as url:
        yield url


@asynccontextmanager
async def connected(settings: Settings, url: str) -> AsyncGenerator[Store]:
    """A store over a ready database; refuses a role that could read every tenant."""
    from counterfoil.store import Store

    store = Store(url, pool_size=settings.pool_size)
    try:
        await store.check()
        yield store
    finally:
        await store.close()


def run[T](main: Coroutine[None, None, T]) -> T:
    """Run to the end on a fast event loop."""
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def log_to_stderr(level: str) -> None:
    """Write the program's log lines, with their time in UTC; of libraries only warnings."""
    handler = logging.StreamHandler()
    form = logging.Formatter(
        "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S"
    )
    form.converter = time.gmtime
    handler.setFormatter(form)
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    log.setLevel(level.upper())


def serve(settings: Settings, progress: Progress, ready: Callable[[str], None]) -> None:
    """Serve API and worker until SIGINT or SIGTERM; ``ready`` gets the URL once requests are answered.

    Raises ``Unavailable`` if the data directory is being served already or the port is taken.
    """
    from counterfoil.store.embedded import exclusive_serve_lock

    log_to_stderr(settings.log_level)
    with contextlib.ExitStack() as stack:
        if settings.database_url is None:
            stack.enter_context(exclusive_serve_lock(settings.data))
        url = stack.enter_context(opened(settings, progress))
        run(_serve(settings, url, ready))


async def _serve(settings: Settings, url: str, ready: Callable[[str], None]) -> None:
    from granian.constants import Interfaces
    from granian.server.embed import Server

    port = _free_port(settings)
    async with connected(settings, url) as store:
        app = http_app(settings, store)
        server = Server(
            app, settings.host, port, interface=Interfaces.ASGI, log_enabled=False, websockets=False
        )
        serving = asyncio.create_task(server.serve())
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        async with contextlib.AsyncExitStack() as stack:
            if settings.worker:
                await stack.enter_async_context(make_worker(store).running())
            # A full collection over everything that was imported would stall requests.
            gc.collect()
            gc.freeze()
            await _answers(settings.host, port)
            ready(settings.public_url or f"http://{settings.host}:{port}")
            await asyncio.wait(
                {serving, asyncio.create_task(stop.wait())}, return_when=asyncio.FIRST_COMPLETED
            )
        server.stop()  # type: ignore[no-untyped-call]
        with contextlib.suppress(asyncio.CancelledError):
            await serving


def _free_port(settings: Settings) -> int:
    """The port to listen on, checked to be free; 0 in the settings takes any."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Unavailable(
                f"port {settings.port} on {settings.host} cannot be used ({error.strerror});"
                " name another with --port"
            ) from None
        port: int = probe.getsockname()[1]
        return port


async def _answers(host: str, port: int) -> None:
    """Wait until the server takes connections."""
    for _ in range(500):
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.01)
            continue
        writer.close()
        return
    raise Unavailable("the HTTP server did not start; the log says why")


def cli() -> None:
    """The console script ``counterfoil``."""
    from counterfoil.faces.cli import Starters, main

    main(Starters(serve=serve, opened=opened, connected=connected, run=run, worker=make_worker))
