"""What a user of Salable draws a pricing page from."""

from __future__ import annotations

import httpx
import pytest

from counterfoil.modules.catalog import archive_feature, archive_plan, archive_pricing_table
from counterfoil.store import Store
from tests.faces.salable.calls import ask, read
from tests.faces.salable.shop import Shop

GLOBAL = {
    "globalSuccessUrl": "https://example.com/success",
    "globalCancelUrl": "https://example.com/cancel",
    "globalGranteeId": "user-1",
}
MEMBER = {**GLOBAL, "member": "org-1"}


async def test_a_products_table_has_free_plans_then_paid_ones_by_price_then_those_to_come(
    http: httpx.Client, shop: Shop
) -> None:
    table = read(http, f"/products/{shop['planner']}/pricingtable", **GLOBAL)
    # 0; 0.25, 1250 and 9900 cents; announced.  The private and the deprecated plan are not for everybody.
    assert [one["name"] for one in table["plans"]] == ["Free", "Metered", "Team", "Fixed", "Soon"]
    assert table["name"] == "Planner"
    assert table["organisationPaymentIntegration"]["integrationName"] == "none"
    assert {one["currency"]["shortName"] for one in table["currencies"]} == {"USD", "EUR", "JPY"}


async def test_a_products_table_compares_public_features(http: httpx.Client, shop: Shop) -> None:
    table = read(http, f"/products/{shop['planner']}/pricingtable", **GLOBAL)
    assert [one["name"] for one in table["features"]] == ["Single sign-on", "Boards", "Support", "Storage"]
    team = next(one for one in table["plans"] if one["name"] == "Team")
    assert [(one["feature"]["name"], one["value"]) for one in team["features"]] == [
        ("Single sign-on", "true"),
        ("Boards", "50"),
        ("Support", "phone"),
        ("Storage", "-1"),
    ]
    assert {one["currency"]["shortName"]: one["price"] for one in team["currencies"]} == {
        "EUR": 1100,
        "USD": 1250,
    }
    assert team["checkoutUrl"] is None


async def test_what_is_missing_is_said_of_every_parameter_at_once(http: httpx.Client, shop: Shop) -> None:
    answer = ask(http, f"/products/{shop['planner']}/pricingtable", globalCancelUrl="https://a.b")
    assert answer.status_code == 400
    assert answer.json() == {
        "validationErrors": [
            {"property": name, "error": "is missing (allowed: this field is required)"}
            for name in ("globalSuccessUrl", "globalGranteeId")
        ]
    }
    stored = ask(http, f"/pricing-tables/{shop['table']}", **GLOBAL)
    assert [one["property"] for one in stored.json()["validationErrors"]] == ["member"]


async def test_a_web_client_that_quotes_its_parameters_is_understood(http: httpx.Client, shop: Shop) -> None:
    odd = {"globalSuccessUrl": "'https://a.b'", "globalCancelUrl": "", "globalGranteeId": '""', "more": "&"}
    assert read(http, f"/products/{shop['planner']}/pricingtable", **odd)["name"] == "Planner"


async def test_a_table_that_the_seller_arranged(http: httpx.Client, shop: Shop) -> None:
    table = read(http, f"/pricing-tables/{shop['table']}", **MEMBER)
    assert (
        table.items()
        >= {
            "uuid": shop["table"],
            "name": "Home page",
            "status": "ACTIVE",
            "title": "What it costs",
            "text": None,
            "theme": "light",
            "featureOrder": "default",
            "productUuid": shop["planner"],
            "customTheme": None,
            "featuredPlanUuid": shop["team"],
        }.items()
    )
    assert [(one["sortOrder"], one["feature"]["name"]) for one in table["features"]] == [
        (0, "Support"),
        (1, "Boards"),
    ]
    assert [(one["sortOrder"], one["plan"]["name"]) for one in table["plans"]] == [
        (0, "Team"),
        (1, "Bespoke"),
        (2, "Free"),
    ]
    assert {one["pricingTableUuid"] for one in table["plans"] + table["features"]} == {shop["table"]}
    assert table["product"]["name"] == "Planner"
    assert len(table["product"]["currencies"]) == 3
    team = table["plans"][0]["plan"]
    assert [one["price"] for one in team["currencies"]] == [1100, 1250]
    assert {one["feature"]["name"] for one in team["features"]} >= {"Boards", "Support"}


async def test_what_was_archived_since_is_left_out_of_a_table(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        for code in ("bespoke", "team"):
            await archive_plan(uow, shop.ids[code])
        await archive_feature(uow, shop.ids["boards"])
        await archive_pricing_table(uow, shop.ids["table"])
    table = read(http, f"/pricing-tables/{shop['table']}", **MEMBER)
    assert table["status"] == "DEPRECATED"
    assert [(one["sortOrder"], one["plan"]["name"]) for one in table["plans"]] == [(0, "Free")]
    assert table["featuredPlanUuid"] is None
    assert [one["feature"]["name"] for one in table["features"]] == ["Support"]


@pytest.mark.parametrize("uuid", ["00000000-0000-0000-0000-000000000000", "x", "%00"])
async def test_an_unknown_table_is_not_found(http: httpx.Client, shop: Shop, uuid: str) -> None:
    answer = ask(http, f"/pricing-tables/{uuid}", **MEMBER)
    assert (answer.status_code, answer.json()) == (404, {"error": "no such pricing table"})
