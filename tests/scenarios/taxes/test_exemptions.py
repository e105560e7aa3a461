"""Customers who pay no tax: why, by which paper, and until when."""

from __future__ import annotations

from tests.scenarios.taxes.conftest import Seller

JANUARY = "2026-01-01T00:00:00Z"
MUSEUM = {"reason": "a museum, section 4 no. 20 UStG", "certificate": "HH-2025-17"}


async def test_an_exemption_is_printed_with_its_paper_and_ends_when_it_says(seller: Seller) -> None:
    await seller.open(JANUARY)
    await seller.register()
    until = {"valid_until": "2026-02-15T00:00:00Z"}
    customer = await seller.customer(tax_exempt=True, tax_exemption=MUSEUM | until)
    await seller.sell(customer)
    await seller.until("2026-02-01T02:00:00Z")
    january, february = await seller.invoices(customer)
    # January ends before 15 February; February ends after it, and is taxed whole at its tax point.
    assert (january["tax"], february["tax"]) == ("0.00", "19.00")
    notes = (await seller.paper(january))["notes"]
    assert f"Exempt from tax: {MUSEUM['reason']} (certificate HH-2025-17)." in notes
    assert not any("Exempt" in note for note in (await seller.paper(february))["notes"])


async def test_an_exemption_that_comes_during_the_grace_holds_for_the_draft(seller: Seller) -> None:
    await seller.open(JANUARY)
    await seller.register()
    customer = await seller.customer()
    await seller.sell(customer)
    await seller.until("2026-01-01T00:30:00Z")
    (draft,) = await seller.invoices(customer)
    assert (draft["status"], draft["tax"]) == ("draft", "19.00")
    await seller.ask("PATCH", f"/customers/{customer}", tax_exempt=True, tax_exemption=MUSEUM)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert (invoice["status"], invoice["tax"], invoice["total"]) == ("open", "0.00", "100.00")
    (line,) = await seller.lines(invoice)
    assert line["tax_treatment"] == "exempt"


async def test_an_exemption_needs_a_customer_who_pays_no_tax(seller: Seller) -> None:
    body = {"name": "Nordwind", "tax_exemption": MUSEUM}
    refused = await seller.api.post("/v1/customers", json=body)
    error = refused.json()["error"]
    assert (refused.status_code, error["field"]) == (400, "tax_exemption")
    assert error["allowed"] == "none, or tax_exempt: true beside it"
