"""What Salable's tests share: the program with that face on, and a seller with a product."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from counterfoil.store import Store
from tests.conftest import Database, Tenant
from tests.faces.salable.shop import Shop, make_shop
from tests.support import serving


@pytest.fixture(scope="session")
def salable(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the program serves Salable's API."""
    with serving.served(database, tmp_path_factory.mktemp("salable"), faces='["salable"]') as url:
        yield f"{url}/salable"


@pytest.fixture
async def shop(store: Store, tenant: Tenant) -> Shop:
    """A seller with a product, in a sandbox of this test's own."""
    return await make_shop(store, tenant)


@pytest.fixture
def http(salable: str, tenant: Tenant) -> Iterator[httpx.Client]:
    """Calls as Salable's users make them with any client: the key in ``x-api-key`` and nothing else."""
    with httpx.Client(base_url=salable, headers={"x-api-key": tenant.key}) as client:
        yield client
