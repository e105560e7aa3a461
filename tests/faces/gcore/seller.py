"""A seller of Gcore's kind of products: three clients, four features, prices of every sort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gcore import Gcore

from counterfoil.core.calendar import parse_instant
from counterfoil.core.rating import Aggregation
from counterfoil.modules.catalog import (
    Meter,
    NewFeature,
    NewMeter,
    NewPlan,
    NewPlanVersion,
    NewPrice,
    NewProduct,
    NewTaxRate,
    Plan,
    Region,
    create_feature,
    create_meter,
    create_plan,
    create_product,
    create_tax_rate,
)
from counterfoil.modules.customers import Customer, NewCustomer, create_customer
from counterfoil.modules.subscriptions import (
    NewSubscription,
    PriceOverride,
    Subscription,
    create_subscription,
)
from counterfoil.store import Store, Uow
from tests.conftest import Tenant

PATH = "/billing/org/v1/subscriptions"
TIERS = [{"up_to": "1000", "unit_amount": "0.02"}, {"up_to": None, "unit_amount": "0.005"}]
MONTHLY: Mapping[str, Any] = {"interval_unit": "month", "interval_count": 1}
USED: Mapping[str, Any] = {**MONTHLY, "quantity_source": "usage", "cadence": "in_arrears"}


def listed(url: str, key: str, **params: Any) -> dict[str, Any]:
    """A page as Gcore's own client reads it; the base URL and the key are all that a user changes."""
    client = Gcore(api_key=key, base_url=f"{url}/gcore", max_retries=0)
    with client:
        page: Any = client.get(PATH, cast_to=object, options={"params": params})
    assert isinstance(page, dict)
    return page


def rows(url: str, key: str, **params: Any) -> list[dict[str, Any]]:
    """The rows of a page."""
    found: list[dict[str, Any]] = listed(url, key, **params)["results"]
    return found


def names(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Client and feature of each row."""
    return [(row["client"]["company_name"], row["feature"]["name"]) for row in found]


@dataclass(frozen=True)
class Seller:
    """What the seller has, by name."""

    tenant: Tenant
    customers: dict[str, Customer]
    plans: dict[str, Plan]
    subscriptions: dict[str, Subscription]


async def make_seller(store: Store, tenant: Tenant) -> Seller:
    """Everything, since the first of January 2026.

    Nordwind has the plan Edge with two months' discount on requests, Südwind the same plan as it is, and
    Ostwind, who pays no tax, prices of its own without a plan.
    """
    async with store.unit(tenant.scope) as uow:
        customers = {
            name: await create_customer(uow, NewCustomer(name, currency="EUR", tax_exempt=name == "Ostwind"))
            for name in ("Nordwind GmbH", "Südwind AG", "Ostwind")
        }
        features = await _features(uow)
        vat = await create_tax_rate(uow, NewTaxRate(code="vat", name="VAT", percent="20"))
        sales = await create_tax_rate(uow, NewTaxRate(code="gst", name="GST", percent="25", inclusive=True))
        prices = [
            NewPrice(
                code="traffic",
                model="graduated",
                params={"EUR": {"tiers": TIERS}},
                unit="GB",
                tax_rate_ids=[vat.id],
                **features["CDN traffic"],
                **USED,
            ),
            NewPrice(
                code="requests",
                model="per_unit",
                params={"EUR": {"unit_amount": "0.000125"}},
                unit="10k requests",
                tax_rate_ids=[vat.id],
                **features["CDN requests"],
                **USED,
            ),
            NewPrice(
                code="shield",
                model="flat",
                params={"EUR": {"amount": "99.00"}},
                cadence="in_arrears",
                tax_rate_ids=[sales.id],
                feature_id=features["Web shield"]["feature_id"],
                **MONTHLY,
            ),
        ]
        edge = await create_plan(
            uow, NewPlan(code="edge", name="Edge", initial=NewPlanVersion(prices=prices, publish=True))
        )
        discount = PriceOverride(
            code="requests",
            params={"unit_amount": "0.0001"},
            starts_at=parse_instant("2026-03-01T00:00:00Z"),
            ends_at=parse_instant("2026-05-01T00:00:00Z"),
        )
        made: dict[str, dict[str, Any]] = {
            "Nordwind GmbH": {"plan_id": edge.id, "overrides": [discount]},
            "Südwind AG": {"plan_id": edge.id},
            "Ostwind": {"prices": _own_prices(features, vat.id)},
        }
        start = parse_instant("2026-01-01T00:00:00Z")
        subscriptions = {
            name: await create_subscription(
                uow, NewSubscription(customers[name].id, started_at=start, **fields)
            )
            for name, fields in made.items()
        }
    return Seller(tenant, customers, {"Edge": edge}, subscriptions)


def _own_prices(features: Mapping[str, Any], vat: Any) -> list[NewPrice]:
    committed = {"unit_amount": "0.01", "committed_quantity": "500"}
    return [
        NewPrice(
            code="committed",
            model="commit",
            params={"EUR": committed},
            unit="GB",
            tax_rate_ids=[vat],
            feature_id=features["CDN traffic"]["feature_id"],
            cadence="in_arrears",
            **MONTHLY,
        ),
        NewPrice(
            code="beyond",
            model="overcommit",
            params={"EUR": {**committed, "unit_amount": "0.03"}},
            unit="GB",
            **features["CDN traffic"],
            **USED,
        ),
        NewPrice(
            code="racks",
            model="volume",
            params={"EUR": {"tiers": [{"up_to": "2", "unit_amount": "700"}, {"unit_amount": "600"}]}},
            quantity_source="item",
            feature_id=features["Rack space"]["feature_id"],
            **MONTHLY,
        ),
    ]


async def _features(uow: Uow) -> dict[str, dict[str, Any]]:
    """Of each feature, what names it in a price."""
    cdn = await create_product(uow, NewProduct(code="cdn", name="Our CDN", category="Edge network"))
    ddos = await create_product(uow, NewProduct(code="ddos", name="Shield"))
    racks = await create_product(uow, NewProduct(code="racks", name="Racks and power"))
    traffic, requests = [await _meter(uow, code) for code in ("cdn_traffic", "cdn_requests")]
    new = [
        NewFeature(
            name="CDN traffic",
            kind="metered",
            meter_id=traffic.id,
            product_id=cdn.id,
            sku="CDN-TRF",
            rounding={"unit": "GB", "step": "0.5", "mode": "ceil"},
            regions=[Region("eu", "Europe"), Region("us", "North America")],
        ),
        NewFeature(
            name="CDN requests", kind="metered", meter_id=requests.id, product_id=cdn.id, sku="CDN-REQ"
        ),
        NewFeature(name="Web shield", kind="boolean", product_id=ddos.id, sku="SHIELD"),
        NewFeature(
            name="Rack space",
            kind="numeric",
            product_id=racks.id,
            unit={"singular": "rack", "plural": "racks"},
        ),
        NewFeature(name="Not sold", kind="boolean"),
    ]
    made = [await create_feature(uow, one) for one in new]
    return {
        one.name: {"feature_id": one.id} | ({"meter_id": one.meter_id} if one.meter_id is not None else {})
        for one in made
    }


async def _meter(uow: Uow, code: str) -> Meter:
    return await create_meter(
        uow, NewMeter(code=code, name=code, event_name=code, aggregation=Aggregation.COUNT)
    )
