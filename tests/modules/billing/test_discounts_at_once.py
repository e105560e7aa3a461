"""What is taken once is taken on one invoice, whoever bills at the same time."""

from __future__ import annotations

import asyncio

import httpx

from counterfoil.modules.billing import bill_due
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.support.observe import statements
from tests.support.selling import Seller, fee


async def test_two_runs_at_once_take_a_customers_gift_on_one_invoice(
    api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    seller = Seller(api, store)
    await seller.open()
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("gift", amounts={"EUR": "30.00"})
    await seller.ask("POST", f"/customers/{customer}/discounts", coupon="gift")
    for _ in range(4):
        await seller.sell(customer, plan)

    async def run() -> int:
        async with store.unit(tenant.scope) as uow:
            return (await bill_due(uow, limit=1)).drafted

    assert await asyncio.gather(*(run() for _ in range(4))) == [1] * 4
    assert sorted(await seller.totals(customer)) == ["100.00", "100.00", "100.00", "70.00"]


async def test_a_batch_asks_for_discounts_once_however_many_subscriptions_it_has(
    api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    counts: list[int] = []
    seller = Seller(api, store)
    await seller.open()
    for number in (1, 2, 20):  # the first makes the issuer too
        plan = await seller.plan(f"pro-{number}", fee("100"))
        code = f"once-{number}"
        await seller.coupon(code, percent="10")
        for _ in range(number):
            await seller.sell(await seller.customer(), plan, coupons=[code])
        async with store.unit(tenant.scope) as uow:
            with statements(store) as asked:
                done = await bill_due(uow)
        assert done.drafted == number
        counts.append(len(asked))
    assert counts[1] == counts[2]
