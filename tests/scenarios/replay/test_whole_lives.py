"""What a life leaves on invoices is rebuilt too: stubs, voids, corrections, levels, coupons, credits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from counterfoil.modules.billing import Replayed, ReplayQuery, replay_invoices
from counterfoil.store import Store
from tests.conftest import Tenant, client_for, make_tenant
from tests.modules.billing.test_billing_run import Shop


class Seller(Shop):
    """A shop that can replay what it billed."""

    tenant: Tenant

    async def replayed(self, customer: str, page: int = 2) -> Replayed:
        """All final invoices of a customer, rebuilt a few at a time."""
        done = Replayed()
        while True:
            async with self.store.unit(self.tenant.scope) as uow:
                done += await replay_invoices(uow, ReplayQuery(customer, uow.now, done.after), limit=page)
            if done.after is None:
                return done


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Seller]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Seller(api, store)
        shop.tenant = tenant
        await shop.open("2026-01-10T00:00:00Z")
        yield shop


async def kinds(shop: Shop, customer: str) -> set[str]:
    """The kinds of lines on the customer's invoices."""
    invoices = await shop.invoices(customer_id=customer)
    return {line["kind"] for one in invoices for line in await shop.lines(one)}


async def test_what_was_voided_or_corrected_later_changes_no_invoice_before(shop: Seller) -> None:
    customer = await shop.customer(external_id="acme")
    await shop.subscribe(customer, alignment="calendar")  # 22 of 31 days first
    await shop.advance("2026-01-31T00:00:00Z")
    await shop.use(customer, "2026-01-20T00:00:00Z", 1500, "e1")
    await shop.use(customer, "2026-01-21T00:00:00Z", 70, "e2")
    await shop.advance("2026-02-02T00:00:00Z")
    await shop.post("/events/e1/void", {"reason": "sent by a test"})
    await shop.advance("2026-03-02T00:00:00Z")
    assert await kinds(shop, customer) == {"charge", "adjustment"}
    done = await shop.replayed("acme")
    assert (done.differences, done.from_explanations) == ((), 0)
    assert done.invoices == 3


async def test_discounts_and_credits_are_rebuilt(shop: Seller) -> None:
    customer = await shop.customer(external_id="acme")
    made = await shop.subscribe(customer)
    for coupon in (
        {"code": "tenth", "name": "A tenth", "percent": "10", "duration": "forever"},
        {"code": "seven", "name": "Seven off", "amounts": {"EUR": "7"}, "duration": "forever"},
    ):
        await shop.post("/coupons", coupon)
        await shop.post(f"/subscriptions/{made['id']}/discounts", {"coupon": coupon["code"]})
    await shop.use(customer, "2026-01-10T00:00:00Z", 900, "e1")
    await shop.advance("2026-02-15T00:00:00Z")
    await shop.post(f"/subscriptions/{made['id']}/cancel", {"when": "now", "credit": "unused"})
    await shop.advance("2026-03-15T00:00:00Z")
    assert await kinds(shop, customer) == {"charge", "credit"}
    done = await shop.replayed("acme")
    assert done.differences == ()
    assert done.invoices == len([one for one in await shop.invoices() if one["status"] != "draft"])


async def test_levels_and_averages_are_rebuilt_to_the_last_fraction(shop: Seller) -> None:
    meters: dict[str, dict[str, Any]] = {
        "storage": {"aggregation": "weighted_sum", "property": "gb", "reset": "never"},
        "load": {"aggregation": "average", "property": "gb"},
        "thirds": {"aggregation": "expression", "expression": "gb / 3"},
    }
    prices = []
    for code, meter in meters.items():
        body = {"code": code, "name": code, "event_name": "stored"} | meter
        price = {"code": code, "name": code, "model": "per_unit", "params": {"EUR": {"unit_amount": "0.7"}}}
        price |= {"interval": {"unit": "month"}, "quantity_source": "usage", "cadence": "in_arrears"}
        prices.append(price | {"meter_id": (await shop.post("/meters", body))["id"]})
    plan = await shop.post("/plans", {"code": "p", "name": "P", "prices": prices, "publish": True})
    customer = await shop.customer(external_id="acme")
    await shop.post(
        "/subscriptions",
        {"customer_id": customer, "plan_id": plan["id"], "started_at": "2026-01-17T00:00:00Z"}
        | {"alignment": "calendar"},
    )
    for number, (at, gb) in enumerate([("2026-01-09", 7), ("2026-01-21", 11), ("2026-01-29", -2)]):
        await shop.advance(f"2026-01-{max(11, int(at[-2:]) + 1)}T0{number}:00:00Z")
        event = {"id": f"s{number}", "name": "stored", "customer": customer, "at": f"{at}T00:00:00Z"}
        await shop.post("/events", event | {"properties": {"gb": gb}})
    await shop.advance("2026-04-02T00:00:00Z")
    done = await shop.replayed("acme", page=1)
    assert (done.invoices, done.lines, done.differences) == (3, 9, ())
