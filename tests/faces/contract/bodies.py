"""A body for every operation of the native API that takes one, with objects named by their ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.faces.contract.commitment_bodies import COMMITMENTS
from tests.faces.contract.trials import simulation_of

Ids = dict[str, str]
_CALLS: Final = {"singular": "call", "plural": "calls"}
_LISTING: Final = {
    "product_id": "l-1",
    "type": "CONTRACT",
    "fulfillment_url": "https://suite.example/aws",
    "terms": {"currency": "USD"},
}
_TOKENS: Final = {"tiers": [{"up_to": "1000", "unit_amount": "0.02"}, {"up_to": None, "unit_amount": "0.01"}]}


def prices_of(ids: Ids) -> list[dict[str, Any]]:
    common = {"interval": {"unit": "month"}, "tax_rate_ids": [ids["tax_rate_id"]]}
    seats = {"model": "per_unit", "params": {"EUR": {"unit_amount": "15"}}, "quantity_source": "item"}
    tokens = {
        "model": "graduated",
        "params": {"EUR": _TOKENS},
        "quantity_source": "usage",
        "cadence": "in_arrears",
        "meter_id": ids["meter_id"],
    }
    seats["feature_id"] = ids["feature_id"]
    return [{"code": "seats", **seats, **common}, {"code": "tokens", **tokens, **common}]


def _own_price(ids: Ids) -> dict[str, Any]:
    """A price of a subscription's own; it names everything that a price can name."""
    return {**prices_of(ids)[1], "code": "own", "feature_id": ids["feature_id"]}


def version_of(ids: Ids) -> dict[str, Any]:
    return {"features": [{"feature_id": ids["feature_id"], "value": True}], "prices": prices_of(ids)}


def _fixed(**body: Any) -> Callable[[Ids], dict[str, Any]]:
    return lambda _: body


