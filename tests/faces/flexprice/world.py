"""A seller who uses Flexprice, for the tests over all faces."""

from __future__ import annotations

from typing import Any, Final

from tests.conftest import Tenant
from tests.support.faces import Ids, Samples, World


def _headers(key: str, _: Tenant) -> dict[str, str]:
    return {"x-api-key": key}


def _reason(refusal: Any) -> str:
    assert refusal["http_status_code"] >= 400
    assert refusal["code"]
    assert isinstance(refusal["message"], str)
    return str(refusal["message"])


def _price(ids: Ids) -> dict[str, Any]:
    return {
        "entity_type": "PLAN",
        "entity_id": ids["plan"],
        "type": "USAGE",
        "meter_id": ids["meter"],
        "billing_model": "TIERED",
        "tier_mode": "VOLUME",
        "tiers": [{"up_to": 10, "unit_amount": "2"}, {"unit_amount": "1.5", "flat_amount": "3"}],
        "billing_period": "MONTHLY",
        "billing_period_count": 1,
        "invoice_cadence": "ARREAR",
        "price_unit_type": "FIAT",
        "currency": "usd",
        "display_name": "Calls",
        "description": "What is called",
        "filter_values": {"region": ["eu"]},
        "metadata": {"k": "v"},
    }


def _fixed(plan: str) -> dict[str, Any]:
    return {
        "entity_type": "PLAN",
        "entity_id": plan,
        "type": "FIXED",
        "billing_model": "FLAT_FEE",
        "amount": "10",
        "billing_period": "MONTHLY",
        "invoice_cadence": "ADVANCE",
        "price_unit_type": "FIAT",
        "currency": "usd",
    }


def _grant(**owner: str) -> dict[str, Any]:
    return {
        "name": "Included",
        "credits": "100",
        "cadence": "RECURRING",
        "period": "MONTHLY",
        "period_count": 1,
        "expiration_type": "DURATION",
        "expiration_duration": 2,
        "expiration_duration_unit": "MONTH",
        "priority": 1,
        "conversion_rate": "1",
        "metadata": {"k": "v"},
        **owner,
    }


def _subscription(ids: Ids) -> dict[str, Any]:
    return {
        "customer_id": ids["customer"],
        "plan_id": ids["plan"],
        "currency": "usd",
        "billing_period": "MONTHLY",
        "billing_period_count": 1,
        "billing_cycle": "anniversary",
        "start_date": "2026-01-31T00:00:00Z",
        "override_line_items": [{"price_id": ids["price"], "quantity": "3", "amount": "8"}],
        "credit_grants": [_grant(scope="SUBSCRIPTION")],
        "metadata": {"k": "v"},
    }


def _filter(field: str, value: str) -> dict[str, Any]:
    return {"field": field, "operator": "eq", "data_type": "string", "value": {"string": value}}


def _paging(**more: Any) -> dict[str, Any]:
    return {
        "limit": 10,
        "offset": 0,
        "order": "asc",
        "sort": [{"field": "created_at", "direction": "desc"}],
        "start_time": "2020-01-01T00:00:00Z",
        "end_time": "2100-01-01T00:00:00Z",
        **more,
    }


