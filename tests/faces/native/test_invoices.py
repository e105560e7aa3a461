"""What a developer does with ``/v1/invoices``."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from counterfoil.core.ids import show_id
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.modules.invoicing.world import VAT, World, line, make_world

_TIERS = {"tiers": [{"up_to": "1000000", "unit_amount": "0.0000025"}, {"unit_amount": "0.000001"}]}


@pytest.fixture
async def world(store: Store, tenant: Tenant) -> World:
    return await make_world(store, tenant)


async def test_an_invoice_is_read_with_its_lines_and_their_explanations(
    api: httpx.AsyncClient, world: World
) -> None:
    """2.5 million tokens: 1,000,000 × 0.0000025 + 1,500,000 × 0.000001 = 4.00; 19 % is 0.76."""
    made = await world.open(line("", VAT, model="graduated", params=_TIERS, quantity="2500000"))
    path = f"/v1/invoices/{show_id('invoice', made.id)}"
    answer = await api.get(path)
    invoice = answer.json()
    assert answer.headers["etag"] == '"2"'
    assert {
        key: invoice[key]
        for key in ("number", "status", "currency", "subtotal", "tax", "total", "amount_due")
    } == {
        "number": "INV-000001",
        "status": "open",
        "currency": "EUR",
        "subtotal": "4.00",
        "tax": "0.76",
        "total": "4.76",
        "amount_due": "4.76",
    }
    assert invoice["taxes"] == [
        {"code": "vat-19", "name": "VAT", "percent": "19", "taxable": "4.00", "tax": "0.76"}
    ]
    assert invoice["buyer"]["name"] == "Nordwind GmbH"
    [first] = (await api.get(f"{path}/lines")).json()["data"]
    assert (first["position"], first["quantity"], first["amount"], first["total"]) == (
        1,
        "2500000",
        "4.00",
        "4.76",
    )
    told = (await api.get(f"{path}/lines/1/explain")).json()
    assert told["redone"] == {"amount": "4.00", "matches": True}
    assert [step["text"] for step in told["steps"] if step["step"] == "part"] == [
        "0 to 1,000,000: 1,000,000 × 0.0000025 = 2.5",
        "Over 1,000,000: 1,500,000 × 0.000001 = 1.5",
    ]
    assert told["explanation"]["model"] == "graduated"


async def test_lists_are_filtered_and_paged(api: httpx.AsyncClient, world: World) -> None:
    draft = show_id("invoice", (await world.draft(line("1"))).id)
    opened = [show_id("invoice", (await world.open(line("1"))).id) for _ in range(2)]

    async def ids(**parameters: str) -> list[str]:
        return [one["id"] for one in (await api.get("/v1/invoices", params=parameters)).json()["data"]]

    assert await ids() == [opened[1], opened[0], draft]
    assert await ids(status="draft") == [draft]
    assert await ids(customer_id=show_id("customer", world.customer_id), status="open") == opened[::-1]
    assert await ids(customer_id=show_id("customer", uuid4())) == []
    assert await ids(subscription_id=show_id("subscription", uuid4())) == []
    page = (await api.get("/v1/invoices", params={"limit": 1})).json()
    assert [one["id"] for one in page["data"]] == [opened[1]]
    assert await ids(limit="2", cursor=page["next_cursor"]) == [opened[0], draft]


async def test_a_pdf_is_served_for_a_draft_and_for_a_finalised_invoice(
    api: httpx.AsyncClient, world: World
) -> None:
    for made in (await world.draft(line("1")), await world.open(line("1"))):
        answer = await api.get(f"/v1/invoices/{show_id('invoice', made.id)}/pdf")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


async def test_voiding_needs_the_present_version_and_happens_once(
    api: httpx.AsyncClient, world: World
) -> None:
    path = f"/v1/invoices/{show_id('invoice', (await world.open(line('1'))).id)}"
    assert (await api.post(f"{path}/void", headers={"If-Match": '"1"'})).status_code == 412
    voided = await api.post(f"{path}/void", headers={"If-Match": '"2"'})
    assert (voided.status_code, voided.json()["status"], voided.json()["amount_due"]) == (200, "void", "0.00")
    assert (await api.get(f"{path}/lines")).json()["data"][0]["voided"] is True
    again = await api.post(f"{path}/void")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")


async def test_only_what_is_said_about_an_invoice_can_be_patched(
    api: httpx.AsyncClient, world: World
) -> None:
    path = f"/v1/invoices/{show_id('invoice', (await world.open(line('1'))).id)}"
    patched = await api.patch(path, json={"metadata": {"po": "4711"}, "external_id": "erp-1"})
    assert (patched.json()["metadata"], patched.json()["external_id"]) == ({"po": "4711"}, "erp-1")
    refused = await api.patch(path, json={"total": "0.00"})
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "total")
    assert (await api.patch(path, json={"external_id": "a\x00"})).json()["error"]["field"] == "external_id"
    assert (await api.patch(path, json={"metadata": {"a": "\x00"}})).json()["error"]["field"] == "metadata"
    assert (await api.get(path)).json() == patched.json()


async def test_another_organizations_invoice_is_unknown(
    other_api: httpx.AsyncClient, api: httpx.AsyncClient, world: World
) -> None:
    path = f"/v1/invoices/{show_id('invoice', (await world.open(line('1'))).id)}"
    for rest in ("", "/lines", "/lines/1/explain", "/pdf"):
        assert (await other_api.get(path + rest)).status_code == 404
        assert (await api.get(path + rest)).status_code == 200
    assert (await other_api.post(f"{path}/void")).status_code == 404
    assert (await other_api.patch(path, json={"metadata": {}})).status_code == 404
    assert (await other_api.get("/v1/invoices")).json()["data"] == []
    assert (await api.get(path)).json()["version"] == 2


@pytest.mark.parametrize(
    ("rest", "status", "field"),
    [
        ("/lines/2/explain", 404, None),
        ("/lines/0/explain", 400, "position"),
        ("/lines/-1/explain", 400, "position"),
        ("/lines/1.5/explain", 400, "position"),
        (f"/lines/{'9' * 400}/explain", 400, "position"),
        (f"/lines/{'9' * 6000}/explain", 400, "position"),
        ("/lines/%00/explain", 400, "position"),
    ],
)
async def test_a_line_that_is_not_there_is_told(
    api: httpx.AsyncClient, world: World, rest: str, status: int, field: str | None
) -> None:
    made = await world.open(line("1"))
    refused = await api.get(f"/v1/invoices/{show_id('invoice', made.id)}{rest}")
    assert refused.status_code == status
    assert refused.json()["error"]["field"] == field


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("customer_id=inv_01kahgp1g0edgrx4zm6byashwj", "customer_id"),
        ("subscription_id=x", "subscription_id"),
        ("cursor=cus_01kahgp1g0edgrx4zm6byashwj", "cursor"),
        ("limit=0", "limit"),
    ],
)
async def test_a_wrong_filter_names_itself(api: httpx.AsyncClient, query: str, field: str) -> None:
    refused = await api.get(f"/v1/invoices?{query}")
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)


async def test_an_id_of_another_kind_is_refused(api: httpx.AsyncClient) -> None:
    refused = await api.get("/v1/invoices/cus_01kahgp1g0edgrx4zm6byashwj")
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, "invoice_id")


async def test_an_invoice_is_found_by_its_number(api: httpx.AsyncClient, world: World) -> None:
    made = await world.open(line("1"))
    await world.open(line("2"))
    found = (await api.get("/v1/invoices", params={"number": made.number})).json()["data"]
    assert [one["id"] for one in found] == [show_id("invoice", made.id)]
    assert (await api.get("/v1/invoices", params={"number": "INV-999999"})).json()["data"] == []
