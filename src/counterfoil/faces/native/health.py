"""``/v1/healthz``, ``/v1/readyz`` and ``/metrics``: for whoever watches the server.

None of them needs a key, and all are served on the same address as the API: where that is public, let the
proxy in front keep ``/metrics`` to itself.
"""

from __future__ import annotations

from typing import cast

from fastapi import APIRouter, Request, Response
from pydantic import ConfigDict

from counterfoil.faces.kit.context import context_of
from counterfoil.faces.kit.metrics import CONTENT_TYPE, Metrics
from counterfoil.faces.kit.storage import check_ready
from counterfoil.faces.kit.wire import Wire, shown

router = APIRouter(prefix="/v1", tags=["Server"])
metrics_router = APIRouter(tags=["Server"])


class HealthOut(Wire):
    """How the server is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: str


_OK = HealthOut(status="ok")


@router.get("/healthz", response_model=HealthOut)
async def alive() -> Response:
    """The process is alive; the database is not asked."""
    return shown(_OK)


@router.get("/readyz", response_model=HealthOut, responses={503: {"description": "Not now; says why"}})
async def ready(request: Request) -> Response:
    """The database answers and has this program's schema; 503 otherwise."""
    await check_ready(context_of(request).store.engine)
    return shown(_OK)


@metrics_router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Figures of the server in Prometheus' text format."""
    return Response(cast("Metrics", request.app.state.metrics).page(), media_type=CONTENT_TYPE)
