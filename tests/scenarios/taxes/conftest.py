"""A seller in Germany with a table of rates, driven through the API under a test clock."""

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

RATES = [
    {"code": "de-19", "name": "VAT", "percent": "19", "country": "DE", "category": "standard"},
    {"code": "de-7", "name": "VAT", "percent": "7", "country": "DE", "category": "reduced"},
    {"code": "fr-20", "name": "TVA", "percent": "20", "country": "FR"},
]


class Seller:
    """The seller's calls, each of which must succeed."""

    def __init__(self, api: httpx.AsyncClient, store: Store, tenant: Tenant) -> None:
        self.api = api
        self.store = store
        self.tenant = tenant
        self.clock = ""
        self.issuer = ""
        self.plan: Any = None

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.api.request(method, f"/v1{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, now: str, *amounts: str, **of_the_price: Any) -> None:
        """A clock, the rates, and a plan of one monthly fee in advance for each of these amounts."""
        self.clock = (await self.ask("POST", "/test-clocks", now_at=now))["id"]
        self.issuer = (await self.ask("GET", "/issuers"))["data"][0]["id"]
        for rate in RATES:
            await self.ask("POST", "/tax-rates", **rate)
        prices = [
            {"code": f"fee-{n}", "model": "flat", "params": {"EUR": {"amount": amount}}} | of_the_price
            for n, amount in enumerate(amounts or ("100",))
        ]
        self.plan = await self.ask("POST", "/plans", code="pro", name="Pro", prices=prices, publish=True)

    async def register(self, *registrations: dict[str, Any], **more: Any) -> None:
        """Register the seller for tax: at home if nothing else is said."""
        await self.ask(
            "PATCH",
            f"/issuers/{self.issuer}",
            address={"country": "DE"},
            tax_number="DE136695976",
            registrations=list(registrations) or [{"country": "DE"}],
            **more,
        )

    async def customer(self, country: str | None = "DE", **fields: Any) -> str:
        address = fields.pop("address", {"country": country})
        body = {"name": "Nordwind", "currency": "EUR", "address": address}
        return str((await self.ask("POST", "/customers", **body | fields))["id"])

    async def sell(self, customer: str, **fields: Any) -> Any:
        return await self.ask(
            "POST", "/subscriptions", customer_id=customer, plan_id=self.plan["id"], **fields
        )

    async def until(self, instant: str) -> None:
        """Let time pass; the worker bills what falls due."""
        operation = await self.ask("POST", f"/test-clocks/{self.clock}/advance", to=instant)
        await make_worker(self.store).drain()
        done = await self.ask("GET", f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done

    async def invoices(self, customer: str) -> list[Any]:
        """A customer's invoices, oldest first."""
        found = await self.api.get("/v1/invoices", params={"customer_id": customer})
        return list(reversed(found.json()["data"]))

    async def lines(self, invoice: Any) -> list[Any]:
        return list((await self.ask("GET", f"/invoices/{invoice['id']}/lines"))["data"])

    async def paper(self, invoice: Any) -> dict[str, Any]:
        """The texts of an invoice's paper."""
        async with self.store.unit(self.tenant.scope) as uow:
            found = await get_invoice(uow, parse_id("invoice", invoice["id"]))
            lines = (await lines_of(uow, [found.id]))[found.id]
        assert found.seller is not None
        assert found.buyer is not None
        return document(found, lines, found.seller, found.buyer)


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Seller]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        yield Seller(api, store, tenant)
