"""What a user of Salable reads of products: the list, one with relations, and what it consists of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest

from counterfoil.core.pricing import MODELS
from counterfoil.modules.catalog import (
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewProduct,
    archive_plan,
    archive_product,
    create_plan,
    create_plan_version,
    create_product,
)
from counterfoil.store import Store
from tests.faces.salable.calls import ask, read
from tests.faces.salable.shop import Shop

PRODUCT = {
    "uuid",
    "name",
    "description",
    "logoUrl",
    "displayName",
    "organisation",
    "status",
    "paid",
    "organisationPaymentIntegrationUuid",
    "paymentIntegrationProductId",
    "appType",
    "updatedAt",
    "isTest",
}


async def test_a_shop_page_lists_the_products_that_are_on_sale(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        old = await create_product(uow, NewProduct(name="Gone"))
        await archive_product(uow, old.id)
    planner, gone = read(http, "/products")
    assert planner == planner | {
        "uuid": shop["planner"],
        "name": "Planner",
        "displayName": "Planner",
        "description": "Boards for teams",
        "logoUrl": "https://example.com/logo.png",
        "organisation": str(shop.tenant.organization.id),
        "status": "ACTIVE",
        "paid": True,
        "organisationPaymentIntegrationUuid": "free",
        "paymentIntegrationProductId": None,
        "appType": "custom",
        "isTest": True,
    }
    assert (gone["name"], gone["status"], gone["paid"]) == ("Gone", "DEPRECATED", False)
    assert planner.keys() == gone.keys() == PRODUCT


async def test_a_product_shows_no_relation_unless_it_is_asked_for(http: httpx.Client, shop: Shop) -> None:
    assert read(http, f"/products/{shop['planner']}").keys() == PRODUCT


async def test_expanding_features_shows_their_options_only_when_those_are_asked_for(
    http: httpx.Client, shop: Shop
) -> None:
    plain = read(http, f"/products/{shop['planner']}", expand="features")
    assert plain.keys() == PRODUCT | {"features"}
    assert [one["name"] for one in plain["features"]] == [
        "Single sign-on",
        "Boards",
        "Support",
        "Storage",
        "Internal",
    ]
    assert "featureEnumOptions" not in plain["features"][2]
    asked = read(http, f"/products/{shop['planner']}", expand="features.featureEnumOptions")
    assert [one["name"] for one in asked["features"][2]["featureEnumOptions"]] == ["mail", "phone"]


async def test_everything_of_a_product_can_be_read_in_one_call(http: httpx.Client, shop: Shop) -> None:
    paths = "features,features.featureEnumOptions,capabilities,currencies,currencies.currency,"
    paths += "organisationPaymentIntegration,plans,plans.capabilities,plans.features,plans.features.feature,"
    paths += "plans.features.enumValue,plans.currencies,plans.currencies.currency"
    product = read(http, f"/products/{shop['planner']}", expand=paths)
    relations = {"features", "capabilities", "currencies", "organisationPaymentIntegration", "plans"}
    assert product.keys() == PRODUCT | relations
    assert [one["name"] for one in product["capabilities"]] == ["export"]
    assert product["organisationPaymentIntegration"]["integrationName"] == "none"
    plans = {one["name"]: one for one in product["plans"]}
    assert set(plans) == {"Soon", "Fixed", "Team", "Metered", "Bespoke", "Free", "Old"}
    team = plans["Team"]
    assert [one["capabilityUuid"] for one in team["capabilities"]] == [shop["export"]]
    phone = next(one for one in team["features"] if one["feature"]["name"] == "Support")
    assert phone["enumValue"]["name"] == phone["value"] == "phone"
    assert {one["currency"]["shortName"]: one["price"] for one in team["currencies"]} == {
        "EUR": 1100,
        "USD": 1250,
    }


async def test_a_form_lists_the_features_that_a_plan_of_the_product_can_have(
    http: httpx.Client, shop: Shop
) -> None:
    sso, boards, support, storage, internal = read(http, f"/products/{shop['planner']}/features")
    assert boards == {
        "uuid": shop["boards"],
        "name": "Boards",
        "displayName": "Boards",
        "description": None,
        "variableName": "boards",
        "status": "ACTIVE",
        "visibility": "public",
        "valueType": "numerical",
        "defaultValue": "3",
        "showUnlimited": False,
        "productUuid": shop["planner"],
        "sortOrder": 2,
        "updatedAt": boards["updatedAt"],
        "featureEnumOptions": [],
    }
    assert (sso["valueType"], sso["defaultValue"], sso["description"]) == (
        "boolean",
        "false",
        "SAML and OIDC",
    )
    assert (support["valueType"], support["defaultValue"]) == ("enum", "mail")
    assert (storage["valueType"], storage["defaultValue"], storage["showUnlimited"]) == (
        "numerical",
        "0",
        True,
    )
    assert (internal["visibility"], internal["defaultValue"]) == ("private", "false")


async def test_an_option_of_an_enum_has_the_same_uuid_for_ever(http: httpx.Client, shop: Shop) -> None:
    features = read(http, f"/products/{shop['planner']}/features")
    _, phone = next(one for one in features if one["name"] == "Support")["featureEnumOptions"]
    assert phone["uuid"] == str(uuid5(UUID(shop["support"]), "phone"))
    assert phone["featureUuid"] == shop["support"]


async def test_a_page_offers_the_currencies_in_which_the_product_is_sold(
    http: httpx.Client, shop: Shop
) -> None:
    currencies = read(http, f"/products/{shop['planner']}/currencies")
    named = {one["currency"]["shortName"]: one for one in currencies}
    assert set(named) == {"EUR", "JPY", "USD"}
    assert [code for code, one in named.items() if one["defaultCurrency"]] == ["USD"]
    assert named["EUR"]["currency"] == {
        "uuid": named["EUR"]["currencyUuid"],
        "shortName": "EUR",
        "longName": "Euro",
        "symbol": "€",
    }
    assert named["USD"]["currency"]["longName"] == "US Dollar"


async def test_the_capabilities_that_licences_of_a_product_can_carry(http: httpx.Client, shop: Shop) -> None:
    [export] = read(http, f"/products/{shop['planner']}/capabilities")
    assert export == {
        "uuid": shop["export"],
        "name": "export",
        "description": "May export",
        "status": "ACTIVE",
        "productUuid": shop["planner"],
        "updatedAt": export["updatedAt"],
    }


async def test_the_plans_of_a_product_come_with_deprecated_ones_and_without_relations(
    http: httpx.Client, shop: Shop
) -> None:
    plans = read(http, f"/products/{shop['planner']}/plans")
    assert [one["name"] for one in plans] == ["Soon", "Fixed", "Team", "Metered", "Bespoke", "Old", "Free"]
    assert {one["name"]: one["status"] for one in plans}["Old"] == "DEPRECATED"
    assert {one["name"]: one["active"] for one in plans} == {
        "Soon": False,
        "Fixed": True,
        "Team": True,
        "Metered": True,
        "Bespoke": True,
        "Free": True,
        "Old": False,
    }
    assert all(one.keys().isdisjoint({"features", "capabilities", "currencies"}) for one in plans)
    expanded = read(http, f"/products/{shop['planner']}/plans", expand="currencies")
    assert [len(one["currencies"]) for one in expanded] == [0, 1, 2, 2, 1, 1, 0]


async def test_a_draft_is_not_there_until_it_is_published(http: httpx.Client, shop: Shop) -> None:
    assert [one["name"] for one in read(http, "/products")] == ["Planner"]
    answer = ask(http, f"/products/{shop['next']}")
    assert (answer.status_code, answer.json()) == (
        404,
        {"error": "no such product: it is a draft, to be published first"},
    )


def _version(params: dict[str, Any], model: str = "flat", **more: Any) -> NewPlanVersion:
    return NewPlanVersion(prices=[NewPrice(model=model, params=params, **more)], publish=True)


_FREE = {"unit_amount": "0"}
SEATS: dict[str, Any] = {"quantity_source": "item"}
BY_EVENT: dict[str, Any] = {"quantity_source": "usage", "cadence": "in_arrears"}


COSTS = [
    (_version({"USD": {"amount": "0"}}), False),
    (_version({"USD": {"amount": "0.00"}, "EUR": {"amount": "0.01"}}), True),
    (_version({"USD": {"unit_amount": "10"}}, "per_unit", **SEATS), True),
    (_version({"USD": {"unit_amount": "0"}}, "per_unit", **SEATS), False),
    (
        _version({"USD": {"tiers": [{"up_to": "5", **_FREE}, {"unit_amount": "2"}]}}, "graduated", **SEATS),
        True,
    ),
    (
        _version({"USD": {"tiers": [{"up_to": "5", **_FREE}, {"flat_amount": "0"}]}}, "volume", **SEATS),
        False,
    ),
    (_version({"USD": {"package_amount": "3", "package_size": "10"}}, "package", **SEATS), True),
    (_version({"USD": {"rate_percent": "2.9"}}, "percentage", **BY_EVENT), True),
    (_version({"USD": {"rate_percent": "0", "free_amount": "50"}}, "percentage", **BY_EVENT), False),
    (_version({"USD": {"rate_percent": "0", "fixed_per_event": "0.3"}}, "percentage", **BY_EVENT), True),
    (_version({"USD": {"markup_percent": "0"}}, "cost_plus", **BY_EVENT), True),
    (
        _version({"USD": {"unit_amount": "0"}}, "per_unit", **SEATS, terms={"minimum": {"amount": "9"}}),
        True,
    ),
    (
        _version({"USD": {"unit_amount": "0"}}, "per_unit", **SEATS, terms={"maximum": {"amount": "9"}}),
        False,
    ),
]


@pytest.mark.parametrize(
    ("version", "paid"),
    [one for one in COSTS if one[0].prices[0].model in MODELS],
    ids=lambda value: str(value.prices[0].params if isinstance(value, NewPlanVersion) else value)[:60],
)
async def test_a_product_and_its_plan_say_alike_whether_they_cost(
    http: httpx.Client, shop: Shop, store: Store, version: NewPlanVersion, paid: bool
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        product = (await create_product(uow, NewProduct(name="Shelf"))).id
        prices = [
            replace(price, meter_id=shop.ids["bytes"] if price.quantity_source == "usage" else None)
            for price in version.prices
        ]
        initial = replace(version, prices=prices)
        await create_plan(uow, NewPlan(name="One", product_id=product, initial=initial))
    shown = read(http, f"/products/{product}", expand="plans")
    listed = {one["uuid"]: one["paid"] for one in read(http, "/products")}
    table = read(
        http, f"/products/{product}/pricingtable", globalSuccessUrl="", globalCancelUrl="", globalGranteeId=""
    )
    assert (shown["paid"], listed[str(product)], table["paid"]) == (paid, paid, paid)
    assert [one["pricingType"] for one in shown["plans"]] == ["paid" if paid else "free"]


async def test_a_product_whose_plans_are_all_free_is_not_a_paid_one(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        bare = await create_product(uow, NewProduct(name="Bare"))
        product = (await create_product(uow, NewProduct(name="Shelf"))).id
        old = NewPlan(name="Old", product_id=product, initial=_version({"USD": {"amount": "5"}}))
        await archive_plan(uow, (await create_plan(uow, old)).id)
        draft = NewPlan(name="Draft", product_id=product)
        later = await create_plan(uow, draft)
        await create_plan_version(uow, later.id, replace(_version({"USD": {"amount": "5"}}), publish=False))
    assert read(http, f"/products/{bare.id}")["paid"] is False
    assert read(http, f"/products/{product}")["paid"] is False
    assert read(http, f"/products/{bare.id}/currencies") == []
