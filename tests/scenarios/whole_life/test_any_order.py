"""Whatever happens to a contract, in whatever order: its invoices sum, and no moment is billed twice.

A machine draws steps (use, change, pause, cancel, let time pass …) and takes them over HTTP under a test
clock, as a seller does, beside a model of it that knows no billing: when the contract ran, and what was used
then.  In the end both must agree on the usage that was paid for, event by event.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from counterfoil.core.ids import parse_id
from counterfoil.modules.billing import ReplayQuery, replay_invoices
from counterfoil.modules.simulations import (
    NewSimulation,
    get_simulation,
    run_simulation,
    start_simulation,
)
from counterfoil.store import Store
from tests.conftest import Database, client_for, make_tenant
from tests.core.effort import FACTOR
from tests.modules.billing.test_billing_run import Shop

START = datetime(2026, 1, 31, 9, tzinfo=UTC)
ENDED = frozenset({"cancelled", "expired"})
behaviors = st.sampled_from(["none", "create_prorations", "always_invoice"])
moments = st.sampled_from(["now", "period_end"])
STEPS = 25 * FACTOR
"""Of one contract's life at most; the long run sets the factor to 20."""
LIVES = 6


@dataclass
class Model:
    """What a bystander knows: when the contract ran, and what was used at which instant."""

    runs_since: datetime | None = None
    ran: list[tuple[datetime, datetime]] = field(default_factory=list)
    used: dict[str, tuple[datetime, Decimal]] = field(default_factory=dict)

    def stop(self, at: datetime) -> None:
        if self.runs_since is not None and self.runs_since < at:
            self.ran.append((self.runs_since, at))
        self.runs_since = None

    def counted(self) -> Decimal:
        """What was used while the contract ran: all that may be billed, once."""
        return sum(
            (
                quantity
                for at, quantity in self.used.values()
                if any(start <= at < end for start, end in self.ran)
            ),
            Decimal(0),
        )


