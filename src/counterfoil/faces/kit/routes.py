"""Routes that are units of work: authenticate, open, run, commit, answer.

The answer is built inside the transaction and sent after the commit.  A refusal rolls back everything the
handler did; under an idempotency key the refusal itself is kept (2xx and 4xx for 24 hours, 5xx never, nor a
refusal that a second try may not get).  What a handler shows once (a secret) is kept without it, see
``wire.shown_once``.
"""

from __future__ import annotations

import hashlib
import logging
from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from fastapi import Response
from fastapi.dependencies.utils import get_flat_params
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from counterfoil.core.errors import CounterfoilError, Forbidden, InvalidInput, RateLimited, Unauthenticated
from counterfoil.faces.kit.context import context_of
from counterfoil.faces.kit.errors import request_id_of
from counterfoil.faces.kit.exact_json import ExactRequest
from counterfoil.faces.kit.paths import decode_slashes
from counterfoil.store.faults import Busy
from counterfoil.store.idempotency import NO_ENVIRONMENT, Answer, Call, claim, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from contextlib import AbstractAsyncContextManager
    from uuid import UUID

    from fastapi import Request

    from counterfoil.faces.kit.errors import ErrorForm
    from counterfoil.store import SystemUow, Uow

type Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFUSALS: Final = (CounterfoilError, RequestValidationError, HTTPException)

log = logging.getLogger("counterfoil.http")


def bearer(request: Request) -> str:
    """The secret of ``Authorization: Bearer …``, or ``Unauthenticated``."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated(
            "this call needs an API key", field="Authorization", allowed="Authorization: Bearer ck_…"
        )
    return secret.strip()


def _check_type(request: Request) -> None:
    """Refuse a body that does not say that it is JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise InvalidInput(
            "the body is not said to be JSON", field="Content-Type", allowed="application/json"
        )


def _take_as_json(request: Request) -> None:
    """Let a body count as JSON, whatever its sender says of it; the framework reads no other."""
    others = [(name, value) for name, value in request.scope["headers"] if name != b"content-type"]
    request.scope["headers"] = [*others, (b"content-type", b"application/json")]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who proved themselves: under which id their calls are counted and kept, and what opens for them."""

    client_id: UUID
    environment_id: UUID
    open: Callable[[], AbstractAsyncContextManager[Uow | SystemUow]]


class _Undo(Exception):
    """An answer that rolls its transaction back."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


