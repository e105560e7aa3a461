"""A preview is what the commit then does: the same code, rolled back; and it leaves nothing behind.

Random changes are previewed and then made, over HTTP: every amount, every explanation and every item of the
preview is that of the invoices that the change then drafts, and of those that come next.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from random import Random
from typing import Any

import pytest

from counterfoil.store import Store
from tests.core.effort import FACTOR
from tests.support.contracts import FEE, SEATS, TOKENS, Contracts, opened

# What a preview cannot know: the ids and the versions of rows that it takes back.
_ROWS = {"id", "invoice_id", "of_line_id", "version", "subscription_item_id", "created_at", "updated_at"}
_DAYS = [f"2026-{month:02}-{day:02}" for month in range(6, 12) for day in (3, 9, 17, 25)]
YEARLY = {"code": "fee", "name": "Fee", "model": "flat", "params": {"EUR": {"amount": "300"}}}
YEARLY["interval"] = {"unit": "year"}


@pytest.fixture
async def seller(store: Store) -> AsyncIterator[Contracts]:
    async with opened(store, "2026-06-01T00:00:00Z") as contracts:
        yield contracts


def told(value: Any) -> Any:
    """An answer without what only a written row has."""
    if isinstance(value, Mapping):
        return {name: told(one) for name, one in value.items() if name not in _ROWS}
    if isinstance(value, list):
        return [told(one) for one in value]
    return value


async def drafted(seller: Contracts, contract: str, known: set[str]) -> list[Any]:
    """The invoices of a contract besides those that are known, each with its lines, oldest first."""
    found = (await seller.ask("GET", f"/invoices?limit=100&subscription_id={contract}"))["data"][::-1]
    new = [one for one in found if one["id"] not in known]
    known |= {one["id"] for one in new}
    return [
        {"invoice": one, "lines": (await seller.ask("GET", f"/invoices/{one['id']}/lines"))["data"]}
        for one in new
    ]


class Life:
    """One contract, and changes of it drawn from a seed."""

    def __init__(self, seller: Contracts, seed: int) -> None:
        self.seller, self.random = seller, Random(seed)
        self.known: set[str] = set()
        self.made = 0

    async def begin(self) -> None:
        dear = FEE | {"params": {"EUR": {"amount": "89.90"}}}
        cheap_tokens = TOKENS | {"params": {"EUR": {"unit_amount": "0.004"}}}
        self.plans = [
            await self.seller.plan(FEE, SEATS, TOKENS, code="basic"),
            await self.seller.plan(dear, SEATS, cheap_tokens, code="pro"),
            await self.seller.plan(YEARLY, SEATS, TOKENS, code="yearly"),
        ]
        policy = {
            "day_count": self.random.choice(["local_days", "exact", "thirty_360", "fixed_30"]),
            "interval_change": self.random.choice(["reset", "keep_anchor"]),
            "rounding": self.random.choice(["half_up", "half_even", "down"]),
        }
        self.contract = await self.seller.subscribe(self.plans[0], quantities={"seats": "3"}, policy=policy)
        self.path = f"/subscriptions/{self.contract}"

    async def draw(self) -> tuple[str, str, dict[str, Any]]:
        """A call that changes the contract."""
        behavior = self.random.choice(["create_prorations", "always_invoice", "none"])
        when = self.random.choice(["now", "now", "now", "period_end"])
        match self.random.randrange(4):
            case 0 | 1:
                plan = self.random.choice(self.plans)
                return "POST", "/change-plan", {"plan_id": plan, "when": when, "behavior": behavior}
            case _:
                items = (await self.seller.get(self.contract))["items"]
                running = [one for one in items if one["ended_at"] is None and one["quantity"] != "1"]
                quantity = str(self.random.randint(2, 30))
                body = {"quantity": quantity, "when": when, "behavior": behavior}
                return "PATCH", f"/items/{running[-1]['id']}", body

    async def step(self, day: str) -> None:
        await self.seller.until(day)
        if self.random.random() < 0.5:
            await self.seller.use(f"{day}T00:00:00Z", self.random.randint(1, 5000))
        await drafted(self.seller, self.contract, self.known)
        method, what, body = await self.draw()
        before = await self.seller.get(self.contract)
        answer = await self.seller.api.request(
            method, f"/v1{self.path}{what}", params={"preview": "true"}, json=body
        )
        assert await self.seller.get(self.contract) == before, "a preview leaves nothing behind"
        if answer.status_code >= 400:  # billed to its end, say: then the change is refused as well
            refused = await self.seller.api.request(method, f"/v1{self.path}{what}", json=body)
            assert (refused.status_code, answer.json()["error"]["field"]) == (
                answer.status_code,
                refused.json()["error"]["field"],
            )
            return
        assert answer.status_code == 200, answer.text
        preview = answer.json()
        after = await self.seller.ask(method, f"{self.path}{what}", **body)
        assert told(preview["subscription"]) == told(after)
        assert told(preview["invoices"]) == told(await drafted(self.seller, self.contract, self.known))
        self.made += 1
        await self.until_next(preview["next_invoices"])

    async def until_next(self, expected: list[Any]) -> None:
        """Let time pass to the next invoice and hold it against what was told, before its grace is over."""
        if not expected:
            return
        at = expected[0]["invoice"]["drafted_at"]
        if at > "2026-12-01":
            return
        await self.seller.until(at)
        assert told(await drafted(self.seller, self.contract, self.known)) == told(expected)


@pytest.mark.parametrize("seed", range(6 * FACTOR))
async def test_a_preview_is_what_the_commit_then_does(seller: Contracts, seed: int) -> None:
    life = Life(seller, seed)
    await life.begin()
    now = "2026-06-01"
    for _ in range(6):
        ahead = [day for day in _DAYS if day > now[:10]]
        if not ahead:
            break
        await life.step(life.random.choice(ahead[:3]))
        [clock] = (await seller.ask("GET", "/test-clocks"))["data"]
        now = clock["now_at"]
    assert life.made >= 2


async def test_every_operation_can_be_previewed_and_does_nothing_then(seller: Contracts) -> None:
    plan = await seller.plan(FEE, SEATS)
    contract = await seller.subscribe(plan, quantities={"seats": "3"})
    await seller.until("2026-06-16")
    path = f"/subscriptions/{contract}"
    before, bills = await seller.get(contract), await seller.statements(contract)
    made = await seller.ask("POST", "/subscriptions?preview=true", customer_id=seller.customer, plan_id=plan)
    assert [one["invoice"]["total"] for one in made["next_invoices"]] == ["40.00"]
    ended = await seller.ask("POST", f"{path}/cancel?preview=true", when="now", credit="unused")
    assert ended["subscription"]["status"] == "cancelled"
    assert [one["invoice"]["total"] for one in ended["invoices"]] == ["-30.00"]
    paused = await seller.ask("POST", f"{path}/pause?preview=true")
    assert (paused["subscription"]["status"], paused["next_invoices"]) == ("paused", [])
    later = await seller.ask("POST", f"{path}/cancel?preview=true", when="period_end")
    assert later["subscription"]["cancel_at"] == "2026-07-01T00:00:00Z"
    assert len((await seller.ask("GET", "/subscriptions"))["data"]) == 1
    assert (await seller.get(contract), await seller.statements(contract)) == (before, bills)
    assert await seller.told(contract) == [("2026-06-01", "created")]
