"""Changes in the middle of a period, with coupons: what is given back is what was paid."""

from __future__ import annotations

from tests.support.selling import FEBRUARY, Seller, fee, seats, usage

MIDDLE = "2026-01-17T00:00:00Z"
"""16 of the 31 days of January are over, 15 are left."""


async def test_what_is_given_back_of_a_discounted_fee_is_a_share_of_what_was_paid(seller: Seller) -> None:
    small, large = await seller.plan("small", fee("31")), await seller.plan("large", fee("62"))
    customer = await seller.customer()
    await seller.coupon("half", percent="50", duration="forever")
    sold = await seller.sell(customer, small, coupons=["half"])
    await seller.until(MIDDLE)
    path = f"/subscriptions/{sold['id']}/change-plan"
    await seller.ask("POST", path, plan_id=large, behavior="always_invoice")
    await seller.until(FEBRUARY)
    # 15.50; back 15.50 × 15/31 = 7.50, and 62 × 15/31 × 50 % = 15.00; then 31.00
    assert await seller.totals(customer) == ["15.50", "7.50", "31.00"]
    change = (await seller.invoices(customer))[1]
    lines = await seller.lines(change)
    assert [(line["kind"], line["amount"]) for line in lines] == [("credit", "-7.50"), ("charge", "15.00")]
    assert change["discount"] == "15.00"


async def test_an_amount_is_one_for_the_period_whichever_changes_there_are(seller: Seller) -> None:
    small, large = await seller.plan("small", fee("31")), await seller.plan("large", fee("62"))
    customer = await seller.customer()
    await seller.coupon("six", amounts={"EUR": "6.20"}, duration="forever")
    sold = await seller.sell(customer, small, coupons=["six"])
    await seller.until(MIDDLE)
    path = f"/subscriptions/{sold['id']}/change-plan"
    await seller.ask("POST", path, plan_id=large, behavior="always_invoice")
    await seller.until(FEBRUARY)
    # 24.80; back 24.80 × 15/31 = 12.00, and 62 × 15/31 less 6.20 × 15/31 = 27.00; then 55.80
    assert await seller.totals(customer) == ["24.80", "15.00", "55.80"]


async def test_usage_of_a_part_of_the_period_leaves_an_amount_that_part(seller: Seller) -> None:
    meter = await seller.meter()
    small = await seller.plan("small", fee("31"), usage("0.10", meter))
    large = await seller.plan("large", fee("62"), usage("0.10", meter))
    customer = await seller.customer()
    await seller.coupon("six", amounts={"EUR": "6.20"}, duration="forever")
    sold = await seller.sell(customer, small, coupons=["six"])
    await seller.until("2026-01-06T00:00:00Z")
    await seller.use(customer, "2026-01-05T00:00:00Z", 10)
    await seller.until(MIDDLE)
    path = f"/subscriptions/{sold['id']}/change-plan"
    await seller.ask("POST", path, plan_id=large, behavior="always_invoice")
    await seller.until(FEBRUARY)
    # 24.80; back 12.00, and 1.00 of usage and a fee of 30.00 less 6.20 × 16/31 = 3.20; then 55.80
    assert await seller.totals(customer) == ["24.80", "15.80", "55.80"]
    lines = await seller.lines((await seller.invoices(customer))[1])
    assert [line["amount"] for line in lines] == ["-12.00", "0.90", "26.90"]


async def test_more_seats_are_discounted_as_those_before(seller: Seller) -> None:
    plan, customer = await seller.plan("team", seats("31")), await seller.customer()
    await seller.coupon("tenth", percent="10", duration="repeating", periods=2)
    sold = await seller.sell(customer, plan, quantities={"seats": "2"}, coupons=["tenth"])
    await seller.until(MIDDLE)
    item = sold["items"][0]["id"]
    await seller.ask(
        "PATCH", f"/subscriptions/{sold['id']}/items/{item}", quantity="4", behavior="always_invoice"
    )
    await seller.until("2026-03-01T00:00:00Z")
    # 55.80; four seats for 15 of 31 days at 90 %: 54.00, less 27.00 of the two; then 111.60 and 124.00
    assert await seller.totals(customer) == ["55.80", "27.00", "111.60", "124.00"]


async def test_subscriptions_on_one_invoice_keep_their_own_coupons(seller: Seller) -> None:
    plan = await seller.plan("pro", fee("100"))
    customer = await seller.customer()
    await seller.coupon("half", percent="50", duration="forever")
    await seller.coupon("gift", amounts={"EUR": "30.00"})
    await seller.ask("POST", f"/customers/{customer}/discounts", coupon="gift")
    for codes in (["half"], []):
        await seller.sell(customer, plan, invoicing="joint", coupons=codes)
    await seller.until("2026-01-01T02:00:00Z")
    (first,) = await seller.invoices(customer)
    # 100 - 50 % - 30 of the gift, which the first of them takes, and 100: also once it was rated again
    assert (first["status"], first["total"]) == ("open", "120.00")
    assert {one["name"]: one["amount"] for one in first["discounts"]} == {"HALF": "50.00", "GIFT": "30.00"}
    await seller.until(FEBRUARY)
    assert (await seller.totals(customer))[1] == "150.00"


async def test_a_draft_keeps_its_discount_when_the_plan_changes_in_its_grace(seller: Seller) -> None:
    small, large = await seller.plan("small", fee("31")), await seller.plan("large", fee("62"))
    customer = await seller.customer()
    await seller.coupon("small-half", percent="50", plan_ids=[small], duration="forever")
    own = {"code": "fee", "params": {"amount": "20"}}
    sold = await seller.sell(customer, small, overrides=[own], coupons=["small-half"])
    await seller.until("2026-01-01T00:10:00Z")
    path = f"/subscriptions/{sold['id']}/change-plan"
    await seller.ask("POST", path, plan_id=large, behavior="none")
    await seller.until("2026-01-02T00:00:00Z")
    # the fee of the subscription's own, 20.00, was half price on the old plan; the new one is not
    assert await seller.totals(customer) == ["10.00"]
    await seller.until(FEBRUARY)
    assert await seller.totals(customer) == ["10.00", "62.00"]