class TransactionRoute(APIRoute):
    """A route that runs in one transaction, whoever calls."""

    errors: ClassVar[ErrorForm]
    security: ClassVar[str]
    """The name of the security scheme in the reference."""
    json_only: ClassVar[bool] = True
    """Whether a body must say that it is JSON; a face whose clients do not turns it off."""
    limit_headers: ClassVar[str] = "RateLimit"
    """What the headers of the rate limit begin with."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        needed = [getattr(one.dependency, "permission", None) for one in options.get("dependencies") or ()]
        extra: dict[str, Any] = dict(options.pop("openapi_extra", None) or {})
        extra.setdefault("security", [{self.security: [one for one in needed if one is not None]}])
        super().__init__(path, endpoint, openapi_extra=extra, **options)

    @abstractmethod
    async def authenticate(self, request: Request) -> Caller:
        """The caller behind a request, or ``Unauthenticated``, ``Forbidden``."""

    def check_caller(self, request: Request) -> None:
        """Refuse a call of somebody who proved themselves, for what the face wants besides a key.

        Such a call counts towards the caller's limit.
        """

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler: it runs inside the transaction and its answer is sent after."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            if not self.json_only:
                _take_as_json(request)
            decode_slashes(request.scope)
            request = ExactRequest(request.scope, request.receive)
            request.state.after_commit = []
            try:
                caller = await self.authenticate(request)
            except Exception as error:
                return self._failed(request, error)
            allowance = context_of(request).limiter.take(caller.client_id)
            try:
                if not allowance.granted:
                    raise RateLimited("too many calls", retry_after=allowance.retry_after)
                self.check_caller(request)
                response = await self._run(request, caller, inner)
            except Exception as error:
                response = self._failed(request, error)
            if allowance.limit:
                response.headers.update(allowance.headers(self.limit_headers))
            return response

        return handle

    def _failed(self, request: Request, error: Exception) -> Response:
        if isinstance(error, ClientDisconnect):
            return Response(status_code=400)  # which nobody reads
        if not isinstance(error, _REFUSALS):
            log.exception("request %s failed", request_id_of(request), exc_info=error)
        return self.errors.answer(request, error)

    def _check_query(self, request: Request) -> None:
        """Refuse a parameter with a NUL, which no text of ours can hold and no filter can mean.

        What the operation does not declare is read by nobody, and passes.
        """
        if b"%00" in request.scope["query_string"]:
            declared = {one.alias for one in get_flat_params(self.dependant)}
            for name, value in request.query_params.multi_items():
                if "\x00" in value and name in declared:
                    raise InvalidInput(
                        f"{name} holds characters that cannot be stored",
                        field=name,
                        allowed="a text without NUL",
                    )

    async def _run(self, request: ExactRequest, caller: Caller, inner: Handler) -> Response:
        self._check_query(request)
        # First, so that a slow sender does not hold a connection of the database.
        if await request.body() and self.json_only:
            _check_type(request)
        try:
            async with caller.open() as uow:
                request.state.unit = uow
                key = request.headers.get("idempotency-key")
                if key is None or request.method not in _UNSAFE:
                    response = await inner(request)
                else:
                    response = await self._once(request, uow, caller, key, inner)
        except _Undo as undo:
            return undo.response
        for act in request.state.after_commit:
            act()
        return response

    async def _once(
        self, request: ExactRequest, uow: Uow | SystemUow, caller: Caller, key: str, inner: Handler
    ) -> Response:
        call = Call(
            environment_id=caller.environment_id,
            client_id=caller.client_id,
            method=request.method,
            path=request.url.path,
            key=key,
            body_hash=hashlib.sha256(request.url.query.encode() + b"\n" + await request.body()).digest(),
        )
        earlier = await claim(uow, call)
        if earlier is not None:
            headers = {"Idempotent-Replayed": "true"}
            return Response(earlier.body, earlier.status, headers, media_type=earlier.content_type)
        try:
            async with uow.savepoint():
                response = await inner(request)
        except Busy:
            raise
        except _REFUSALS as error:
            request.state.after_commit.clear()
            response = self.errors.answer(request, error)
        if response.status_code >= 500:
            raise _Undo(response)
        stored: bytes = getattr(request.state, "answer_to_keep", None) or bytes(response.body)
        await keep(uow, call, Answer(response.status_code, response.media_type, stored))
        return response


class UnitRoute(TransactionRoute):
    """A route that runs in one transaction of the caller's environment.

    A face subclasses it to name its error form and where its secret stands.
    """

    security = "apiKey"

    @staticmethod
    def secret_of(request: Request) -> str:
        """The caller's secret, as this face's clients send it."""
        return bearer(request)

    async def authenticate(self, request: Request) -> Caller:
        """The API client behind a request."""
        context = context_of(request)
        secret = self.secret_of(request)
        if secret.startswith("ck_operator_"):
            raise Unauthenticated(
                "this is an operator key, which opens no environment; this call needs an API key",
                field="Authorization",
                allowed="an API key: ck_live_… or ck_test_…",
            )
        principal = await context.authenticator.principal(secret)
        request.state.principal = principal
        scope = replace(principal.scope, request_id=request_id_of(request))
        return Caller(principal.client_id, principal.environment_id, lambda: context.store.unit(scope))


class OperatorRoute(TransactionRoute):
    """A route for those who run the server: an operator key, and a transaction across tenants."""

    security = "operatorKey"

    async def authenticate(self, request: Request) -> Caller:
        """The operator behind a request."""
        context = context_of(request)
        secret = bearer(request)
        if not secret.startswith("ck_operator_"):
            raise Forbidden(
                "this call needs an operator key", field="Authorization", allowed="Bearer ck_operator_…"
            )
        operator = await context.authenticator.operator(secret)
        request.state.principal = operator
        request_id = request_id_of(request)
        return Caller(
            operator.key_id,
            NO_ENVIRONMENT,
            lambda: context.store.system(actor=operator.actor, request_id=request_id),
        )
