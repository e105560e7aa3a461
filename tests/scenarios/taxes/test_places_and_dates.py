"""Rates by category, by place and by the day of the tax point; nothing is charged that nobody knows."""

from __future__ import annotations

import pytest

from tests.scenarios.taxes.conftest import Seller

JANUARY = "2026-01-01T00:00:00Z"


async def test_nothing_changes_for_a_seller_who_is_registered_nowhere(seller: Seller) -> None:
    await seller.open(JANUARY)
    customer = await seller.customer()
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert (invoice["tax"], invoice["total"]) == ("0.00", "100.00")


async def test_a_price_is_of_its_own_category_or_its_products(seller: Seller) -> None:
    await seller.open(JANUARY)
    await seller.register()
    product = await seller.ask("POST", "/products", code="books", name="Books", tax_category="reduced")
    fee = {"model": "flat", "params": {"EUR": {"amount": "100"}}}
    seller.plan = await seller.ask(
        "POST",
        "/plans",
        code="mixed",
        name="Mixed",
        product_id=product["id"],
        prices=[fee | {"code": "book"}, fee | {"code": "app", "tax_category": "standard"}],
        publish=True,
    )
    customer = await seller.customer()
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert [(tax["percent"], tax["tax"]) for tax in invoice["taxes"]] == [("7", "7.00"), ("19", "19.00")]


async def test_a_rate_that_a_price_names_goes_before_the_place(seller: Seller) -> None:
    named = await seller.ask("POST", "/tax-rates", code="special", name="Levy", percent="3")
    await seller.open(JANUARY, "100", tax_rate_ids=[named["id"]])
    await seller.register()
    customer = await seller.customer("FR", tax_number="FR40303265045")
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert [(tax["code"], tax["tax"]) for tax in invoice["taxes"]] == [("special", "3.00")]


@pytest.mark.parametrize(
    ("rule", "taxes"),
    [
        # A month from 15 June ends when the new rate is in force, and began when the old one was.
        ("service_end", ["16.00", "16.00"]),
        ("service_start", ["19.00", "16.00"]),
    ],
)
async def test_the_rate_is_that_of_the_tax_point(seller: Seller, rule: str, taxes: list[str]) -> None:
    await seller.open("2026-05-20T00:00:00Z")
    old = (await seller.api.get("/v1/tax-rates", params={"code": "de-19"})).json()["data"][0]
    await seller.ask("PATCH", f"/tax-rates/{old['id']}", valid_to="2026-06-30T22:00:00Z")
    new = {"name": "VAT", "percent": "16", "country": "DE", "category": "standard"}
    await seller.ask("POST", "/tax-rates", code="de-16", valid_from="2026-06-30T22:00:00Z", **new)
    await seller.register(tax_point=rule)
    await seller.until("2026-06-15T00:00:00Z")
    customer = await seller.customer()
    await seller.sell(customer)
    await seller.until("2026-07-15T02:00:00Z")
    assert [invoice["tax"] for invoice in await seller.invoices(customer)] == taxes


async def test_a_category_without_a_rate_holds_the_subscription_and_bills_it_once_there_is_one(
    seller: Seller,
) -> None:
    await seller.open(JANUARY, "100", tax_category="saas")
    await seller.register()
    customer = await seller.customer()
    sold = await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    held = await seller.ask("GET", f"/subscriptions/{sold['id']}")
    assert "there is no rate of tax for saas in DE on 2026-01-31" in held["billing_error"]
    assert await seller.invoices(customer) == []
    rate = {"name": "VAT", "percent": "19", "country": "DE", "category": "saas"}
    await seller.ask("POST", "/tax-rates", code="de-saas", **rate)
    await seller.ask("POST", f"/subscriptions/{sold['id']}/retry-billing")
    await seller.until("2026-01-01T04:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert invoice["total"] == "119.00"


@pytest.mark.parametrize(("rounding", "tax"), [("per_invoice", "0.25"), ("per_line", "0.24")])
async def test_tax_is_rounded_as_the_issuer_says(seller: Seller, rounding: str, tax: str) -> None:
    # Dolibarr's example: twice 1.24 at 10 %: 0.248 on the sum, 0.124 on each line.
    await seller.open(JANUARY, "1.24", "1.24", tax_category="tenth")
    rate = {"name": "VAT", "percent": "10", "country": "DE", "category": "tenth"}
    await seller.ask("POST", "/tax-rates", code="de-10", **rate)
    await seller.register(tax_rounding=rounding)
    customer = await seller.customer()
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert (invoice["subtotal"], invoice["tax"]) == ("2.48", tax)


async def test_a_price_that_includes_the_tax_of_its_place_stays_what_was_agreed(seller: Seller) -> None:
    # 119.00 with 19 % inside: 119 / 1.19 = 100.00 net.
    await seller.open(JANUARY, "119", tax_category="retail")
    rate = {"name": "VAT", "percent": "19", "country": "DE", "category": "retail", "inclusive": True}
    await seller.ask("POST", "/tax-rates", code="de-inside", **rate)
    await seller.register()
    customer = await seller.customer()
    await seller.sell(customer)
    await seller.until("2026-01-01T02:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("100.00", "19.00", "119.00")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"region": "BY"}, "region"),
        ({"country": "Germany"}, "country"),
        ({"country": "DE", "category": "Not A Word"}, "category"),
        (
            {"valid_from": "2026-02-01T00:00:00Z", "valid_to": "2026-02-01T00:00:00Z"},
            "valid_to",
        ),
    ],
)
async def test_a_rate_that_says_nothing_sensible_is_refused(
    seller: Seller, body: dict[str, str], field: str
) -> None:
    refused = await seller.api.post("/v1/tax-rates", json={"code": "x", "name": "X", "percent": "1"} | body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"registrations": [{"country": "DE"}]}, "address.country"),
        ({"address": {"country": "DE"}, "registrations": [{"country": "de"}]}, "registrations.0.country"),
        (
            {"address": {"country": "US"}, "registrations": [{"country": "US", "scheme": "oss"}]},
            "registrations.0.country",
        ),
        ({"address": {"country": "DE"}, "registrations": [{"country": "DE"}] * 2}, "registrations.1"),
        ({"tax_rounding": "sometimes"}, "tax_rounding"),
        ({"tax_category": "A"}, "tax_category"),
    ],
)
async def test_a_registration_that_says_nothing_sensible_is_refused(
    seller: Seller, body: dict[str, object], field: str
) -> None:
    issuer = (await seller.ask("GET", "/issuers"))["data"][0]["id"]
    refused = await seller.api.patch(f"/v1/issuers/{issuer}", json=body)
    assert (refused.status_code, refused.json()["error"]["field"]) == (400, field)
