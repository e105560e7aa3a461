"""What a developer does with ``/v1/payments``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.invoicing.world import VAT, World, line, make_world


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    return await make_world(store, tenant)


async def test_a_payment_is_recorded_and_read_back(api: httpx.AsyncClient, world: World) -> None:
    invoice = show_id("invoice", (await world.open(line("100", VAT))).id)
    made = await api.post(
        "/v1/payments",
        json={
            "invoice_id": invoice,
            "amount": "120.00",
            "currency": "EUR",
            "method": "cheque",
            "reference": "no. 7",
            "received_at": "2026-02-10T12:00:00+01:00",
            "external_id": "p-1",
        },
    )
    assert made.status_code == 201
    payment = made.json()
    assert (payment["amount"], payment["settled"], payment["credited"]) == ("120.00", "119.00", "1.00")
    assert (payment["customer_id"], payment["received_at"]) == (
        show_id("customer", world.customer_id),
        "2026-02-10T11:00:00Z",
    )
    assert (await api.get(f"/v1/payments/{payment['id']}")).json() == payment
    for filters in ({"invoice_id": invoice}, {"customer_id": payment["customer_id"]}, {}):
        assert (await api.get("/v1/payments", params=filters)).json()["data"] == [payment]
    paid = (await api.get(f"/v1/invoices/{invoice}")).json()
    assert (paid["status"], paid["amount_paid"], paid["amount_due"]) == ("paid", "119.00", "0.00")


async def test_the_same_idempotency_key_pays_once(api: httpx.AsyncClient, world: World) -> None:
    invoice = show_id("invoice", (await world.open(line("100"))).id)
    body = {"invoice_id": invoice, "amount": "40", "currency": "EUR"}
    answers = [await api.post("/v1/payments", json=body, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await api.get(f"/v1/invoices/{invoice}")).json()["amount_due"] == "60.00"


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"amount": "0"}, 400, "amount"),
        ({"amount": "-5"}, 400, "amount"),
        ({"amount": "1.005"}, 400, "amount"),
        ({"amount": "NaN"}, 400, "amount"),
        ({"amount": "1e400"}, 400, "amount"),
        ({"amount": "1" + "0" * 37}, 400, "amount"),
        ({"amount": True}, 400, "amount"),
        ({"currency": "XXX"}, 400, "currency"),
        ({"currency": "USD"}, 400, "currency"),
        ({"method": "barter"}, 400, "method"),
        ({"reference": "a\x00"}, 400, "reference"),
        ({"external_id": ""}, 400, "external_id"),
        ({"received_at": "2999-01-01T00:00:00Z"}, 400, "received_at"),
        ({"received_at": "2026-01-01"}, 400, "received_at"),
        ({"metadata": {"a": "\x00"}}, 400, "metadata"),
        ({"invoice_id": "inv_00000000000000000000000000"}, 404, "invoice_id"),
        ({"invoice_id": "cus_00000000000000000000000000"}, 400, "invoice_id"),
        ({"invoice_id": None}, 400, "customer_id"),
        ({"customer_id": "cus_00000000000000000000000000"}, 400, "customer_id"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
async def test_a_wrong_payment_names_its_field_and_writes_nothing(
    api: httpx.AsyncClient, world: World, change: dict[str, Any], status: int, field: str
) -> None:
    invoice = show_id("invoice", (await world.open(line("100"))).id)
    body = {"invoice_id": invoice, "amount": "40", "currency": "EUR"} | change
    refused = await api.post("/v1/payments", json=body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (status, field)
    assert (await api.get("/v1/payments")).json()["data"] == []
    assert (await api.get(f"/v1/invoices/{invoice}")).json()["amount_due"] == "100.00"


async def test_a_draft_a_void_and_a_paid_invoice_cannot_be_paid(api: httpx.AsyncClient, world: World) -> None:
    draft = show_id("invoice", (await world.draft(line("1"))).id)
    void = show_id("invoice", (await world.open(line("1"))).id)
    paid = show_id("invoice", (await world.open(line("0"))).id)
    await api.post(f"/v1/invoices/{void}/void")
    for invoice in (draft, void, paid):
        refused = await api.post(
            "/v1/payments", json={"invoice_id": invoice, "amount": "1", "currency": "EUR"}
        )
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")
        assert refused.json()["error"]["field"] == "invoice_id"


async def test_another_organization_sees_and_pays_nothing(
    api: httpx.AsyncClient, other_api: httpx.AsyncClient, world: World
) -> None:
    invoice = show_id("invoice", (await world.open(line("10"))).id)
    body = {"invoice_id": invoice, "amount": "1", "currency": "EUR"}
    payment = (await api.post("/v1/payments", json=body)).json()
    assert (await other_api.post("/v1/payments", json=body)).status_code == 404
    assert (await other_api.get(f"/v1/payments/{payment['id']}")).status_code == 404
    assert (await other_api.get("/v1/payments")).json()["data"] == []
    assert (await api.get(f"/v1/invoices/{invoice}")).json()["amount_due"] == "9.00"
