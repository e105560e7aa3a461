"""What Flexprice's users do with subscriptions: subscribe, find, cancel."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from flexprice.models import errors

from tests.faces.flexprice.asked import START, grant, price, subscribed


def test_a_customer_is_subscribed_since_the_end_of_january(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    fee = client.prices.create_price(**price(plan.id))
    customer = client.customers.create_customer(external_id="acme", name="Acme")
    made = client.subscriptions.create_subscription(
        external_customer_id="acme",
        plan_id=plan.id,
        currency="usd",
        billing_period="MONTHLY",
        start_date=START,
        lookup_key="contract-7",
        metadata={"sold_by": "partner"},
    )
    assert (made.customer_id, made.plan_id, made.subscription_status) == (customer.id, plan.id, "active")
    assert (made.currency, made.billing_period, made.billing_period_count) == ("usd", "MONTHLY", 1)
    assert (made.billing_cadence, made.billing_cycle) == ("RECURRING", "anniversary")
    assert (made.start_date, made.billing_anchor, made.end_date) == (START, START, None)
    assert (made.lookup_key, made.metadata, made.status) == (
        "contract-7",
        {"sold_by": "partner"},
        "published",
    )
    # Months from 31 January: 28 February, 31 March, 30 April …; now lies in one of them.
    assert made.current_period_start <= made.created_at < made.current_period_end
    assert made.current_period_start.day in (28, 29, 30, 31)
    assert made.current_period_end.day in (28, 29, 30, 31)
    [item] = made.line_items
    assert (item.price_id, item.quantity, item.display_name) == (fee.id, "1", "Pro")
    assert (item.entity_type, item.entity_id, item.plan_display_name) == ("plan", plan.id, "Pro")
    assert (item.start_date, item.price.amount) == (START, "10")
    assert (made.customer.external_id, made.plan.name) == ("acme", "Pro")
    assert client.subscriptions.get_subscription(id=made.id) == made


def test_a_plan_is_sold_by_the_month_or_the_year_and_in_two_currencies(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    monthly = client.prices.create_price(**price(plan.id, "10"))
    yearly = client.prices.create_price(**price(plan.id, "100", billing_period="ANNUAL"))
    euros = client.prices.create_price(**price(plan.id, "9", currency="eur"))
    sold: list[dict[str, str]] = [
        {"billing_period": "MONTHLY", "currency": "usd"},
        {"billing_period": "ANNUAL", "currency": "usd"},
        {"billing_period": "MONTHLY", "currency": "eur"},
    ]
    taken = [subscribed(client, plan.id, f"c{number}", **asked) for number, asked in enumerate(sold)]
    assert [[item.price_id for item in one.line_items] for one in taken] == [
        [monthly.id],
        [yearly.id],
        [euros.id],
    ]
    assert [(one.billing_period, one.currency) for one in taken] == [
        ("MONTHLY", "usd"),
        ("ANNUAL", "usd"),
        ("MONTHLY", "eur"),
    ]
    with pytest.raises(errors.ErrorResponse) as refused:
        subscribed(client, plan.id, billing_period="ANNUAL", currency="eur")
    assert refused.value.message == (
        "billing_period: the plan has no price in eur for this period"
        " (allowed: ANNUAL in usd, MONTHLY in eur, MONTHLY in usd)"
    )


def test_a_calendar_subscription_of_several_seats(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    seats = client.prices.create_price(**price(plan.id))
    made = subscribed(
        client,
        plan.id,
        billing_cycle="calendar",
        override_line_items=[{"price_id": seats.id, "quantity": "12"}],
    )
    assert (made.billing_cycle, made.line_items[0].quantity) == ("calendar", "12")
    assert (made.current_period_start.day, made.current_period_end.day) == (1, 1)


def test_a_customer_pays_another_amount_than_the_plan_says(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    seats = client.prices.create_price(**price(plan.id, "10", display_name="Seats"))
    fee = client.prices.create_price(**price(plan.id, "100", display_name="Fee"))
    volume = [{"up_to": 5, "unit_amount": "9"}, {"unit_amount": "7", "flat_amount": "1"}]
    made = subscribed(
        client,
        plan.id,
        override_line_items=[
            {"price_id": fee.id, "amount": "80"},
            {
                "price_id": seats.id,
                "quantity": "6",
                "billing_model": "TIERED",
                "tier_mode": "VOLUME",
                "tiers": volume,
            },
        ],
    )
    lines = {line.display_name: line for line in made.line_items}
    assert (lines["Fee"].price.amount, lines["Fee"].quantity) == ("80", "1")
    assert (lines["Seats"].price.billing_model, lines["Seats"].price.tier_mode) == ("TIERED", "VOLUME")
    assert [(one.up_to, one.unit_amount) for one in lines["Seats"].price.tiers] == [(5, "9"), (None, "7")]
    assert lines["Seats"].quantity == "6"
    assert {line.price.entity_type for line in made.line_items} == {"SUBSCRIPTION"}
    assert {line.price.entity_id for line in made.line_items} == {made.id}
    assert client.prices.get_price(id=fee.id).amount == "100"


def test_a_subscription_that_begins_later_waits_as_a_draft(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    later = datetime(2030, 1, 1, tzinfo=UTC)
    made = subscribed(client, plan.id, start_date=later)
    assert (made.subscription_status, made.start_date, made.current_period_start) == ("draft", later, None)


def test_an_end_date_is_a_scheduled_end(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    end = datetime(2030, 1, 1, tzinfo=UTC)
    made = subscribed(client, plan.id, end_date=end)
    assert (made.cancel_at, made.subscription_status) == (end, "active")


def test_a_subscription_ends_with_its_period_unless_it_is_taken_back(client: Any) -> None:
    made = subscribed(client, client.plans.create_plan(name="Pro").id)
    cancelled = client.subscriptions.cancel_subscription(
        id=made.id, cancellation_type="end_of_period", reason="too dear"
    )
    assert (cancelled.effective_date, cancelled.status) == (made.current_period_end, "active")
    assert (cancelled.subscription_id, cancelled.reason) == (made.id, "too dear")
    shown = client.subscriptions.get_subscription(id=made.id)
    assert (shown.cancel_at, shown.cancel_at_period_end) == (made.current_period_end, True)
    back = client.subscriptions.update_subscription(id=made.id, cancel_at_period_end=False)
    assert (back.cancel_at, back.cancel_at_period_end, back.subscription_status) == (None, False, "active")


def test_a_subscription_ends_at_once_and_once_only(client: Any) -> None:
    made = subscribed(client, client.plans.create_plan(name="Pro").id)
    cancelled = client.subscriptions.cancel_subscription(
        id=made.id,
        cancellation_type="immediate",
        cancel_immediately_invoice_policy="generate_invoice",
    )
    assert (cancelled.status, cancelled.total_credit_amount) == ("cancelled", "0")
    shown = client.subscriptions.get_subscription(id=made.id)
    assert (shown.subscription_status, shown.end_date) == ("cancelled", cancelled.effective_date)
    with pytest.raises(errors.ErrorResponse) as refused:
        client.subscriptions.cancel_subscription(id=made.id, cancellation_type="immediate")
    assert refused.value.data.code == "invalid_operation"


def test_a_subscription_ends_at_a_date(client: Any) -> None:
    made = subscribed(client, client.plans.create_plan(name="Pro").id)
    end = datetime(2030, 5, 17, 12, tzinfo=UTC)
    cancelled = client.subscriptions.cancel_subscription(
        id=made.id, cancellation_type="scheduled_date", cancel_at=end
    )
    assert (cancelled.effective_date, cancelled.status) == (end, "active")
    earlier = datetime(2029, 5, 17, tzinfo=UTC)
    moved = client.subscriptions.update_subscription(id=made.id, cancel_at=earlier)
    assert moved.cancel_at == earlier


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cancellation_type": "scheduled_date"}, "cancel_at"),
        ({"cancellation_type": "immediate", "cancel_at": "2030-01-01T00:00:00Z"}, "cancel_at"),
        ({"cancellation_type": "scheduled_date", "cancel_at": "2020-01-01T00:00:00Z"}, "cancel_at"),
        ({"cancellation_type": "immediate", "proration_behavior": "create_prorations"}, "proration_behavior"),
        (
            {"cancellation_type": "immediate", "cancel_immediately_inovice_policy": "skip"},
            "cancel_immediately_inovice_policy",
        ),
        ({"cancellation_type": "sometime"}, "cancellation_type"),
        ({}, "cancellation_type"),
    ],
)
async def test_an_end_that_cannot_be_honoured_is_refused(
    client: Any, http: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    made = subscribed(client, client.plans.create_plan(name="Pro").id)
    answer = await http.post(f"/subscriptions/{made.id}/cancel", json=body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, field)
    assert client.subscriptions.get_subscription(id=made.id) == made


async def test_subscriptions_are_listed_and_found_alike(client: Any, http: httpx.AsyncClient) -> None:
    pro, basic = (client.plans.create_plan(name=name) for name in ("Pro", "Basic"))
    client.credit_grants.create_credit_grant(**grant(pro.id))
    ant, bee, cat = (
        subscribed(client, plan.id, name) for plan, name in ((pro, "ant"), (basic, "bee"), (pro, "cat"))
    )
    client.subscriptions.cancel_subscription(id=bee.id, cancellation_type="immediate")

    def found(**asked: Any) -> list[str | None]:
        return [one.id for one in client.subscriptions.query_subscription(**asked).items]

    async def listed(**query: Any) -> list[str]:
        return [one["id"] for one in (await http.get("/subscriptions", params=query)).json()["items"]]

    assert found() == await listed() == [cat.id, bee.id, ant.id]
    assert found(order="asc", limit=2) == await listed(order="asc", limit=2) == [ant.id, bee.id]
    assert found(plan_id=pro.id) == await listed(plan_id=pro.id) == [cat.id, ant.id]
    assert found(customer_id=bee.customer_id) == await listed(customer_id=bee.customer_id) == [bee.id]
    assert found(external_customer_id="cat") == await listed(external_customer_id="cat") == [cat.id]
    assert found(external_customer_id="dog") == await listed(external_customer_id="dog") == []
    assert (
        found(subscription_status=["cancelled"]) == await listed(subscription_status="cancelled") == [bee.id]
    )
    both = [ant.id, bee.id]
    assert found(subscription_ids=both) == await listed(subscription_ids=both) == [bee.id, ant.id]
    assert found(status="archived") == await listed(status="archived") == []
    condition = {"field": "subscription_status", "operator": "eq", "value": {"string": "active"}}
    assert found(filters=[condition], plan_id=pro.id) == [cat.id, ant.id]
    of_bee = client.customers.get_subscriptions_for_customer(external_id="bee")
    assert [one.id for one in of_bee.items] == [bee.id]


def test_a_list_shows_what_it_is_asked_for(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    client.prices.create_price(**price(plan.id))
    client.credit_grants.create_credit_grant(**grant(plan.id))
    made = subscribed(client, plan.id)
    [bare] = client.subscriptions.query_subscription().items
    assert (bare.line_items, bare.customer, bare.plan, bare.credit_grants) == (None, None, None, None)
    expand = "customer,plan,credit_grants"
    [full] = client.subscriptions.query_subscription(with_line_items=True, expand=expand).items
    assert full == made


@pytest.mark.parametrize(
    ("wrong", "field", "status"),
    [
        ({"customer_id": "cust_x"}, "customer_id", 404),
        ({"customer_id": None}, "customer_id", 400),
        ({"external_customer_id": "acme"}, "customer_id", 400),
        ({"plan_id": "plan_x"}, "plan_id", 404),
        ({"plan_id": "plan_00000000000000000000000000"}, "plan_id", 404),
        ({"currency": "eur"}, "billing_period", 400),
        ({"currency": "money"}, "currency", 400),
        ({"billing_period": "ANNUAL"}, "billing_period", 400),
        ({"billing_period": "ONETIME"}, "billing_period", 400),
        ({"billing_period_count": 0}, "billing_period_count", 400),
        ({"billing_cycle": "lunar"}, "billing_cycle", 400),
        ({"billing_cycle": "calendar", "billing_anchor": "2026-01-15T00:00:00Z"}, "billing_anchor", 400),
        ({"start_date": "yesterday"}, "start_date", 400),
        ({"end_date": "2020-01-01T00:00:00Z"}, "end_date", 400),
        ({"trial_period_days": 14}, "trial_period_days", 400),
        ({"coupons": ["ten"]}, "coupons", 400),
        ({"phases": [{"start_date": "2026-01-01T00:00:00Z"}]}, "phases", 400),
        ({"commitment_amount": "100"}, "commitment_amount", 400),
        ({"overage_factor": "1.5"}, "overage_factor", 400),
        ({"collection_method": "charge_automatically"}, "collection_method", 400),
        ({"payment_behavior": "default_incomplete"}, "payment_behavior", 400),
        ({"timezone": "Europe/Berlin"}, "timezone", 400),
        ({"override_line_items": [{"price_id": "price_x"}]}, "override_line_items.0.price_id", 400),
        (
            {"override_line_items": [{"price_id": "", "quantity": "-1"}]},
            "override_line_items.0.quantity",
            400,
        ),
        ({"override_line_items": [{"price_id": "", "amount": "-1"}]}, "override_line_items.0.amount", 400),
        ({"override_line_items": [{"price_id": "", "amount": "x"}]}, "override_line_items.0.amount", 400),
        (
            {"override_line_items": [{"price_id": "", "billing_model": "TIERED", "tier_mode": "SLAB"}]},
            "override_line_items.0.tiers",
            400,
        ),
        ({"lookup_key": ""}, None, 201),
        ({"overage_factor": "1", "proration_behavior": "none", "timezone": "UTC"}, None, 201),
    ],
)
async def test_terms_that_cannot_be_honoured_are_refused_by_their_names(
    client: Any, http: httpx.AsyncClient, wrong: dict[str, Any], field: str | None, status: int
) -> None:
    plan = client.plans.create_plan(name="Pro")
    fee = client.prices.create_price(**price(plan.id))
    for one in wrong.get("override_line_items", ()):
        one["price_id"] = one["price_id"] or fee.id
    customer = client.customers.create_customer(external_id="acme", name="Acme")
    body = {
        "customer_id": customer.id,
        "plan_id": plan.id,
        "currency": "usd",
        "billing_period": "MONTHLY",
        **wrong,
    }
    answer = await http.post("/subscriptions", json=body)
    assert (answer.status_code, answer.json().get("details", {}).get("field")) == (status, field), answer.text
    assert client.subscriptions.query_subscription().pagination.total == (status == 201)
