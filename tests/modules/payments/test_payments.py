"""Payments: what they settle, what becomes credit, and what they refuse."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from counterfoil.core.errors import AlreadyExists, CounterfoilError, InvalidInput, NotFound, WrongState
from counterfoil.core.ledger import AccountCode
from counterfoil.core.money import Money, unit_of
from counterfoil.core.states.invoice import InvoiceState
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.invoicing import get_invoice, void_invoice
from counterfoil.modules.ledger import balances
from counterfoil.modules.payments import NewPayment, Payment, get_payment, list_payments, record_payment
from counterfoil.store import PageQuery, Store, Uow
from tests.conftest import Tenant
from tests.modules.invoicing.world import VAT, World, at, line, make_world
from tests.support.observe import plans, statements

EUR = unit_of("EUR")


class Enough(Exception):
    """Rolls back what a test has filled a table with."""


def euros(amount: str) -> Money:
    return Money.of(amount, EUR)


async def books(uow: Uow, customer_id: UUID) -> dict[AccountCode, str]:
    """What a customer owes and is owed."""
    return {one.account: one.amount.amount_text() for one in await balances(uow, customer_id)}


async def test_a_payment_in_two_parts_closes_the_invoice_with_the_second(world: World) -> None:
    """119.00 = 100.00 + 19 %; 50.00 leaves 69.00, which the second pays."""
    invoice = await world.open(line("100", VAT))
    async with world.on("2026-02-10") as uow:
        first = await record_payment(uow, NewPayment(euros("50"), invoice_id=invoice.id))
        open_still = await get_invoice(uow, invoice.id)
        assert (open_still.status, open_still.amount_due) == (InvoiceState.OPEN, euros("69"))
        assert await books(uow, world.customer_id) == {AccountCode.RECEIVABLE: "69.00"}
    async with world.on("2026-02-11") as uow:
        await record_payment(uow, NewPayment(euros("69"), invoice_id=invoice.id))
        paid = await get_invoice(uow, invoice.id)
        assert (paid.status, paid.amount_due, paid.paid_at) == (
            InvoiceState.PAID,
            euros("0"),
            at("2026-02-11"),
        )
        assert await books(uow, world.customer_id) == {AccountCode.RECEIVABLE: "0.00"}
        assert await get_payment(uow, first.id) == first
        events = await uow.execute(
            text("select event from changes where object_kind in ('invoice', 'payment') order by id")
        )
        assert list(events.scalars()) == [
            "invoice.drafted",
            "invoice.finalised",
            "invoice.part_paid",
            "payment.recorded",
        ]


async def test_what_is_paid_beyond_the_due_is_the_customers_credit(world: World) -> None:
    invoice = await world.open(line("100", VAT))
    async with world.on("2026-02-10") as uow:
        payment = await record_payment(uow, NewPayment(euros("120"), invoice_id=invoice.id))
        assert (payment.settled, payment.credited) == (euros("119"), euros("1"))
        assert (await get_invoice(uow, invoice.id)).status is InvoiceState.PAID
        assert await books(uow, world.customer_id) == {
            AccountCode.RECEIVABLE: "0.00",
            AccountCode.CUSTOMER_CREDIT: "1.00",
        }


async def test_a_payment_for_no_invoice_is_all_credit(world: World) -> None:
    async with world.on("2026-02-10") as uow:
        payment = await record_payment(uow, NewPayment(euros("30"), customer_id=world.customer_id))
        assert (payment.settled, payment.credited) == (euros("0"), euros("30"))
        assert await books(uow, world.customer_id) == {AccountCode.CUSTOMER_CREDIT: "30.00"}


async def test_payments_at_the_same_time_settle_no_more_than_is_due(world: World) -> None:
    """Ten payments of 30.00 on 100.00: three whole ones, 10.00 of a fourth, and the rest find it paid."""
    invoice = await world.open(line("100"))

    async def pay() -> Payment:
        async with world.on("2026-02-10") as uow:
            return await record_payment(uow, NewPayment(euros("30"), invoice_id=invoice.id))

    results = await asyncio.gather(*(pay() for _ in range(10)), return_exceptions=True)
    settled = sorted(one.settled.amount_text() for one in results if isinstance(one, Payment))
    assert settled == ["10.00", "30.00", "30.00", "30.00"]
    assert [type(one) for one in results if not isinstance(one, Payment)] == [WrongState] * 6
    async with world.on("2026-02-10") as uow:
        assert (await get_invoice(uow, invoice.id)).amount_paid == euros("100")
        assert await books(uow, world.customer_id) == {
            AccountCode.RECEIVABLE: "0.00",
            AccountCode.CUSTOMER_CREDIT: "20.00",
        }
        assert len((await list_payments(uow, PageQuery())).items) == 4


async def test_only_an_invoice_that_is_owed_can_be_paid(world: World) -> None:
    draft = await world.draft(line("1"))
    void = await world.open(line("1"))
    nothing_due = await world.open(line("0"))
    async with world.on("2026-02-10") as uow:
        await void_invoice(uow, void.id)
        for invoice in (draft, void, nothing_due):
            with pytest.raises(WrongState) as refused:
                await record_payment(uow, NewPayment(euros("1"), invoice_id=invoice.id))
            assert refused.value.field == "invoice_id"
        assert (await list_payments(uow, PageQuery())).items == []


async def test_refusals_name_the_field(world: World, store: Store, other_tenant: Tenant) -> None:
    invoice = await world.open(line("1"))
    other = await make_world(store, other_tenant)
    foreign = await other.open(line("1"))
    async with world.on("2026-02-10") as uow:
        somebody = await create_customer(uow, NewCustomer("Somebody"))
        refusals: list[tuple[NewPayment, type[CounterfoilError], str]] = [
            (NewPayment(euros("0"), invoice_id=invoice.id), InvalidInput, "amount"),
            (NewPayment(euros("-1"), invoice_id=invoice.id), InvalidInput, "amount"),
            (NewPayment(Money(1, unit_of("USD")), invoice_id=invoice.id), InvalidInput, "currency"),
            (NewPayment(euros("1")), InvalidInput, "customer_id"),
            (
                NewPayment(euros("1"), invoice_id=invoice.id, customer_id=somebody.id),
                InvalidInput,
                "customer_id",
            ),
            (NewPayment(euros("1"), invoice_id=uuid4()), NotFound, "invoice_id"),
            (NewPayment(euros("1"), invoice_id=foreign.id), NotFound, "invoice_id"),
            (NewPayment(euros("1"), customer_id=other.customer_id), NotFound, "customer_id"),
            (
                NewPayment(euros("1"), invoice_id=invoice.id, received_at=at("2026-02-11")),
                InvalidInput,
                "received_at",
            ),
            (NewPayment(euros("1"), invoice_id=invoice.id, reference="a\x00b"), InvalidInput, "reference"),
        ]
        for new, kind, field in refusals:
            with pytest.raises(kind) as refused:
                async with uow.savepoint():
                    await record_payment(uow, new)
            assert refused.value.field == field
        assert (await get_invoice(uow, invoice.id)) == invoice
        assert (await list_payments(uow, PageQuery())).items == []


async def test_a_payment_is_recorded_once_by_its_external_id(world: World) -> None:
    invoice = await world.open(line("100"))
    new = NewPayment(euros("10"), invoice_id=invoice.id, external_id="statement-17")
    async with world.on("2026-02-10") as uow:
        await record_payment(uow, new)
    with pytest.raises(AlreadyExists):
        async with world.on("2026-02-10") as uow:
            await record_payment(uow, new)
    async with world.on("2026-02-10") as uow:
        assert (await get_invoice(uow, invoice.id)).amount_paid == euros("10")


async def test_a_payment_cannot_be_changed_by_sql(world: World) -> None:
    async with world.on("2026-02-10") as uow:
        payment = await record_payment(uow, NewPayment(euros("1"), customer_id=world.customer_id))
        for statement in ("update payments set amount = 2", "delete from payments"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                async with uow.savepoint():
                    await uow.execute(text(statement))
        assert await get_payment(uow, payment.id) == payment


async def test_lists_read_an_index_in_its_order(world: World, store: Store) -> None:
    invoice = await world.open(line("100000"))
    async with world.on("2026-02-10") as uow:
        first = await record_payment(uow, NewPayment(euros("1"), invoice_id=invoice.id))
        second = await record_payment(uow, NewPayment(euros("1"), customer_id=world.customer_id))
        assert (await list_payments(uow, PageQuery(), invoice_id=invoice.id)).items == [first]
        both = (await list_payments(uow, PageQuery(), customer_id=world.customer_id)).items
        assert both == [second, first]
    with suppress(Enough):
        async with world.on("2026-02-10") as uow:
            await uow.execute(
                text(
                    "insert into payments select (jsonb_populate_record(p, jsonb_build_object('id',"
                    " gen_random_uuid()))).* from payments p, generate_series(1, 2000)"
                )
            )
            await uow.execute(text("set local enable_sort = off"))
            for filters, index in (
                ({}, "ix_payments_environment_id_id"),
                ({"customer_id": world.customer_id}, "ix_payments_environment_id_customer_id_id"),
                ({"invoice_id": uuid4()}, "ix_payments_environment_id_invoice_id_id"),
            ):
                with statements(store) as seen:
                    await list_payments(uow, PageQuery(limit=10, after=second.id), **filters)
                shown = await plans(uow, seen)
                assert index in shown
                assert "Sort" not in shown
            raise Enough
