"""A seller with a test clock."""

from __future__ import annotations

import httpx
import pytest

from counterfoil.store import Store
from tests.support.selling import Seller


@pytest.fixture
async def seller(api: httpx.AsyncClient, store: Store) -> Seller:
    made = Seller(api, store)
    await made.open()
    return made
