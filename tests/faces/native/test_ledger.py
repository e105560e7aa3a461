"""What an accountant reads at ``/v1/ledger``."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.core.ledger import LedgerTransaction, invoice_finalised, payment_received
from counterfoil.core.money import Money, unit_of
from counterfoil.modules.ledger import post
from counterfoil.store import Store
from tests.conftest import Tenant

EUR, BHD = unit_of("EUR"), unit_of("BHD")
NOW = datetime(2026, 2, 1, tzinfo=UTC)
CUSTOMER = UUID(int=7)


async def posted(store: Store, tenant: Tenant, transactions: list[LedgerTransaction]) -> None:
    async with store.unit(tenant.scope) as uow:
        await post(uow, transactions)


def invoice(id_: UUID) -> LedgerTransaction:
    transaction = invoice_finalised(
        invoice=id_,
        customer=CUSTOMER,
        effective_at=NOW,
        total=Money(9520, EUR),
        earned=Money(3000, EUR),
        deferred=Money(5000, EUR),
        taxes={"VAT 19 %": Money(1520, EUR)},
    )
    assert transaction is not None
    return transaction


def payment(id_: UUID) -> LedgerTransaction:
    return payment_received(
        payment=id_, customer=CUSTOMER, effective_at=NOW, amount=Money(20000, BHD), due=Money(0, BHD)
    )


async def test_the_journal_shows_each_transaction_with_its_postings(
    store: Store, tenant: Tenant, api: httpx.AsyncClient
) -> None:
    await posted(store, tenant, [invoice(UUID(int=1)), payment(UUID(int=2))])
    answer = await api.get("/v1/ledger/transactions")
    newest, oldest = answer.json()["data"]
    assert (newest["template"], newest["reference"]) == ("payment_received", show_id("payment", UUID(int=2)))
    assert [posting["amount"] for posting in newest["postings"]] == ["20.000", "20.000"]  # dinars have three
    customer = show_id("customer", CUSTOMER)
    assert oldest["effective_at"] == "2026-02-01T00:00:00Z"
    assert [tuple(posting.values()) for posting in oldest["postings"]] == [
        ("receivable", customer, "debit", "95.20", "EUR", None),
        ("revenue", None, "credit", "30.00", "EUR", None),
        ("deferred_revenue", None, "credit", "50.00", "EUR", None),
        ("tax_payable", None, "credit", "15.20", "EUR", "VAT 19 %"),
    ]
    mine = await api.get("/v1/ledger/transactions", params={"reference": show_id("invoice", UUID(int=1))})
    assert mine.json()["data"] == [oldest]


async def test_the_journal_pages_without_gap(store: Store, tenant: Tenant, api: httpx.AsyncClient) -> None:
    await posted(store, tenant, [invoice(UUID(int=n)) for n in range(1, 6)])
    whole = (await api.get("/v1/ledger/transactions")).json()["data"]
    seen, cursor = [], None
    for _ in range(3):
        parameters = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await api.get("/v1/ledger/transactions", params=parameters)).json()
        seen += page["data"]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == whole
    assert len(whole) == 5


async def test_balances_say_what_they_mean(store: Store, tenant: Tenant, api: httpx.AsyncClient) -> None:
    await posted(store, tenant, [invoice(UUID(int=1)), payment(UUID(int=2))])
    customer = show_id("customer", CUSTOMER)
    mine = (await api.get("/v1/ledger/balances", params={"customer_id": customer})).json()["data"]
    assert mine == [
        {
            "account": "customer_credit",
            "kind": "liability",
            "customer_id": customer,
            "amount": "20.000",
            "currency": "BHD",
            "means": "Owed to the customer: paid beyond what was due, or from an invoice below zero.",
        },
        {
            "account": "receivable",
            "kind": "asset",
            "customer_id": customer,
            "amount": "95.20",
            "currency": "EUR",
            "means": "What the customer still has to pay on finalised invoices.",
        },
    ]
    everything = (await api.get("/v1/ledger/balances")).json()["data"]
    assert [(row["account"], row["amount"]) for row in everything] == [
        ("cash", "20.000"),
        ("customer_credit", "20.000"),
        ("deferred_revenue", "50.00"),
        ("receivable", "95.20"),
        ("revenue", "30.00"),
        ("tax_payable", "15.20"),
    ]


async def test_another_organization_sees_empty_books(
    store: Store, tenant: Tenant, other_api: httpx.AsyncClient
) -> None:
    await posted(store, tenant, [invoice(UUID(int=1))])
    assert (await other_api.get("/v1/ledger/transactions")).json()["data"] == []
    assert (await other_api.get("/v1/ledger/balances")).json()["data"] == []
    reference = {"reference": show_id("invoice", UUID(int=1))}
    assert (await other_api.get("/v1/ledger/transactions", params=reference)).json()["data"] == []


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        ("transactions", {"reference": "inv_1"}, "reference"),
        ("transactions", {"reference": "nothing"}, "reference"),
        ("transactions", {"reference": "inv_\x00" + "0" * 25}, "reference"),
        ("transactions", {"cursor": "cus_01kahgp1g0edgrx4zm6byashwh"}, "cursor"),
        ("transactions", {"limit": "0"}, "limit"),
        ("balances", {"customer_id": "inv_01kahgp1g0edgrx4zm6byashwh"}, "customer_id"),
        ("balances", {"customer_id": "cus_" + "z" * 26}, "customer_id"),
    ],
)
async def test_what_cannot_be_asked_names_its_field(
    api: httpx.AsyncClient, path: str, parameters: dict[str, str], field: str
) -> None:
    refused = await api.get(f"/v1/ledger/{path}", params=parameters)
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == field
    assert refused.json()["error"]["allowed"]


async def test_the_books_cannot_be_written_over_http(api: httpx.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await api.request(method, "/v1/ledger/transactions", json={})).status_code == 405
