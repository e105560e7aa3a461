"""The statements of a billing run grow with its batches, not with the subscriptions in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from counterfoil.core.calendar import parse_instant
from counterfoil.modules.billing import Billed
from counterfoil.modules.billing.finalising import finalise_due
from counterfoil.modules.billing.run import bill_due
from counterfoil.modules.identity import set_clock
from counterfoil.store import Store, Uow
from tests.conftest import Tenant, client_for, make_tenant
from tests.modules.billing.test_billing_run import Shop
from tests.support.observe import statements


async def batches(store: Store, tenant: Tenant, work: Callable[[Uow], Awaitable[Billed]]) -> list[int]:
    """How many statements each batch takes until there is nothing left; the empty one does not count."""
    found: list[int] = []
    while True:
        with statements(store) as seen:
            async with store.unit(tenant.scope) as uow:
                done = await work(uow)
        if not done:
            return found
        found.append(len(seen))


async def stand(store: Store, tenant: Tenant, now: str) -> None:
    """Let the clock of the seller stand at an instant, without a run on the way."""
    async with store.unit(tenant.scope) as uow:
        await set_clock(uow, parse_instant(now, field="now"))


async def run(store: Store, subscriptions: int, batch: int) -> tuple[list[int], list[int]]:
    """The statements of each batch that drafts a month's bills, and of each that finalises them.

    Each bill has a fee and seats of the month to come, and usage of the month that is over.
    """
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store)
        await shop.open("2026-01-10T00:00:00Z")
        for number in range(subscriptions):
            customer = await shop.customer()
            await shop.subscribe(customer)
            await shop.use(customer, "2026-01-10T00:00:00Z", 900 + number, f"e{number}")
        for now in ("2026-01-10T00:00:00Z", "2026-01-10T02:00:00Z"):
            await stand(store, tenant, now)
            await batches(store, tenant, lambda uow: bill_due(uow, limit=100))
            await batches(store, tenant, lambda uow: finalise_due(uow, limit=100))
        await stand(store, tenant, "2026-02-10T00:00:00Z")
        drafting = await batches(store, tenant, lambda uow: bill_due(uow, limit=batch))
        await stand(store, tenant, "2026-02-10T02:00:00Z")
        finalising = await batches(store, tenant, lambda uow: finalise_due(uow, limit=batch))
        invoices = await shop.invoices(status="open")
    assert len(invoices) == 2 * subscriptions
    # 100 + 3 × 15 + 900 × 0.02 = 163.00, and 20 % of it
    assert [one["total"] for one in invoices if one["period_end"] > "2026-02-11"].count("195.60") == 1
    return drafting, finalising


async def test_a_batch_of_many_takes_the_statements_of_a_batch_of_two(store: Store) -> None:
    [few], [finalised_few] = await run(store, 2, 100)
    [many], [finalised_many] = await run(store, 9, 100)
    assert (many, finalised_many) == (few, finalised_few)
    assert max(few, finalised_few) < 50


async def test_as_many_batches_as_there_are_parts_take_so_many_statements_each(store: Store) -> None:
    drafting, finalising = await run(store, 6, 2)
    assert len(drafting) == len(finalising) == 3
    assert len(set(drafting)) == len(set(finalising)) == 1
