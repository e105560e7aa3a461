"""What Flexprice's users do with features, plans and prices."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from flexprice.models import errors

from tests.faces.flexprice.asked import price, subscribed

CALLS: dict[str, Any] = {
    "name": "API calls",
    "event_name": "api_call",
    "aggregation": {"type": "SUM", "field": "count"},
    "reset_usage": "BILLING_PERIOD",
    "filters": [{"key": "region", "values": ["eu", "us"]}],
}


def calls(client: Any, **more: Any) -> Any:
    """A metered feature with a meter of its own."""
    return client.features.create_feature(name="API calls", type_="metered", meter=CALLS, **more)


def usage(client: Any, plan_id: str | None, **more: Any) -> dict[str, Any]:
    """A price by usage."""
    metered = {"type_": "USAGE", "meter_id": calls(client).meter_id, "invoice_cadence": "ARREAR"}
    return price(plan_id or "", **({"amount": None} | metered | more))


def test_a_metered_feature_brings_its_meter_along(client: Any) -> None:
    made = calls(client, lookup_key="api", unit_singular="call", unit_plural="calls", metadata={"k": "v"})
    assert (made.type, made.lookup_key, made.unit_singular, made.unit_plural) == (
        "metered",
        "api",
        "call",
        "calls",
    )
    meter = made.meter
    assert (meter.id, meter.event_name, meter.reset_usage) == (made.meter_id, "api_call", "BILLING_PERIOD")
    assert (meter.aggregation.type, meter.aggregation.field) == ("SUM", "count")
    assert [(one.key, one.values) for one in meter.filters] == [("region", ["eu", "us"])]
    again = client.features.create_feature(name="Again", type_="metered", meter_id=made.meter_id)
    assert again.meter == meter


@pytest.mark.parametrize("kind", ["boolean", "static", "config"])
def test_a_feature_of_another_type_has_no_meter(client: Any, kind: str) -> None:
    made = client.features.create_feature(name="SSO", type_=kind)
    assert (made.type, made.meter, made.meter_id) == (kind, None, None)
    with pytest.raises(errors.ErrorResponse) as refused:
        client.features.create_feature(name="SSO", type_=kind, meter=CALLS)
    assert refused.value.message.startswith("meter:")


def test_a_feature_is_renamed_found_and_put_away(client: Any) -> None:
    made = calls(client, lookup_key="api")
    other = client.features.create_feature(name="SSO", type_="boolean")
    changed = client.features.update_feature(id=made.id, name="Requests", description="All of them")
    assert (changed.name, changed.description, changed.meter) == ("Requests", "All of them", made.meter)
    found = client.features.query_feature(meter_ids=[made.meter_id])
    assert found.items == [changed]
    assert client.features.query_feature(lookup_key="api").items == [changed]
    assert [one.id for one in client.features.query_feature(name_contains="sso").items] == [other.id]
    assert client.features.delete_feature(id=made.id).message
    assert [one.id for one in client.features.query_feature().items] == [other.id]


@pytest.mark.parametrize(
    ("meter", "field"),
    [
        ({"aggregation": {"type": "WEIGHTED_SUM", "field": "x"}}, "meter.aggregation.type"),
        ({"aggregation": {"type": "SUM"}}, "meter.aggregation.field"),
        ({"aggregation": {"type": "COUNT", "field": "x"}}, "meter.aggregation.field"),
        (
            {"aggregation": {"type": "MAX", "field": "x", "bucket_size": "DAY"}},
            "meter.aggregation.bucket_size",
        ),
        ({"reset_usage": "NEVER"}, "meter.reset_usage"),
        ({"event_name": ""}, "meter.event_name"),
    ],
)
def test_a_meter_that_counts_otherwise_is_refused_and_no_feature_is_made(
    client: Any, meter: dict[str, Any], field: str
) -> None:
    with pytest.raises(errors.ErrorResponse) as refused:
        client.features.create_feature(name="F", type_="metered", meter=CALLS | meter)
    assert refused.value.message.startswith(field)
    assert client.features.query_feature().items == []


def test_a_plan_shows_its_prices_and_is_found_by_key(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro", lookup_key="pro", description="For teams", display_order=2)
    assert (plan.lookup_key, plan.description, plan.display_order) == ("pro", "For teams", 2)
    fee = client.prices.create_price(**price(plan.id))
    by_usage = client.prices.create_price(**usage(client, plan.id, amount="0.05"))
    shown = client.plans.get_plan(id=plan.id)
    assert [one.id for one in shown.prices] == [fee.id, by_usage.id]
    assert [one.meter and one.meter.event_name for one in shown.prices] == [None, "api_call"]
    [found] = client.plans.query_plan(lookup_key="pro", expand="prices").items
    assert [one.id for one in found.prices] == [fee.id, by_usage.id]
    assert client.plans.query_plan(lookup_key="pro").items[0].prices is None


async def test_plans_are_changed_listed_and_put_away(client: Any, http: httpx.AsyncClient) -> None:
    first, second = (client.plans.create_plan(name=name) for name in ("First", "Second"))
    changed = client.plans.update_plan(
        id=first.id, name="Best", lookup_key="best", display_order=7, metadata={"k": "v"}
    )
    assert (changed.name, changed.lookup_key, changed.display_order, changed.metadata) == (
        "Best",
        "best",
        7,
        {"k": "v"},
    )
    listed = (await http.get("/plans", params={"order": "asc"})).json()
    assert [one["name"] for one in listed["items"]] == ["Best", "Second"]
    client.plans.delete_plan(id=second.id)
    assert client.plans.query_plan().pagination.total == 1
    assert [one.id for one in client.plans.query_plan(status="archived").items] == [second.id]
    with pytest.raises(errors.ErrorResponse) as refused:
        subscribed(client, second.id)
    assert refused.value.data.code == "invalid_operation"
    assert refused.value.message.startswith("plan_id")


def test_a_fixed_fee_is_named_after_its_plan_and_usage_after_its_meter(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    fee = client.prices.create_price(**price(plan.id, "49.90", lookup_key="pro-fee"))
    assert (fee.amount, fee.currency, fee.type, fee.billing_model) == ("49.9", "usd", "FIXED", "FLAT_FEE")
    assert (fee.billing_cadence, fee.billing_period, fee.invoice_cadence) == (
        "RECURRING",
        "MONTHLY",
        "ADVANCE",
    )
    assert (fee.entity_type, fee.entity_id, fee.display_name) == ("PLAN", plan.id, "Pro")
    by_usage = client.prices.create_price(**usage(client, plan.id, amount="0.0005"))
    assert (by_usage.type, by_usage.amount, by_usage.display_name) == ("USAGE", "0.0005", "API calls")
    assert client.prices.get_price(id=fee.id) == fee
    assert client.prices.get_price_by_lookup_key(lookup_key="pro-fee") == fee


def test_packages_and_tiers_come_back_as_they_were_given(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    meter = calls(client).meter_id
    metered = {"type_": "USAGE", "meter_id": meter, "invoice_cadence": "ARREAR"}
    package = client.prices.create_price(
        **price(
            plan.id,
            "5",
            billing_model="PACKAGE",
            transform_quantity={"divide_by": 100, "round": "down"},
            **metered,
        )
    )
    assert (package.billing_model, package.amount) == ("PACKAGE", "5")
    assert (package.transform_quantity.divide_by, package.transform_quantity.round) == (100, "down")

    tiers: list[Any] = [
        {"unit_amount": "1"},
        {"up_to": 100, "unit_amount": "2", "flat_amount": "10"},
        {"up_to": 10, "unit_amount": "3"},
    ]
    for mode in ("VOLUME", "SLAB"):
        tiered = client.prices.create_price(
            **price(plan.id, None, billing_model="TIERED", tier_mode=mode, tiers=tiers, **metered)
        )
        assert (tiered.billing_model, tiered.tier_mode, tiered.amount) == ("TIERED", mode, "0")
        assert [(one.up_to, one.unit_amount, one.flat_amount) for one in tiered.tiers] == [
            (10, "3", None),
            (100, "2", "10"),
            (None, "1", None),
        ]


def test_above_a_bounded_last_slab_nothing_is_charged(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    bounded: list[Any] = [{"up_to": 10, "unit_amount": "3"}]
    made = client.prices.create_price(
        **usage(client, plan.id, billing_model="TIERED", tier_mode="SLAB", tiers=bounded)
    )
    assert [(one.up_to, one.unit_amount) for one in made.tiers] == [(10, "3"), (None, "0")]


def test_another_amount_is_another_price_and_subscribers_keep_theirs(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    old = client.prices.create_price(**price(plan.id, "10"))
    made = subscribed(client, plan.id)
    new = client.prices.update_price(id=old.id, amount="12")
    assert (new.amount, new.display_name, new.currency) == ("12", "Pro", "usd")
    assert new.id != old.id
    assert client.prices.get_price(id=old.id).end_date is not None
    assert [one.id for one in client.plans.get_plan(id=plan.id).prices] == [new.id]
    assert [one.id for one in client.prices.query_price(plan_ids=[plan.id]).items] == [new.id]
    everything = client.prices.query_price(plan_ids=[plan.id], allow_expired_prices=True)
    assert [one.id for one in everything.items] == [new.id, old.id]
    [kept] = client.subscriptions.get_subscription(id=made.id).line_items
    assert (kept.price_id, kept.price.amount) == (old.id, "10")
    [dearer] = subscribed(client, plan.id, "later").line_items
    assert (dearer.price_id, dearer.price.amount) == (new.id, "12")


def test_a_lookup_key_goes_over_to_the_price_that_takes_its_place(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    old = client.prices.create_price(**price(plan.id, "10", lookup_key="fee", metadata={"k": "v"}))
    new = client.prices.update_price(id=old.id, amount="12", description="Dearer")
    assert (new.lookup_key, new.metadata, new.description) == ("fee", {"k": "v"}, "Dearer")
    assert client.prices.get_price_by_lookup_key(lookup_key="fee").id == new.id
    assert client.prices.get_price(id=old.id).lookup_key == ""


def test_a_price_changes_from_a_fee_to_tiers(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    old = client.prices.create_price(**price(plan.id, "10"))
    tiers: list[Any] = [{"up_to": 5, "unit_amount": "10"}, {"unit_amount": "8"}]
    new = client.prices.update_price(id=old.id, billing_model="TIERED", tier_mode="VOLUME", tiers=tiers)
    assert (new.billing_model, new.tier_mode, len(new.tiers)) == ("TIERED", "VOLUME", 2)
    cheaper: list[Any] = [{"up_to": 5, "unit_amount": "9"}, {"unit_amount": "8"}]
    cut = client.prices.update_price(id=new.id, tiers=cheaper)
    assert (cut.tier_mode, [one.unit_amount for one in cut.tiers]) == ("VOLUME", ["9", "8"])


def test_what_a_price_is_called_changes_in_place(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    made = client.prices.create_price(**price(plan.id))
    changed = client.prices.update_price(
        id=made.id, display_name="Seats", description="Per seat", lookup_key="seats", metadata={"k": "v"}
    )
    assert changed.id == made.id
    assert (changed.display_name, changed.description, changed.lookup_key, changed.metadata) == (
        "Seats",
        "Per seat",
        "seats",
        {"k": "v"},
    )
    assert changed.amount == made.amount


def test_a_deleted_price_goes_to_nobody_new(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    keep, drop = (client.prices.create_price(**price(plan.id, amount)) for amount in ("10", "20"))
    assert client.prices.delete_price(id=drop.id).message
    assert client.prices.delete_price(id=drop.id).message
    [item] = subscribed(client, plan.id).line_items
    assert item.price_id == keep.id
    assert client.prices.get_price(id=drop.id).status == "published"


def bulk(*asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Prices in a list, where the type is called as it is on the wire."""
    return [{"type": one["type_"], **{k: v for k, v in one.items() if k != "type_"}} for one in asked]


