"""How long a coupon is taken: once, for some periods or months, for ever, until it is ended."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.selling import APRIL, FEBRUARY, JANUARY, MARCH, MAY, Seller, fee, usage


async def test_a_coupon_is_taken_once_and_the_invoice_says_what_it_took(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("welcome", percent="25")
    sold = await seller.sell(customer, plan, coupons=["welcome"])
    await seller.until(APRIL)
    invoices = await seller.invoices(customer)
    # 100 - 25 % = 75 in January, then 100
    assert [invoice["total"] for invoice in invoices] == ["75.00", "100.00", "100.00", "100.00"]
    first = invoices[0]
    (discount,) = (await seller.api.get("/v1/discounts", params={"subscription_id": sold["id"]})).json()[
        "data"
    ]
    assert discount["taken_on"] == first["id"]
    assert first["discount"] == "25.00"
    assert first["discounts"] == [{"discount_id": discount["id"], "name": "WELCOME", "amount": "25.00"}]
    told = await seller.explained(first)
    assert told["redone"] == {"amount": "75.00", "matches": True}
    assert "Discount WELCOME of 25 %: 25 off" in [step["text"] for step in told["steps"]]


@pytest.mark.parametrize(
    ("duration", "totals"),
    [
        ({"duration": "repeating", "periods": 2}, ["90.00", "90.00", "100.00", "100.00", "100.00"]),
        ({"duration": "repeating", "months": 3}, ["90.00", "90.00", "90.00", "100.00", "100.00"]),
        ({"duration": "forever"}, ["90.00"] * 5),
    ],
)
async def test_a_coupon_of_ten_euros_is_taken_for_as_long_as_it_says(
    seller: Seller, duration: dict[str, Any], totals: list[str]
) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("ten", amounts={"EUR": "10.00"}, **duration)
    await seller.sell(customer, plan, coupons=["ten"])
    await seller.until(MAY)
    assert await seller.totals(customer) == totals


async def test_a_coupon_for_three_periods_is_taken_from_the_usage_of_three_and_from_three_fees(
    seller: Seller,
) -> None:
    plan = await seller.plan("pro", fee("100"), usage("0.10", await seller.meter()))
    customer = await seller.customer()
    await seller.coupon("half", percent="50", duration="repeating", periods=3)
    await seller.sell(customer, plan, coupons=["half"])
    for month in range(1, 5):
        await seller.until(f"2026-0{month}-10T00:00:00Z")
        await seller.use(customer, f"2026-0{month}-10T00:00:00Z", 200)  # 20.00 a month
    await seller.until(MAY)
    # Fees of January to March and usage of January to March are halved; then 100 + the usage before.
    assert await seller.totals(customer) == ["50.00", "60.00", "60.00", "110.00", "120.00"]


async def test_a_coupon_redeemed_later_leaves_what_is_billed_and_is_ended_by_hand(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("loyal", percent="10", duration="forever")
    sold = await seller.sell(customer, plan)
    await seller.until("2026-01-20T00:00:00Z")
    made = await seller.ask("POST", f"/subscriptions/{sold['id']}/discounts", coupon="loyal")
    assert (made["starts_at"], made["ends_at"]) == ("2026-01-20T00:00:00Z", None)
    await seller.until("2026-03-10T00:00:00Z")
    ended = await seller.ask("DELETE", f"/subscriptions/{sold['id']}/discounts/{made['id']}")
    assert ended["ends_at"] == "2026-03-10T00:00:00Z"
    await seller.until(APRIL)
    assert await seller.totals(customer) == ["100.00", "90.00", "90.00", "100.00"]


async def test_a_customers_coupon_is_taken_from_all_subscriptions_also_later_ones(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("partner", percent="20", duration="forever")
    made = await seller.ask("POST", f"/customers/{customer}/discounts", coupon="partner")
    assert made["subscription_id"] is None
    await seller.sell(customer, plan)
    await seller.until("2026-01-15T00:00:00Z")
    await seller.sell(customer, plan)
    await seller.until("2026-02-20T00:00:00Z")
    assert await seller.totals(customer) == ["80.00"] * 4
    await seller.ask("DELETE", f"/customers/{customer}/discounts/{made['id']}")
    await seller.until(MARCH)
    assert (await seller.totals(customer))[-1] == "100.00"


async def test_what_is_taken_once_of_a_customer_is_taken_on_one_invoice_of_all(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("gift", amounts={"EUR": "30.00"})
    await seller.ask("POST", f"/customers/{customer}/discounts", coupon="gift")
    await seller.sell(customer, plan)
    await seller.sell(customer, plan)
    await seller.until(FEBRUARY)
    assert sorted(await seller.totals(customer)) == ["100.00", "100.00", "100.00", "70.00"]


async def test_the_coupon_of_a_phase_holds_in_it(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("ramp", percent="40", duration="forever")
    phases = [{"ends_at": MARCH, "coupons": ["ramp"]}, {}]
    await seller.sell(customer, plan, started_at=JANUARY, phases=phases)
    await seller.until(MAY)
    assert await seller.totals(customer) == ["60.00", "60.00", "100.00", "100.00", "100.00"]


async def test_phases_agreed_anew_end_the_coupons_of_those_before_and_leave_add_ons(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.ask("POST", "/add-ons", code="backup", name="Backup", prices=[fee("31", "backup")])
    await seller.coupon("ramp", percent="40", duration="forever", price_codes=["fee"])
    await seller.coupon("step", percent="10", duration="forever", price_codes=["fee"])
    phases = [{"ends_at": APRIL, "coupons": ["ramp"]}, {}]
    sold = await seller.sell(customer, plan, started_at=JANUARY, phases=phases, add_ons=[{"code": "backup"}])
    await seller.until("2026-01-10T00:00:00Z")
    anew = [{"starts_at": MARCH, "coupons": ["step"]}]
    await seller.ask("POST", f"/subscriptions/{sold['id']}/phases", phases=anew)
    await seller.until(MAY)
    # 60 + 31 for two months, then 90 + 31
    assert await seller.totals(customer) == ["91.00", "91.00", "121.00", "121.00", "121.00"]
