"""Drafts: what their amounts are, what they refuse, and what a batch costs."""

from __future__ import annotations

import time
from decimal import Decimal
from uuid import uuid4

import pytest

from counterfoil.core.errors import AlreadyExists, InvalidInput, NotFound, WrongState
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.core.tax import TaxMode
from counterfoil.modules.invoicing import (
    Invoice,
    NewAmounts,
    NewInvoice,
    NewIssuer,
    add_drafts,
    create_issuer,
    due_drafts,
    earliest_due,
    environments_with_due,
    explain,
    finalise,
    get_invoice,
    lines_of,
    replace_amounts,
    void_invoice,
)
from counterfoil.store import Store, Uow
from tests.conftest import Tenant
from tests.modules.invoicing.world import REDUCED, VAT, World, at, line, make_world
from tests.support.observe import statements

_TIERS = {
    "tiers": [
        {"up_to": "10", "unit_amount": "10", "flat_amount": "2"},
        {"unit_amount": "5", "flat_amount": "3"},
    ]
}


async def test_a_drafts_totals_are_the_sums_of_its_lines(world: World, uow: Uow) -> None:
    """Net 50.00 + 30.00 + 9.99 = 89.99; 19 % of 80.00 is 15.20, 7 % of 9.99 is 0.6993 → 0.70; 105.89."""
    drafted = await world.draft(line("50", VAT), line("30", VAT), line("9.99", REDUCED))
    invoice = await get_invoice(uow, drafted.id)
    assert [str(part) for part in (invoice.subtotal, invoice.tax, invoice.total)] == [
        "89.99 EUR",
        "15.90 EUR",
        "105.89 EUR",
    ]
    assert [(tax.name, tax.percent, str(tax.taxable), str(tax.tax)) for tax in invoice.taxes] == [
        ("VAT", Decimal(19), "80.00 EUR", "15.20 EUR"),
        ("Reduced VAT", Decimal(7), "9.99 EUR", "0.70 EUR"),
    ]
    assert (invoice.status, invoice.number, str(invoice.amount_due)) == (InvoiceState.DRAFT, None, "0.00 EUR")


async def test_tax_is_rounded_once_and_shared_so_that_the_lines_sum_to_it(world: World, uow: Uow) -> None:
    """Three lines of 0.33 at 19 %: each 0.0627, together 0.1881 → 0.19, so one line bears a cent more."""
    drafted = await world.draft(*[line("0.33", VAT)] * 3)
    lines = (await lines_of(uow, [drafted.id]))[drafted.id]
    assert drafted.tax.minor == 19
    assert sorted(one.tax.minor for one in lines) == [6, 6, 7]
    assert sum(one.total.minor for one in lines) == drafted.total.minor == 99 + 19


async def test_prices_with_and_without_tax_inside_stand_on_one_invoice(world: World, uow: Uow) -> None:
    """119.00 with 19 % inside is 100.00 + 19.00; 50.00 without tax bears 3.50 at 7 %."""
    drafted = await world.draft(line("119", VAT, mode=TaxMode.INCLUSIVE), line("50", REDUCED))
    assert (drafted.subtotal.minor, drafted.tax.minor, drafted.total.minor) == (15000, 2250, 17250)
    inside, outside = (await lines_of(uow, [drafted.id]))[drafted.id]
    assert (inside.amount.minor, inside.charged.minor) == (10000, 11900)
    assert (outside.amount.minor, outside.charged.minor) == (5000, 5000)
    assert explain(inside).matches
    assert explain(outside).matches


async def test_a_stored_line_explains_itself_and_its_sum_can_be_redone(world: World, uow: Uow) -> None:
    """Lago's published case: 11 units are 10 × 10 + 2 and 1 × 5 + 3, together 110."""
    drafted = await world.draft(line("", VAT, model="graduated", params=_TIERS, quantity="11"))
    [stored] = (await lines_of(uow, [drafted.id]))[drafted.id]
    told = explain(stored)
    assert (str(told.redone), told.matches) == ("110.00 EUR", True)
    assert [step.text for step in told.steps if step.step == "part"] == [
        "0 to 10: 10 × 10 + 2 = 102",
        "Over 10: 1 × 5 + 3 = 8",
    ]


async def test_a_period_of_an_item_is_billed_once_until_the_invoice_is_void(world: World) -> None:
    item = uuid4()
    first = await world.draft(line("10", item=item))
    with pytest.raises(AlreadyExists):
        await world.draft(line("10", item=item))
    await world.draft(line("10", item=item, start="2026-02-01", end="2026-03-01"))
    async with world.on("2026-02-02") as uow:
        await void_invoice(uow, first.id)
    again = await world.draft(line("10", item=item))
    assert again.total.minor == 1000


