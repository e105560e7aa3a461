"""The journal in the database: what is posted stands, balances, and cannot be changed."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from psycopg import IntegrityError
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from counterfoil.core.errors import AlreadyExists
from counterfoil.core.ledger import (
    AccountCode,
    LedgerTransaction,
    invoice_finalised,
    invoice_voided,
    payment_received,
)
from counterfoil.core.money import Money, unit_of
from counterfoil.modules.ledger import balances, list_transactions, post, transactions_of
from counterfoil.store import PageQuery, Store, Uow
from tests.conftest import Tenant
from tests.support.observe import plans, statements

EUR, JPY = unit_of("EUR"), unit_of("JPY")
NOW = datetime(2026, 2, 1, tzinfo=UTC)
ANNA, BERT = UUID(int=11), UUID(int=12)


def finalised(invoice: UUID, customer: UUID = ANNA) -> LedgerTransaction:
    """The first example of docs/ledger.md: 50.00 in advance, 30.00 in arrears, 19 % tax on 80.00."""
    transaction = invoice_finalised(
        invoice=invoice,
        customer=customer,
        effective_at=NOW,
        total=Money(9520, EUR),
        earned=Money(3000, EUR),
        deferred=Money(5000, EUR),
        taxes={"VAT 19 %": Money(1520, EUR)},
    )
    assert transaction is not None
    return transaction


def paid(payment: UUID, minor: int, due: int, customer: UUID = ANNA) -> LedgerTransaction:
    return payment_received(
        payment=payment, customer=customer, effective_at=NOW, amount=Money(minor, EUR), due=Money(due, EUR)
    )


async def test_what_is_posted_is_read_back_as_it_was(uow: Uow) -> None:
    invoice, payment = uow.new_id(), uow.new_id()
    events = [finalised(invoice), paid(payment, 12000, 9520)]
    ids = await post(uow, events)
    page = await list_transactions(uow, PageQuery())
    assert [(posted.id, posted.content) for posted in page.items] == [
        (ids[1], events[1]),
        (ids[0], events[0]),
    ]
    assert {posted.recorded_at for posted in page.items} == {uow.wall}
    one = await list_transactions(uow, PageQuery(), reference=("payment", payment))
    assert [posted.content for posted in one.items] == [events[1]]


async def test_balances_are_the_sums_of_all_postings(uow: Uow) -> None:
    await post(
        uow,
        [
            finalised(uow.new_id()),
            finalised(uow.new_id(), BERT),
            paid(uow.new_id(), 12000, 9520),
            payment_received(
                payment=uow.new_id(), customer=ANNA, effective_at=NOW, amount=Money(5, JPY), due=Money(0, JPY)
            ),
        ],
    )
    anna = {
        (row.account, row.amount.unit.code): row.amount.amount_text() for row in await balances(uow, ANNA)
    }
    assert anna == {
        ("receivable", "EUR"): "0.00",
        ("customer_credit", "EUR"): "24.80",  # 120.00 - 95.20
        ("customer_credit", "JPY"): "5",
    }
    everybody = {
        (row.account, row.amount.unit.code): (row.customer_id, row.amount.amount_text())
        for row in await balances(uow)
    }
    assert everybody == {
        ("cash", "EUR"): (None, "120.00"),
        ("cash", "JPY"): (None, "5"),
        ("receivable", "EUR"): (None, "95.20"),
        ("customer_credit", "EUR"): (None, "24.80"),
        ("customer_credit", "JPY"): (None, "5"),
        ("revenue", "EUR"): (None, "60.00"),
        ("deferred_revenue", "EUR"): (None, "100.00"),
        ("tax_payable", "EUR"): (None, "30.40"),
    }


async def test_a_void_invoice_leaves_every_balance_at_zero(uow: Uow) -> None:
    invoice = uow.new_id()
    await post(uow, [finalised(invoice)])
    stored = (await transactions_of(uow, "invoice", [invoice, uow.new_id()]))[invoice][0]
    await post(uow, [invoice_voided(stored.content, effective_at=NOW)])
    assert {balance.amount.minor for balance in await balances(uow)} == {0}
    both = await transactions_of(uow, "invoice", [invoice])
    assert [posted.content.template for posted in both[invoice]] == ["invoice_finalised", "invoice_voided"]


async def test_an_event_is_posted_once(store: Store, tenant: Tenant, uow: Uow) -> None:
    invoice = uow.new_id()
    await post(uow, [finalised(invoice)])
    with pytest.raises(AlreadyExists) as refused:
        async with uow.savepoint():
            await post(uow, [finalised(uow.new_id()), finalised(invoice)])
    assert refused.value.field == "reference"
    assert len((await list_transactions(uow, PageQuery())).items) == 1


async def test_a_batch_is_two_statements(store: Store, uow: Uow) -> None:
    with statements(store) as seen:
        await post(uow, [finalised(uow.new_id()) for _ in range(50)])
    assert len(seen) == 2
    assert await post(uow, []) == []


@pytest.mark.parametrize(
    ("postings", "sentence"),
    [
        ([("debit", "EUR", 100), ("credit", "EUR", 99)], "debits and credits differ in EUR"),
        ([("debit", "EUR", 100), ("credit", "USD", 100)], "debits and credits differ"),
        ([("debit", "EUR", 100)], "debits and credits differ in EUR"),
        ([], "fewer than two postings"),
    ],
)
async def test_the_database_refuses_what_does_not_balance(
    store: Store, tenant: Tenant, postings: list[tuple[str, str, int]], sentence: str
) -> None:
    with pytest.raises(IntegrityError, match=sentence):
        async with store.unit(tenant.scope) as uow:
            await _write_by_hand(uow, uow.new_id(), postings)
    async with store.unit(tenant.scope) as uow:
        assert (await list_transactions(uow, PageQuery())).items == []


async def test_a_posting_added_later_is_refused_too(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        [transaction] = await post(uow, [finalised(uow.new_id())])
    with pytest.raises(IntegrityError, match="debits and credits differ"):
        async with store.unit(tenant.scope) as uow:
            await _add_posting(uow, transaction, 5, "debit", "EUR", 1)


async def test_the_sum_may_differ_until_the_commit(store: Store, tenant: Tenant) -> None:
    async with store.unit(tenant.scope) as uow:
        id_ = uow.new_id()
        await _write_by_hand(uow, id_, [("debit", "EUR", 100)])
        await _add_posting(uow, id_, 2, "credit", "EUR", 100)
    async with store.unit(tenant.scope) as uow:
        assert [posted.id for posted in (await list_transactions(uow, PageQuery())).items] == [id_]


@pytest.mark.parametrize(
    "statement",
    [
        "update ledger_postings set amount = amount + 1",
        "delete from ledger_postings",
        "update ledger_transactions set effective_at = now()",
        "delete from ledger_transactions",
        "truncate ledger_postings",
    ],
)
async def test_nothing_posted_can_be_changed_or_deleted(store: Store, tenant: Tenant, statement: str) -> None:
    async with store.unit(tenant.scope) as uow:
        await post(uow, [finalised(uow.new_id())])
    for opened in (store.unit(tenant.scope), store.system()):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with opened as uow:
                await uow.execute(text(statement))


async def test_amounts_of_zero_or_below_and_other_sides_are_refused(store: Store, tenant: Tenant) -> None:
    for side, amount, rule in (("debit", 0, "positive"), ("debit", -5, "positive"), ("both", 5, "side")):
        with pytest.raises(Exception, match=f"ck_ledger_postings_{rule}"):
            async with store.unit(tenant.scope) as uow:
                await _write_by_hand(uow, uow.new_id(), [(side, "EUR", amount)])


async def test_another_tenants_books_are_not_seen_nor_written(
    store: Store, tenant: Tenant, other_tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        invoice = uow.new_id()
        [transaction] = await post(uow, [finalised(invoice)])
    async with store.unit(other_tenant.scope) as uow:
        assert (await list_transactions(uow, PageQuery())).items == []
        assert await balances(uow) == []
        assert await balances(uow, ANNA) == []
        assert await transactions_of(uow, "invoice", [invoice]) == {}
    with pytest.raises(Exception, match="another object is missing"):
        async with store.unit(other_tenant.scope) as uow:
            await _add_posting(uow, transaction, 5, "debit", "EUR", 1)


async def test_every_query_uses_an_index(store: Store, uow: Uow) -> None:
    [id_] = await post(uow, [finalised(uow.new_id())])
    with statements(store) as seen:
        await list_transactions(uow, PageQuery(after=uow.new_id()))
        await list_transactions(uow, PageQuery(), reference=("invoice", id_))
        await transactions_of(uow, "invoice", [id_])
        await balances(uow, ANNA)
        await balances(uow)
    plan = await plans(uow, seen)
    assert "Seq Scan" not in plan
    # Which of the indexes that fit is taken depends on the statistics; each begins with the tenant.
    assert plan.count("Index Cond: ((environment_id") + plan.count("Index Cond: (environment_id") >= len(seen)


async def _write_by_hand(uow: Uow, id_: UUID, postings: list[tuple[str, str, int]]) -> None:
    await uow.execute(
        text(
            "insert into ledger_transactions values"
            " (:environment, :id, 'by_hand', 'invoice', :id, now(), now())"
        ),
        {"environment": uow.environment_id, "id": id_},
    )
    for position, (side, unit, amount) in enumerate(postings, 1):
        await _add_posting(uow, id_, position, side, unit, amount)


async def _add_posting(uow: Uow, id_: UUID, position: int, side: str, unit: str, amount: int) -> None:
    await uow.execute(
        text(
            "insert into ledger_postings"
            " values (:environment, :id, :position, :account, null, :unit, 2, :side, :amount, null)"
        ),
        {
            "environment": uow.environment_id,
            "id": id_,
            "position": position,
            "account": AccountCode.REVENUE,
            "unit": unit,
            "side": side,
            "amount": amount,
        },
    )
