"""Reevit's own client against the program in a process of its own, in a sandbox whose time stands still."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import httpx
import pytest
from reevit import Reevit

from counterfoil.core.calendar import parse_instant
from counterfoil.modules.billing import advance_clock
from counterfoil.modules.identity import create_clock
from counterfoil.store import Store
from tests.conftest import Database, Tenant
from tests.support import serving

START = "2026-01-15T09:00:00Z"

type Advance = Callable[[str], Awaitable[None]]


@pytest.fixture(scope="package")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the program."""
    with serving.served(database, tmp_path_factory.mktemp("served"), faces='["reevit"]') as url:
        yield url


@pytest.fixture
async def seller(store: Store, tenant: Tenant) -> Tenant:
    """A seller in whose sandbox it is 15 January 2026, 09:00 UTC."""
    async with store.unit(tenant.scope) as uow:
        await create_clock(uow, parse_instant(START), "clock")
    return tenant


@pytest.fixture
def client(served: str, seller: Tenant) -> Any:
    """Reevit's client, pointed here: key, organization and address are all that a user changes."""
    return Reevit(seller.key, org_id=str(seller.organization.id), base_url=f"{served}/reevit")


@pytest.fixture
async def http(served: str, seller: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """Raw calls of the same API, for what the client cannot send."""
    headers = {"X-Reevit-Key": seller.key, "X-Org-Id": str(seller.organization.id)}
    async with httpx.AsyncClient(base_url=f"{served}/reevit", headers=headers, timeout=30) as http:
        yield http


@pytest.fixture
async def native(served: str, seller: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """The native API, for what Reevit's has not."""
    headers = {"Authorization": f"Bearer {seller.key}"}
    async with httpx.AsyncClient(base_url=f"{served}/v1", headers=headers, timeout=30) as native:
        yield native


@pytest.fixture
def advance(store: Store, seller: Tenant) -> Advance:
    """Let time pass in the sandbox; everything that falls due is billed."""

    async def to(instant: str) -> None:
        await advance_clock(store, seller.scope, parse_instant(instant))

    return to