async def test_a_draft_for_nobody_is_refused(world: World, store: Store, other_tenant: Tenant) -> None:
    other = await make_world(store, other_tenant)
    async with world.on("2026-02-01") as uow:
        for stranger in (uuid4(), other.customer_id):
            new = NewInvoice(
                customer_id=stranger,
                currency="EUR",
                period_start=at("2026-01-01"),
                period_end=at("2026-02-01"),
                lines=(),
            )
            with pytest.raises(NotFound, match="customer"):
                await add_drafts(uow, [new])
        with pytest.raises(NotFound, match="issuer"):
            await add_drafts(uow, [world.new(line("1"), issuer_id=uuid4())])


async def test_a_line_in_another_currency_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput) as refused:
        await world.draft(line("1"), line("1", currency="USD"))
    assert (refused.value.field, refused.value.allowed) == ("lines.1.currency", "EUR")
    with pytest.raises(InvalidInput, match="currency"):
        await world.draft(line("1"), currency="XXX")


async def test_amounts_of_a_draft_are_replaced_and_of_nothing_else(world: World) -> None:
    draft = await world.draft(line("10", VAT), line("5"))
    async with world.on("2026-02-01") as uow:
        [after] = await replace_amounts(uow, [NewAmounts(draft.id, (line("20", VAT),))])
    async with world.on("2026-02-01") as uow:
        stored = await get_invoice(uow, draft.id)
        lines = (await lines_of(uow, [draft.id]))[draft.id]
        assert stored == after
        assert (stored.total.minor, stored.version) == (2380, 2)
        assert [one.total.minor for one in lines] == [2380]
        await finalise(uow, [draft.id])
        with pytest.raises(WrongState, match="edit"):
            await replace_amounts(uow, [NewAmounts(draft.id, ())])


async def test_a_draft_is_due_after_the_grace_of_its_issuer(world: World, uow: Uow) -> None:
    async with world.on("2026-02-01") as unit:
        slow = await create_issuer(unit, NewIssuer("slow", "Slow Ltd", grace_seconds=7 * 24 * 3600))
    early = await world.draft(line("1"), issuer_id=slow.id, finalise_at=at("2026-02-02"))
    late = await world.draft(line("1"), issuer_id=slow.id, finalise_at=None)
    assert late.finalise_at == at("2026-02-08")
    assert await earliest_due(uow) == at("2026-02-02")
    for day, due in (("2026-02-01", []), ("2026-02-02", [early.id]), ("2026-02-09", [early.id, late.id])):
        async with world.on(day) as unit:
            assert [draft.invoice.id for draft in await due_drafts(unit, 10)] == due
    async with world.on("2026-02-09") as unit:
        assert len(await finalise(unit, [early.id, late.id])) == 2


async def test_two_workers_never_hold_the_same_draft(world: World) -> None:
    due = at("2026-02-02")
    drafts = {(await world.draft(line("1"), finalise_at=due)).id for _ in range(3)}
    async with world.on("2026-03-01") as first, world.on("2026-03-01") as second:
        mine = {draft.invoice.id for draft in await due_drafts(first, 2)}
        others = {draft.invoice.id for draft in await due_drafts(second, 10)}
    assert (len(mine), mine | others, mine & others) == (2, drafts, set())
    async with world.on("2026-03-01") as uow:
        assert len(await finalise(uow, drafts)) == 3


async def test_environments_with_due_drafts_are_found_across_tenants(
    store: Store, world: World, other_tenant: Tenant
) -> None:
    other = await make_world(store, other_tenant)
    draft = await world.draft(line("1"), finalise_at=at("2026-02-02"))
    await other.draft(line("1"))
    async with store.system() as system:
        due = await environments_with_due(system)
    async with world.on("2026-02-02") as uow:
        await void_invoice(uow, draft.id)
    assert (world.tenant.organization.id, world.tenant.environment.id) in due
    assert other_tenant.environment.id not in {environment for _, environment in due}


async def test_a_batch_of_500_takes_as_many_statements_as_a_batch_of_5_and_well_under_2_seconds(
    world: World, store: Store
) -> None:
    async def run(count: int) -> tuple[int, float, list[Invoice]]:
        drafts = [
            world.new(
                *(
                    line("", VAT, model="graduated", params=_TIERS, quantity="11", item=uuid4())
                    for _ in range(4)
                )
            )
            for _ in range(count)
        ]
        async with world.on("2026-02-01") as uow:
            with statements(store) as seen:
                began = time.perf_counter()
                added = await add_drafts(uow, drafts)
                finalised = await finalise(uow, [draft.id for draft in added])
                took = time.perf_counter() - began
        return len(seen), took, finalised

    await run(1)  # makes the default issuer
    few, _, _ = await run(5)
    many, seconds, invoices = await run(500)
    assert many == few
    assert len({invoice.number for invoice in invoices}) == 500
    assert all(invoice.total.minor == 4 * 11000 + 8360 for invoice in invoices)
    assert seconds < 2
