"""Two sellers with one of everything, for all tests of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from counterfoil.store import Store
from tests.conftest import client_for
from tests.faces.contract.world import World, make_world


@pytest.fixture(scope="session")
async def world(store: Store) -> AsyncIterator[World]:
    """The seller whose data it is."""
    async with make_world(store, "Seller") as made:
        yield made


@pytest.fixture(scope="session")
async def stranger(store: Store) -> AsyncIterator[World]:
    """Another seller, who has the same of their own."""
    async with make_world(store, "Stranger") as made:
        yield made


@pytest.fixture(scope="session")
async def http(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The API without a key: each call brings its own."""
    async with client_for(store, "") as client:
        client.headers.pop("authorization")
        yield client
