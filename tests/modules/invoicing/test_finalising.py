"""Finalising: numbers without gap or twin, what is posted, what is kept, and that it never changes again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from counterfoil.core.errors import Conflict, NotFound, WrongState
from counterfoil.core.ledger import AccountCode, Side
from counterfoil.core.money import Money
from counterfoil.core.rating import Cadence
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.customers import CustomerChanges, update_customer
from counterfoil.modules.invoicing import (
    Changes,
    NewIssuer,
    add_drafts,
    apply_payment,
    create_issuer,
    default_issuer,
    finalise,
    get_invoice,
    list_invoices,
    update_invoice,
    update_issuer,
    void_invoice,
)
from counterfoil.modules.ledger import balances, transactions_of
from counterfoil.store import PageQuery, Store, Uow
from tests.conftest import Tenant
from tests.modules.invoicing.world import REDUCED, VAT, World, at, line, make_world
from tests.support.observe import plans, statements


class Enough(Exception):
    """Rolls back what a test has filled a table with."""


async def posted(uow: Uow, invoice_id: UUID) -> list[list[tuple[AccountCode, Side, int]]]:
    """What is in the books about an invoice, oldest first."""
    found = (await transactions_of(uow, "invoice", [invoice_id])).get(invoice_id, [])
    return [
        [(posting.account.code, posting.side, posting.amount.minor) for posting in one.content.postings]
        for one in found
    ]


async def announced(uow: Uow, invoice_id: UUID) -> list[tuple[str, int]]:
    """The changes of an invoice, in order."""
    rows = await uow.execute(
        text("select event, object_version from changes where object_id = :id order by id"),
        {"id": invoice_id},
    )
    return [(row.event, row.object_version) for row in rows]


async def test_numbers_follow_each_other_in_the_order_of_the_due_instants(world: World) -> None:
    late = await world.draft(line("1"), finalise_at=at("2026-02-03"))
    early = await world.draft(line("1"), finalise_at=at("2026-02-02"))
    async with world.on("2026-02-04") as uow:
        finalised = await finalise(uow, [late.id, early.id])
    assert [(invoice.id, invoice.number) for invoice in finalised] == [
        (early.id, "INV-000001"),
        (late.id, "INV-000002"),
    ]
    assert {invoice.due_at for invoice in finalised} == {at("2026-02-18")}


async def test_each_issuer_counts_for_itself_with_its_prefix_and_start(world: World) -> None:
    async with world.on("2026-02-01") as uow:
        await default_issuer(uow)
        second = await create_issuer(uow, NewIssuer("fr", "SARL", number_prefix="FR-", next_number=999_999))
    numbers = [
        (await world.open(line("1"), issuer_id=issuer_id)).number
        for issuer_id in (None, second.id, second.id)
    ]
    assert numbers == ["INV-000001", "FR-999999", "FR-1000000"]


async def test_finalising_at_the_same_time_leaves_no_gap_and_no_twin_though_one_rolls_back(
    world: World,
) -> None:
    """24 invoices in 12 transactions at once, each third of which fails after it had taken its numbers."""
    drafts = [await world.draft(line("1")) for _ in range(24)]

    async def worker(index: int) -> None:
        async with world.on("2026-02-03") as uow:
            await finalise(uow, [draft.id for draft in drafts[2 * index : 2 * index + 2]])
            await asyncio.sleep(0)
            if index % 3 == 0:
                raise ZeroDivisionError

    results = await asyncio.gather(*(worker(index) for index in range(12)), return_exceptions=True)
    assert [type(result) for result in results].count(ZeroDivisionError) == 4
    async with world.on("2026-02-03") as uow:
        stored = (await list_invoices(uow, PageQuery(limit=100))).items
        numbers = sorted(invoice.number for invoice in stored if invoice.number)
        assert numbers == [f"INV-{n:06d}" for n in range(1, 17)]
        assert (await default_issuer(uow)).next_number == 17
        rest = [invoice.id for invoice in stored if invoice.number is None]
        after = await finalise(uow, rest)
    assert sorted(str(invoice.number) for invoice in after) == [f"INV-{n:06d}" for n in range(17, 25)]


async def test_it_is_posted_as_earned_deferred_and_tax(world: World, uow: Uow) -> None:
    """The ledger's own example: 50.00 in advance, 30.00 in arrears, 19 % on 80.00."""
    invoice = await world.open(line("50", VAT), line("30", VAT, cadence=Cadence.IN_ARREARS))
    assert await posted(uow, invoice.id) == [
        [
            (AccountCode.RECEIVABLE, Side.DEBIT, 9520),
            (AccountCode.REVENUE, Side.CREDIT, 3000),
            (AccountCode.DEFERRED_REVENUE, Side.CREDIT, 5000),
            (AccountCode.TAX_PAYABLE, Side.CREDIT, 1520),
        ]
    ]
    assert await announced(uow, invoice.id) == [("invoice.drafted", 1), ("invoice.finalised", 2)]


