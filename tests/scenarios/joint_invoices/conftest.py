"""A group and its daughters, who buy seats and tokens, driven through the API under a test clock.

A month of the plan costs 30.00 in advance, and 0.01 for each token in arrears.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.core.ids import parse_id
from counterfoil.modules.invoicing import get_invoice, lines_of
from counterfoil.modules.invoicing.document import document
from counterfoil.store import Store
from tests.conftest import Tenant, client_for, make_tenant


class Group:
    """The seller's calls, each of which must succeed."""

    def __init__(self, api: httpx.AsyncClient, store: Store, tenant: Tenant) -> None:
        self.api = api
        self.store = store
        self.tenant = tenant
        self.clock = ""
        self.plan = ""
        self.parent = ""

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.api.request(method, f"/v1{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, now: str = "2026-01-01T00:00:00Z") -> None:
        """A clock, the plan, and the parent."""
        self.clock = (await self.ask("POST", "/test-clocks", now_at=now))["id"]
        meter = {"event_name": "completion", "aggregation": "sum", "property": "tokens"}
        meter_id = (await self.ask("POST", "/meters", code="tokens", name="Tokens", **meter))["id"]
        prices = [
            {"code": "fee", "name": "Fee", "model": "flat", "params": {"EUR": {"amount": "30"}}},
            {
                "code": "tokens",
                "name": "Tokens",
                "model": "per_unit",
                "params": {"EUR": {"unit_amount": "0.01"}},
                "quantity_source": "usage",
                "meter_id": meter_id,
                "cadence": "in_arrears",
            },
        ]
        plan = await self.ask("POST", "/plans", code="pro", name="Pro", prices=prices, publish=True)
        self.plan = plan["id"]
        self.parent = await self.customer("Group")

    async def customer(self, name: str, **fields: Any) -> str:
        return str((await self.ask("POST", "/customers", name=name, currency="EUR", **fields))["id"])

    async def daughter(self, name: str, **fields: Any) -> str:
        """A customer whose invoices the parent gets."""
        return await self.customer(name, **{"parent_id": self.parent, "billed_to": "parent"} | fields)

    async def sell(self, customer: str, **fields: Any) -> Any:
        body = {"customer_id": customer, "plan_id": self.plan, "invoicing": "joint"} | fields
        return await self.ask("POST", "/subscriptions", **body)

    async def use(self, customer: str, day: str, tokens: int) -> None:
        event = {"id": f"{customer}-{day}", "name": "completion", "customer": customer}
        await self.ask("POST", "/events", **event, at=f"{day}T12:00:00Z", properties={"tokens": tokens})

    async def until(self, instant: str) -> None:
        """Let time pass; the worker bills what falls due."""
        operation = await self.ask("POST", f"/test-clocks/{self.clock}/advance", to=instant)
        await make_worker(self.store).drain()
        done = await self.ask("GET", f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done

    async def invoices(self, **filters: str) -> list[Any]:
        """The invoices, oldest first."""
        found = await self.api.get("/v1/invoices", params=filters)
        assert found.is_success, found.text
        return list(reversed(found.json()["data"]))

    async def lines(self, invoice: Any) -> list[Any]:
        return list((await self.ask("GET", f"/invoices/{invoice['id']}/lines"))["data"])

    async def paper(self, invoice: Any) -> dict[str, Any]:
        """The texts of an invoice's paper."""
        async with self.store.unit(self.tenant.scope) as uow:
            found = await get_invoice(uow, parse_id("invoice", invoice["id"]))
            lines = (await lines_of(uow, [found.id]))[found.id]
        party: dict[str, Any] = {"name": "X", "address": {}, "tax_number": None, "footer": None}
        return document(found, lines, found.seller or party, found.buyer or party)


@pytest.fixture
async def group(store: Store) -> AsyncIterator[Group]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        group = Group(api, store, tenant)
        await group.open()
        yield group
