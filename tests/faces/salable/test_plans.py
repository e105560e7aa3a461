"""What a user of Salable reads of a plan: what it is, gives and costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from counterfoil.modules.catalog import NewPlan, create_plan
from counterfoil.store import Store
from tests.faces.salable.calls import ask, read
from tests.faces.salable.shop import Shop


async def test_a_plan_that_is_sold_by_the_seat(http: httpx.Client, shop: Shop) -> None:
    team = read(http, f"/plans/{shop['team']}")
    assert team == {
        "uuid": shop["team"],
        "name": "Team",
        "slug": "team",
        "description": "For teams",
        "displayName": "Team",
        "status": "ACTIVE",
        "isTest": True,
        "trialDays": None,
        "evaluation": False,
        "evalDays": 0,
        "organisation": str(shop.tenant.organization.id),
        "visibility": "public",
        "licenseType": "perSeat",
        "perSeatAmount": 2,
        "maxSeatAmount": 20,
        "interval": "month",
        "length": 1,
        "active": True,
        "planType": "Standard",
        "pricingType": "paid",
        "environment": "test",
        "paddlePlanId": None,
        "productUuid": shop["planner"],
        "salablePlan": False,
        "updatedAt": team["updatedAt"],
    }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("fixed", {"licenseType": "licensed", "interval": "month", "length": 3, "trialDays": 14}),
        ("fixed", {"pricingType": "paid", "perSeatAmount": 1, "maxSeatAmount": -1}),
        ("metered", {"licenseType": "metered", "pricingType": "paid", "interval": "month"}),
        ("bespoke", {"planType": "Bespoke", "visibility": "private", "evaluation": True, "evalDays": 30}),
        ("soon", {"planType": "Coming soon", "active": False, "pricingType": "free"}),
        ("free", {"pricingType": "free", "licenseType": "licensed", "active": True}),
        ("old", {"status": "DEPRECATED", "active": False}),
    ],
)
async def test_each_kind_of_plan_has_its_words(
    http: httpx.Client, shop: Shop, code: str, expected: dict[str, Any]
) -> None:
    assert read(http, f"/plans/{shop[code]}").items() >= expected.items()


async def test_a_price_is_a_number_of_minor_units_as_exact_as_the_seller_wrote_it(
    http: httpx.Client, shop: Shop
) -> None:
    # $12.50 a seat are 1250 cents; $0.0025 a GB are a quarter of a cent; ¥0.4 are 0.4 yen, which has no sen.
    answer = ask(http, f"/plans/{shop['metered']}/currencies")
    exact = {
        one["currency"]["shortName"]: one["price"]
        for one in httpx.Response(200, content=answer.content).json(parse_float=Decimal)
    }
    assert exact == {"USD": Decimal("0.25"), "JPY": Decimal("0.4")}
    team = {one["currency"]["shortName"]: one for one in read(http, f"/plans/{shop['team']}/currencies")}
    assert (team["USD"]["price"], team["EUR"]["price"]) == (1250, 1100)
    assert b'"price":1250,' in ask(http, f"/plans/{shop['team']}/currencies").content
    assert team["USD"]["paymentIntegrationPlanId"] == "price_seat"
    assert read(http, f"/plans/{shop['free']}/currencies") == []


async def test_what_a_plan_says_of_each_feature_is_a_text(http: httpx.Client, shop: Shop) -> None:
    features = read(http, f"/plans/{shop['team']}/features")
    assert [(one["feature"]["variableName"], one["value"]) for one in features] == [
        ("sso", "true"),
        ("boards", "50"),
        ("support", "phone"),
        ("storage", "-1"),
        ("internal", "true"),
    ]
    _, boards, support, storage, _ = features
    assert boards == {
        "planUuid": shop["team"],
        "featureUuid": shop["boards"],
        "value": "50",
        "isUnlimited": False,
        "isUsage": False,
        "enumValueUuid": None,
        "pricePerUnit": None,
        "minUsage": None,
        "maxUsage": None,
        "sortOrder": 2,
        "updatedAt": boards["updatedAt"],
        "feature": boards["feature"],
        "enumValue": None,
    }
    assert (storage["isUnlimited"], storage["isUsage"]) == (True, True)
    assert support["enumValueUuid"] == support["enumValue"]["uuid"]
    assert support["enumValueUuid"] == str(uuid5(UUID(shop["support"]), "phone"))


async def test_the_capabilities_of_a_plans_licences(http: httpx.Client, shop: Shop) -> None:
    [export] = read(http, f"/plans/{shop['team']}/capabilities")
    assert (export["planUuid"], export["capabilityUuid"]) == (shop["team"], shop["export"])
    assert export["capability"]["name"] == "export"
    assert read(http, f"/plans/{shop['free']}/capabilities") == []


async def test_a_plan_shows_what_is_asked_for_and_nothing_more(http: httpx.Client, shop: Shop) -> None:
    path = f"/plans/{shop['team']}"
    assert read(http, path, expand="features")["features"][0].keys().isdisjoint({"feature", "enumValue"})
    nested = read(http, path, expand="features.feature,capabilities.capability,currencies.currency")
    assert nested["features"][0]["feature"]["name"] == "Single sign-on"
    assert "enumValue" not in nested["features"][0]
    assert nested["capabilities"][0]["capability"]["name"] == "export"
    assert {one["currency"]["symbol"] for one in nested["currencies"]} == {"$", "€"}


async def test_relations_may_be_asked_for_one_by_one(http: httpx.Client, shop: Shop) -> None:
    answer = ask(http, f"/plans/{shop['team']}?expand=features&expand=currencies")
    assert {"features", "currencies"} < answer.json().keys()


async def test_a_relation_that_there_is_not_is_refused_with_those_that_there_are(
    http: httpx.Client, shop: Shop
) -> None:
    answer = ask(http, f"/plans/{shop['team']}", expand="features,licences")
    assert answer.status_code == 400
    [fault] = answer.json()["validationErrors"]
    assert fault["property"] == "expand"
    assert fault["error"].startswith("licences cannot be expanded here (allowed: capabilities, ")


async def test_a_plan_of_no_product_has_no_form_in_salable(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        lone = await create_plan(uow, NewPlan(name="Lone"))
    answer = ask(http, f"/plans/{lone.id}")
    assert answer.status_code == 404
    assert "without a product" in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/plans/{team}/checkoutlink", "/plans/{team}?expand=generateCheckoutLink&successUrl=https://a.b"]
)
async def test_a_checkout_link_is_refused_in_words_that_say_what_to_do(
    http: httpx.Client, shop: Shop, path: str
) -> None:
    answer = ask(http, path.replace("{team}", shop["team"]))
    assert answer.status_code == 400
    assert answer.json() == {
        "error": "this server has no checkout yet, so there are no checkout links: ask without "
        "generateCheckoutLink, and make the subscription with POST /v1/subscriptions"
    }


@pytest.mark.parametrize(
    "path",
    [
        "/products/{planner}?expand=generateCheckoutLinks",
        "/products/{planner}/plans?expand=generateCheckoutLink",
    ],
)
async def test_so_are_the_links_of_all_plans_of_a_product(http: httpx.Client, shop: Shop, path: str) -> None:
    answer = ask(http, path.replace("{planner}", shop["planner"]))
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