def test_prices_in_bulk_are_made_all_or_none(client: Any) -> None:
    plan, other = (client.plans.create_plan(name=name) for name in ("Pro", "Other"))
    made = client.prices.create_prices_bulk(
        items=bulk(price(plan.id, "10"), price(other.id, "20"), price(plan.id, "30", display_name="Seats"))
    )
    assert [(one.amount, one.entity_id, one.display_name) for one in made.items] == [
        ("10", plan.id, "Pro"),
        ("20", other.id, "Other"),
        ("30", plan.id, "Seats"),
    ]
    assert [one.amount for one in client.plans.get_plan(id=plan.id).prices] == ["10", "30"]
    unknown = plan.id.replace(plan.id[5:15], "0000000000")
    for wrong, field in (
        (price(plan.id, "-1"), "items.1.amount"),
        (price(plan.id, "1", lookup_key="\0"), "items.1.lookup_key"),
        (price(unknown, "1"), "items.1.entity_id"),
        (price("x", "1"), "items.1.entity_id"),
    ):
        with pytest.raises((errors.ErrorResponse, errors.FlexpriceDefaultError)) as refused:
            client.prices.create_prices_bulk(items=bulk(price(other.id, "40"), wrong))
        assert f'"{field}"' in refused.value.body
    assert client.prices.query_price().pagination.total == 3