ADDRESS: Final = {"line1": "Hafenstr. 1", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
EXEMPTION: Final = {
    "reason": "International organisation",
    "certificate": "UN-2026-118",
    "valid_until": "2027-01-01T00:00:00Z",
}
TOKENS_METER: Final = {
    "event_name": "completion",
    "aggregation": "sum",
    "property": "tokens",
    "filters": {"region": ["eu"]},
    "group_by": ["model"],
}
EVENT: Final = {
    "name": "completion",
    "at": "2026-01-15T00:00:00Z",
    "properties": {"tokens": 100, "region": "eu", "model": "large"},
}

# A body for every operation that takes one.  Codes, names and slugs are not yet taken.
BODIES: Final[dict[str, Callable[[Ids], dict[str, Any]]]] = {
    **COMMITMENTS,
    "customers.create": lambda ids: {
        "name": "Nordwind",
        "external_id": "crm-1",
        "email": "a@nordwind.example",
        "currency": "EUR",
        "zone": "Europe/Berlin",
        "address": ADDRESS,
        "tax_number": "DE129273398",
        "parent_id": ids["parent_id"],
        "billed_to": "parent",
        "tax_exempt": True,
        "tax_exemption": EXEMPTION,
        "metadata": {"a": 1},
    },
    "customers.update": lambda ids: {
        "name": "Südwind",
        "parent_id": ids["parent_id"],
        "tax_exempt": True,
        "tax_exemption": EXEMPTION,
        "metadata": {"a": 2},
    },
    "products.create": _fixed(
        code="suite",
        name="Suite",
        external_id="p-1",
        description="All",
        draft=True,
        logo_url="https://suite.example/logo.svg",
        category="Tools",
        default_currency="EUR",
        channel="aws",
        listing=_LISTING,
    ),
    "products.update": _fixed(name="Other", description="None", channel="gcp", listing=_LISTING),
    "features.create": lambda ids: {
        "code": "calls",
        "name": "Calls",
        "kind": "metered",
        "meter_id": ids["meter_id"],
        "product_id": ids["product_id"],
        "description": "Calls",
        "sku": "C-1",
        "unit": _CALLS,
        "default_value": "1000",
        "visibility": "private",
        "position": 2,
        "rounding": {"unit": "call", "step": "10", "mode": "ceil"},
        "regions": [{"code": "eu", "name": "Europe"}],
        "external_id": "f-1",
    },
    "features.update": _fixed(
        name="Other", description="None", sku="C-2", default_value=False, position=3, unit=_CALLS, regions=[]
    ),
    "pricing_tables.create": lambda ids: {
        "code": "web",
        "name": "Web",
        "product_id": ids["product_id"],
        "title": "Plans",
        "text": "All of them",
        "theme": "dark",
        "plan_ids": [ids["plan_id"]],
        "feature_ids": [ids["feature_id"]],
        "featured_plan_id": ids["plan_id"],
        "external_id": "pt-1",
    },
    "pricing_tables.update": lambda ids: {
        "name": "Other",
        "plan_ids": [ids["plan_id"]],
        "feature_ids": [ids["feature_id"]],
        "featured_plan_id": ids["plan_id"],
    },
    "coupons.create": lambda ids: {
        "code": "spring",
        "name": "Spring",
        "percent": "20",
        "first_units": "5",
        "duration": "repeating",
        "periods": 3,
        "product_ids": [ids["product_id"]],
        "plan_ids": [ids["plan_id"]],
        "price_codes": ["seats"],
        "max_redemptions": 5,
        "max_per_customer": 1,
        "redeem_by": "2027-01-01T00:00:00Z",
        "external_id": "co-1",
    },
    "coupons.update": _fixed(name="Other", max_redemptions=6, redeem_by=None),
    "add_ons.create": lambda ids: {
        "code": "backup",
        "name": "Backup",
        "description": "Each night",
        "kind": "recurring",
        "prices": prices_of(ids),
        "feature_ids": [ids["feature_id"]],
        "plan_ids": [ids["plan_id"]],
        "max_quantity": "10",
        "external_id": "ao-1",
    },
    "add_ons.update": lambda ids: {
        "name": "Other",
        "prices": prices_of(ids),
        "feature_ids": [ids["feature_id"]],
        "plan_ids": [ids["plan_id"]],
        "max_quantity": None,
    },
    "discounts.redeem_for_one": _fixed(coupon="second", starts_at="2026-05-01T00:00:00Z"),
    "discounts.redeem_for_all": _fixed(coupon="second", external_id="d-1"),
    "subscription_add_ons.add": _fixed(
        code="extra", quantity="1", when="period_end", behavior="none", shared_usage=True
    ),
    "meters.create": _fixed(code="tokens-2", name="Tokens", external_id="m-1", **TOKENS_METER),
    "meters.update": _fixed(name="Other"),
    "tax_rates.create": _fixed(code="vat-2", name="VAT", percent="19", country="DE", external_id="t-1"),
    "tax_rates.update": _fixed(name="Other", valid_to="2030-01-01T00:00:00Z"),
    "plans.create": lambda ids: {
        "code": "team",
        "name": "Team",
        "description": "For teams",
        "product_id": ids["product_id"],
        "external_id": "pl-1",
        "visibility": "private",
        "position": 2,
        "kind": "bespoke",
        "min_seats": 2,
        "max_seats": 20,
        "trial_days": 14,
        "evaluation_days": 30,
        "publish": True,
        **version_of(ids),
    },
    "plans.update": _fixed(name="Other", description="None", position=3, max_seats=None),
    "plans.create_version": lambda ids: {
        "external_id": "pv-1",
        "features": version_of(ids)["features"],
        "keep": [ids["price_id"]],
        "prices": prices_of(ids)[1:],
    },
    "plans.add_price": lambda ids: {
        **prices_of(ids)[1],
        "code": "more",
        "description": "More",
        "unit": "token",
        "feature_id": ids["feature_id"],
        "external_id": "pr-1",
    },
    "prices.update": _fixed(name="Other", description="None", external_id="pr-2"),
    "events.void": _fixed(reason="sent by a test client"),
    "events.correct": lambda ids: {
        "id": "correction-of-" + ids["event_id"],
        "reason": "counted twice",
        "at": "2026-01-14T00:00:00Z",
        "properties": EVENT["properties"],
    },
    "events.send": lambda ids: {
        "id": "e-new",
        "customer": ids["customer_id"],
        "subscription": ids["subscription_id"],
        **EVENT,
    },
    "subscriptions.create": lambda ids: {
        "customer_id": ids["customer_id"],
        "plan_version_id": ids["plan_version_id"],
        "currency": "EUR",
        "quantities": {"seats": "2"},
        "started_at": "2026-01-05T00:00:00Z",
        "shared_usage": True,
        "prices": [_own_price(ids)],
        "overrides": [
            {
                "code": "seats",
                "params": {"unit_amount": "12"},
                "model": "per_unit",
                "starts_at": "2026-02-05T00:00:00Z",
                "ends_at": "2026-03-05T00:00:00Z",
            }
        ],
        "trial": {"days": 5, "at_end": "need_payment_method"},
        "term": {"interval": {"unit": "year", "count": 1}, "auto_renew": True, "renewals": 4},
        "add_ons": [{"code": "extra", "quantity": "1"}],
        "coupons": ["second"],
        "plan_reference": "pro-2026",
        "payment_method": "card",
        "external_id": "s-1",
    },
    "subscriptions.update": _fixed(
        external_id="s-2",
        plan_reference="pro-2027",
        payment_method="cash",
        late_usage_days=5,
        metadata={"a": 2},
    ),
    "plans.migrate": lambda ids: {
        "from_version": 2,
        "to_version": 1,
        "when": "at",
        "at": "2026-12-01T00:00:00Z",
        "behavior": "none",
        "customer_ids": [ids["customer_id"]],
    },
    "subscriptions.update_item": _fixed(quantity="4", when="now", behavior="always_invoice"),
    "subscriptions.reprice": lambda ids: {
        **_own_price(ids),
        "shared_usage": True,
        "when": "at",
        "at": "2026-12-01T00:00:00Z",
        "behavior": "none",
    },
    "subscriptions.change_plan": lambda ids: {
        "plan_version_id": ids["plan_version_id"],
        "price_codes": ["seats", "tokens"],
        "quantities": {"seats": "6"},
        "overrides": [{"code": "seats", "params": {"unit_amount": "11"}}],
        "keep_overrides": False,
        "shared_usage": True,
        "when": "at",
        "at": "2026-12-01T00:00:00Z",
        "behavior": "create_prorations",
    },
    "subscriptions.pause": _fixed(when="now", resume_at="2027-01-01T00:00:00Z"),
    "subscriptions.resume": _fixed(at=None),
    "subscriptions.change_trial": _fixed(
        ends_at="2029-01-01T00:00:00Z", at_end="need_payment_method", shared_usage=True
    ),
    "subscriptions.set_term": _fixed(
        interval={"unit": "year", "count": 2}, auto_renew=True, renewals=3, shared_usage=True
    ),
    "subscriptions.set_phases": lambda ids: {
        "phases": [
            {
                "name": "later",
                "starts_at": "2026-11-01T00:00:00Z",
                "plan_version_id": ids["plan_version_id"],
                "price_codes": ["seats", "tokens"],
                "prices": [_own_price(ids)],
                "overrides": [{"code": "seats", "params": {"unit_amount": "11"}}],
                "quantities": {"seats": "5"},
            },
            {"name": "last", "starts_at": "2026-12-01T00:00:00Z", "plan_id": ids["plan_id"]},
        ],
        "shared_usage": True,
    },
    "subscriptions.cancel": _fixed(when="at", at="2027-01-01T00:00:00Z", credit="unused", shared_usage=True),
    "credit_grants.create": lambda ids: {
        "subscription_id": ids["subscription_id"],
        "name": "Goodwill",
        "credits": "10.5",
        "cadence": "recurring",
        "period": "quarter",
        "period_count": 2,
        "expiration": "duration",
        "expiration_duration": 30,
        "expiration_unit": "day",
        "priority": 2,
        "currency": "EUR",
        "conversion_rate": "0.5",
        "topup_conversion_rate": "0.4",
        "starts_at": "2026-04-01T00:00:00Z",
        "ends_at": "2027-04-01T00:00:00Z",
        "anchor_at": "2026-04-15T00:00:00Z",
        "external_id": "cg-1",
        "metadata": {"a": 1},
    },
    "credit_grants.update": _fixed(name="Other", metadata={"a": 2}, ends_at="2030-01-01T00:00:00Z"),
    "issuers.create": _fixed(
        code="branch",
        name="Branch",
        external_id="i-1",
        address=ADDRESS,
        tax_number="DE136695976",
        registrations=[{"country": "DE"}],
        footer="Thank you",
        number_prefix="B-",
        next_number=10,
        grace_seconds=60,
        net_days=30,
        language="en",
    ),
    "issuers.update": _fixed(name="Other", address=ADDRESS, footer="Bye", net_days=10),
    "invoices.update": _fixed(external_id="inv-1", metadata={"a": 2}),
    "payments.create": lambda ids: {
        "amount": "1.00",
        "currency": "EUR",
        "invoice_id": ids["open_id"],
        "customer_id": ids["customer_id"],
        "method": "cash",
        "reference": "Note",
        "received_at": "2026-01-20T00:00:00Z",
        "external_id": "pay-1",
    },
    "simulations.create": simulation_of,
    "billing.advance": _fixed(to="2026-03-10T00:45:00Z"),
    "calculator.price": _fixed(
        currency="EUR",
        model="graduated",
        params=_TOKENS,
        quantity="1500",
        events=3,
        terms={
            "conversion": {"multiply_by": "60", "divide_by": "60", "unit": "hour"},
            "rounding": {"step": "1", "mode": "floor", "unit": "hour"},
            "included": "10",
            "minimum": {"amount": "1", "prorated": False},
            "maximum": {"amount": "1000", "prorated": True},
            "discounts": "after_minimum",
        },
        proration="14/31",
        discounts=[{"kind": "amount", "value": "1", "name": "Launch"}],
        rounding="half_even",
        closed=True,
    ),
    "calculator.proration": _fixed(
        currency="EUR",
        interval={"unit": "month", "count": 1},
        zone="Europe/Berlin",
        anchor={"day": 15},
        policy={"day_count": "exact", "denominator": "calendar_month", "rounding": "half_even"},
        part={"start": "2026-01-15T00:00:00Z", "end": "2026-02-01T00:00:00Z", "amount": "10"},
    ),
    "calculator.periods": _fixed(
        interval={"unit": "month", "count": 1},
        zone="Europe/Berlin",
        anchor={"day": 15},
        start="2026-01-15T00:00:00Z",
        end="2027-01-15T00:00:00Z",
        trial_days=10,
        cadence="in_arrears",
        policy={"day_count": "exact"},
        until="2026-06-15T00:00:00Z",
        count=3,
        currency="EUR",
        amount="10",
        **{"from": "2026-02-15T00:00:00Z"},
    ),
    "calculator.commitment": _fixed(
        currency="EUR",
        settlement={
            "commitment": {
                "measure": "quantity",
                "size": "500",
                "price": "100",
                "overage": {"kind": "rate", "value": "0.3"},
                "true_up": True,
                "payment": "postpaid",
                "drawn_by_usage": True,
            },
            "lines": [{"key": "calls", "quantity": "600", "unit_amount": "0.2"}],
            "closed": True,
            "pools": [{"key": "gift", "source": "included", "balance": "10", "lines": ["calls"]}],
            "order": ["commit", "included", "usage_credit"],
        },
    ),
    "calculator.tax": _fixed(
        currency="EUR",
        lines=[{"amount": "100.00", "rates": [{"code": "vat", "percent": "19"}], "mode": "inclusive"}],
        discount="10.00",
        tax_rounding="per_line",
        rounding="half_even",
    ),
    "test_clocks.create": _fixed(now_at="2026-01-01T00:00:00Z", name="second"),
    "environments.create": _fixed(name="trial"),
    "api_clients.create": _fixed(name="reader", scopes=["customers:read"], expires_at="2099-01-01T00:00:00Z"),
    "roles.create": _fixed(name="teller", permissions=["invoices:read"]),
    "roles.update": _fixed(name="clerk", permissions=["invoices:read", "ledger:read"]),
    "users.create": lambda ids: {
        "email": "b@nordwind.example",
        "name": "B",
        "role_id": ids["role_id"],
    },
    "users.update": lambda ids: {"name": "C", "role_id": ids["role_id"]},
    "organizations.create": lambda ids: {
        "name": "Nordwind",
        "slug": f"n-{ids['organization_id'][-26:]}",
        "metadata": {"a": 1},
    },
}
