"""A seller's contracts over HTTP under a test clock: what is asked, what is billed, what is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from counterfoil.bootstrap import make_worker
from counterfoil.store import Store
from tests.conftest import client_for, make_tenant
from tests.faces.native.test_changes import relay

FEE = {"code": "fee", "name": "Fee", "model": "flat", "params": {"EUR": {"amount": "30"}}}
SEATS = {
    "code": "seats",
    "name": "Seats",
    "model": "per_unit",
    "params": {"EUR": {"unit_amount": "10"}},
    "quantity_source": "item",
}
TOKENS = {
    "code": "tokens",
    "name": "Tokens",
    "model": "per_unit",
    "params": {"EUR": {"unit_amount": "0.01"}},
    "quantity_source": "usage",
    "cadence": "in_arrears",
}


class Contracts:
    """A seller with one customer in UTC who pays in euros; each call must succeed, or be ``refused``."""

    def __init__(self, api: httpx.AsyncClient, store: Store) -> None:
        self.api = api
        self.store = store
        self.clock = ""
        self.customer = ""
        self.meter = ""

    async def ask(self, method: str, path: str, **body: Any) -> Any:
        answer = await self.api.request(method, f"/v1{path}", json=body or None)
        assert answer.is_success, answer.text
        return answer.json()

    async def refused(self, method: str, path: str, **body: Any) -> tuple[int, str | None]:
        """The status and the field of a refusal."""
        answer = await self.api.request(method, f"/v1{path}", json=body or None)
        assert 400 <= answer.status_code < 500, answer.text
        error = answer.json()["error"]
        assert error["allowed"] or answer.status_code == 404, error
        return answer.status_code, error["field"]

    async def open(self, now: str) -> None:
        self.clock = (await self.ask("POST", "/test-clocks", now_at=now))["id"]
        self.customer = (await self.ask("POST", "/customers", name="Ada", currency="EUR", zone="UTC"))["id"]
        tokens = {"event_name": "completion", "aggregation": "sum", "property": "tokens"}
        self.meter = (await self.ask("POST", "/meters", code="tokens", name="Tokens", **tokens))["id"]

    async def plan(self, *prices: dict[str, Any], code: str = "pro", **fields: Any) -> str:
        listed = [one | ({"meter_id": self.meter} if one["code"] == "tokens" else {}) for one in prices]
        made = await self.ask("POST", "/plans", code=code, name=code, prices=listed, publish=True, **fields)
        return str(made["id"])

    async def subscribe(self, plan: str | None, **fields: Any) -> str:
        body = {"customer_id": self.customer, "plan_id": plan} | fields
        return str((await self.ask("POST", "/subscriptions", **body))["id"])

    async def get(self, contract: str) -> Any:
        return await self.ask("GET", f"/subscriptions/{contract}")

    async def use(self, at: str, tokens: int) -> None:
        event = {"id": f"e-{self.customer}-{at}", "name": "completion", "customer": self.customer}
        await self.ask("POST", "/events", **event, at=at, properties={"tokens": tokens})

    async def until(self, instant: str) -> None:
        """Let time pass in one call; what falls due is done by the worker."""
        to = instant if "T" in instant else f"{instant}T00:00:00Z"
        operation = await self.ask("POST", f"/test-clocks/{self.clock}/advance", to=to)
        await make_worker(self.store).drain()
        done = await self.ask("GET", f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done

    async def bills(self, contract: str | None = None) -> list[tuple[str, str, dict[str, str]]]:
        """Day of the draft, total, and each line by name and days, of every invoice, the first one first."""
        query = "" if contract is None else f"&subscription_id={contract}"
        shown = []
        for invoice in (await self.ask("GET", f"/invoices?limit=100{query}"))["data"][::-1]:
            lines = (await self.ask("GET", f"/invoices/{invoice['id']}/lines"))["data"]
            days = {
                f"{one['description']} {one['service_start'][:10]}/{one['service_end'][:10]}": one["amount"]
                for one in lines
            }
            shown.append((invoice["drafted_at"][:10], invoice["total"], days))
        return shown

    async def statements(self, contract: str) -> list[tuple[str, str, list[str]]]:
        """As ``bills``, with each line as its kind, name, days and amount: one time may have several."""
        found = (await self.ask("GET", f"/invoices?limit=100&subscription_id={contract}"))["data"]
        shown = []
        for invoice in found[::-1]:
            lines = (await self.ask("GET", f"/invoices/{invoice['id']}/lines"))["data"]
            shown.append((invoice["drafted_at"][:10], invoice["total"], [line_text(one) for one in lines]))
        return shown

    async def told(self, contract: str) -> list[tuple[str, str]]:
        """What ``/v1/changes`` tells of a contract: day and event; the versions ascend by one."""
        await relay(self.store)
        found = [
            one
            for one in (await self.ask("GET", "/changes?limit=1000"))["data"]
            if one["object_id"] == contract
        ]
        versions = [one["object_version"] for one in found]
        assert versions == list(range(1, len(found) + 1)), versions
        return [(one["occurred_at"][:10], one["event"].removeprefix("subscription.")) for one in found]


def line_text(line: Any) -> str:
    """``credit Fee 2026-01-15/2026-02-01 -15.00``; of a charge the kind is left out."""
    kind = "" if line["kind"] == "charge" else f"{line['kind']} "
    days = f"{line['service_start'][:10]}/{line['service_end'][:10]}"
    return f"{kind}{line['description']} {days} {line['amount']}"


@asynccontextmanager
async def opened(store: Store, now: str) -> AsyncIterator[Contracts]:
    """A seller of its own, whose clock stands at ``now``."""
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        contracts = Contracts(api, store)
        await contracts.open(now)
        yield contracts
