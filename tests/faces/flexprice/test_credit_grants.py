"""What Flexprice's users do with credit grants: with a plan, with a subscription, listed, changed, ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from flexprice.models import errors

from tests.faces.flexprice.asked import START, grant, price, subscribed


def test_a_plan_with_a_price_and_a_grant_gives_each_subscriber_the_grant(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    client.prices.create_price(**price(plan.id))
    template = client.credit_grants.create_credit_grant(**grant(plan.id, credits="1000.50", priority=2))
    assert (template.credits, template.scope, template.status) == ("1000.5", "PLAN", "published")
    assert (template.plan_id, template.subscription_id, template.start_date) == (plan.id, None, None)

    made = subscribed(client, plan.id)
    [own] = made.credit_grants
    assert (own.scope, own.subscription_id, own.plan_id) == ("SUBSCRIPTION", made.id, None)
    assert (own.name, own.credits, own.period, own.period_count, own.priority) == (
        "Included",
        "1000.5",
        "MONTHLY",
        1,
        2,
    )
    assert (own.start_date, own.credit_grant_anchor, own.end_date) == (START, START, None)
    assert client.credit_grants.get_credit_grant(id=own.id) == own
    assert client.subscriptions.get_subscription(id=made.id).credit_grants == [own]


def test_the_grants_of_a_plan_are_those_that_new_subscribers_get(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    first, second = (
        client.credit_grants.create_credit_grant(**grant(plan.id, name=name)) for name in ("First", "Second")
    )
    client.credit_grants.create_credit_grant(**grant(client.plans.create_plan(name="Other").id))
    subscribed(client, plan.id)

    listed = client.credit_grants.get_plan_credit_grants(id=plan.id)
    assert [one.id for one in listed.items] == [second.id, first.id]
    assert listed.pagination.total == 2
    assert client.plans.get_plan(id=plan.id).credit_grants == listed.items

    deleted = client.credit_grants.delete_credit_grant(id=first.id)
    assert deleted.message
    assert [one.id for one in client.credit_grants.get_plan_credit_grants(id=plan.id).items] == [second.id]
    assert client.credit_grants.get_credit_grant(id=first.id).status == "archived"


def test_an_archived_template_is_copied_no_more_and_what_was_copied_goes_on(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    template = client.credit_grants.create_credit_grant(**grant(plan.id))
    earlier = subscribed(client, plan.id, "early")
    client.credit_grants.delete_credit_grant(id=template.id)
    assert subscribed(client, plan.id, "late").credit_grants == []
    [kept] = client.subscriptions.get_subscription(id=earlier.id).credit_grants
    assert (kept.status, kept.end_date) == ("published", None)


def test_a_subscription_brings_grants_of_its_own(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    once: dict[str, Any] = {"name": "Welcome", "scope": "SUBSCRIPTION", "credits": "5", "cadence": "ONETIME"}
    expiring = {"expiration_type": "DURATION", "expiration_duration": 3, "expiration_duration_unit": "MONTH"}
    made = subscribed(client, plan.id, credit_grants=[once | expiring])
    [own] = made.credit_grants
    assert (own.cadence, own.period, own.period_count) == ("ONETIME", None, None)
    assert (own.expiration_type, own.expiration_duration, own.expiration_duration_unit) == (
        "DURATION",
        3,
        "MONTH",
    )


def test_a_subscription_gets_a_grant_later_and_loses_it_at_a_date(client: Any) -> None:
    made = subscribed(client, client.plans.create_plan(name="Pro").id)
    later = datetime(2027, 3, 1, tzinfo=UTC)
    own = client.credit_grants.create_credit_grant(
        **grant(subscription_id=made.id, start_date=later, expiration_type="BILLING_CYCLE")
    )
    assert (own.start_date, own.end_date, own.expiration_type) == (later, None, "BILLING_CYCLE")
    end = datetime(2027, 6, 1, tzinfo=UTC)
    client.credit_grants.delete_credit_grant(id=own.id, effective_date=end)
    ended = client.credit_grants.get_credit_grant(id=own.id)
    assert (ended.end_date, ended.status) == (end, "published")


def test_a_grants_name_metadata_and_end_change_and_nothing_else(client: Any) -> None:
    made = subscribed(client, client.plans.create_plan(name="Pro").id)
    own = client.credit_grants.create_credit_grant(**grant(subscription_id=made.id))
    end = datetime(2030, 1, 1, tzinfo=UTC)
    changed = client.credit_grants.update_credit_grant(
        id=own.id, name="Promised", metadata={"deal": "7"}, end_date=end
    )
    assert (changed.name, changed.metadata, changed.end_date) == ("Promised", {"deal": "7"}, end)
    assert changed.credits == own.credits
    assert client.credit_grants.get_credit_grant(id=own.id) == changed


def test_the_credits_that_come_next_are_known(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    monthly = grant(
        plan.id, expiration_type="DURATION", expiration_duration=1, expiration_duration_unit="DAY"
    )
    client.credit_grants.create_credit_grant(**monthly)
    made = subscribed(client, plan.id)
    later = datetime(2030, 1, 1, tzinfo=UTC)
    once = {"name": "Gift", "scope": "SUBSCRIPTION", "credits": "5", "cadence": "ONETIME"}
    gift = client.credit_grants.create_credit_grant(subscription_id=made.id, start_date=later, **once)

    first, second = client.subscriptions.get_subscription_upcoming_grants(id=made.id).items
    assert (first.credits, first.application_status) == ("100", "pending")
    assert first.application_reason == "first_time_recurring_credit_grant"
    assert (first.period_start, first.period_end) == (START, datetime(2026, 2, 28, tzinfo=UTC))
    assert (second.credit_grant_id, second.credits, second.period_start) == (gift.id, "5", later)
    assert (second.application_reason, second.period_end) == ("onetime_credit_grant", None)
    assert second.scheduled_for == "2030-01-01T00:00:00Z"
    of_customer = client.customers.get_customer_upcoming_grants(id=made.customer_id)
    assert (of_customer.items, of_customer.pagination.total) == ([first, second], 2)


def test_cancelling_a_subscription_ends_its_grants(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    client.credit_grants.create_credit_grant(**grant(plan.id))
    made = subscribed(client, plan.id)
    cancelled = client.subscriptions.cancel_subscription(id=made.id, cancellation_type="immediate")
    ended = client.credit_grants.get_credit_grant(id=made.credit_grants[0].id)
    assert ended.end_date == cancelled.effective_date


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"credits": "0"}, "credits"),
        ({"credits": "-1"}, "credits"),
        ({"credits": "many"}, "credits"),
        ({"period": None}, "period"),
        ({"period_count": None}, "period_count"),
        ({"period_count": 0}, "period_count"),
        ({"expiration_type": "DURATION"}, "expiration_duration"),
        ({"expiration_type": "DURATION", "expiration_duration": 3}, "expiration_duration_unit"),
        ({"start_date": START}, "start_date"),
        ({"end_date": START}, "end_date"),
        ({"conversion_rate": "0"}, "conversion_rate"),
        ({"scope": "ADDON", "addon_id": "addon_1"}, "scope"),
        ({"scope": "SUBSCRIPTION", "plan_id": None}, "subscription_id"),
        ({"proration_behavior": "create_prorations"}, "proration_behavior"),
        ({"name": ""}, "name"),
    ],
)
def test_a_grant_that_means_nothing_is_refused_by_its_field(
    client: Any, wrong: dict[str, Any], field: str
) -> None:
    plan = client.plans.create_plan(name="Pro")
    with pytest.raises(errors.ErrorResponse) as refused:
        client.credit_grants.create_credit_grant(**(grant(plan.id) | wrong))
    assert (refused.value.data.code, refused.value.status_code) == ("validation_error", 400)
    assert refused.value.message.startswith(f"{field}")
    assert client.credit_grants.get_plan_credit_grants(id=plan.id).items == []


def test_a_subscription_with_an_impossible_grant_is_not_made(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    wrong = grant(start_date=datetime(2020, 1, 1, tzinfo=UTC))
    with pytest.raises(errors.ErrorResponse) as refused:
        subscribed(client, plan.id, credit_grants=[grant(), wrong])
    assert refused.value.message.startswith("credit_grants.1.start_date")
    assert client.subscriptions.query_subscription().items == []


async def test_the_list_of_the_first_api_shows_currency_and_credits_as_text(
    client: Any, http: httpx.AsyncClient
) -> None:
    plan = client.plans.create_plan(name="Pro")
    template = client.credit_grants.create_credit_grant(**grant(plan.id, credits="12.50"))
    made = subscribed(client, plan.id)
    listed = (await http.get("/creditgrants")).json()
    assert listed["pagination"] == {"total": 2, "limit": 50, "offset": 0}
    of_subscription, of_plan = listed["items"]
    assert (of_plan["id"], of_plan["credits"], of_plan.get("currency")) == (template.id, "12.5", None)
    assert (of_subscription["subscription_id"], of_subscription["currency"]) == (made.id, "usd")
    assert of_plan["tenant_id"] == plan.tenant_id
    assert of_plan["environment_id"] == plan.environment_id


async def test_a_grant_in_one_currency_goes_to_subscriptions_in_it(
    client: Any, http: httpx.AsyncClient
) -> None:
    plan = client.plans.create_plan(name="Pro")
    answer = await http.post("/creditgrants", json=grant(plan.id, currency="eur"))
    assert (answer.status_code, answer.json()["currency"]) == (201, "eur")
    assert subscribed(client, plan.id, "dollars").credit_grants == []
    assert len(subscribed(client, plan.id, "euros", currency="eur").credit_grants) == 1


async def test_grants_are_listed_by_plan_subscription_status_and_time(
    client: Any, http: httpx.AsyncClient
) -> None:
    plan, other = (client.plans.create_plan(name=name) for name in ("Pro", "Other"))
    first, second, archived = (
        client.credit_grants.create_credit_grant(**grant(plan.id, name=name)) for name in ("B", "A", "C")
    )
    elsewhere = client.credit_grants.create_credit_grant(**grant(other.id, name="D"))
    client.credit_grants.delete_credit_grant(id=archived.id)
    made = subscribed(client, other.id)
    [own] = made.credit_grants

    async def listed(**query: Any) -> list[str]:
        answer = await http.get("/creditgrants", params=query)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        assert found["pagination"]["total"] >= len(found["items"])
        return [one["id"] for one in found["items"]]

    everything = [own.id, elsewhere.id, archived.id, second.id, first.id]
    assert await listed() == everything
    assert await listed(order="asc") == everything[::-1]
    assert await listed(plan_ids=plan.id) == [archived.id, second.id, first.id]
    assert await listed(plan_ids=[plan.id, other.id], status="published") == [
        elsewhere.id,
        second.id,
        first.id,
    ]
    assert await listed(plan_ids=f"{plan.id},{other.id}", limit=2, offset=1) == [archived.id, second.id]
    assert await listed(subscription_ids=made.id) == [own.id]
    assert await listed(plan_ids=plan.id, subscription_ids=made.id) == []
    assert await listed(status="archived") == [archived.id]
    assert await listed(status="deleted") == []
    assert await listed(plan_ids=plan.id, sort="name", order="asc") == [second.id, first.id, archived.id]
    assert await listed(start_time=first.created_at.isoformat(), end_time=second.created_at.isoformat()) == [
        second.id,
        first.id,
    ]
    assert await listed(plan_ids="plan_of_nobody") == []
    assert await listed(expand="plan", unknown="x", limit=1000) == everything


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"offset": "-1"}, "offset"),
        ({"order": "up"}, "order"),
        ({"status": "gone"}, "status"),
        ({"sort": "credits"}, "sort"),
        ({"start_time": "yesterday"}, "start_time"),
        ({"end_time": "2026-01-01"}, "end_time"),
        ({"start_time": "2026-02-01T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}, "end_time"),
    ],
)
async def test_an_impossible_list_is_refused_by_its_parameter(
    http: httpx.AsyncClient, query: dict[str, str], field: str
) -> None:
    answer = await http.get("/creditgrants", params=query)
    refusal = answer.json()
    assert (answer.status_code, refusal["http_status_code"], refusal["code"]) == (
        400,
        400,
        "validation_error",
    )
    assert refusal["details"]["field"] == field
    assert refusal["details"]["allowed"]


async def test_credits_may_be_a_number_and_keep_every_digit(client: Any, http: httpx.AsyncClient) -> None:
    plan = client.plans.create_plan(name="Pro")
    body = f"""{{"name": "G", "scope": "PLAN", "plan_id": "{plan.id}", "cadence": "ONETIME",
                 "credits": 0.10000000000000000000000001}}"""
    answer = await http.post("/creditgrants", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["credits"]) == (201, "0.10000000000000000000000001")


async def test_a_grant_of_nothing_known_is_not_found(client: Any, http: httpx.AsyncClient) -> None:
    plan = client.plans.create_plan(name="Pro")
    template = client.credit_grants.create_credit_grant(**grant(plan.id))
    assert template.id is not None
    twisted = template.id.replace("cg_", "plan_")
    for path in (f"/creditgrants/{twisted}", "/creditgrants/x", f"/addons/{plan.id}/creditgrants"):
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), path
    answer = await http.post("/creditgrants", json=grant(twisted.replace("plan_", "subs_")))
    assert (answer.status_code, answer.json()["details"]["field"]) == (404, "plan_id")


async def test_a_grant_is_deleted_with_or_without_a_body(client: Any, http: httpx.AsyncClient) -> None:
    plan = client.plans.create_plan(name="Pro")
    for content in (b"", b"{}"):
        template = client.credit_grants.create_credit_grant(**grant(plan.id))
        kind = {"content-type": "application/json"}
        answer = await http.request("DELETE", f"/creditgrants/{template.id}", content=content, headers=kind)
        assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert client.credit_grants.get_plan_credit_grants(id=plan.id).pagination.total == 0
