"""Lines of a commitment bear the taxes of the lines they stand for, and count while their invoice stands."""

from __future__ import annotations

from tests.scenarios.commitments.conftest import Shop

YEAR = {"period": "term", "interval_unit": "year"}


async def test_what_is_paid_ahead_is_taxed_once(shop: Shop) -> None:
    """20 %: 1,000 ahead bear 200; usage of 600 bears 120 and what it draws −120; 500 beyond 400 bear 20."""
    vat = (await shop.post("/tax-rates", {"code": "vat", "name": "VAT", "percent": "20"}))["id"]
    prices = [shop.price("calls", "0.10", tax_rate_ids=[vat])]
    await shop.subscribe({"kind": "prepaid", "size": "1000", **YEAR}, prices=prices)
    await shop.use("2026-01-10", 6000)
    await shop.use("2026-02-10", 5000)
    await shop.until("2026-03-02")
    told = [(one["subtotal"], one["tax"], one["total"]) for one in await shop.invoices()]
    assert told == [("1000.00", "200.00", "1200.00"), ("0.00", "0.00", "0.00"), ("100.00", "20.00", "120.00")]


async def test_a_true_up_bears_the_taxes_of_its_price(shop: Shop) -> None:
    """40 of 100 used: 60 missing, and 20 % of 100 in all."""
    vat = (await shop.post("/tax-rates", {"code": "vat", "name": "VAT", "percent": "20"}))["id"]
    prices = [shop.price("calls", "0.10", tax_rate_ids=[vat])]
    await shop.subscribe({"kind": "minimum", "size": "100"}, prices=prices)
    await shop.use("2026-01-10", 400)
    await shop.until("2026-02-02")
    [january] = await shop.invoices()
    assert (january["subtotal"], january["tax"], january["total"]) == ("100.00", "20.00", "120.00")


async def test_what_a_void_invoice_drew_is_there_again(shop: Shop) -> None:
    """1,200 used of 1,000: an invoice of 200, and nothing left until it is void."""
    await shop.subscribe({"kind": "prepaid", "size": "1000", **YEAR})
    await shop.use("2026-01-10", 12000)
    await shop.until("2026-02-02")
    january = (await shop.invoices())[1]
    assert (january["total"], (await shop.term())["left"]) == ("200.00", "0")
    await shop.post(f"/invoices/{january['id']}/void")
    assert (await shop.term())["left"] == "1000"


async def test_late_usage_in_a_prepaid_term_is_drawn_and_not_paid_twice(shop: Shop) -> None:
    """1,000 ahead; 600 drawn in January, and 100 of January more in February: the correction is drawn too."""
    await shop.subscribe({"kind": "prepaid", "size": "1000", **YEAR})
    await shop.use("2026-01-10", 6000)
    await shop.until("2026-02-10")
    await shop.use("2026-01-31", 1000)
    await shop.until("2026-03-02")
    february = (await shop.invoices())[2]
    assert [(line["kind"], line["amount"]) for line in february["lines"]] == [
        ("charge", "0.00"),
        ("adjustment", "100.00"),
        ("commitment", "-100.00"),
    ]
    assert (await shop.term())["left"] == "300"
