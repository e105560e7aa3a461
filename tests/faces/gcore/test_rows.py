"""What a user of Gcore's billing reads of what clients pay, through Gcore's own client."""

from __future__ import annotations

from typing import Any

import pytest

from counterfoil.core.calendar import parse_instant
from counterfoil.modules.catalog import (
    NewFeature,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewTaxRate,
    create_feature,
    create_plan,
    create_tax_rate,
)
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import (
    CancelWhen,
    NewSubscription,
    cancel_subscription,
    create_subscription,
)
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.faces.gcore.seller import Seller, listed, names, rows

START = "2026-01-01T00:00:00Z"


@pytest.fixture
def by_name(served: str, seller: Seller) -> dict[tuple[str, str], dict[str, Any]]:
    """Every row by client and feature."""
    found = rows(served, seller.tenant.key)
    return dict(zip(names(found), found, strict=True))


def without_ids(value: Any) -> Any:
    """A row without the numbers of its parts."""
    if isinstance(value, dict):
        return {name: without_ids(one) for name, one in value.items() if not name.endswith("id")}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def test_there_is_a_row_for_each_client_and_each_feature_that_is_charged(
    by_name: dict[tuple[str, str], Any],
) -> None:
    edge = ("CDN traffic", "CDN requests", "Web shield")
    assert set(by_name) == {
        *(("Nordwind GmbH", feature) for feature in edge),
        *(("Südwind AG", feature) for feature in edge),
        ("Ostwind", "CDN traffic"),
        ("Ostwind", "Rack space"),
    }


def test_a_row_says_all_of_client_feature_and_price(by_name: dict[tuple[str, str], Any]) -> None:
    gigabyte = {"name": "GB", "internal_name": "GB"}
    assert without_ids(by_name["Südwind AG", "CDN traffic"]) == {
        "client": {"company_name": "Südwind AG"},
        "feature": {"name": "CDN traffic"},
        "metric_ext_name": "cdn_traffic",
        "regions": [
            {"name": "Europe", "external_name": "eu"},
            {"name": "North America", "external_name": "us"},
        ],
        "rounding_rule": {"unit": gigabyte, "value": "0.5", "round_operation": "ceil"},
        "product": {"name": "CDN", "internal_name": "CDN"},
        "product_category": {"name": "Edge network"},
        "prices": [
            {
                "active_range": {"start": START, "end": None},
                "price": {
                    "unit": gigabyte,
                    "default_value": None,
                    "currency": {"char_code": "EUR", "symbol": "€"},
                    "type": "StepPrice",
                    "net_value": None,
                    "money_value": None,
                    "steps": [
                        {"threshold": "0", "net_value": "0.02", "gross_value": "0.024"},
                        {"threshold": "1000", "net_value": "0.005", "gross_value": "0.006"},
                    ],
                },
                "plan": {"name": "Edge"},
                "subscription": {"active_range": {"start": START, "end": None}},
                "tax_rate": "20",
            }
        ],
    }


def test_everything_has_one_whole_number_wherever_it_is_shown(by_name: dict[tuple[str, str], Any]) -> None:
    own, other = by_name["Südwind AG", "CDN traffic"], by_name["Nordwind GmbH", "CDN traffic"]
    assert own["client_id"] == own["client"]["id"] != other["client"]["id"]
    assert own["feature"] == {"id": own["feature"]["id"], "name": "CDN traffic", "erp_sku_id": "CDN-TRF"}
    assert own["feature"]["id"] == other["feature"]["id"]
    assert own["prices"][0]["plan"]["id"] == other["prices"][0]["plan"]["id"]
    assert own["prices"][0]["subscription"]["id"] != other["prices"][0]["subscription"]["id"]
    assert own["rounding_rule"]["unit"]["id"] == own["prices"][0]["price"]["unit"]["id"]
    assert own["prices"][0]["price"]["currency"]["id"] == 978  # ISO 4217
    assert own["product"]["id"] == 1
    assert len({region["id"] for region in own["regions"]}) == 2
    assert own["product_category"]["id"] == other["product_category"]["id"] >= 1


def test_gcores_products_have_gcores_numbers_and_names_and_others_their_own(
    by_name: dict[tuple[str, str], Any],
) -> None:
    shield = by_name["Südwind AG", "Web shield"]["product"]
    assert shield == {"id": 3, "name": "Web Security", "internal_name": "DDOS"}
    racks = by_name["Ostwind", "Rack space"]["product"]
    assert racks == {"id": racks["id"], "name": "Racks and power", "internal_name": "RACKS"}
    assert racks["id"] > 1000
    assert by_name["Ostwind", "Rack space"]["product_category"] is None


