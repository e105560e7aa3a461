"""The world of each test."""

from __future__ import annotations

import pytest

from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.wallets.world import World, make_world


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    """A customer in Berlin and a monthly plan of this test's own."""
    return await make_world(store, tenant)
