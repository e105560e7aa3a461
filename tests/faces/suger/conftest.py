"""The program with Suger's face on, for Suger's own client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.conftest import Database, Tenant
from tests.support import serving


@pytest.fixture(scope="session")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the program."""
    with serving.served(database, tmp_path_factory.mktemp("served"), faces='["suger"]') as url:
        yield url


@pytest.fixture
def organization(tenant: Tenant) -> str:
    return str(tenant.organization.id)


@pytest.fixture
def http(served: str, tenant: Tenant) -> Iterator[httpx.Client]:
    """Plain HTTP below the organization, for what the client cannot write or hides."""
    url = f"{served}/suger/org/{tenant.organization.id}"
    with httpx.Client(base_url=url, headers={"Authorization": f"Key {tenant.key}"}) as client:
        yield client


@pytest.fixture
async def ahttp(served: str, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """As ``http``, for tests that use the store as well."""
    url = f"{served}/suger/org/{tenant.organization.id}"
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Key {tenant.key}"}) as client:
        yield client
