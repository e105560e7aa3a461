"""A seller with one of everything, and a sample of every call that can be made on it.

Owns: the objects, made over HTTP as a client would; for each operation of the OpenAPI document the path,
query and body of a call that this seller may make.  Does not own: what is asserted of them.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import httpx

from counterfoil.bootstrap import http_app, make_worker
from counterfoil.core.ids import parse_id
from counterfoil.modules.identity import (
    EnvironmentKind,
    NewApiClient,
    create_api_client,
    create_operator_key,
    environments_of,
)
from counterfoil.settings import Settings
from counterfoil.store import Store, numbers_of
from tests.conftest import Tenant, client_for, make_tenant
from tests.faces.contract.bodies import BODIES, EVENT, TOKENS_METER, version_of
from tests.faces.contract.trials import simulation_of
from tests.support.observe import fingerprint

UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True)
class Operation:
    """One operation of the OpenAPI document."""

    id: str
    method: str
    path: str
    parameters: tuple[dict[str, Any], ...]
    schema: dict[str, Any] | None
    security: dict[str, list[str]]

    def names(self, place: str) -> list[str]:
        """The names of its parameters in ``path``, ``query`` or ``header``."""
        return [one["name"] for one in self.parameters if one["in"] == place]


@cache
def document() -> dict[str, Any]:
    """The OpenAPI document of the whole application."""
    app = http_app(Settings(rate_limit=0), Store("postgresql://nobody@127.0.0.1:1/nothing"))
    return app.openapi()


def operations() -> list[Operation]:
    """Every operation of the document."""
    return [
        Operation(
            content["operationId"],
            method.upper(),
            path,
            tuple(content.get("parameters", ())),
            content.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema"),
            (content["security"] or [{}])[0],
        )
        for path, methods in document()["paths"].items()
        for method, content in methods.items()
    ]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema itself where the document only names it; of a choice the one that is not null."""
    if "$ref" in schema:
        found: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    choices = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
    return {**resolved(choices[0]), **schema} if choices else schema


@dataclass
class Call:
    """One request."""

    method: str
    path: str
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None

    async def send(self, http: httpx.AsyncClient, key: str, **headers: str) -> httpx.Response:
        """Send it with a key; without a body nothing is sent."""
        headers["Authorization"] = f"Bearer {key}"
        return await http.request(self.method, self.path, params=self.query, json=self.body, headers=headers)


@dataclass
class World:
    """A seller's objects, by kind, and the keys to them."""

    tenant: Tenant
    live_key: str
    operator_key: str
    ids: dict[str, str] = field(default_factory=dict)

    def key_for(self, operation: Operation) -> str:
        """The key that ``operation`` needs: of the sandbox, of the live environment, or an operator's."""
        if "operatorKey" in operation.security:
            return self.operator_key
        people = operation.path.startswith(("/v1/roles", "/v1/users"))
        return self.live_key if people else self.tenant.key

    def sample(self, operation: Operation) -> Call:
        """A call of ``operation`` that this seller may make; a missing sample is a ``KeyError``."""
        path = operation.path
        for name in operation.names("path"):
            path = path.replace(f"{{{name}}}", self.ids[_PATHS.get((operation.id, name), name)])
        query = {
            name: self.ids[_QUERIES.get((operation.id, name), name)]
            for name in operation.names("query")
            if (operation.id, name) in _QUERIES or (name.endswith("_id") and name != "external_id")
        }
        body = None if operation.schema is None else BODIES[operation.id](self.ids)
        return Call(operation.method, path, query | _MORE.get(operation.id, {}), copy.deepcopy(body))

    async def fingerprint(self, store: Store) -> dict[str, Any]:
        """Every row of this seller, in short: equal before and after what must change nothing."""
        return await fingerprint(store, self.tenant)