def test_an_override_is_shown_with_the_time_in_which_it_holds(by_name: dict[tuple[str, str], Any]) -> None:
    prices = by_name["Nordwind GmbH", "CDN requests"]["prices"]
    march, may = "2026-03-01T00:00:00Z", "2026-05-01T00:00:00Z"
    assert [
        (
            one["active_range"]["start"],
            one["active_range"]["end"],
            one["price"]["net_value"],
            one["plan"] and one["plan"]["name"],
        )
        for one in prices
    ] == [
        (START, march, "0.000125", "Edge"),
        (march, may, "0.0001", None),
        (may, None, "0.000125", "Edge"),
    ]
    assert len({one["subscription"]["id"] for one in prices}) == 1
    assert {one["subscription"]["active_range"]["end"] for one in prices} == {None}


def test_a_fee_whose_tax_is_inside_is_shown_with_its_net_value(by_name: dict[tuple[str, str], Any]) -> None:
    [fee] = by_name["Südwind AG", "Web shield"]["prices"]
    shown = fee["price"]
    # 99 with 25 % inside: 99 / 1.25 = 79.20 net.
    assert (shown["type"], shown["money_value"], shown["net_value"]) == ("FlatPrice", "99", "79.2")
    assert (fee["tax_rate"], shown["default_value"], shown["steps"]) == ("25", "1", [])


def test_who_pays_no_tax_is_shown_none(by_name: dict[tuple[str, str], Any]) -> None:
    for price in by_name["Ostwind", "CDN traffic"]["prices"]:
        assert (price["tax_rate"], price["price"]["net_value"]) == ("0", price["price"]["money_value"])


def test_a_clients_own_prices_have_no_plan(by_name: dict[tuple[str, str], Any]) -> None:
    own = by_name["Ostwind", "CDN traffic"]["prices"]
    assert [one["plan"] for one in own] == [None, None]
    assert [(one["price"]["default_value"], one["price"]["money_value"]) for one in own] == [
        ("500", "0.01"),
        ("500", "0.03"),
    ]


def test_seats_are_shown_in_steps_with_how_many_there_are(by_name: dict[tuple[str, str], Any]) -> None:
    [price] = [one["price"] for one in by_name["Ostwind", "Rack space"]["prices"]]
    assert price["unit"]["name"] == "rack"
    assert price["default_value"] == "1"
    assert [(step["threshold"], step["net_value"]) for step in price["steps"]] == [("0", "700"), ("2", "600")]


async def test_a_net_value_that_no_decimal_states_is_rounded_to_ten_places(
    served: str, store: Store, tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        feature = await create_feature(uow, NewFeature(name="Disk", kind="boolean"))
        vat = await create_tax_rate(uow, NewTaxRate(name="VAT", percent="19", inclusive=True))
        price = NewPrice(
            model="volume",
            params={"EUR": {"tiers": [{"up_to": None, "unit_amount": "1"}]}},
            feature_id=feature.id,
            tax_rate_ids=[vat.id],
            quantity_source="item",
        )
        customer = await create_customer(uow, NewCustomer("Disks", currency="EUR"))
        await create_subscription(uow, NewSubscription(customer.id, prices=[price]))
    [row] = rows(served, tenant.key)
    [step] = row["prices"][0]["price"]["steps"]
    assert step == {"threshold": "0", "net_value": "0.8403361345", "gross_value": "1"}  # 1 / 1.19
    assert (row["product"], row["metric_ext_name"], row["rounding_rule"]) == (None, None, None)


async def test_a_price_ends_with_its_subscription_and_stays_to_be_seen(
    served: str, store: Store, tenant: Tenant
) -> None:
    async with store.unit(tenant.scope) as uow:
        feature = await create_feature(uow, NewFeature(name="Disk", kind="boolean"))
        price = NewPrice(code="disk", model="flat", params={"EUR": {"amount": "5"}}, feature_id=feature.id)
        plan = await create_plan(uow, NewPlan(name="P", initial=NewPlanVersion(prices=[price], publish=True)))
        customer = await create_customer(uow, NewCustomer("Disks", currency="EUR"))
        begin = parse_instant(START)
        first, second = [
            await create_subscription(
                uow, NewSubscription(customer.id, plan_id=plan.id, started_at=begin, shared_usage=True)
            )
            for _ in range(2)
        ]
    async with store.unit(tenant.scope, now=parse_instant("2026-02-01T00:00:00Z")) as uow:
        await cancel_subscription(uow, first.id, CancelWhen.NOW)
        await cancel_subscription(uow, second.id, CancelWhen.PERIOD_END)
    page = listed(served, tenant.key)
    assert page["count"] == 1
    ranges = [
        (one["active_range"]["end"], one["subscription"]["active_range"]["end"])
        for one in page["results"][0]["prices"]
    ]
    february, march = "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z"
    assert ranges == [(february, february), (march, march)]
