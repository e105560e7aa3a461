"""The program with Gcore's face on, and one seller for the tests that only read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from counterfoil.store import Store
from tests.conftest import Database, make_tenant
from tests.faces.gcore.seller import Seller, make_seller
from tests.support import serving


@pytest.fixture(scope="package")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the program."""
    with serving.served(database, tmp_path_factory.mktemp("served"), faces='["gcore"]') as url:
        yield url


@pytest.fixture(scope="package")
async def seller(store: Store) -> Seller:
    """A seller whom no test changes."""
    return await make_seller(store, await make_tenant(store))