async def test_a_total_of_zero_is_paid_at_once_and_posts_nothing(world: World, uow: Uow) -> None:
    invoice = await world.open(line("0", VAT))
    assert (invoice.status, invoice.number, invoice.paid_at) == (
        InvoiceState.PAID,
        "INV-000001",
        at("2026-02-01"),
    )
    assert await get_invoice(uow, invoice.id) == invoice
    assert await posted(uow, invoice.id) == []
    assert await announced(uow, invoice.id) == [
        ("invoice.drafted", 1),
        ("invoice.finalised", 2),
        ("invoice.paid", 3),
    ]


async def test_it_is_finalised_once(world: World, other_tenant: Tenant, store: Store) -> None:
    invoice = await world.open(line("1"))
    foreign = await (await make_world(store, other_tenant)).draft(line("1"))
    async with world.on("2026-02-02") as uow:
        with pytest.raises(WrongState, match="finalise"):
            await finalise(uow, [invoice.id])
        for unknown in (uuid4(), foreign.id):
            with pytest.raises(NotFound):
                await finalise(uow, [unknown])


async def test_it_names_seller_and_buyer_as_they_were(world: World) -> None:
    invoice = await world.open(line("1"))
    async with world.on("2026-02-02") as uow:
        await update_customer(uow, world.customer_id, CustomerChanges({"name": "Southwind GmbH"}))
        issuer = await default_issuer(uow)
        await update_issuer(uow, issuer.id, Changes({"name": "Renamed Ltd"}))
        stored = await get_invoice(uow, invoice.id)
    assert stored.seller is not None
    assert stored.buyer is not None
    assert (stored.seller["name"], stored.buyer["name"]) == ("Test", "Nordwind GmbH")


@pytest.mark.parametrize(
    "statement",
    [
        "update invoices set total = total + 1, subtotal = subtotal + 1",
        "update invoices set number = 'INV-000007'",
        "update invoices set due_at = due_at + interval '1 year'",
        "update invoices set buyer = '{}'",
        "update invoices set status = 'draft'",
        "update invoices set customer_id = gen_random_uuid()",
        "delete from invoices",
        "update invoice_lines set amount = amount + 1, total = total + 1",
        "update invoice_lines set explanation = '{}', voided = true",
        "update invoice_lines set voided = true, service_start = service_start - interval '1 day'",
        "delete from invoice_lines",
        "insert into invoice_lines select gen_random_uuid(), environment_id, invoice_id, 2, null, null,"
        " description, service_start, service_end, cadence, quantity, tax_mode, amount, tax, total, taxes,"
        " explanation, voided from invoice_lines",
    ],
)
async def test_a_finalised_invoice_cannot_be_changed_by_sql(world: World, statement: str) -> None:
    invoice = await world.open(line("10", VAT))
    async with world.on("2026-02-02") as uow:
        with pytest.raises(Conflict, match="a finalised invoice never changes"):
            async with uow.savepoint():
                await uow.execute(text(statement))
        assert await get_invoice(uow, invoice.id) == invoice


async def test_the_guard_lets_drafts_change_and_invoices_be_paid(world: World) -> None:
    """The counterpart: without it the test above would pass on a table that refuses everything."""
    await world.draft(line("10", VAT))
    async with world.on("2026-02-02") as uow:
        for statement in (
            "update invoices set total = total + 1, subtotal = subtotal + 1",
            "update invoice_lines set amount = amount + 1, total = total + 1",
            "delete from invoice_lines",
            "delete from invoices",
        ):
            assert (await uow.execute(text(statement))).rowcount == 1