class Life(RuleBasedStateMachine):
    """One customer's contract and everything that may come to it."""

    runner: ClassVar[asyncio.Runner]
    store: ClassVar[Store]
    checked: ClassVar[int] = 0
    """Lives that were looked at when they had ended."""

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.now = START
        self.numbers = itertools.count(1)
        self.tenant = self.wait(make_tenant(self.store))
        self.shop = Shop(client_for(self.store, self.tenant.key), self.store)

    def wait(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @initialize(seats=st.integers(0, 5), zone=st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]))
    def subscribe(self, seats: int, zone: str) -> None:
        self.wait(self.open(seats, zone))
        self.model.runs_since = START

    async def open(self, seats: int, zone: str) -> None:
        self.shop.clock = (
            await self.shop.post("/test-clocks", {"name": "main", "now_at": START.isoformat()})
        )["id"]
        meter = await self.shop.post(
            "/meters",
            {
                "code": "calls",
                "name": "Calls",
                "event_name": "call",
                "aggregation": "sum",
                "property": "calls",
            },
        )
        self.plans = {
            plan: await self.shop.post("/plans", _plan(plan, fee, seat, meter["id"]))
            for plan, fee, seat in (("basic", "31", "9.99"), ("pro", "100.01", "0.01"))
        }
        self.codes = {
            price["id"]: price["code"]
            for plan in self.plans.values()
            for price in plan["published_version"]["prices"]
        }
        self.customer = await self.shop.customer(zone=zone)
        self.subscription = await self.shop.post(
            "/subscriptions",
            {
                "customer_id": self.customer,
                "plan_id": self.plans["basic"]["id"],
                "quantities": {"seats": str(seats)},
            },
        )

    @property
    def status(self) -> str:
        return str(self.subscription["status"])

    def change(self, path: str, body: Any = None, method: str = "POST") -> None:
        """Look at a preview of a change, then make it: both say the same."""
        before = {invoice["id"] for invoice in self.wait(self.invoices())}
        path = f"/v1/subscriptions/{self.subscription['id']}{path}"
        answer = self.wait(self.shop.api.request(method, path, params={"preview": "true"}, json=body))
        assert answer.is_success, answer.text
        preview = answer.json()
        assert {invoice["id"] for invoice in self.wait(self.invoices())} == before
        answer = self.wait(self.shop.api.request(method, path, json=body))
        assert answer.is_success, answer.text
        self.subscription = answer.json()
        made = [invoice for invoice in self.wait(self.invoices()) if invoice["id"] not in before]
        told = [one["invoice"]["total"] for one in preview["invoices"]]
        assert sorted(invoice["total"] for invoice in made) == sorted(told)
        for name in ("status", "plan_id", "next_billing_at", "cancel_at", "ended_at", "paused_at"):
            assert preview["subscription"][name] == self.subscription[name], name
        assert _items(preview["subscription"]) == _items(self.subscription)

    def item(self, code: str) -> Any:
        """The item of the price with this code that runs now, if any."""
        for item in self.subscription["items"]:
            start, end = (_at(item[at]) for at in ("started_at", "ended_at"))
            if self.codes[item["price_id"]] == code and (end is None or self.now < end) and start <= self.now:
                return item
        return None

    @rule(hours=st.sampled_from([1, 2, 7, 24, 24 * 3, 24 * 17, 24 * 31, 24 * 70]))
    def let_time_pass(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        self.wait(self.shop.advance(self.now.isoformat()))
        self.subscription = self.wait(self.shop.get(f"/subscriptions/{self.subscription['id']}"))
        if self.status in ENDED and self.model.runs_since is not None:
            self.model.stop(datetime.fromisoformat(self.subscription["ended_at"]))

    @rule(calls=st.integers(1, 9))
    def use(self, calls: int) -> None:
        self.tell(self.now, calls)

    def tell(self, at: datetime, calls: int) -> None:
        id_ = f"call-{next(self.numbers)}"
        event = {
            "id": id_,
            "name": "call",
            "customer": self.customer,
            "at": at.isoformat(),
            "properties": {"calls": calls},
        }
        self.wait(self.shop.post("/events", event))
        self.model.used[id_] = (at, Decimal(calls))

    @precondition(lambda self: self.now > START + timedelta(hours=1))
    @rule(calls=st.integers(1, 9), hours=st.integers(1, 24 * 20))
    def use_and_tell_late(self, calls: int, hours: int) -> None:
        self.tell(max(START, self.now - timedelta(hours=hours)), calls)

    @precondition(lambda self: self.model.used)
    @rule(data=st.data())
    def void_what_was_used(self, data: st.DataObject) -> None:
        recent = [id_ for id_, (at, _) in self.model.used.items() if self.now - at < timedelta(days=20)]
        if recent:
            id_ = data.draw(st.sampled_from(recent))
            self.wait(self.shop.post(f"/events/{id_}/void", {"reason": "sent by mistake"}))
            del self.model.used[id_]

    @precondition(lambda self: self.status in {"active", "past_due"})
    @rule(seats=st.integers(0, 9), behavior=behaviors, when=moments)
    def change_seats(self, seats: int, behavior: str, when: str) -> None:
        item = self.item("seats")
        if item is not None and self.goes_on(when):
            body = {"quantity": str(seats), "behavior": behavior, "when": when}
            self.change(f"/items/{item['id']}", body, "PATCH")

    @precondition(lambda self: self.status in {"active", "past_due"})
    @rule(plan=st.sampled_from(["basic", "pro"]), behavior=behaviors, when=moments)
    def change_plan(self, plan: str, behavior: str, when: str) -> None:
        if self.goes_on(when):
            body = {"plan_id": self.plans[plan]["id"], "behavior": behavior, "when": when}
            self.change("/change-plan", body)

    def goes_on(self, when: str) -> bool:
        """Whether there is something to change then: nothing is left at the end that was asked for."""
        return when == "now" or self.subscription["cancel_at"] is None

    @precondition(lambda self: self.status in {"active", "past_due"})
    @rule()
    def pause(self) -> None:
        self.change("/pause")
        self.model.stop(self.now)

    @precondition(lambda self: self.status == "paused")
    @rule()
    def resume(self) -> None:
        self.change("/resume")
        self.model.runs_since = self.now

    @precondition(lambda self: self.status not in ENDED)
    @rule(when=moments, credit=st.sampled_from(["none", "unused", "whole"]))
    def cancel(self, when: str, credit: str) -> None:
        self.change("/cancel", {"when": when} | ({"credit": credit} if when == "now" else {}))
        if when == "now":
            self.model.stop(self.now)

    @precondition(lambda self: self.status not in ENDED and self.subscription["cancel_at"] is not None)
    @rule()
    def take_the_end_back(self) -> None:
        self.change("/reactivate")

    def teardown(self) -> None:
        if not hasattr(self, "subscription"):
            return
        if self.status not in ENDED:
            self.cancel("now", "unused")
        self.let_time_pass(24 * 70)
        self.wait(self.check())
        self.wait(self.replay())
        self.wait(self.try_its_own_prices())
        Life.checked += 1

    async def check(self) -> None:
        """The invoices add up, line by line; nothing is billed twice; what was used is billed."""
        assert self.subscription["billing_error"] is None
        usage = Decimal(0)
        covered: defaultdict[str, list[tuple[datetime, int]]] = defaultdict(list)
        for invoice in await self.invoices():
            assert invoice["status"] in {"open", "paid"}, invoice
            lines = await self.shop.lines(invoice)
            assert sum(Decimal(line["total"]) for line in lines) == Decimal(invoice["total"])
            for line in lines:
                told = await self.shop.get(f"/invoices/{invoice['id']}/lines/{line['position']}/explain")
                assert told["redone"]["matches"], told
                code = self.codes[line["price_id"]]
                sign = -1 if line["kind"] == "credit" else 1
                if line["kind"] in {"charge", "credit"} and Decimal(line["amount"]):
                    start, end = (datetime.fromisoformat(line[f"service_{at}"]) for at in ("start", "end"))
                    covered[code] += [(start, sign), (end, -sign)]
                if code == "calls":
                    usage += Decimal(line["amount"])
        for code, edges in covered.items():
            assert set(_depths(edges)) <= {0, 1}, (code, sorted(edges))
        assert usage == self.model.counted()
        balances = (await self.shop.get("/ledger/balances"))["data"]
        sides = {"asset": 1, "expense": 1}
        assert sum(sides.get(one["kind"], -1) * Decimal(one["amount"]) for one in balances) == 0

    async def replay(self) -> None:
        """Every invoice is what was known when it became final, whatever came or was voided since."""
        async with self.store.unit(self.tenant.scope) as uow:
            done = await replay_invoices(uow, ReplayQuery(self.customer, uow.now), limit=10_000)
        assert done.differences == ()
        assert done.invoices == len(await self.invoices())

    async def try_its_own_prices(self) -> None:
        """At the prices that were billed, a simulation finds no difference."""
        scope = self.tenant.scope
        for plan in self.plans.values():
            version = parse_id("plan", plan["id"]), 1
            async with self.store.unit(scope) as uow:
                asked = NewSimulation(start=START, end=self.now, version=version)
                simulation = await start_simulation(uow, asked)
            await run_simulation(self.store, scope, simulation.id)
            async with self.store.unit(scope) as uow:
                _, _, totals = await get_simulation(uow, simulation.id)
            assert [(one.difference.minor, one.problems) for one in totals] in ([], [(0, 0)])

    async def invoices(self) -> list[Any]:
        found: list[Any] = []
        after: dict[str, str] = {}
        while True:
            page = await self.shop.get("/invoices", limit=100, **after)
            found += page["data"]
            if page["next_cursor"] is None:
                return found
            after = {"cursor": page["next_cursor"]}


def _plan(code: str, fee: str, seat: str, meter: str) -> dict[str, Any]:
    common = {"interval": {"unit": "month"}}
    flat = {"code": "fee", "name": "Fee", "model": "flat", "params": {"EUR": {"amount": fee}}}
    seats = {
        "code": "seats",
        "name": "Seats",
        "model": "per_unit",
        "params": {"EUR": {"unit_amount": seat}},
        "quantity_source": "item",
    }
    calls = {
        "code": "calls",
        "name": "Calls",
        "model": "per_unit",
        "params": {"EUR": {"unit_amount": "1"}},
        "quantity_source": "usage",
        "cadence": "in_arrears",
        "meter_id": meter,
    }
    prices = [common | price for price in (flat, seats, calls)]
    return {"code": code, "name": code, "publish": True, "prices": prices}


def _at(text: str | None) -> Any:
    return None if text is None else datetime.fromisoformat(text)


def _items(subscription: Any) -> list[Any]:
    names = ("price_id", "quantity", "started_at", "ended_at", "billed_to", "due_at")
    return sorted(([item[name] for name in names] for item in subscription["items"]), key=str)


def _depths(edges: list[tuple[datetime, int]]) -> Iterator[int]:
    """How many times each stretch of time is billed."""
    depth = 0
    for _, together in itertools.groupby(sorted(edges), key=lambda edge: edge[0]):
        depth += sum(sign for _, sign in together)
        yield depth


@pytest.fixture
def life(database: Database) -> Iterator[type[Life]]:
    """Makes machines on a connection and an event loop of their own."""
    with asyncio.Runner() as runner:
        Life.runner, Life.store = runner, Store(database.app_url)
        yield Life
        runner.run(Life.store.close())


def test_no_order_of_steps_makes_a_wrong_invoice(life: type[Life]) -> None:
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert life.checked >= LIVES
