"""A seller tries other prices on what was used, before anybody is sold anything at them.

Two customers of a plan: a fee of 100.00 and seats at 15.00 in advance, tokens in arrears at 0.02 up to 1,000
and 0.01 beyond, all with 20 % VAT.  One used 1,500 tokens in its first month (20 + 5 = 25.00) and 200 in its
second (4.00), the other 3,000 (20 + 20 = 40.00) and none.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.modules.simulations import repository, service
from counterfoil.store import Store
from tests.conftest import client_for, make_tenant
from tests.faces.native.test_products import expect_refusal
from tests.modules.billing.test_billing_run import Shop
from tests.support.observe import statements

UNGROUPED = {"properties": ["m"], "prices": [{"values": ["x"], "unit_amount": "1"}]}
TIME = {"from": "2026-01-10T00:00:00Z", "to": "2026-03-10T00:00:00Z"}


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store)
        await shop.open("2026-01-10T00:00:00Z")
        yield shop


async def sold(shop: Shop) -> tuple[str, str]:
    """The two customers, billed up to 10 March."""
    first = await shop.customer(external_id="first")
    second = await shop.customer(external_id="second")
    await shop.subscribe(first, seats="3")
    await shop.subscribe(second, seats="1")
    await shop.advance("2026-02-01T00:00:00Z")
    await shop.use(first, "2026-01-20T00:00:00Z", 1500, "e1")
    await shop.use(second, "2026-01-20T00:00:00Z", 3000, "e2")
    await shop.advance("2026-03-01T00:00:00Z")
    await shop.use(first, "2026-02-20T00:00:00Z", 200, "e3")
    await shop.advance("2026-03-10T02:00:00Z")
    return first, second


async def simulate(shop: Shop, **asked: Any) -> Any:
    made = await shop.post("/simulations", TIME | asked)
    assert made["status"] == "pending"
    await make_worker(shop.store).drain()
    return await shop.get(f"/simulations/{made['id']}")


def draft(shop: Shop, code: str, model: str, params: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"plan_id": shop.plan["id"], "code": code, "model": model, "params": {"EUR": params}} | more


async def results(shop: Shop, simulation: Any) -> dict[str, Any]:
    """What came out, by customer."""
    found = (await shop.get(f"/simulations/{simulation['id']}/results"))["data"]
    return {one["customer_id"]: one for one in found}


def sums(one: Any) -> tuple[str, str, str]:
    return one["current"], one["simulated"], one["difference"]


async def test_what_other_prices_would_have_made_of_the_usage_is_told_by_customer_and_in_all(
    shop: Shop, look: Callable[..., list[tuple[object, ...]]]
) -> None:
    first, second = await sold(shop)
    tables = ("invoices", "invoice_lines", "events", "issuers", "ledger_postings", "prices", "subscriptions")
    before = [look(f"select md5(string_agg(t::text, '' order by t::text)) from {one} t") for one in tables]
    done = await simulate(shop, prices=[draft(shop, "tokens", "per_unit", {"unit_amount": "0.009"})])
    assert (done["status"], done["progress"]) == ("succeeded", {"customers": 2, "of": 2})
    found = await results(shop, done)
    # 1,500 × 0.009 = 13.50 and 200 × 0.009 = 1.80, where 25.00 and 4.00 were billed
    assert sums(found[first]) == ("29.00", "15.30", "-13.70")
    # 3,000 × 0.009 = 27.00 and none, where 40.00 was billed
    assert sums(found[second]) == ("40.00", "27.00", "-13.00")
    assert [one["charges"] for one in found.values()] == [2, 2]
    (total,) = done["totals"]
    assert sums(total) == ("69.00", "42.30", "-26.70")
    assert (total["currency"], total["customers"], total["charges"], total["problems"]) == ("EUR", 2, 4, 0)
    after = [look(f"select md5(string_agg(t::text, '' order by t::text)) from {one} t") for one in tables]
    assert after == before


async def test_only_the_customers_that_are_named_and_the_time_that_is_asked_are_rated(shop: Shop) -> None:
    first, _ = await sold(shop)
    price = draft(shop, "tokens", "per_unit", {"unit_amount": "0.009"})
    done = await simulate(shop, prices=[price], customers=["first"], to="2026-02-10T00:00:00Z")
    found = await results(shop, done)
    assert {customer: sums(one) for customer, one in found.items()} == {first: ("25.00", "13.50", "-11.50")}


async def test_usage_is_that_of_who_used_it_whoever_pays_for_it(shop: Shop) -> None:
    parent = await shop.customer(external_id="parent")
    child = await shop.customer(external_id="child", parent_id=parent, billed_to="parent")
    await shop.subscribe(child, seats="1")
    await shop.advance("2026-02-01T00:00:00Z")
    await shop.use(child, "2026-01-20T00:00:00Z", 1500, "e1")
    await shop.advance("2026-02-10T02:00:00Z")
    assert {one["customer_id"] for one in await shop.invoices()} == {parent}
    price = draft(shop, "tokens", "per_unit", {"unit_amount": "0.009"})
    for named, expected in ((["child"], {child: ("25.00", "13.50", "-11.50")}), (["parent"], {})):
        done = await simulate(shop, prices=[price], customers=named)
        found = await results(shop, done)
        assert {customer: sums(one) for customer, one in found.items()} == expected


async def test_a_batch_asks_the_database_as_often_for_one_customer_as_for_many(shop: Shop) -> None:
    await sold(shop)
    price = draft(shop, "tokens", "per_unit", {"unit_amount": "0.009"})
    asked = []
    for customers in (["first"], ["first", "second"]):
        with statements(shop.store) as seen:
            done = await simulate(shop, prices=[price], customers=customers)
        assert done["progress"]["customers"] == len(customers)
        asked.append(len(seen))
    assert asked[0] == asked[1]


async def test_a_part_of_a_period_is_compared_as_it_was_billed_with_its_share(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer, seats="2", alignment="calendar")  # 10 to 31 January: 22 of 31 days
    await shop.advance("2026-02-01T02:00:00Z")
    minimum = {"minimum": {"amount": {"EUR": "6.20"}, "prorated": True}}
    done = await simulate(
        shop,
        prices=[
            draft(shop, "seats", "per_unit", {"unit_amount": "31"}),
            draft(shop, "tokens", "per_unit", {"unit_amount": "1"}, terms=minimum),
        ],
        to="2026-02-01T00:00:00Z",
    )
    # seats: 2 × 15 × 22/31 = 21.29 → 2 × 31 × 22/31 = 44.00; tokens: 0.00 → at least 6.20 × 22/31 = 4.40
    assert sums(done["totals"][0]) == ("21.29", "48.40", "27.11")


async def test_a_draft_version_of_the_plan_is_tried_as_a_whole(shop: Shop) -> None:
    first, second = await sold(shop)
    versions = f"/plans/{shop.plan['id']}/versions"
    prices = (await shop.get(f"{versions}/1"))["prices"]
    kept = ("code", "name", "quantity_source", "meter_id", "interval", "cadence")
    fee, seats, tokens = ({name: one[name] for name in kept} for one in prices)
    body = [
        fee | {"model": "flat", "params": {"EUR": {"amount": "90"}}, "interval": {"unit": "year"}},
        seats | {"model": "per_unit", "params": {"EUR": {"unit_amount": "20"}}},
        tokens | {"code": "words", "model": "per_unit", "params": {"EUR": {"unit_amount": "1"}}},
    ]
    version = await shop.post(versions, {"prices": body})
    assert version["status"] == "draft"
    done = await simulate(shop, plan_version={"plan_id": shop.plan["id"], "number": 2})
    found = await results(shop, done)
    # seats: 3 × 15 × 2 months → 3 × 20 × 2; tokens: 29.00 → the version has no such price
    assert sums(found[first]) == ("119.00", "120.00", "1.00")
    assert sums(found[second]) == ("70.00", "40.00", "-30.00")  # 15 × 2 + 40.00 → 20 × 2
    assert found[first]["problems"] == 2
    told = found[first]["problems_told"][0]
    assert told["charge"].startswith("Platform from 2026-01-10T00:00:00Z to 2026-02-10T00:00:00Z")
    assert "other periods" in told["message"]
    past = await simulate(shop, plan_version={"plan_id": shop.plan["id"], "number": 1})
    assert {one["difference"] for one in past["totals"]} == {"0.00"}


async def test_what_a_draft_cannot_price_is_told_and_left_out_of_both_sums(shop: Shop) -> None:
    first, second = await sold(shop)
    tiers = {"tiers": [{"up_to": "2000", "unit_amount": "0.01"}], "above_last_tier": "refuse"}
    done = await simulate(shop, prices=[draft(shop, "tokens", "graduated", tiers)])
    found = await results(shop, done)
    assert sums(found[first]) == ("29.00", "17.00", "-12.00")  # 15.00 + 2.00
    assert (sums(found[second]), found[second]["problems"]) == (("0.00", "0.00", "0.00"), 1)
    assert done["totals"][0]["problems"] == 1


async def test_a_simulation_that_is_cancelled_stops_and_one_that_has_ended_stays(shop: Shop) -> None:
    await sold(shop)
    price = draft(shop, "tokens", "per_unit", {"unit_amount": "1"})
    made = await shop.post("/simulations", TIME | {"prices": [price]})
    cancelled = await shop.post(f"/simulations/{made['id']}/cancel")
    assert cancelled["status"] == "cancelled"
    await make_worker(shop.store).drain()
    assert (await shop.get(f"/simulations/{made['id']}"))["totals"] == []
    refused = await shop.api.post(f"/v1/simulations/{made['id']}/cancel")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")
    listed = (await shop.get("/simulations"))["data"]
    assert [one["id"] for one in listed] == [made["id"]]


async def test_customers_are_rated_in_batches_that_go_on_where_they_stood(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sold(shop)
    price = draft(shop, "tokens", "per_unit", {"unit_amount": "0.009"})
    made = await shop.post("/simulations", TIME | {"prices": [price]})
    passed: list[object] = []
    note = repository.pass_customer

    async def noted(uow: Any, simulation_id: Any, customer_id: Any) -> None:
        passed.append(customer_id)
        await note(uow, simulation_id, customer_id)

    monkeypatch.setattr(repository, "pass_customer", noted)
    monkeypatch.setattr(service, "BATCH", 1)
    await make_worker(shop.store).drain()
    done = await shop.get(f"/simulations/{made['id']}")
    assert len(passed) == len(set(passed)) == 2
    assert sums(done["totals"][0]) == ("69.00", "42.30", "-26.70")
    first_page = await shop.get(f"/simulations/{made['id']}/results", limit=1)
    second_page = await shop.get(
        f"/simulations/{made['id']}/results", limit=1, cursor=first_page["next_cursor"]
    )
    assert second_page["next_cursor"] is None
    assert first_page["data"] != second_page["data"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"to": "2026-01-10T00:00:00Z"}, 400, "to"),
        ({"to": "2036-02-10T00:00:00Z"}, 400, "to"),
        ({"prices": []}, 400, "prices"),
        ({"customers": ["nobody"]}, 404, "customers.0"),
        ({"customers": []}, 400, "customers"),
        ({"plan_version": 7}, 404, "plan_version.number"),
        ({"code": "words"}, 404, "prices.0.code"),
        ({"model": "magic"}, 400, "prices.0.model"),
        ({"model": "flat", "params": {"EUR": {"amount": "1"}}}, 400, "prices.0.model"),
        ({"params": {"EUR": {"unit_amount": "-1"}}}, 400, "prices.0.params.EUR.unit_amount"),
        ({"params": {}}, 400, "prices.0.params"),
        ({"terms": {"included": -1}}, 400, "prices.0.terms.included"),
        (
            {
                "model": "matrix",
                "params": {"EUR": UNGROUPED},
            },
            400,
            "prices.0.params.EUR.properties",
        ),
        ({"twice": True}, 400, "prices.1.code"),
    ],
    ids=str,
)
async def test_what_cannot_be_simulated_is_refused_and_names_the_field(
    shop: Shop, change: dict[str, Any], status: int, field: str
) -> None:
    price = draft(shop, "tokens", "per_unit", {"unit_amount": "1"})
    price |= {name: value for name, value in change.items() if name in price or name == "terms"}
    body: dict[str, Any] = TIME | {"prices": [price, price] if "twice" in change else [price]}
    body |= {name: value for name, value in change.items() if name in {"to", "prices", "customers"}}
    if "plan_version" in change:
        body["plan_version"] = {"plan_id": shop.plan["id"], "number": change["plan_version"]}
    expect_refusal(await shop.api.post("/v1/simulations", json=body), status, field)
    assert (await shop.get("/simulations"))["data"] == []
    assert (await shop.get("/operations"))["data"] == []
