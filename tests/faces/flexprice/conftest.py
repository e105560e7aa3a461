"""Flexprice's own client against the program in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
from flexprice import Flexprice

from tests.conftest import Database, Tenant
from tests.support import serving


@pytest.fixture(scope="package")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program with Flexprice's face on."""
    with serving.served(database, tmp_path_factory.mktemp("served"), faces='["flexprice"]') as url:
        yield url


@pytest.fixture
def client(served: str, tenant: Tenant) -> Iterator[Any]:
    """Flexprice's client, pointed here: the address and the key are all that a user changes.

    ``Any``, for its types say that everything may be missing.
    """
    with Flexprice(server_url=f"{served}/flexprice/v1", api_key_auth=tenant.key, timeout_ms=30_000) as client:
        yield client


@pytest.fixture
async def http(served: str, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """Raw calls of the same API."""
    headers = {"x-api-key": tenant.key}
    base = f"{served}/flexprice/v1"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as http:
        yield http
