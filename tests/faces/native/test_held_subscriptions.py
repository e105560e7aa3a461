"""Finding over HTTP what the billing run put on hold."""

from __future__ import annotations

import httpx

from counterfoil.core.ids import show_id
from counterfoil.modules.subscriptions import hold_billing, lock_subscription
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.subscriptions.world import FEE, make_world


async def test_held_subscriptions_are_found_until_they_are_retried(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    world = await make_world(store, tenant)
    version = await world.plan(FEE)
    fine, stuck = [await world.subscribe(version, "2026-01-01") for _ in range(2)]
    async with world.on("2026-01-02") as uow:
        due = await lock_subscription(uow, stuck.id)
        await hold_billing(uow, [due], {stuck.id: "no price for this quantity"})

    async def found(api: httpx.AsyncClient, **parameters: str) -> dict[str, str | None]:
        answer = await api.get("/v1/subscriptions", params=parameters)
        return {one["id"]: one["billing_error"] for one in answer.json()["data"]}

    held = {show_id("subscription", stuck.id): "no price for this quantity"}
    rest = {show_id("subscription", fine.id): None}
    assert await found(api, held="true") == held
    assert await found(api, held="false") == rest
    assert await found(api) == held | rest
    assert await found(api, held="true", status="draft") == {}
    assert await found(other_api, held="true") == {}
    refused = await api.get("/v1/subscriptions", params={"held": "perhaps"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "held")
    await api.post(f"/v1/subscriptions/{next(iter(held))}/retry-billing")
    assert await found(api, held="true") == {}
