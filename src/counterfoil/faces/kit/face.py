"""A face that speaks another vendor's API: an application of its own, mounted under its name.

Owns: what all such faces share, their document, their reference page and their error form outside of
routes.  Does not own: any vendor's routes, types or words; each face hands them in as a ``Face``.
Always holds: a face is imported only when it is on; whatever fails under its prefix, an unknown route too,
is answered in its own form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Mount

from counterfoil import __version__
from counterfoil.core.errors import CounterfoilError
from counterfoil.faces.kit.middleware import UnexpectedFailures
from counterfoil.faces.kit.openapi import DocumentedApp
from counterfoil.faces.kit.paths import EncodedSlashes
from counterfoil.faces.kit.reference import reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fastapi import APIRouter, FastAPI, Request, Response

    from counterfoil.faces.kit.context import Context
    from counterfoil.faces.kit.errors import ErrorForm
    from counterfoil.faces.kit.metrics import Metrics

_PACKAGE: Final = "counterfoil.faces.vendors"


@dataclass(frozen=True, slots=True)
class Face:
    """What one vendor's face consists of.

    ``schemes`` are its security schemes as OpenAPI has them; ``refusals`` what its operations declare of
    failures (status → response).
    """

    title: str
    description: str
    form: ErrorForm
    routers: Sequence[APIRouter]
    schemes: Mapping[str, Any]
    refusals: Mapping[int | str, dict[str, Any]] = field(default_factory=dict)


def mount_face(app: FastAPI, name: str, context: Context, metrics: Metrics) -> None:
    """Import the face of this name and serve it under ``/name``, with ``openapi.json`` and ``docs``."""
    face: Face = import_module(f"{_PACKAGE}.{name}").FACE
    prefix = f"/{name}"
    served = DocumentedApp(
        title=face.title,
        version=__version__,
        description=face.description,
        openapi_url="/openapi.json",
        servers=[{"url": "."}],  # the document's own place, behind whatever path that is
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=dict(face.refusals),
    )
    served.schemes = dict(face.schemes)
    served.state.context = context
    served.state.metrics = metrics
    served.add_middleware(EncodedSlashes)
    page = reference("/docs", face.title)
    for router in (*face.routers, page):
        served.include_router(router)
        metrics.name_routes(router, prefix)
    answer_errors(served, face.form)
    mount = Mount(prefix, served)
    # The framework's own pattern ends at a line's end, and what has one in its path would not be the face's.
    mount.path_regex = re.compile(mount.path_regex.pattern, re.DOTALL)
    # In front: the routes of our own API are many, and each would be tried before a face's.
    app.router.routes.insert(0, mount)


def answer_errors(app: FastAPI, form: ErrorForm) -> None:
    """Answer in this form what fails outside of a transaction's route, what nobody expected too."""

    async def answer(request: Request, error: Exception) -> Response:
        return form.answer(request, error)

    for kind in (HTTPException, RequestValidationError, CounterfoilError):
        app.add_exception_handler(kind, answer)
    app.add_middleware(UnexpectedFailures, errors=form)
