"""Late usage in any order: what stands for a month is what the month costs when all is known."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from counterfoil.core.ids import show_id
from counterfoil.core.rating import LineKind
from counterfoil.modules.billing import LateState, bill_due, list_late_usage, run_due, subscribe
from counterfoil.modules.billing.late import state_of
from counterfoil.modules.catalog import NewMeter, NewPrice, create_meter
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.invoicing import (
    Changes,
    InvoiceLine,
    default_issuer,
    explain,
    lines_of,
    list_invoices,
    update_issuer,
)
from counterfoil.modules.subscriptions import NewSubscription, resolve_subscriptions
from counterfoil.modules.usage import AcceptedTimes, Correction, NewEvent, correct_event, ingest, void_event
from counterfoil.store import PageQuery, Store
from tests.conftest import Tenant
from tests.support.observe import statements

TIERS = {"tiers": [{"up_to": "1000", "unit_amount": "0.02"}, {"up_to": None, "unit_amount": "0.01"}]}
MONTHS = [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 9)]


def cost(tokens: int) -> Decimal:
    """What a month of so many tokens costs, by hand."""
    return min(tokens, 1000) * Decimal("0.02") + max(tokens - 1000, 0) * Decimal("0.01")


@dataclass
class Seller:
    """A customer that is billed by tokens, a month in arrears, since 1 January 2026."""

    store: Store
    tenant: Tenant
    customer: UUID
    numbers: count[int]

    async def send(self, now: datetime, at: datetime, tokens: int) -> str:
        id_ = f"{self.customer}-{next(self.numbers)}"
        event = NewEvent(id_, "completion", self.name, None, at, {"tokens": tokens})
        async with self.store.unit(self.tenant.scope, now=now) as uow:
            [answer] = await ingest(uow, [event])
        assert answer.refusal is None
        return id_

    async def void(self, now: datetime, id_: str) -> None:
        async with self.store.unit(self.tenant.scope, now=now) as uow:
            await void_event(uow, id_, "wrong")

    async def correct(self, now: datetime, id_: str, tokens: int) -> str:
        new = Correction("wrong", {"tokens": tokens}, f"{self.customer}-{next(self.numbers)}")
        async with self.store.unit(self.tenant.scope, now=now) as uow:
            made = await correct_event(
                uow, id_, new, subscriptions=resolve_subscriptions, times=AcceptedTimes()
            )
        return made.event.id

    @property
    def name(self) -> str:
        return show_id("customer", self.customer)

    async def run(self, now: datetime) -> None:
        """The billing run, and again after the grace."""
        for later in (timedelta(0), timedelta(hours=1)):
            await run_due(self.store, self.tenant.scope, now=now + later)

    async def lines(self) -> list[InvoiceLine]:
        """All lines of the customer, of all invoices."""
        async with self.store.unit(self.tenant.scope) as uow:
            page = await list_invoices(uow, PageQuery(100), customer_id=self.customer)
            found = await lines_of(uow, [invoice.id for invoice in page.items])
        return [line for lines in found.values() for line in lines]

    async def by_month(self) -> dict[datetime, Decimal]:
        """What stands for each month."""
        sums: defaultdict[datetime, Decimal] = defaultdict(Decimal)
        for line in await self.lines():
            assert explain(line).matches
            sums[line.service_start] += line.amount.to_decimal()
        return dict(sums)


@pytest.fixture
async def seller(store: Store, tenant: Tenant) -> Callable[[], Awaitable[Seller]]:
    """Makes customers of one seller, whose late usage is billed for ten years."""
    async with store.unit(tenant.scope, now=MONTHS[0]) as uow:
        meter = await create_meter(
            uow,
            NewMeter(
                code="tokens", name="Tokens", event_name="completion", aggregation="sum", property="tokens"
            ),
        )
        issuer = await default_issuer(uow)
        await update_issuer(uow, issuer.id, Changes({"late_usage_days": 3650}))
    price = NewPrice(
        code="tokens",
        name="Tokens",
        model="graduated",
        params={"EUR": TIERS},
        quantity_source="usage",
        cadence="in_arrears",
        meter_id=meter.id,
    )

    async def make() -> Seller:
        async with store.unit(tenant.scope, now=MONTHS[0]) as uow:
            customer = await create_customer(uow, NewCustomer("Nordwind", currency="EUR", zone="UTC"))
            await subscribe(uow, NewSubscription(customer.id, prices=[price]))
        return Seller(store, tenant, customer.id, count())

    return make


steps = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["send", "send", "void", "correct"]),
            st.integers(0, 3),  # how many months ago
            st.integers(0, 3000),  # tokens
            st.integers(0, 99),  # which event
        ),
        max_size=4,
    ),
    min_size=2,
    max_size=5,
)


@given(months=steps)
@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_whatever_comes_late_the_lines_of_a_month_sum_to_what_it_costs_in_the_end(
    seller: Callable[[], Awaitable[Seller]], months: list[list[tuple[str, int, int, int]]]
) -> None:
    """Incremental equals from scratch: the expected sums know nothing of the order in which things came."""
    one = await seller()
    standing: dict[str, tuple[datetime, int]] = {}
    for month, actions in enumerate(months):
        now = MONTHS[month] + timedelta(days=20)
        for kind, ago, tokens, which in actions:
            at = MONTHS[max(month - ago, 0)] + timedelta(days=10)
            if kind == "send" or not standing:
                standing[await one.send(now, at, tokens)] = at, tokens
                continue
            chosen = sorted(standing)[which % len(standing)]
            then, _ = standing.pop(chosen)
            if kind == "void":
                await one.void(now, chosen)
            else:
                standing[await one.correct(now, chosen, tokens)] = then, tokens
        await one.run(MONTHS[month + 1])
    await one.run(MONTHS[len(months) + 1])
    used: defaultdict[datetime, int] = defaultdict(int)
    for at, tokens in standing.values():
        used[at.replace(day=1)] += tokens
    expected = {start: cost(used[start]) for start in MONTHS[: len(months) + 1]}
    assert await one.by_month() == expected
    before = len(await one.lines())
    await one.run(MONTHS[len(months) + 1] + timedelta(days=3))
    assert len(await one.lines()) == before


async def test_an_invoice_is_final_only_when_events_that_are_being_written_are_seen(
    seller: Callable[[], Awaitable[Seller]],
) -> None:
    """An event is written, and not committed, from before its month is drafted until the draft is due."""
    one = await seller()
    scope = one.tenant.scope
    event = NewEvent(f"{one.customer}-x", "completion", one.name, None, MONTHS[0], {"tokens": 100})
    async with one.store.unit(scope, now=MONTHS[1]) as writing:
        await ingest(writing, [event])
        async with one.store.unit(scope, now=MONTHS[1]) as drafting:
            assert (await bill_due(drafting)).drafted == 1
        finalising = asyncio.create_task(run_due(one.store, scope, now=MONTHS[1] + timedelta(hours=1)))
        done, _ = await asyncio.wait([finalising], timeout=0.3)
        assert not done
    assert (await finalising).finalised == 1
    assert await one.by_month() == {MONTHS[0]: Decimal("2.00")}


async def test_events_of_a_time_that_is_not_billed_cost_no_statement_more_and_leave_no_note(
    seller: Callable[[], Awaitable[Seller]],
) -> None:
    one = await seller()
    await one.send(MONTHS[0] + timedelta(days=2), MONTHS[0] + timedelta(days=1), 100)
    await one.run(MONTHS[1])

    async def cost_of(at: datetime, ids: range) -> int:
        sent = [
            NewEvent(f"{one.customer}-{at}-{n}", "completion", one.name, None, at, {"tokens": n}) for n in ids
        ]
        async with one.store.unit(one.tenant.scope, now=MONTHS[1] + timedelta(days=2)) as uow:
            with statements(one.store) as seen:
                await ingest(uow, sent)
        return len(seen)

    current = await cost_of(MONTHS[1] + timedelta(days=1), range(500))
    late = await cost_of(MONTHS[0] + timedelta(days=1), range(500))
    assert late == current + 1
    await one.run(MONTHS[2])
    kinds = [line.kind.value for line in await one.lines()]
    assert kinds.count("adjustment") == 1


async def test_late_usage_of_many_contracts_takes_as_many_statements_as_of_few(
    seller: Callable[[], Awaitable[Seller]],
) -> None:
    """Two contracts have late usage of January when February is billed, and seven of February in March."""
    contracts = [await seller() for _ in range(7)]
    first = contracts[0]
    await first.run(MONTHS[1])
    taken: list[int] = []
    for month, few in ((1, 2), (2, 7)):
        for one in contracts[:few]:
            await one.send(MONTHS[month] + timedelta(days=5), MONTHS[month - 1], 100)
        async with first.store.unit(first.tenant.scope, now=MONTHS[month + 1]) as uow:
            with statements(first.store) as seen:
                assert (await bill_due(uow)).drafted == 7
        taken.append(len(seen))
        await first.run(MONTHS[month + 1])
    assert taken[0] == taken[1]
    kinds = [line.kind for one in contracts for line in await one.lines()]
    assert kinds.count(LineKind.ADJUSTMENT) == 2 + 7


@pytest.mark.parametrize(
    ("received", "days", "state"),
    [
        ("2026-02-01T01:00:00", 0, LateState.WAITING),  # at the very instant: the run had not counted it
        ("2026-02-01T01:00:01", 0, LateState.TOO_LATE),
        ("2026-03-03T01:00:00", 30, LateState.WAITING),
        ("2026-03-03T01:00:00.000001", 30, LateState.TOO_LATE),
    ],
)
def test_the_grace_is_so_many_days_from_the_instant_the_invoice_was_final(
    received: str, days: int, state: LateState
) -> None:
    final = datetime(2026, 2, 1, 1, tzinfo=UTC)
    came = datetime.fromisoformat(received).replace(tzinfo=UTC)
    assert state_of(came, final, days) is state
    assert state_of(came, None, days) is LateState.WAITING


async def test_what_came_too_late_stays_in_sight(seller: Callable[[], Awaitable[Seller]]) -> None:
    one = await seller()
    async with one.store.unit(one.tenant.scope) as uow:
        issuer = await default_issuer(uow)
        await update_issuer(uow, issuer.id, Changes({"late_usage_days": 0}))
    await one.run(MONTHS[1])
    await one.send(MONTHS[1] + timedelta(days=2), MONTHS[0], 100)
    await one.send(MONTHS[1] + timedelta(days=3), MONTHS[0], 100)
    await one.run(MONTHS[2])
    async with one.store.unit(one.tenant.scope) as uow:
        [late] = (await list_late_usage(uow, PageQuery(10))).items
    assert (late.state, late.events) == (LateState.TOO_LATE, 2)
    assert late.last_received_at - late.first_received_at == timedelta(days=1)
    assert set((await one.by_month()).values()) == {Decimal(0)}