@pytest.mark.parametrize(
    ("wrong", "field", "status"),
    [
        ({"amount": None}, "amount", 400),
        ({"amount": "-1"}, "amount", 400),
        ({"amount": "free"}, "amount", 400),
        ({"amount": "1" + "0" * 30}, "amount", 400),
        ({"currency": "euros"}, "currency", 400),
        ({"entity_id": "plan_x"}, "entity_id", 404),
        ({"entity_id": "plan_00000000000000000000000000"}, "entity_id", 404),
        ({"entity_type": "ADDON"}, "entity_type", 400),
        ({"entity_type": "SUBSCRIPTION"}, "entity_type", 400),
        ({"billing_period": "ONETIME"}, "billing_period", 400),
        ({"billing_period_count": 0}, "billing_period_count", 400),
        ({"price_unit_type": "CUSTOM"}, "price_unit_type", 400),
        ({"trial_period_days": 14}, "trial_period_days", 400),
        ({"min_quantity": 5}, "min_quantity", 400),
        ({"type": "USAGE", "invoice_cadence": "ARREAR"}, "meter_id", 400),
        ({"meter_id": "meter_00000000000000000000000000"}, "meter_id", 400),
        ({"billing_model": "PACKAGE"}, "transform_quantity.divide_by", 400),
        ({"billing_model": "TIERED", "amount": None, "tier_mode": "SLAB"}, "tiers", 400),
        ({"billing_model": "TIERED", "amount": None, "tiers": [{"unit_amount": "1"}]}, "tier_mode", 400),
        (
            {
                "billing_model": "TIERED",
                "amount": None,
                "tier_mode": "VOLUME",
                "tiers": [{"unit_amount": "x"}],
            },
            "tiers.0.unit_amount",
            400,
        ),
        ({"tiers": [{"unit_amount": "1"}]}, "tiers", 400),
        ({"start_date": "2999-01-01T00:00:00Z"}, "start_date", 400),
        ({"end_date": "2999-01-01T00:00:00Z"}, "end_date", 400),
        ({"display_name": "\u0000"}, "display_name", 400),
        ({"group_id": "group_1"}, "group_id", 400),
    ],
)
async def test_a_price_that_cannot_be_charged_is_refused_by_its_field(
    client: Any, http: httpx.AsyncClient, wrong: dict[str, Any], field: str, status: int
) -> None:
    plan = client.plans.create_plan(name="Pro")
    body = price(plan.id)
    body = {**body, "type": body.pop("type_"), **wrong}
    answer = await http.post("/prices", json=body)
    assert (answer.status_code, answer.json()["details"]["field"]) == (status, field), answer.text
    assert client.plans.get_plan(id=plan.id).prices == []


