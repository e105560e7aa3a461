"""What an amount takes from the lines of an invoice, and beside per cents; nothing below zero."""

from __future__ import annotations

from decimal import Decimal

from counterfoil.core.ids import parse_id
from counterfoil.modules.invoicing import get_invoice, lines_of
from counterfoil.modules.invoicing.document import document
from tests.conftest import Tenant
from tests.support.selling import FEBRUARY, JANUARY, MARCH, Seller, fee, seats, usage


async def test_an_amount_is_shared_over_the_lines_by_largest_remainder(seller: Seller) -> None:
    plan = await seller.plan("three", fee("10", "a"), fee("10", "b"), fee("10", "c"))
    customer = await seller.customer()
    await seller.coupon("ten", amounts={"EUR": "10.00"})
    await seller.sell(customer, plan, coupons=["ten"])
    await seller.until("2026-01-02T00:00:00Z")
    (invoice,) = await seller.invoices(customer)
    # 10 over 10, 10 and 10: 3.34, 3.33 and 3.33
    assert [line["amount"] for line in await seller.lines(invoice)] == ["6.66", "6.67", "6.67"]
    assert (invoice["total"], invoice["discount"]) == ("20.00", "10.00")


async def test_half_of_a_fixed_discount_goes_to_two_seats_beside_a_fee(seller: Seller) -> None:
    # Polar's example: 150.00 off a fee of 100 and two seats of 50, so 75.00 off the seats
    plan, customer = await seller.plan("polar", fee("100"), seats("50")), await seller.customer()
    await seller.coupon("fixed", amounts={"EUR": "150.00"}, duration="forever")
    await seller.sell(customer, plan, quantities={"seats": "2"}, coupons=["fixed"])
    await seller.until("2026-01-02T00:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert [line["amount"] for line in await seller.lines(invoice)] == ["25.00", "25.00"]


async def test_two_amounts_take_no_more_than_there_is_and_no_tax_is_left(seller: Seller) -> None:
    # Flexprice's example: 50.00 less 30.00 less 30.00 at 10 % tax: nothing is taxable
    rate = await seller.ask("POST", "/tax-rates", code="ten", name="Tax", percent="10")
    plan = await seller.plan("fp", fee("50", tax_rate_ids=[rate["id"]]))
    customer = await seller.customer()
    await seller.coupon("one", amounts={"EUR": "30.00"})
    await seller.coupon("two", amounts={"EUR": "30.00"})
    await seller.sell(customer, plan, coupons=["one", "two"])
    await seller.until("2026-01-02T00:00:00Z")
    (invoice,) = await seller.invoices(customer)
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("0.00", "0.00", "0.00")
    assert [one["amount"] for one in invoice["discounts"]] == ["30.00", "20.00"]


async def test_a_per_cent_is_taken_before_an_amount_in_whatever_order_they_are_redeemed(
    seller: Seller,
) -> None:
    plan = await seller.plan("pro", fee("100"))
    await seller.coupon("amount", amounts={"EUR": "20.00"}, duration="forever")
    await seller.coupon("share", percent="10", duration="forever")
    for codes, day in ((["amount", "share"], 2), (["share", "amount"], 3)):
        customer = await seller.customer()
        await seller.sell(customer, plan, coupons=codes)
        await seller.until(f"2026-01-0{day}T00:00:00Z")
        (invoice,) = await seller.invoices(customer)
        # 100 - 10 % - 20 = 70, not (100 - 20) - 10 % = 72
        assert invoice["total"] == "70.00"
        assert {one["name"]: one["amount"] for one in invoice["discounts"]} == {
            "SHARE": "10.00",
            "AMOUNT": "20.00",
        }


async def test_the_example_of_the_guide(seller: Seller, tenant: Tenant) -> None:
    plan, customer = await seller.plan("pro", fee("100"), seats("12.50")), await seller.customer()
    await seller.coupon("ten", percent="10")
    await seller.coupon("fifteen", amounts={"EUR": "15.00"})
    await seller.sell(customer, plan, quantities={"seats": "4"}, coupons=["ten", "fifteen"])
    await seller.until("2026-01-02T00:00:00Z")
    (invoice,) = await seller.invoices(customer)
    # 100 and 50, less 10 %: 90 and 45; 15 over 90 and 45: 10 and 5
    assert [line["amount"] for line in await seller.lines(invoice)] == ["80.00", "40.00"]
    assert invoice["discount"] == "30.00"
    assert [one["amount"] for one in invoice["discounts"]] == ["15.00", "15.00"]
    await seller.until("2026-01-03T00:00:00Z")
    async with seller.store.unit(tenant.scope) as uow:
        found = await get_invoice(uow, parse_id("invoice", invoice["id"]))
        lines = (await lines_of(uow, [found.id]))[found.id]
        assert found.seller is not None
        assert found.buyer is not None
        paper = document(found, lines, found.seller, found.buyer)
    assert "Discounts are taken off in the lines above: TEN 15.00, FIFTEEN 15.00." in paper["notes"]
    assert "Discount FIFTEEN: 10 off" in paper["lines"][0]["steps"]


async def test_a_tax_that_the_price_includes_is_of_what_the_discount_left(seller: Seller) -> None:
    rate = await seller.ask("POST", "/tax-rates", code="vat", name="VAT", percent="19", inclusive=True)
    plan = await seller.plan("gross", fee("119", tax_rate_ids=[rate["id"]]))
    customer = await seller.customer()
    await seller.coupon("half", percent="50")
    await seller.sell(customer, plan, coupons=["half"])
    await seller.until("2026-01-02T00:00:00Z")
    (invoice,) = await seller.invoices(customer)
    # 59.50 with 19 % in it: 50.00 and 9.50
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("50.00", "9.50", "59.50")
    assert invoice["discount"] == "59.50"


async def test_for_a_part_of_a_period_an_amount_is_that_part_and_whole_where_it_is_taken_once(
    seller: Seller,
) -> None:
    plan = await seller.plan("pro", fee("31"))
    await seller.coupon("monthly", amounts={"EUR": "6.20"}, duration="forever")
    await seller.coupon("once", amounts={"EUR": "6.20"})
    monthly, once = await seller.customer(), await seller.customer()
    await seller.until("2026-01-17T00:00:00Z")
    await seller.sell(monthly, plan, alignment="calendar", coupons=["monthly"])
    await seller.sell(once, plan, alignment="calendar", coupons=["once"])
    await seller.until(FEBRUARY)
    # 15 of 31 days: 15.00, less 6.20 × 15/31 = 3.00; then 31 - 6.20
    assert await seller.totals(monthly) == ["12.00", "24.80"]
    assert await seller.totals(once) == ["8.80", "31.00"]


async def test_first_units_are_free_and_the_others_are_not(seller: Seller) -> None:
    plan = await seller.plan("api", fee("10"), usage("0.10", await seller.meter()))
    customer = await seller.customer()
    await seller.coupon("starter", percent="100", first_units="150", duration="forever")
    await seller.sell(customer, plan, coupons=["starter"])
    await seller.use(customer, JANUARY, 200)
    await seller.until(FEBRUARY)
    await seller.use(customer, FEBRUARY, 100)
    await seller.until(MARCH)
    # Usage of 200: 20.00 less 150 × 0.10; of 100: all of it.  A fee has no first units.
    assert await seller.totals(customer) == ["10.00", "15.00", "10.00"]


async def test_a_coupon_for_one_price_leaves_the_others(seller: Seller) -> None:
    product = await seller.ask("POST", "/products", code="suite", name="Suite")
    plan = await seller.plan("pro", fee("100"), seats("10"), product_id=product["id"])
    other = await seller.plan("other", fee("100"))
    await seller.coupon("seats", percent="50", price_codes=["seats"], product_ids=[product["id"]])
    await seller.coupon("plan", percent="10", plan_ids=[plan])
    customer = await seller.customer()
    await seller.sell(customer, plan, quantities={"seats": "4"}, coupons=["seats", "plan"])
    await seller.until("2026-01-02T00:00:00Z")
    (invoice,) = await seller.invoices(customer)
    # the fee: 100 - 10 %; four seats: 40 - 50 % - 10 % = 18
    assert [Decimal(line["amount"]) for line in await seller.lines(invoice)] == [90, 18]
    for code in ("seats", "plan"):
        body = {"customer_id": customer, "plan_id": other, "coupons": [code]}
        assert await seller.refused("POST", "/subscriptions", **body) == (400, "coupons.0")
