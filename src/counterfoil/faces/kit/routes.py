"""Routes that are units of work: authenticate, open, run, commit, answer.

The answer is built inside the transaction and sent after the commit.  A refusal rolls back everything the
handler did; under an idempotency key the refusal itself is kept (2xx and 4xx for 24 hours, 5xx never).
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, ClassVar, Final

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from counterfoil.core.errors import CounterfoilError, Forbidden, RateLimited, Unauthenticated
from counterfoil.faces.kit.context import context_of
from counterfoil.faces.kit.exact_json import ExactRequest
from counterfoil.store.idempotency import Answer, Call, claim, keep

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from fastapi import Request

    from counterfoil.faces.kit.errors import ErrorForm
    from counterfoil.modules.identity import Principal
    from counterfoil.store import Uow

type Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_REFUSALS: Final = (CounterfoilError, RequestValidationError, HTTPException)


def bearer(request: Request) -> str:
    """The secret of ``Authorization: Bearer …``, or ``Unauthenticated``."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated(
            "this call needs an API key", field="Authorization", allowed="Authorization: Bearer ck_…"
        )
    return secret.strip()


class UnitRoute(APIRoute):
    """A route that runs in one transaction of the caller's environment.

    A face subclasses it to name its error form and where its secret stands.
    """

    errors: ClassVar[ErrorForm]

    @staticmethod
    def secret_of(request: Request) -> str:
        """The caller's secret, as this face's clients send it."""
        return bearer(request)

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler: it runs inside the transaction and its answer is sent after."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request = ExactRequest(request.scope, request.receive)
            context = context_of(request)
            try:
                principal = await context.authenticator.principal(self.secret_of(request))
            except CounterfoilError as error:
                return self.errors.answer(request, error)
            allowance = context.limiter.take(principal.client_id)
            if allowance.granted:
                response = await self._in_unit(request, principal, inner)
            else:
                late = RateLimited("too many calls", retry_after=allowance.retry_after)
                response = self.errors.answer(request, late)
            if allowance.limit:
                response.headers.update(allowance.headers())
            return response

        return handle

    async def _in_unit(self, request: ExactRequest, principal: Principal, inner: Handler) -> Response:
        request.state.principal = principal
        try:
            async with context_of(request).store.unit(principal.scope) as uow:
                request.state.unit = uow
                key = request.headers.get("idempotency-key")
                if key is None or request.method not in _UNSAFE:
                    return await inner(request)
                return await self._once(request, uow, principal, key, inner)
        except _REFUSALS as error:
            return self.errors.answer(request, error)

    async def _once(
        self, request: ExactRequest, uow: Uow, principal: Principal, key: str, inner: Handler
    ) -> Response:
        call = Call(
            client_id=principal.client_id,
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
        except _REFUSALS as error:
            response = self.errors.answer(request, error)
        if response.status_code < 500:
            stored: bytes = getattr(request.state, "answer_to_keep", None) or bytes(response.body)
            await keep(uow, call, Answer(response.status_code, response.media_type, stored))
        return response


class OperatorRoute(APIRoute):
    """A route for those who run the server: an operator key, and a transaction across tenants."""

    errors: ClassVar[ErrorForm]

    def get_route_handler(self) -> Handler:
        """Wrap FastAPI's handler as ``UnitRoute`` does, for operators."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request = ExactRequest(request.scope, request.receive)
            context = context_of(request)
            try:
                secret = bearer(request)
                if not secret.startswith("ck_operator_"):
                    raise Forbidden("this call needs an operator key", allowed="an operator key")
                request.state.operator = await context.authenticator.operator(secret)
                async with context.store.system() as uow:
                    request.state.unit = uow
                    return await inner(request)
            except _REFUSALS as error:
                return self.errors.answer(request, error)

        return handle
