"""Coupons and add-ons in price lists, and the commands that show and redeem them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faces.cli.conftest import Cli

PRICE_LIST = """\
currency: EUR
products:
  suite: {name: Suite}
features:
  sso: {name: Single sign-on, kind: boolean}
plans:
  pro:
    name: Pro
    product: suite
    prices:
      - {code: fee, model: flat, amount: 100}
coupons:
  spring:
    name: Spring
    percent: 20
    duration: repeating
    periods: 3
    products: [suite]
    plans: [pro]
    price_codes: [fee]
    max_redemptions: 500
    redeem_by: 2030-06-01
  welcome: {name: Welcome, amount: 10, amounts: {USD: 11}}
add_ons:
  support:
    name: Support
    features: [sso]
    plans: [pro]
    max_quantity: 5
    prices:
      - {code: support, model: per_unit, unit_amount: 30, quantity_source: item}
  setup:
    name: Setup
    kind: one_time
    prices:
      - {code: setup, model: flat, amount: 250}
customers:
  acme: {name: Acme}
subscriptions:
  acme-pro:
    customer: acme
    plan: pro
    started_at: 2026-01-01
    add_ons: [{code: support, quantity: 2}, {code: setup}]
    coupons: [spring]
"""


def write(text: str) -> None:
    Path("list.yaml").write_text(text, encoding="utf-8")


def test_a_price_list_makes_coupons_and_add_ons_and_then_finds_nothing_to_do(cli: Cli) -> None:
    write(PRICE_LIST)
    cli("apply", "list.yaml", "--yes")
    assert "nothing to do" in cli("apply", "list.yaml", "--yes").out
    shown = cli("bill", "run", "--at", "2026-01-01T00:00:00Z", "--json").json
    assert len(shown["invoices"]) == 1
    (invoice,) = cli("invoice", "list", "--json").json
    # 100 - 20 % + 2 × 30 + 250: the coupon is for the fee alone
    assert (invoice["total"], invoice["discount"]) == ("390.00", "20.00")
    cli("bill", "run", "--at", "2026-01-01T02:00:00Z")
    assert "Spring, taken off above" in cli("invoice", "show", "INV-000001").out
    coupons = {one["code"]: one for one in cli("coupon", "list", "--json").json}
    assert (coupons["spring"]["redeemed"], coupons["welcome"]["amounts"]) == (
        1,
        {"EUR": "10.00", "USD": "11.00"},
    )
    assert {one["code"] for one in cli("add-on", "list", "--json").json} == {"support", "setup"}
    assert "20 %" in cli("coupon", "list").out


def test_limits_and_prices_change_with_the_list_and_what_is_granted_does_not(cli: Cli) -> None:
    write(PRICE_LIST)
    cli("apply", "list.yaml", "--yes")
    write(PRICE_LIST.replace("500", "600").replace("unit_amount: 30", "unit_amount: 35"))
    cli("apply", "list.yaml", "--yes")
    assert "nothing to do" in cli("apply", "list.yaml", "--yes").out
    coupons = {one["code"]: one for one in cli("coupon", "list", "--json").json}
    assert coupons["spring"]["max_redemptions"] == 600
    write(PRICE_LIST.replace("percent: 20", "percent: 25"))
    refused = cli("apply", "list.yaml", "--yes", code=2)
    assert "list.yaml:" in refused.err
    assert "percent" in refused.err


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("plans: [pro]\n    price_codes", "plans: [gold]\n    price_codes", "there is no gold"),
        ("percent: 20", "percent: 120", "percent"),
        ("max_quantity: 5", "max_quantity: 0", "max_quantity"),
        ("coupons: [spring]", "coupons: [summer]", "no such coupon"),
        ("{code: setup}]", "{code: nothing}]", "no such add-on"),
        ("amount: 10,", "amount: 10.005,", "more places"),
    ],
)
def test_a_mistake_in_the_list_is_told_with_its_place(cli: Cli, before: str, after: str, said: str) -> None:
    write(PRICE_LIST.replace(before, after, 1))
    refused = cli("apply", "list.yaml", "--yes", code=2)
    assert "list.yaml:" in refused.err
    assert said in refused.err


def test_a_coupon_is_redeemed_and_ended_at_the_command_line(cli: Cli) -> None:
    write(PRICE_LIST)
    cli("apply", "list.yaml", "--yes")
    made = cli("coupon", "redeem", "welcome", "--customer", "acme", "--json").json
    assert made["subscription"] is None
    assert made["ends_at"] is None
    assert "welcome" in cli("coupon", "redeemed", "--customer", "acme").out
    assert "holds already" in cli("coupon", "redeem", "welcome", "--customer", "acme", code=1).err
    assert "either --subscription or --customer" in cli("coupon", "redeem", "welcome", code=2).err
    assert cli("coupon", "end", made["id"], "--json").json["ends_at"] is not None


def test_an_add_on_comes_and_goes_at_the_command_line(cli: Cli) -> None:
    write(PRICE_LIST.replace("{code: support, quantity: 2}, ", ""))
    cli("apply", "list.yaml", "--yes")
    cli("add-on", "add", "acme-pro", "support", "--quantity", "3")
    assert "has the add-on support already" in cli("add-on", "add", "acme-pro", "support", code=1).err
    cli("add-on", "remove", "acme-pro", "support")
    assert "no such add-on" in cli("add-on", "remove", "acme-pro", "support", code=1).err
