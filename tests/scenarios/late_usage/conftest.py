"""A seller of tokens: months in arrears, the first 1,000 at 0.02 and the rest at 0.01, and a test clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.store import Store
from tests.conftest import Tenant, client_for, make_tenant

TIERS = {"tiers": [{"up_to": "1000", "unit_amount": "0.02"}, {"up_to": None, "unit_amount": "0.01"}]}


class Shop:
    """A seller's side of the API, with the steps that the tests repeat."""

    def __init__(self, api: httpx.AsyncClient, store: Store, tenant: Tenant) -> None:
        self.api = api
        self.store = store
        self.tenant = tenant

    async def post(self, path: str, body: Any = None) -> Any:
        answer = await self.api.post(f"/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, **parameters: Any) -> Any:
        answer = await self.api.get(f"/v1{path}", params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, now: str = "2026-01-20T00:00:00Z") -> None:
        """A clock, a tax of 20 %, a meter, a plan of one price, a customer and its subscription."""
        self.clock = (await self.post("/test-clocks", {"name": "main", "now_at": now}))["id"]
        self.vat = (await self.post("/tax-rates", {"code": "vat", "name": "VAT", "percent": "20"}))["id"]
        meter = {"event_name": "completion", "aggregation": "sum", "property": "tokens"}
        self.meter = (await self.post("/meters", {"code": "tokens", "name": "Tokens", **meter}))["id"]
        self.plan = await self.post(
            "/plans", {"code": "pro", "name": "Pro", "prices": [self.tokens()], "publish": True}
        )
        body = {"name": "Nordwind", "currency": "EUR", "zone": "UTC"}
        self.customer = (await self.post("/customers", body))["id"]
        self.subscription = await self.subscribe()

    def tokens(self, **more: Any) -> dict[str, Any]:
        """The price of tokens."""
        price: dict[str, Any] = {
            "code": "tokens",
            "name": "Tokens",
            "model": "graduated",
            "params": {"EUR": TIERS},
            "quantity_source": "usage",
            "cadence": "in_arrears",
            "meter_id": self.meter,
            "interval": {"unit": "month"},
            "tax_rate_ids": [self.vat],
        }
        return price | more

    async def subscribe(self, **more: Any) -> str:
        body = {
            "customer_id": self.customer,
            "plan_id": self.plan["id"],
            "started_at": "2026-01-01T00:00:00Z",
        }
        return str((await self.post("/subscriptions", body | more))["id"])

    async def use(self, id: str, at: str, tokens: int, **more: Any) -> None:
        """So many tokens at noon of a day."""
        event = {"id": id, "name": "completion", "customer": self.customer, "at": f"{at}T12:00:00Z"}
        await self.post("/events", event | {"properties": {"tokens": tokens}} | more)

    async def until(self, day: str, at: str = "03:00:00") -> None:
        """Advance the clock to three in the morning of a day, and let the worker carry it out."""
        to = f"{day}T{at}Z"
        operation = await self.post(f"/test-clocks/{self.clock}/advance", {"to": to})
        await make_worker(self.store).drain()
        done = await self.get(f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done

    async def invoices(self) -> list[Any]:
        """The invoices, oldest first, each with its lines."""
        found = list(reversed((await self.get("/invoices"))["data"]))
        for invoice in found:
            invoice["lines"] = (await self.get(f"/invoices/{invoice['id']}/lines"))["data"]
        return found

    async def told(self) -> list[tuple[str, list[tuple[str, str, str]]]]:
        """Total and lines of each invoice: kind, first day of the period, amount."""
        return [(one["total"], [_told(line) for line in one["lines"]]) for one in await self.invoices()]


def _told(line: Any) -> tuple[str, str, str]:
    return line["kind"], line["service_start"][:10], line["amount"]


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    tenant: Tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store, tenant)
        await shop.open()
        yield shop
