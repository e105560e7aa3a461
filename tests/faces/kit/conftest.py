"""An application with routes of its own, for what no real resource does on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest
from fastapi import APIRouter, Response

from counterfoil.bootstrap import http_app
from counterfoil.core.errors import Unavailable
from counterfoil.faces.kit.context import Unit
from counterfoil.faces.kit.wire import Wire
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.settings import Settings
from counterfoil.store import Store
from tests.conftest import Tenant


class Body(Wire):
    """What the probes take."""

    name: str = "A"


@dataclass
class Probe:
    """Routes that make a customer and then do what the test says."""

    router: APIRouter = field(default_factory=lambda: APIRouter(prefix="/probe", route_class=NativeRoute))
    calls: int = 0
    failing: bool = True
    called: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        @self.router.post("/crash")
        async def crash(body: Body, uow: Unit) -> Response:
            await self._customer(uow, body)
            if self.failing:
                raise RuntimeError("the secret of the inside")
            return Response(status_code=204)

        @self.router.post("/unavailable")
        async def unavailable(body: Body, uow: Unit) -> Response:
            await self._customer(uow, body)
            if self.failing:
                raise Unavailable("not now")
            return Response(status_code=204)

        @self.router.post("/answers-503")
        async def answers_503(body: Body, uow: Unit) -> Response:
            await self._customer(uow, body)
            return Response(status_code=503 if self.failing else 204)

        @self.router.post("/slow")
        async def slow(body: Body, uow: Unit) -> Response:
            await self._customer(uow, body)
            await self.gate.wait()
            return Response(b"made", 201)

    async def _customer(self, uow: Unit, body: Body) -> None:
        self.calls += 1
        self.called.set()
        await create_customer(uow, NewCustomer(body.name))


@pytest.fixture
def probe() -> Probe:
    return Probe()


@pytest.fixture
async def probing(store: Store, tenant: Tenant, probe: Probe) -> AsyncIterator[httpx.AsyncClient]:
    """The API with the probe's routes, and the test's key."""
    app = http_app(Settings(rate_limit=0), store)
    app.include_router(probe.router, prefix="/v1")
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {tenant.key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://a.test", headers=headers) as client:
        yield client