async def test_voiding_reverses_the_books_and_keeps_the_number(world: World) -> None:
    invoice = await world.open(line("50", VAT), line("30", REDUCED, cadence=Cadence.IN_ARREARS))
    async with world.on("2026-02-05") as uow:
        voided = await void_invoice(uow, invoice.id)
    following = await world.open(line("1"))
    async with world.on("2026-02-05") as uow:
        assert await get_invoice(uow, invoice.id) == voided
        assert (voided.status, voided.number, voided.voided_at) == (
            InvoiceState.VOID,
            "INV-000001",
            at("2026-02-05"),
        )
        assert following.number == "INV-000002"
        forth, back = await posted(uow, invoice.id)
        assert back == [(account, side.other, amount) for account, side, amount in forth]
        await void_invoice(uow, following.id)
        assert {balance.amount.minor for balance in await balances(uow)} == {0}
        assert await announced(uow, invoice.id) == [
            ("invoice.drafted", 1),
            ("invoice.finalised", 2),
            ("invoice.voided", 3),
        ]


async def test_what_was_paid_or_voided_cannot_be_voided(world: World) -> None:
    part_paid = await world.open(line("10"))
    async with world.on("2026-02-05") as uow:
        await apply_payment(uow, part_paid.id, Money(1, part_paid.unit))
        with pytest.raises(WrongState, match=r"0\.01 EUR was paid"):
            await void_invoice(uow, part_paid.id)
    draft = await world.draft(line("10"))
    async with world.on("2026-02-05") as uow:
        thrown_away = await void_invoice(uow, draft.id)
        assert (thrown_away.status, thrown_away.number) == (InvoiceState.VOID, None)
        assert await posted(uow, draft.id) == []
        with pytest.raises(WrongState, match="void is final"):
            await void_invoice(uow, draft.id)


async def test_the_next_number_can_be_set_until_the_first_is_taken(world: World) -> None:
    async with world.on("2026-02-01") as uow:
        issuer = await default_issuer(uow)
        await update_issuer(uow, issuer.id, Changes({"next_number": 500, "number_prefix": ""}))
    assert (await world.open(line("1"))).number == "000500"
    async with world.on("2026-02-01") as uow:
        with pytest.raises(Conflict) as refused:
            await update_issuer(uow, issuer.id, Changes({"next_number": 502}))
        assert (refused.value.field, refused.value.allowed) == ("next_number", "501, the number that follows")
        await update_issuer(uow, issuer.id, Changes({"number_prefix": "B-"}))
    assert (await world.open(line("1"))).number == "B-000501"


async def test_the_default_issuer_is_made_once_though_many_need_it_first(world: World) -> None:
    async def need() -> UUID:
        async with world.on("2026-02-01") as uow:
            return (await default_issuer(uow)).id

    assert len(set(await asyncio.gather(*(need() for _ in range(6))))) == 1


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({}, "ix_invoices_environment_id_id"),
        ({"customer_id": uuid4()}, "ix_invoices_environment_id_customer_id_id"),
        ({"subscription_id": uuid4()}, "ix_invoices_environment_id_subscription_id_id"),
        ({"status": InvoiceState.OPEN}, "ix_invoices_environment_id_status_id"),
    ],
)
async def test_every_list_reads_an_index_in_its_order(
    world: World, store: Store, filters: dict[str, Any], index: str
) -> None:
    with suppress(Enough):
        async with world.on("2026-02-01") as uow:
            [draft] = await add_drafts(uow, [world.new(line("1"))])
            await uow.execute(
                text(
                    "insert into invoices select (jsonb_populate_record(i,"
                    " jsonb_build_object('id', gen_random_uuid()))).* from invoices i,"
                    " generate_series(1, 2000) where i.id = :id"
                ),
                {"id": draft.id},
            )
            await uow.execute(text("set local enable_sort = off"))
            with statements(store) as seen:
                await list_invoices(uow, PageQuery(limit=10, after=draft.id), **filters)
            shown = await plans(uow, seen)
            raise Enough
    assert index in shown
    assert "Sort" not in shown


async def test_metadata_of_a_finalised_invoice_may_change(world: World) -> None:
    invoice = await world.open(line("1"))
    async with world.on("2026-02-02") as uow:
        after = await update_invoice(uow, invoice.id, Changes({"meta": {"po": "4711"}, "external_id": "e-1"}))
        assert await get_invoice(uow, invoice.id) == after
    assert after == replace(
        invoice, meta={"po": "4711"}, external_id="e-1", version=3, updated_at=at("2026-02-02")
    )
