"""Who may redeem a coupon, how often, and which invoice counts for one that is taken once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.selling import APRIL, FEBRUARY, MARCH, Seller, fee, usage


async def test_a_coupon_is_redeemed_no_more_often_than_it_may_be_by_many_at_once(seller: Seller) -> None:
    plan = await seller.plan("pro", fee("100"))
    coupon = await seller.coupon("rare", percent="10", max_redemptions=3)
    customers = [await seller.customer() for _ in range(8)]

    async def sell(customer: str) -> int:
        body = {"customer_id": customer, "plan_id": plan, "coupons": ["rare"]}
        return (await seller.api.post("/v1/subscriptions", json=body)).status_code

    answers = await asyncio.gather(*map(sell, customers))
    assert sorted(answers) == [201] * 3 + [409] * 5
    assert (await seller.ask("GET", f"/coupons/{coupon}"))["redeemed"] == 3
    redeemed = (await seller.api.get("/v1/discounts", params={"coupon_id": coupon})).json()["data"]
    assert len(redeemed) == 3
    subscriptions = (await seller.ask("GET", "/subscriptions"))["data"]
    assert {one["customer_id"] for one in subscriptions} == {one["customer_id"] for one in redeemed}


async def test_one_customer_redeems_a_coupon_no_more_often_than_one_may_by_many_calls_at_once(
    seller: Seller,
) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("mine", percent="10", max_per_customer=2)
    sold = [await seller.sell(customer, plan) for _ in range(6)]

    async def redeem(subscription: dict[str, Any]) -> int:
        path = f"/v1/subscriptions/{subscription['id']}/discounts"
        return (await seller.api.post(path, json={"coupon": "mine"})).status_code

    assert sorted(await asyncio.gather(*map(redeem, sold))) == [201] * 2 + [409] * 4
    another = await seller.sell(await seller.customer(), plan)
    assert await redeem(another) == 201


async def test_those_who_redeem_two_coupons_in_other_orders_wait_for_each_other(seller: Seller) -> None:
    plan = await seller.plan("pro", fee("100"))
    await seller.coupon("a", percent="10", max_redemptions=20)
    await seller.coupon("b", percent="20", max_redemptions=20)
    customers = [await seller.customer() for _ in range(8)]

    async def sell(index: int) -> int:
        codes = ["a", "b"] if index % 2 else ["b", "a"]
        body = {"customer_id": customers[index], "plan_id": plan, "coupons": codes}
        return (await seller.api.post("/v1/subscriptions", json=body)).status_code

    assert await asyncio.gather(*map(sell, range(8))) == [201] * 8


async def test_a_coupon_that_is_over_archived_or_unknown_is_refused_and_nothing_is_made(
    seller: Seller,
) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("over", percent="10", redeem_by="2026-01-15T00:00:00Z")
    away = await seller.coupon("away", percent="10")
    dollars = await seller.coupon("dollars", amounts={"USD": "10.00"})
    assert dollars
    await seller.ask("POST", f"/coupons/{away}/archive")
    await seller.until("2026-01-15T00:00:00Z")
    for code, status in (("over", 409), ("away", 409), ("dollars", 400), ("none", 404)):
        body = {"customer_id": customer, "plan_id": plan, "coupons": [code]}
        assert await seller.refused("POST", "/subscriptions", **body) == (status, "coupons.0")
    assert (await seller.ask("GET", "/subscriptions"))["data"] == []
    assert (await seller.ask("GET", "/discounts"))["data"] == []


async def test_a_coupon_holds_once_at_a_time_on_a_subscription(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("ten", percent="10", duration="repeating", months=2)
    sold = await seller.sell(customer, plan, coupons=["ten"])
    path = f"/subscriptions/{sold['id']}/discounts"
    assert await seller.refused("POST", path, coupon="ten") == (409, "coupon")
    again = await seller.ask("POST", path, coupon="ten", starts_at=APRIL)
    assert (again["starts_at"], again["ends_at"]) == (APRIL, "2026-06-01T00:00:00Z")


async def test_a_coupon_counted_in_periods_is_not_for_all_of_a_customers(seller: Seller) -> None:
    customer = await seller.customer()
    await seller.coupon("three", percent="10", duration="repeating", periods=3)
    assert await seller.refused("POST", f"/customers/{customer}/discounts", coupon="three") == (400, "coupon")


async def test_what_it_grants_never_changes_and_its_limits_may(seller: Seller) -> None:
    coupon = await seller.coupon("spring", percent="20", max_redemptions=1)
    assert await seller.refused("PATCH", f"/coupons/{coupon}", percent="30") == (400, "percent")
    changed = await seller.ask("PATCH", f"/coupons/{coupon}", max_redemptions=2, name="Spring")
    assert (changed["max_redemptions"], changed["percent"], changed["version"]) == (2, "20", 2)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "percent"),
        ({"percent": "10", "amounts": {"EUR": "1.00"}}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"percent": "0"}, "percent"),
        ({"percent": "-1"}, "percent"),
        ({"percent": "1e400"}, "percent"),
        ({"amounts": {"EUR": "0"}}, "amounts.EUR"),
        ({"amounts": {"EUR": "1.005"}}, "amounts.EUR"),
        ({"amounts": {"XXQ": "1.00"}}, "amounts.XXQ"),
        ({"amounts": {"EUR": "5.00"}, "first_units": "3"}, "first_units"),
        ({"percent": "10", "first_units": "0"}, "first_units"),
        ({"percent": "10", "duration": "repeating"}, "periods"),
        ({"percent": "10", "duration": "repeating", "periods": 1, "months": 1}, "periods"),
        ({"percent": "10", "duration": "repeating", "months": 0}, "months"),
        ({"percent": "10", "months": 2}, "months"),
        ({"percent": "10", "duration": "always"}, "duration"),
        ({"percent": "10", "max_redemptions": 0}, "max_redemptions"),
        ({"percent": "10", "max_redemptions": 2**40}, "max_redemptions"),
        ({"percent": "10", "price_codes": ["Seats!"]}, "price_codes.0.code"),
        ({"percent": "10", "price_codes": ["a", "a"]}, "price_codes.1"),
        ({"percent": "10", "plan_ids": ["prod_01kahgp1g0edgrx4zm6byashwh"]}, "plan_ids.0"),
        ({"percent": "10", "code": "Up Case"}, "code"),
        ({"percent": "10", "name": "a\x00b"}, "name"),
    ],
)
async def test_a_coupon_that_is_none_is_refused_by_its_field(
    seller: Seller, body: dict[str, Any], field: str
) -> None:
    status, named = await seller.refused("POST", "/coupons", **{"code": "bad", "name": "Bad"} | body)
    assert (status, named) == (400, field)
    assert (await seller.ask("GET", "/coupons"))["data"] == []


async def test_a_void_invoice_gives_back_what_is_taken_once_and_the_next_one_has_it(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("once", percent="25")
    sold = await seller.sell(customer, plan, coupons=["once"])
    await seller.until("2026-01-02T00:00:00Z")
    (first,) = await seller.invoices(customer)
    await seller.ask("POST", f"/invoices/{first['id']}/void")
    await seller.until(APRIL)
    invoices = await seller.invoices(customer)
    assert [one["total"] for one in invoices] == ["75.00", "75.00", "100.00", "100.00"]
    found = await seller.api.get("/v1/discounts", params={"subscription_id": sold["id"]})
    assert [one["taken_on"] for one in found.json()["data"]] == [invoices[1]["id"]]


async def test_a_preview_shows_the_discount_and_takes_nothing(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await seller.coupon("once", percent="25")
    sold = await seller.sell(customer, plan)
    await seller.until("2026-01-02T00:00:00Z")
    made = await seller.ask("POST", f"/subscriptions/{sold['id']}/discounts", coupon="once")
    for _ in range(2):
        shown = await seller.ask("GET", f"/subscriptions/{sold['id']}/preview")
        assert [one["invoice"]["total"] for one in shown["data"]] == ["75.00"]
    assert (await seller.ask("GET", f"/discounts/{made['id']}"))["taken_on"] is None
    await seller.until(MARCH)
    assert await seller.totals(customer) == ["100.00", "75.00", "100.00"]


async def test_a_redemption_is_shown_before_it_is_made(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    coupon = await seller.coupon("rare", percent="25", max_redemptions=1)
    sold = await seller.sell(customer, plan)
    await seller.until("2026-01-02T00:00:00Z")
    path = f"/subscriptions/{sold['id']}/discounts"
    for _ in range(2):
        shown = await seller.ask("POST", f"{path}?preview=true", coupon="rare")
        assert [one["invoice"]["total"] for one in shown["next_invoices"]] == ["75.00"]
    assert (await seller.ask("GET", f"/coupons/{coupon}"))["redeemed"] == 0
    assert (await seller.ask("POST", path, coupon="rare"))["starts_at"] == "2026-01-02T00:00:00Z"


async def test_usage_that_comes_in_the_grace_is_discounted_with_its_draft(seller: Seller) -> None:
    plan = await seller.plan("api", usage("0.10", await seller.meter()))
    customer = await seller.customer()
    await seller.coupon("once", amounts={"EUR": "5.00"})
    sold = await seller.sell(customer, plan, coupons=["once"])
    await seller.until(FEBRUARY)  # the draft of January has no usage, so it takes nothing
    await seller.use(customer, "2026-01-31T23:00:00Z", 200)
    await seller.until("2026-02-01T02:00:00Z")
    (january,) = await seller.invoices(customer)
    assert (january["status"], january["total"], january["discount"]) == ("open", "15.00", "5.00")
    await seller.use(customer, "2026-02-01T02:00:00Z", 100)
    await seller.until("2026-03-01T02:00:00Z")
    assert await seller.totals(customer) == ["15.00", "10.00"]
    found = await seller.api.get("/v1/discounts", params={"subscription_id": sold["id"]})
    assert [one["taken_on"] for one in found.json()["data"]] == [january["id"]]


async def test_nobody_else_sees_coupons_or_discounts(seller: Seller, other_api: Any) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    coupon = await seller.coupon("mine", percent="10")
    sold = await seller.sell(customer, plan)
    made = await seller.ask("POST", f"/subscriptions/{sold['id']}/discounts", coupon="mine")
    for path in (f"coupons/{coupon}", f"discounts/{made['id']}"):
        assert (await other_api.get(f"/v1/{path}")).status_code == 404
    path = f"/v1/subscriptions/{sold['id']}/discounts"
    assert (await other_api.post(path, json={"coupon": "mine"})).status_code == 404
    assert (await other_api.delete(f"{path}/{made['id']}")).status_code == 404
