"""Around every request: its id, its client, its time, its log line, the limit of its body.

Plain ASGI, so that it costs microseconds.  Always holds: every answer carries ``X-Request-Id``; a body
over the limit is refused with 413 while it arrives, whatever its headers say; an error that nothing else
caught is in the log with the request's id, and its answer, in the form of the face, says nothing of it.
"""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from counterfoil.faces.kit.errors import request_id_of

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from counterfoil.faces.kit.errors import ErrorForm
    from counterfoil.faces.kit.metrics import Metrics
    from counterfoil.faces.kit.proxies import TrustedProxies

log = logging.getLogger("counterfoil.http")


class RequestMiddleware:
    """Gives each request an id, holds its body to ``max_body`` bytes, counts and logs it when answered."""

    def __init__(self, app: ASGIApp, *, max_body: int, proxies: TrustedProxies, metrics: Metrics) -> None:
        self.app = app
        self.max_body = max_body
        self.proxies = proxies
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = os.urandom(12).hex()
        scope.setdefault("state", {})["request_id"] = request_id
        self.proxies.apply(scope)
        status = 0
        received = 0

        async def limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.max_body:
                raise HTTPException(413)
            return message

        async def answered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[Any] = message.setdefault("headers", [])
                headers.append((b"x-request-id", request_id.encode()))
            await send(message)

        try:
            await self.app(scope, limited, answered)
        finally:
            spent = time.perf_counter() - started
            self.metrics.observe(scope["method"], scope.get("route"), status or 500, spent)
            level = logging.DEBUG if 0 < status < 400 else logging.INFO
            if log.isEnabledFor(level):
                client = (scope.get("client") or ("-",))[0]
                # As it was sent, still encoded: a path cannot forge a line of the log.
                path = scope.get("raw_path", b"").decode("ascii", "backslashreplace")
                line = "%s %s %s %d %.1fms %s"
                log.log(level, line, client, scope["method"], path, status, spent * 1000, request_id)


class UnexpectedFailures:
    """Answers, in one face's form, what nothing inside of it caught."""

    def __init__(self, app: ASGIApp, *, errors: ErrorForm) -> None:
        self.app = app
        self.errors = errors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of ASGI."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception as error:
            request = Request(scope)
            log.exception("request %s failed", request_id_of(request))
            if started or scope["type"] != "http":
                raise  # half an answer is out; the server must cut the connection
            await self.errors.answer(request, error)(scope, receive, send)
