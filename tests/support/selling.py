"""A seller driven through the HTTP API under a test clock; each call must succeed, or be refused."""

from __future__ import annotations

from typing import Any

import httpx

from counterfoil.bootstrap import make_worker
from counterfoil.store import Store

JANUARY = "2026-01-01T00:00:00Z"
FEBRUARY = "2026-02-01T00:00:00Z"
MARCH = "2026-03-01T00:00:00Z"
APRIL = "2026-04-01T00:00:00Z"
MAY = "2026-05-01T00:00:00Z"


class Seller:
    """The seller's calls."""

    def __init__(self, api: httpx.AsyncClient, store: Store) -> None:
        self.api, self.store = api, store
        self.clock = ""

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.api.request(method, f"/v1{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, **body: Any) -> tuple[int, str | None]:
        """The status and the field of a refusal."""
        answer = await self.api.request(method, f"/v1{path}", json=body or None)
        assert 400 <= answer.status_code < 500, answer.text
        return int(answer.status_code), answer.json()["error"]["field"]

    async def open(self, now: str = JANUARY) -> None:
        """A clock that stands at an instant."""
        self.clock = (await self.ask("POST", "/test-clocks", now_at=now))["id"]

    async def plan(self, code: str, *prices: dict[str, Any], **fields: Any) -> str:
        """The id of a new plan with these prices, published."""
        made = await self.ask(
            "POST", "/plans", code=code, name=code.title(), prices=list(prices), publish=True, **fields
        )
        return str(made["id"])

    async def customer(self, **fields: Any) -> str:
        body = {"name": "Nordwind", "currency": "EUR"} | fields
        return str((await self.ask("POST", "/customers", **body))["id"])

    async def sell(self, customer: str, plan: str | None = None, **fields: Any) -> Any:
        body = fields if plan is None else {"plan_id": plan, **fields}
        return await self.ask("POST", "/subscriptions", customer_id=customer, **body)

    async def coupon(self, code: str, **fields: Any) -> str:
        """The id of a new coupon."""
        return str(
            (await self.ask("POST", "/coupons", **{"code": code, "name": code.upper()} | fields))["id"]
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

    async def totals(self, customer: str) -> list[str]:
        """What the customer's invoices come to, oldest first."""
        return [invoice["total"] for invoice in await self.invoices(customer)]

    async def lines(self, invoice: Any) -> list[Any]:
        return list((await self.ask("GET", f"/invoices/{invoice['id']}/lines"))["data"])

    async def explained(self, invoice: Any, position: int = 1) -> Any:
        """How a line came about."""
        return await self.ask("GET", f"/invoices/{invoice['id']}/lines/{position}/explain")

    async def use(self, customer: str, at: str, units: int) -> None:
        """Send an event ``call`` with a number of ``units``."""
        event = {"id": f"{customer}-{at}", "name": "call", "customer": customer, "at": at}
        await self.ask("POST", "/events", events=[event | {"properties": {"units": units}}])

    async def meter(self) -> str:
        """The id of a meter that sums the ``units`` of calls."""
        made = await self.ask(
            "POST",
            "/meters",
            code="units",
            name="Units",
            event_name="call",
            aggregation="sum",
            property="units",
        )
        return str(made["id"])


def fee(amount: str, code: str = "fee", **more: Any) -> dict[str, Any]:
    """A monthly fee in advance, in euros."""
    return {"code": code, "model": "flat", "params": {"EUR": {"amount": amount}}, **more}


def seats(amount: str, code: str = "seats", **more: Any) -> dict[str, Any]:
    """A monthly price of each seat in advance, in euros."""
    params = {"EUR": {"unit_amount": amount}}
    return {"code": code, "model": "per_unit", "params": params, "quantity_source": "item", **more}


def usage(amount: str, meter: str, code: str = "usage", **more: Any) -> dict[str, Any]:
    """A monthly price of each unit that was used, in arrears, in euros."""
    params = {"EUR": {"unit_amount": amount}}
    metered = {"quantity_source": "usage", "meter_id": meter, "cadence": "in_arrears"}
    return {"code": code, "model": "per_unit", "params": params, **metered, **more}
