"""What Flexprice's users ask most, as arguments of their client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

START: Final = datetime(2026, 1, 31, tzinfo=UTC)
"""A start on the last day of a month, in the past."""


def price(plan_id: str, amount: str | None = "10", **more: Any) -> dict[str, Any]:
    """A monthly price of a plan in dollars, in advance."""
    return {
        "entity_type": "PLAN",
        "entity_id": plan_id,
        "type_": "FIXED",
        "billing_model": "FLAT_FEE",
        "billing_period": "MONTHLY",
        "billing_period_count": 1,
        "invoice_cadence": "ADVANCE",
        "price_unit_type": "FIAT",
        "currency": "usd",
        "amount": amount,
        **more,
    }


def grant(plan_id: str | None = None, **more: Any) -> dict[str, Any]:
    """A grant of 100 credits a month, with a plan or with what ``more`` says."""
    owner = {"scope": "PLAN", "plan_id": plan_id} if plan_id else {"scope": "SUBSCRIPTION"}
    return {
        "name": "Included",
        "credits": "100",
        "cadence": "RECURRING",
        "period": "MONTHLY",
        "period_count": 1,
        **owner,
        **more,
    }


def subscribed(client: Any, plan_id: str, external_id: str = "acme", **more: Any) -> Any:
    """A new customer's subscription to a plan since the end of January."""
    customer = client.customers.create_customer(external_id=external_id, name=external_id.title())
    asked = {"currency": "usd", "billing_period": "MONTHLY", "start_date": START, **more}
    return client.subscriptions.create_subscription(customer_id=customer.id, plan_id=plan_id, **asked)