def test_usage_is_priced_afterwards_only(client: Any) -> None:
    plan = client.plans.create_plan(name="Pro")
    with pytest.raises(errors.ErrorResponse) as refused:
        client.prices.create_price(**usage(client, plan.id, amount="1", invoice_cadence="ADVANCE"))
    assert refused.value.message.startswith("invoice_cadence")


async def test_prices_are_listed_by_plan_meter_and_id(client: Any, http: httpx.AsyncClient) -> None:
    plan, other = (client.plans.create_plan(name=name) for name in ("Pro", "Other"))
    fee = client.prices.create_price(**price(plan.id))
    by_usage = client.prices.create_price(**usage(client, plan.id, amount="0.05"))
    elsewhere = client.prices.create_price(**price(other.id))

    async def listed(**query: Any) -> list[str]:
        return [one["id"] for one in (await http.get("/prices", params=query)).json()["items"]]

    assert await listed() == [elsewhere.id, by_usage.id, fee.id]
    assert await listed(plan_ids=plan.id, order="asc") == [fee.id, by_usage.id]
    assert await listed(entity_ids=other.id, entity_type="PLAN") == [elsewhere.id]
    assert await listed(meter_ids=by_usage.meter_id) == [by_usage.id]
    assert await listed(price_ids=[fee.id, elsewhere.id], limit=1) == [elsewhere.id]
    condition = {"field": "entity_id", "operator": "in", "value": {"array": [other.id]}}
    assert [one.id for one in client.prices.query_price(filters=[condition]).items] == [elsewhere.id]
    answer = await http.get("/prices", params={"subscription_id": "subs_1"})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "subscription_id")
