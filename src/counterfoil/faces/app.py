"""The HTTP application: the native API, its reference page, health and metrics.

Owns: what is mounted where.  Does not own: how the program's parts are made; bootstrap hands them in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import FastAPI

from counterfoil import __version__
from counterfoil.faces.kit.errors import ErrorForm
from counterfoil.faces.kit.middleware import RequestMiddleware
from counterfoil.faces.native import customers
from counterfoil.faces.native.routes import FORM, ErrorBody

if TYPE_CHECKING:
    from fastapi import Request, Response

    from counterfoil.faces.kit.context import Context

_RESOURCES = (customers,)


def create_app(context: Context) -> FastAPI:
    """The application that serves ``context``."""
    app = FastAPI(
        title="Counterfoil",
        version=__version__,
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={"4XX": {"model": ErrorBody, "description": "Refused; nothing was written"}},
    )
    app.state.context = context
    for resource in _RESOURCES:
        app.include_router(resource.router, prefix="/v1")
    _answer_errors(app, FORM)
    app.add_middleware(RequestMiddleware, max_body=context.settings.max_body)
    return app


def _answer_errors(app: FastAPI, form: ErrorForm) -> None:
    async def answer(request: Request, error: Exception) -> Response:
        return form.answer(request, error)

    for status in (404, 405, 413):
        app.add_exception_handler(status, answer)
    app.add_exception_handler(Exception, answer)
