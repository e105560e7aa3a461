"""A seller with a product as Salable's users have them, made with the catalog's own use cases."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from counterfoil.modules import catalog
from counterfoil.modules.billing import subscribe
from counterfoil.modules.catalog import NewFeature, NewMeter, NewPlan, NewPlanVersion, NewPrice, PlanFeature
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import NewSubscription
from counterfoil.store import Store
from tests.conftest import Tenant


@dataclass(frozen=True)
class Shop:
    """The objects' UUIDs, by the codes that they have here."""

    tenant: Tenant
    ids: dict[str, UUID]

    def __getitem__(self, code: str) -> str:
        return str(self.ids[code])


async def make_shop(store: Store, tenant: Tenant) -> Shop:
    """A planner: five features, a capability, seven plans and a pricing table."""
    ids: dict[str, UUID] = {}
    async with store.unit(tenant.scope) as uow:
        ids["planner"] = (await catalog.create_product(uow, _PLANNER)).id
        meter = NewMeter(code="bytes", name="Bytes", event_name="stored", aggregation="sum", property="gb")
        ids["bytes"] = (await catalog.create_meter(uow, meter)).id
        for new in _features(ids):
            ids[str(new.code)] = (await catalog.create_feature(uow, new)).id
        for plan in _plans(ids):
            ids[str(plan.code)] = (await catalog.create_plan(uow, plan)).id
        await catalog.archive_plan(uow, ids["old"])
        table = catalog.NewPricingTable(
            code="table",
            name="Home page",
            title="What it costs",
            product_id=ids["planner"],
            plan_ids=[ids["team"], ids["bespoke"], ids["free"]],
            feature_ids=[ids["support"], ids["boards"]],
            featured_plan_id=ids["team"],
        )
        ids["table"] = (await catalog.create_pricing_table(uow, table)).id
        draft = catalog.NewProduct(code="next", name="Next", draft=True)
        ids["next"] = (await catalog.create_product(uow, draft)).id
    return Shop(tenant, ids)


async def subscribe_to_team(store: Store, shop: Shop, *, external_id: str | None = None) -> UUID:
    """A customer's subscription to seven seats of the team plan, begun now."""
    async with store.unit(shop.tenant.scope) as uow:
        customer = await create_customer(
            uow, NewCustomer("Ada", email="ada@example.com", currency="USD", meta={"crm": "17"})
        )
        new = NewSubscription(
            customer_id=customer.id,
            plan_id=shop.ids["team"],
            quantities={"seat": Decimal(7)},
            external_id=external_id,
        )
        return (await subscribe(uow, new)).id


_PLANNER = catalog.NewProduct(
    code="planner",
    name="Planner",
    description="Boards for teams",
    logo_url="https://example.com/logo.png",
    default_currency="USD",
)


def _features(ids: dict[str, UUID]) -> list[NewFeature]:
    def feature(code: str, name: str, kind: str, position: int, **more: Any) -> NewFeature:
        return NewFeature(
            code=code, name=name, kind=kind, position=position, product_id=ids["planner"], **more
        )

    return [
        feature("boards", "Boards", "numeric", 2, default_value="3"),
        feature("sso", "Single sign-on", "boolean", 1, description="SAML and OIDC", default_value=False),
        feature("support", "Support", "enum", 3, options=["mail", "phone"], default_value="mail"),
        feature("storage", "Storage", "metered", 4, meter_id=ids["bytes"]),
        feature("internal", "Internal", "boolean", 5, visibility="private"),
        feature("settings", "Settings", "config", 6),
        feature("export", "export", "capability", 1, description="May export"),
    ]


def _price(code: str, model: str, source: str, params: dict[str, Any], **more: Any) -> NewPrice:
    return NewPrice(code=code, model=model, params=params, quantity_source=source, **more)


def _plans(ids: dict[str, UUID]) -> list[NewPlan]:
    def plan(
        code: str, name: str, prices: list[NewPrice], gives: dict[str, Any] | None = None, **more: Any
    ) -> NewPlan:
        features = [PlanFeature(ids[one], value) for one, value in (gives or {}).items()]
        initial = NewPlanVersion(features=features, prices=prices, publish=True)
        return NewPlan(code=code, name=name, product_id=ids["planner"], initial=initial, **more)

    fee = _price("fee", "flat", "one", {"USD": {"amount": "99"}}, interval_unit="quarter")
    seat = {"USD": {"unit_amount": "12.5"}, "EUR": {"unit_amount": "11"}}
    usage = _price(
        "usage",
        "per_unit",
        "usage",
        {"USD": {"unit_amount": "0.0025"}, "JPY": {"unit_amount": "0.4"}},
        meter_id=ids["bytes"],
        cadence="in_arrears",
    )
    team = {
        "storage": None,
        "support": "phone",
        "boards": "50",
        "sso": True,
        "internal": True,
        "settings": {"theme": "dark"},
        "export": True,
    }
    return [
        NewPlan(code="soon", name="Soon", product_id=ids["planner"], kind="coming_soon"),
        plan("fixed", "Fixed", [fee], trial_days=14),
        plan(
            "team",
            "Team",
            [
                _price("setup", "flat", "one", {"USD": {"amount": "1"}, "EUR": {"amount": "1"}}),
                _price("seat", "per_unit", "item", seat, external_id="price_seat"),
            ],
            team,
            description="For teams",
            min_seats=2,
            max_seats=20,
        ),
        plan("metered", "Metered", [usage], {"storage": "100"}),
        plan("bespoke", "Bespoke", [fee], kind="bespoke", visibility="private", evaluation_days=30),
        plan("free", "Free", [], {"boards": "3", "support": "mail"}, position=9),
        plan("old", "Old", [fee]),
    ]
