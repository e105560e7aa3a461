"""A German seller and businesses elsewhere in the Union (Directive 2006/112/EC, Articles 44 and 196)."""

from __future__ import annotations

import pytest

from tests.scenarios.taxes.conftest import Seller

JANUARY = "2026-01-01T00:00:00Z"


async def test_a_business_in_france_accounts_for_the_tax_and_the_invoice_says_so(seller: Seller) -> None:
    await seller.open(JANUARY)
    await seller.register()
    customer = await seller.customer("FR", tax_number="FR40303265045")
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("100.00", "0.00", "100.00")
    (line,) = await seller.lines(invoice)
    assert line["tax_treatment"] == "reverse_charge"
    assert "Article 196" in line["tax_reason"]
    (note,) = [note for note in (await seller.paper(invoice))["notes"] if note.startswith("Reverse charge")]
    assert "tax number of the seller: DE136695976" in note
    assert "tax number of the customer: FR40303265045" in note


@pytest.mark.parametrize(
    ("country", "number", "treatment", "tax"),
    [
        ("FR", None, "taxed", "19.00"),  # a consumer, below the threshold of Article 59c
        ("DE", "DE129273398", "taxed", "19.00"),  # at home
        ("US", None, "not_registered", "0.00"),
        ("CH", None, "not_registered", "0.00"),
        (None, None, "taxed", "19.00"),  # nobody knows where: as at home
    ],
)
async def test_others_are_taxed_where_the_seller_is_registered(
    seller: Seller, country: str | None, number: str | None, treatment: str, tax: str
) -> None:
    await seller.open(JANUARY)
    await seller.register()
    customer = await seller.customer(country, tax_number=number)
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    (line,) = await seller.lines(invoice)
    assert (line["tax_treatment"], invoice["tax"]) == (treatment, tax)


async def test_by_the_one_stop_shop_a_consumer_pays_the_rate_of_their_country(seller: Seller) -> None:
    await seller.open(JANUARY)
    await seller.register({"country": "DE"}, {"country": "DE", "scheme": "oss"})
    customer = await seller.customer("FR")
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert [(tax["code"], tax["taxable"], tax["tax"]) for tax in invoice["taxes"]] == [
        ("fr-20", "100.00", "20.00")
    ]


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ({"country": "FR"}, "FR40303265046"),  # its check digits are wrong
        ({"country": "DE"}, "129273398"),  # without the letters of its state
        ({}, "DE1"),
        ({"country": "CH"}, "CHE-107.787.578 MWST"),
        ({"country": "GB"}, "GB980780685"),
    ],
)
async def test_a_number_that_is_not_in_form_is_refused_when_a_customer_is_written(
    seller: Seller, address: dict[str, str], number: str
) -> None:
    body = {"name": "Nordwind", "address": address, "tax_number": number}
    refused = await seller.api.post("/v1/customers", json=body)
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    assert error["field"] == "tax_number"
    assert "VAT number" in error["allowed"]
    customer = await seller.customer(address.get("country"))
    refused = await seller.api.patch(f"/v1/customers/{customer}", json={"tax_number": number})
    assert refused.status_code == (400 if address else refused.status_code)


async def test_a_number_of_another_country_is_free_text(seller: Seller) -> None:
    customer = await seller.customer("US", tax_number="DE-12-3456789")
    assert (await seller.ask("GET", f"/customers/{customer}"))["tax_number"] == "DE-12-3456789"