async def _make(world: World) -> None:
    """Two plans with a price and a grant each, of which one is subscribed to; spares to be put away."""
    own = f"acme-{world.tenant.organization.id.hex}"
    made: dict[str, str] = {"external_id": own}

    async def make(name: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = await world.call("POST", f"/v1{path}", body)
        made[name] = found["id"]
        return found

    await make("customer", "/customers", {"external_id": own, "name": "Acme"})
    await make("spare_customer", "/customers", {"external_id": f"{own}-spare", "name": "Spare"})
    aggregation = {"type": "SUM", "field": "n"}
    meter = {
        "name": "Calls",
        "event_name": "call",
        "aggregation": aggregation,
        "reset_usage": "BILLING_PERIOD",
    }
    feature = await make("feature", "/features", {"name": "Calls", "type": "metered", "meter": meter})
    made["meter"] = feature["meter_id"]
    await make("spare_feature", "/features", {"name": "Spare", "type": "boolean"})
    await make("plan", "/plans", {"name": "Pro", "lookup_key": f"{own}-plan"})
    await make("spare_plan", "/plans", {"name": "Spare"})
    made["lookup_key"] = f"{own}-price"
    await make("price", "/prices", _fixed(made["plan"]) | {"lookup_key": made["lookup_key"]})
    await make("spare_price", "/prices", _fixed(made["spare_plan"]))
    await make("grant", "/creditgrants", _grant(scope="PLAN", plan_id=made["plan"]))
    await make("subscription", "/subscriptions", _subscription(made))
    spare = _grant(scope="SUBSCRIPTION", subscription_id=made["subscription"])
    await make("spare_grant", "/creditgrants", spare)
    await make("spare_subscription", "/subscriptions", _subscription(made))
    world.ids |= made


def _of(name: str, *operations: str) -> dict[tuple[str, str], str]:
    return {(operation, "id"): name for operation in operations}


SAMPLES: Final = Samples(
    headers=_headers,
    make=_make,
    reason=_reason,
    bodies={
        "createCreditGrant": lambda ids: _grant(scope="PLAN", plan_id=ids["plan"]),
        "updateCreditGrant": lambda _: {"name": "Renamed", "metadata": {"k": "w"}},
        "deleteCreditGrant": lambda _: {"effective_date": "2100-01-01T00:00:00Z"},
        "createCustomer": lambda _: {
            "external_id": "new",
            "name": "New",
            "email": "new@example.com",
            "address_line1": "1 Main Street",
            "address_country": "DE",
            "billing_currency": "eur",
            "timezone": "Europe/Berlin",
            "tax_treatment": "exempt",
            "metadata": {"k": "v"},
        },
        "updateCustomer": lambda _: {"name": "Renamed", "address_city": "Berlin"},
        "updateCustomerById": lambda _: {"name": "Renamed", "email": "other@example.com"},
        "queryCustomer": lambda ids: _paging(
            customer_ids=[ids["customer"]],
            external_ids=[ids["external_id"]],
            external_id=ids["external_id"],
            filters=[_filter("id", ids["customer"])],
        ),
        "createFeature": lambda ids: {
            "name": "Calls again",
            "type": "metered",
            "meter_id": ids["meter"],
            "unit_singular": "call",
            "unit_plural": "calls",
            "description": "What is called",
            "metadata": {"k": "v"},
        },
        "updateFeature": lambda _: {"name": "Renamed", "unit_singular": "call", "unit_plural": "calls"},
        "queryFeature": lambda ids: _paging(
            feature_ids=[ids["feature"]], meter_ids=[ids["meter"]], filters=[_filter("id", ids["feature"])]
        ),
        "createPlan": lambda _: {"name": "New", "description": "A plan", "display_order": 2},
        "updatePlan": lambda _: {"name": "Renamed", "display_order": 3, "metadata": {"k": "v"}},
        "queryPlan": lambda ids: _paging(
            plan_ids=[ids["plan"]], expand="prices,credit_grants", filters=[_filter("id", ids["plan"])]
        ),
        "createPrice": _price,
        "createPricesBulk": lambda ids: {"items": [_price(ids), _fixed(ids["plan"])]},
        "queryPrice": lambda ids: _paging(
            sort="created_at",
            price_ids=[ids["price"]],
            plan_ids=[ids["plan"]],
            entity_ids=[ids["plan"]],
            entity_type="PLAN",
            filters=[_filter("entity_id", ids["plan"])],
        ),
        "updatePrice": lambda _: {"amount": "12", "display_name": "Seats"},
        "deletePrice": lambda _: {"end_date": "2020-01-01T00:00:00Z"},
        "createSubscription": _subscription,
        "updateSubscription": lambda _: {"cancel_at_period_end": False},
        "querySubscription": lambda ids: _paging(
            customer_id=ids["customer"],
            external_customer_id=ids["external_id"],
            plan_id=ids["plan"],
            subscription_ids=[ids["subscription"]],
            subscription_status=["active"],
            with_line_items=True,
            filters=[_filter("customer_id", ids["customer"])],
        ),
        "cancelSubscription": lambda _: {
            "cancellation_type": "scheduled_date",
            "cancel_at": "2030-01-01T00:00:00Z",
            "reason": "too dear",
        },
    },
    queries={
        "listCreditGrants": lambda ids: {
            "plan_ids": ids["plan"],
            "limit": 10,
            "sort": "name",
            "order": "asc",
            "status": "published",
            "start_time": "2020-01-01T00:00:00Z",
        },
        "updateCustomer": lambda ids: {"external_customer_id": ids["external_id"]},
        "listCustomers": lambda ids: {"customer_ids": ids["customer"], "external_id": ids["external_id"]},
        "listFeatures": lambda ids: {"feature_ids": ids["feature"], "meter_ids": ids["meter"]},
        "listPlans": lambda ids: {"plan_ids": ids["plan"], "expand": "prices,meters,credit_grants"},
        "listPrices": lambda ids: {"plan_ids": ids["plan"], "expand": "meters"},
        "listSubscriptions": lambda ids: {
            "customer_id": ids["customer"],
            "plan_id": ids["plan"],
            "with_line_items": "true",
            "expand": "customer,plan,credit_grants",
        },
        "getSubscriptionsForCustomer": lambda _: {"expand": "plan"},
    },
    paths={
        **_of("grant", "getCreditGrant", "updateCreditGrant"),
        **_of("spare_grant", "deleteCreditGrant"),
        **_of("plan", "getPlanCreditGrants", "getAddonCreditGrants", "getPlan", "updatePlan"),
        **_of("spare_plan", "deletePlan"),
        **_of("customer", "getCustomer", "updateCustomerById"),
        **_of("spare_customer", "deleteCustomer"),
        ("getCustomerByLookupKey", "lookup_key"): "external_id",
        **_of("feature", "getFeature", "updateFeature"),
        **_of("spare_feature", "deleteFeature"),
        **_of("price", "getPrice"),
        **_of("spare_price", "updatePrice", "deletePrice"),
        **_of("customer", "getCustomerUpcomingGrants"),
        **_of("subscription", "getSubscription", "updateSubscription", "getSubscriptionUpcomingGrants"),
        **_of("spare_subscription", "cancelSubscription"),
    },
    refused={"getAddonCreditGrants": 404},
    last=("cancel",),
)
