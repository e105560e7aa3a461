"""The world of each test."""

from __future__ import annotations

import pytest

from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.invoicing.world import World, make_world


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    """A customer of this test's own."""
    return await make_world(store, tenant)
