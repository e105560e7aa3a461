"""Add-ons on subscriptions: from the beginning, later in the middle of a period, at a date, and removed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.selling import APRIL, FEBRUARY, MARCH, Seller, fee, seats, usage

MIDDLE = "2026-01-17T00:00:00Z"
"""16 of the 31 days of January are over, 15 are left."""


async def add_on(seller: Seller, code: str, *prices: dict[str, Any], **fields: Any) -> str:
    made = await seller.ask("POST", "/add-ons", code=code, name=code.title(), prices=list(prices), **fields)
    return str(made["id"])


async def test_add_ons_are_billed_from_the_beginning_with_their_quantities(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    support = await add_on(seller, "support", seats("30", "support"), fee("5", "hotline"))
    sold = await seller.sell(customer, plan, add_ons=[{"code": "support", "quantity": "3"}])
    assert [(one["add_on_id"], one["quantity"]) for one in sold["items"]] == [
        (None, "1"),
        (support, "3"),
        (support, "1"),
    ]
    await seller.until(FEBRUARY)
    # 100 + 3 × 30 + 5 each month
    assert await seller.totals(customer) == ["195.00", "195.00"]


@pytest.mark.parametrize(
    ("behavior", "totals"),
    [
        # 15 of 31 days of 31.00 are 15.00: at once, with the next invoice, or not at all
        ("always_invoice", ["100.00", "15.00", "131.00"]),
        ("create_prorations", ["100.00", "146.00"]),
        ("none", ["100.00", "131.00"]),
    ],
)
async def test_an_add_on_in_the_middle_of_a_period_costs_its_share(
    seller: Seller, behavior: str, totals: list[str]
) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await add_on(seller, "backup", fee("31", "backup"))
    sold = await seller.sell(customer, plan)
    await seller.until(MIDDLE)
    path = f"/subscriptions/{sold['id']}/add-ons"
    await seller.ask("POST", path, code="backup", behavior=behavior)
    await seller.until(FEBRUARY)
    assert await seller.totals(customer) == totals


async def test_a_preview_of_an_add_on_is_what_it_does(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await add_on(seller, "backup", fee("31", "backup"))
    sold = await seller.sell(customer, plan)
    await seller.until(MIDDLE)
    path, body = f"/subscriptions/{sold['id']}/add-ons", {"code": "backup", "behavior": "always_invoice"}
    shown = await seller.ask("POST", f"{path}?preview=true", **body)
    assert [one["invoice"]["total"] for one in shown["invoices"]] == ["15.00"]
    assert [one["invoice"]["total"] for one in shown["next_invoices"]] == ["131.00"]
    assert len((await seller.ask("GET", f"/subscriptions/{sold['id']}"))["items"]) == 1
    await seller.ask("POST", path, **body)
    await seller.until(FEBRUARY)
    assert await seller.totals(customer) == ["100.00", "15.00", "131.00"]


async def test_a_removed_add_on_gives_back_what_was_paid_for_the_rest(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    backup = await add_on(seller, "backup", fee("31", "backup"))
    sold = await seller.sell(customer, plan, add_ons=[{"code": "backup"}])
    await seller.until(MIDDLE)
    await seller.ask("DELETE", f"/subscriptions/{sold['id']}/add-ons/{backup}")
    await seller.until(MARCH)
    # 131; then 100 less 15 of 31 days of 31.00; then 100
    assert await seller.totals(customer) == ["131.00", "85.00", "100.00"]
    path = f"/subscriptions/{sold['id']}/add-ons/{backup}"
    assert await seller.refused("DELETE", path) == (404, "add_on_id")


async def test_add_ons_come_and_go_at_a_date(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    backup = await add_on(seller, "backup", fee("31", "backup"))
    sold = await seller.sell(customer, plan)
    path = f"/subscriptions/{sold['id']}/add-ons"
    await seller.until(MIDDLE)
    await seller.ask("POST", path, code="backup", when="period_end")
    await seller.until("2026-02-10T00:00:00Z")
    answer = await seller.api.delete(f"/v1{path}/{backup}", params={"when": "at", "at": APRIL})
    assert answer.status_code == 200, answer.text
    await seller.until("2026-04-02T00:00:00Z")
    assert await seller.totals(customer) == ["100.00", "131.00", "131.00", "100.00"]


async def test_a_one_time_add_on_is_charged_once_and_whole(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await add_on(seller, "setup", fee("250", "setup"), kind="one_time")
    await add_on(seller, "training", fee("80", "training"), kind="one_time")
    sold = await seller.sell(customer, plan, add_ons=[{"code": "setup"}])
    await seller.until(MIDDLE)
    path = f"/subscriptions/{sold['id']}/add-ons"
    await seller.ask("POST", path, code="training", behavior="always_invoice")
    await seller.until(MARCH)
    assert await seller.totals(customer) == ["350.00", "80.00", "100.00", "100.00"]


async def test_an_add_on_of_usage_bills_what_is_used_from_then_on(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await add_on(seller, "api", usage("0.10", await seller.meter(), "api"))
    sold = await seller.sell(customer, plan)
    await seller.use(customer, "2026-01-01T00:00:00Z", 500)
    await seller.until(MIDDLE)
    await seller.ask("POST", f"/subscriptions/{sold['id']}/add-ons", code="api")
    await seller.use(customer, MIDDLE, 200)
    await seller.until(FEBRUARY)
    assert await seller.totals(customer) == ["100.00", "120.00"]


async def test_a_coupon_is_taken_from_an_add_on_by_the_code_of_its_price(seller: Seller) -> None:
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await add_on(seller, "support", seats("30", "support"))
    await seller.coupon("half", percent="50", price_codes=["support"], duration="forever")
    await seller.sell(customer, plan, add_ons=[{"code": "support", "quantity": "2"}], coupons=["half"])
    await seller.until("2026-01-02T00:00:00Z")
    assert await seller.totals(customer) == ["130.00"]


async def test_an_add_on_may_be_priced_in_a_unit_of_the_sellers_own(seller: Seller) -> None:
    await seller.ask("POST", "/pricing-units", code="credits", name="Credits", rates={"EUR": "0.01"})
    plan, customer = await seller.plan("pro", fee("100")), await seller.customer()
    await add_on(seller, "boost", fee("0", "boost") | {"params": {"credits": {"amount": "2400"}}})
    await seller.coupon("half", percent="50", price_codes=["boost"])
    await seller.sell(customer, plan, add_ons=[{"code": "boost"}], coupons=["half"])
    await seller.until("2026-01-02T00:00:00Z")
    # 2,400 credits are 24.00, of which half is taken off
    assert await seller.totals(customer) == ["112.00"]


async def test_who_has_an_add_on_keeps_its_prices_and_new_ones_get_the_new_prices(seller: Seller) -> None:
    plan = await seller.plan("pro", fee("100"))
    backup = await add_on(seller, "backup", fee("31", "backup"))
    old, new = await seller.customer(), await seller.customer()
    await seller.sell(old, plan, add_ons=[{"code": "backup"}])
    changed = await seller.ask("PATCH", f"/add-ons/{backup}", prices=[fee("40", "backup")])
    assert [price["params"]["EUR"]["amount"] for price in changed["prices"]] == ["40"]
    await seller.sell(new, plan, add_ons=[{"code": "backup"}])
    await seller.until(FEBRUARY)
    assert await seller.totals(old) == ["131.00", "131.00"]
    assert await seller.totals(new) == ["140.00", "140.00"]


async def test_an_add_on_stays_when_the_plan_changes(seller: Seller) -> None:
    basic, pro = await seller.plan("basic", fee("50")), await seller.plan("pro", fee("100"))
    customer = await seller.customer()
    await add_on(seller, "backup", fee("31", "backup"))
    sold = await seller.sell(customer, basic, add_ons=[{"code": "backup"}])
    await seller.until("2026-01-20T00:00:00Z")
    await seller.ask("POST", f"/subscriptions/{sold['id']}/change-plan", plan_id=pro, behavior="none")
    await seller.until(FEBRUARY)
    assert await seller.totals(customer) == ["81.00", "131.00"]


async def test_what_does_not_fit_is_refused_by_its_field(seller: Seller) -> None:
    basic, pro = await seller.plan("basic", fee("50")), await seller.plan("pro", fee("100"))
    customer = await seller.customer()
    await add_on(seller, "pro-only", seats("30", "support"), plan_ids=[pro], max_quantity="5")
    await add_on(seller, "same-code", fee("1", "fee"))
    away = await add_on(seller, "away", fee("1", "away"))
    dollars = {"code": "usd", "model": "flat", "params": {"USD": {"amount": "1"}}}
    await add_on(seller, "dollars", dollars)
    await add_on(seller, "setup", fee("250", "setup"), kind="one_time")
    await seller.ask("POST", f"/add-ons/{away}/archive")
    cases: list[tuple[str, dict[str, Any], int, str]] = [
        (basic, {"code": "pro-only"}, 400, "code"),
        (pro, {"code": "pro-only", "quantity": "6"}, 400, "quantity"),
        (pro, {"code": "pro-only", "quantity": "0"}, 400, "quantity"),
        (pro, {"code": "same-code"}, 409, "code"),
        (pro, {"code": "away"}, 409, "code"),
        (pro, {"code": "dollars"}, 400, "code"),
        (pro, {"code": "unknown"}, 404, "code"),
        (pro, {"code": "setup", "quantity": "2"}, 400, "quantity"),
    ]
    for plan, chosen, status, field in cases:
        body = {"customer_id": customer, "plan_id": plan, "add_ons": [chosen]}
        assert await seller.refused("POST", "/subscriptions", **body) == (status, f"add_ons.0.{field}")
    assert (await seller.ask("GET", "/subscriptions"))["data"] == []
    sold = await seller.sell(customer, pro, add_ons=[{"code": "pro-only", "quantity": "2"}])
    path = f"/subscriptions/{sold['id']}/add-ons"
    assert await seller.refused("POST", path, code="pro-only") == (409, "code")
    item = sold["items"][1]["id"]
    path = f"/subscriptions/{sold['id']}/items/{item}"
    assert await seller.refused("PATCH", path, quantity="6") == (400, "quantity")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prices": []}, "prices"),
        ({"prices": [fee("1"), fee("2")]}, "prices.1.code"),
        ({"prices": [fee("-1")]}, "prices.0.params.EUR.amount"),
        ({"kind": "sometimes"}, "kind"),
        ({"max_quantity": "0"}, "max_quantity"),
        ({"feature_ids": ["feat_01kahgp1g0edgrx4zm6byashwh"]}, "feature_ids.0"),
        ({"plan_ids": ["plan_01kahgp1g0edgrx4zm6byashwh"]}, "plan_ids.0"),
        ({"name": ""}, "name"),
    ],
)
async def test_an_add_on_that_is_none_is_refused_and_nothing_is_made(
    seller: Seller, body: dict[str, Any], field: str
) -> None:
    given = {"code": "bad", "name": "Bad", "prices": [fee("1")]} | body
    status, named = await seller.refused("POST", "/add-ons", **given)
    assert (status in (400, 404), named) == (True, field)
    assert (await seller.ask("GET", "/add-ons"))["data"] == []
    assert (await seller.ask("GET", "/prices"))["data"] == []
