"""A seller of calls and storage by usage, months in arrears, a test clock, and what customers commit to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.store import Store
from tests.conftest import Tenant, client_for, make_tenant


class Shop:
    """A seller's side of the API, with the steps that the tests repeat."""

    def __init__(self, api: httpx.AsyncClient, store: Store, tenant: Tenant) -> None:
        self.api = api
        self.store = store
        self.tenant = tenant
        self.events = 0
        self.now = ""

    async def post(self, path: str, body: Any = None, **parameters: Any) -> Any:
        answer = await self.api.post(f"/v1{path}", json=body, params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, path: str, body: Any) -> tuple[int, str, str | None]:
        answer = await self.api.post(f"/v1{path}", json=body)
        error = answer.json()["error"]
        assert error.get("allowed"), error
        return answer.status_code, error["code"], error.get("field")

    async def get(self, path: str, **parameters: Any) -> Any:
        answer = await self.api.get(f"/v1{path}", params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, now: str = "2026-01-01T00:00:00Z") -> None:
        """A clock, a meter that sums units by their kind, and a customer."""
        self.clock = (await self.post("/test-clocks", {"name": "main", "now_at": now}))["id"]
        meter = {"event_name": "used", "aggregation": "sum", "property": "units"}
        self.meter = (await self.post("/meters", {"code": "units", "name": "Units", **meter}))["id"]
        body = {"name": "Nordwind", "currency": "EUR", "zone": "UTC"}
        self.customer = (await self.post("/customers", body))["id"]

    async def open_for(self, customers: int) -> None:
        """The same anew, for so many customers."""
        self.tenant = await make_tenant(self.store)
        self.api.headers["Authorization"] = f"Bearer {self.tenant.key}"
        await self.open()
        body = {"name": "One of many", "currency": "EUR", "zone": "UTC"}
        self.customers = [(await self.post("/customers", body))["id"] for _ in range(customers)]

    def price(self, code: str, unit_amount: str, **more: Any) -> dict[str, Any]:
        """A price for each unit of one kind, in arrears."""
        price: dict[str, Any] = {
            "code": code,
            "name": code.title(),
            "model": "per_unit",
            "params": {"EUR": {"unit_amount": unit_amount}},
            "quantity_source": "usage",
            "cadence": "in_arrears",
            "meter_id": self.meter,
            "filters": {"kind": [code]},
            "interval": {"unit": "month"},
        }
        return price | more

    async def subscribe(self, *commitments: dict[str, Any], prices: Any = None, **more: Any) -> str:
        """A subscription to calls at 0.10, and what it commits to."""
        body = {
            "customer_id": self.customer,
            "prices": prices or [self.price("calls", "0.10")],
            "commitments": list(commitments),
        }
        self.subscription = str((await self.post("/subscriptions", body | more))["id"])
        return self.subscription

    async def use(self, day: str, units: str | int, kind: str = "calls") -> None:
        """So many units at noon of a day, which the clock has come to then."""
        if self.now < f"{day}T12":
            await self.until(day, "12")
        await self.use_by(self.customer, f"{day}T12", units, kind)

    async def use_by(self, customer: str, hour: str, units: str | int, kind: str = "calls") -> None:
        """So many units of a customer at an hour."""
        self.events += 1
        event = {"id": f"e{self.events}", "name": "used", "customer": customer, "at": f"{hour}:00:00Z"}
        await self.post("/events", event | {"properties": {"units": units, "kind": kind}})

    async def until(self, day: str, hour: str = "03") -> None:
        """Advance the clock to an hour of a day, and let the worker carry it out."""
        self.now = f"{day}T{hour}"
        operation = await self.post(f"/test-clocks/{self.clock}/advance", {"to": f"{day}T{hour}:00:00Z"})
        await make_worker(self.store).drain()
        done = await self.get(f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done
        assert done["result"]["held"] == 0, done

    async def invoices(self) -> list[Any]:
        """The invoices, oldest first, each with its lines; every line's sum is done again on the way."""
        found = list(reversed((await self.get("/invoices"))["data"]))
        for invoice in found:
            invoice["lines"] = (await self.get(f"/invoices/{invoice['id']}/lines"))["data"]
            for line in invoice["lines"]:
                told = await self.get(f"/invoices/{invoice['id']}/lines/{line['position']}/explain")
                assert told["redone"]["matches"], told
        return found

    async def told(self) -> list[list[tuple[str, str]]]:
        """What each invoice lists: description and amount."""
        return [
            [(line["description"], line["amount"]) for line in one["lines"]] for one in await self.invoices()
        ]

    async def commitment(self) -> Any:
        """The subscription's one commitment."""
        [found] = (await self.get(f"/subscriptions/{self.subscription}/commitments"))["data"]
        return found

    async def term(self) -> Any:
        """Its running term."""
        return (await self.commitment())["terms"][0]

    async def terms(self) -> list[Any]:
        """All its terms, the first first."""
        commitment = await self.commitment()
        path = f"/subscriptions/{self.subscription}/commitments/{commitment['id']}/terms"
        return list(reversed((await self.get(path))["data"]))


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    tenant: Tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store, tenant)
        await shop.open()
        yield shop
