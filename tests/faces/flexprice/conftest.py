"""Flexprice's own client against the program in a process of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from flexprice import Flexprice

from tests.conftest import Database, Tenant
from tests.support import serving

START = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.fixture(scope="package")
def served(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The program with Flexprice's face on."""
    with serving.served(database, tmp_path_factory.mktemp("served"), faces='["flexprice"]') as url:
        yield url


@pytest.fixture
def client(served: str, tenant: Tenant) -> Iterator[Flexprice]:
    """Flexprice's client, pointed here: the address and the key are all that a user changes."""
    with Flexprice(server_url=f"{served}/flexprice/v1", api_key_auth=tenant.key, timeout_ms=30_000) as client:
        yield client


@pytest.fixture
async def http(served: str, tenant: Tenant) -> AsyncIterator[httpx.AsyncClient]:
    """Raw calls of the same API."""
    headers = {"x-api-key": tenant.key}
    base = f"{served}/flexprice/v1"
    async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as http:
        yield http


def price(plan_id: str, amount: str = "10", **more: Any) -> dict[str, Any]:
    """The arguments of a monthly price of a plan in dollars, in advance."""
    return {
        "entity_type": "PLAN",
        "entity_id": plan_id,
        "type_": "FIXED",
        "billing_model": "FLAT_FEE",
        "billing_period": "MONTHLY",
        "billing_period_count": 1,
        "invoice_cadence": "ADVANCE",
        "price_unit_type": "FIAT",
        "currency": "usd",
        "amount": amount,
        **more,
    }


def grant(plan_id: str, name: str = "Credits", **more: Any) -> dict[str, Any]:
    """The arguments of a grant of 100 credits a month with a plan."""
    return {
        "name": name,
        "scope": "PLAN",
        "plan_id": plan_id,
        "credits": "100",
        "cadence": "RECURRING",
        "period": "MONTHLY",
        "period_count": 1,
        "expiration_type": "NEVER",
        **more,
    }