# Where the parameter's name is not the name of the object.
_PATHS: Final = {
    ("test_clocks.get", "clock_id"): "test_clock_id",
    ("api_clients.get", "client_id"): "api_client_id",
    ("api_clients.revoke", "client_id"): "api_client_id",
    ("billing.finalise", "invoice_id"): "draft_id",
    ("billing.rate", "invoice_id"): "draft_id",
    ("invoices.void", "invoice_id"): "draft_id",
    ("plans.publish_version", "number"): "draft_number",
    ("subscriptions.change_trial", "subscription_id"): "trial_subscription_id",
    ("subscriptions.end_trial", "subscription_id"): "trial_subscription_id",
    ("discounts.end_for_all", "discount_id"): "customer_discount_id",
    ("events.void", "event_id"): "other_event_id",
}
_QUERIES: Final = {
    ("usage.read", "meter"): "meter_id",
    ("usage.read", "customer"): "customer_id",
    ("events.list", "customer"): "customer_id",
    ("ledger.transactions", "reference"): "invoice_id",
}
_MORE: Final[dict[str, dict[str, Any]]] = {
    "subscriptions.why_no_line": {"meter": "tokens", "at": "2026-01-15T00:00:00Z"},
    "usage.read": {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"},
}


@asynccontextmanager
async def make_world(store: Store, name: str) -> AsyncIterator[World]:
    """A new organization with one of everything: billed twice, paid once, a draft waiting."""
    tenant = await make_tenant(store, name)
    async with store.system() as uow:
        operator_key = await create_operator_key(uow, name)
        kept = await environments_of(uow, tenant.organization.id)
        (live,) = [one for one in kept if one.kind is EnvironmentKind.LIVE]
        _, live_key = await create_api_client(uow, live, NewApiClient("live"))
    world = World(tenant, live_key, operator_key)
    async with client_for(store, tenant.key) as api:
        await _Maker(world, api, store).make()
    yield world


class _Maker:
    def __init__(self, world: World, api: httpx.AsyncClient, store: Store) -> None:
        self.world, self.ids, self.api, self.store = world, world.ids, api, store

    async def post(self, path: str, body: Any = None, **headers: str) -> Any:
        answer = await self.api.post(f"/v1{path}", json=body, headers=headers)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    async def get(self, path: str, **query: str) -> Any:
        answer = await self.api.get(f"/v1{path}", params=query)
        assert answer.is_success, f"{path}: {answer.text}"
        return answer.json()

    async def make(self) -> None:
        """Everything, in the order in which one needs the other."""
        clock = await self.post("/test-clocks", {"name": "main", "now_at": "2026-01-10T00:00:00Z"})
        self.ids["test_clock_id"] = clock["id"]
        await self._catalog()
        await self._contract()
        await self._bills()
        await self._besides()
        await self._people()

    async def _keep(self, name: str, path: str, body: Any, **headers: str) -> Any:
        made = await self.post(path, body, **headers)
        self.ids[name] = made["id"]
        return made

    async def _catalog(self) -> None:
        await self._keep("product_id", "/products", {"code": "base", "name": "Base"})
        await self._keep("meter_id", "/meters", {"code": "tokens", "name": "Tokens", **TOKENS_METER})
        await self._keep("tax_rate_id", "/tax-rates", {"code": "vat", "name": "VAT", "percent": "20"})
        unit = {"code": "credits", "name": "Credits", "rates": {"EUR": "0.01", "USD": "0.011"}}
        await self._keep("pricing_unit_id", "/pricing-units", unit)
        feature = {"code": "sso", "name": "SSO", "kind": "boolean", "product_id": self.ids["product_id"]}
        await self._keep("feature_id", "/features", feature)
        plan = {"code": "pro", "name": "Pro", "product_id": self.ids["product_id"], "publish": True}
        made = await self._keep("plan_id", "/plans", plan | version_of(self.ids))
        self.ids["plan_version_id"] = made["published_version"]["id"]
        self.ids["price_id"] = made["published_version"]["prices"][0]["id"]
        table = {"code": "site", "name": "Site", "product_id": self.ids["product_id"]}
        await self._keep("pricing_table_id", "/pricing-tables", table | {"plan_ids": [self.ids["plan_id"]]})
        grant = {"name": "Included", "credits": "100", "cadence": "one_time"}
        await self._keep("template_id", "/credit-grants", grant | {"plan_id": self.ids["plan_id"]})
        draft = await self.post(f"/plans/{self.ids['plan_id']}/versions", version_of(self.ids))
        self.ids |= {"number": "1", "draft_number": str(draft["number"])}

    async def _contract(self) -> None:
        customer = {"name": "Kunde", "external_id": "crm-0", "currency": "EUR"}
        await self._keep("customer_id", "/customers", customer)
        await self._keep("parent_id", "/customers", {"name": "Konzern", "external_id": "crm-group"})
        body = {"customer_id": self.ids["customer_id"], "plan_id": self.ids["plan_id"]}
        made = await self._keep(
            "subscription_id",
            "/subscriptions",
            body | {"quantities": {"seats": "3"}, "plan_reference": "pro-2026"},
        )
        self.ids["item_id"] = made["items"][0]["id"]
        trial = {"trial": {"ends_at": "2030-01-01T00:00:00Z"}, "payment_method": "card"}
        await self._keep("trial_subscription_id", "/subscriptions", body | trial | {"shared_usage": True})
        async with self.store.unit(
            self.world.tenant.scope
        ) as uow:  # as a face that calls it by a number does
            customer_id = parse_id("customer", self.ids["customer_id"])
            await numbers_of(uow, "gcore", "client", [customer_id])
        commitment = {"kind": "minimum", "size": "1200", "price_codes": ["tokens"], "period": "term"}
        begins = {"interval_unit": "year", "starts_at": "2027-01-01T00:00:00Z"}
        path = f"/subscriptions/{self.ids['subscription_id']}/commitments"
        await self._keep("commitment_id", path, commitment | begins)
        grant = {"name": "Monthly", "credits": "5", "cadence": "recurring", "period": "month"}
        owner = {"subscription_id": self.ids["subscription_id"]}
        await self._keep("credit_grant_id", "/credit-grants", grant | {"period_count": 1} | owner)
        event = {"id": "evt-of-" + self.ids["customer_id"], "customer": self.ids["customer_id"]}
        await self.post("/events", event | EVENT | {"at": "2026-01-10T00:00:00Z"})
        self.ids["event_id"] = event["id"]
        for name, id_ in (("other_event_id", "other-of-"), ("void_event_id", "void-of-")):
            self.ids[name] = id_ + self.ids["customer_id"]
            await self.post("/events", event | EVENT | {"id": self.ids[name], "at": "2026-01-10T00:00:00Z"})
        await self.post(f"/events/{self.ids['void_event_id']}/void", {"reason": "sent by mistake"})
        spans: list[dict[str, Any]] = [{"plan_id": self.ids["plan_id"], "ends_at": "2030-02-01T00:00:00Z"}]
        spans.append({"plan_id": self.ids["plan_id"], "quantities": {"seats": "5"}})
        phased: dict[str, Any] = {"started_at": "2030-01-01T00:00:00Z", "shared_usage": True, "phases": spans}
        await self.post("/subscriptions", {"customer_id": self.ids["customer_id"]} | phased)

    async def _bills(self) -> None:
        """Three months: the first is paid, the second is open, the third is a draft in its grace.

        Usage of the first comes late, and waits for the next invoice.
        """
        for to in ("2026-02-10T02:00:00Z", "2026-03-10T00:30:00Z"):
            await self._advance(to)
        late = {"id": "late-of-" + self.ids["customer_id"], "customer": self.ids["customer_id"]}
        await self.post("/events", late | EVENT | {"at": "2026-01-11T00:00:00Z"})
        await self._advance("2026-03-10T00:31:00Z")
        draft, second, first = (await self.get("/invoices"))["data"]
        assert [one["status"] for one in (draft, second, first)] == ["draft", "open", "open"]
        self.ids |= {"draft_id": draft["id"], "open_id": second["id"], "invoice_id": first["id"]}
        self.ids |= {"position": "1", "issuer_id": first["issuer_id"]}
        payment = {"amount": first["total"], "currency": "EUR", "invoice_id": first["id"]}
        await self._keep("payment_id", "/payments", payment)
        await self._keep("simulation_id", "/simulations", simulation_of(self.ids))

    async def _advance(self, to: str) -> None:
        clock = self.ids["test_clock_id"]
        operation = await self._keep("operation_id", f"/test-clocks/{clock}/advance", {"to": to})
        await make_worker(self.store).drain()
        done = await self.get(f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done

    async def _besides(self) -> None:
        """An add-on that begins with the next period, and coupons from now on."""
        for name, code in (("add_on_id", "support"), ("other_add_on_id", "extra")):
            price = {"code": code, "model": "flat", "params": {"EUR": {"amount": "5"}}}
            await self._keep(name, "/add-ons", {"code": code, "name": code.title(), "prices": [price]})
        for name, code in (("coupon_id", "welcome"), ("other_coupon_id", "second")):
            body = {"code": code, "name": code.title(), "percent": "10", "duration": "forever"}
            await self._keep(name, "/coupons", body)
        subscription = f"/subscriptions/{self.ids['subscription_id']}"
        await self.post(f"{subscription}/add-ons", {"code": "support", "behavior": "none"})
        await self._keep("discount_id", f"{subscription}/discounts", {"coupon": "welcome"})
        later = {"plan_version_id": self.ids["plan_version_id"], "quantities": {"seats": "5"}}
        await self.post(f"{subscription}/change-plan", later | {"when": "at", "at": "2029-06-01T00:00:00Z"})
        self.ids["change_id"] = (await self.get(f"{subscription}/changes"))["data"][0]["id"]
        customer = f"/customers/{self.ids['customer_id']}"
        await self._keep("customer_discount_id", f"{customer}/discounts", {"coupon": "welcome"})

    async def _people(self) -> None:
        await self._keep("environment_id", "/environments", {"name": "second"})
        client = {"name": "spare", "scopes": ["customers:read"]}
        await self._keep("api_client_id", "/api-clients", client)
        live = {"Authorization": f"Bearer {self.world.live_key}"}
        await self._keep("role_id", "/roles", {"name": "greeter", "permissions": ["customers:read"]}, **live)
        user = {"email": "a@nordwind.example", "name": "A", "role_id": self.ids["role_id"]}
        await self._keep("user_id", "/users", user, **live)
        slug = self.world.tenant.organization.id.hex
        operator = {"Authorization": f"Bearer {self.world.operator_key}"}
        await self._keep(
            "organization_id", "/organizations", {"name": "Spare", "slug": f"s-{slug}"}, **operator
        )
