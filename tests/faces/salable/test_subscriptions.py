"""What a user of Salable does with a subscription: look at it, and cancel it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from counterfoil.modules.billing import subscribe
from counterfoil.modules.catalog import NewPlan, NewPlanVersion, NewPrice, create_plan
from counterfoil.modules.customers import NewCustomer, create_customer
from counterfoil.modules.subscriptions import NewSubscription, items_of, pause_subscription
from counterfoil.store import Store
from tests.conftest import Tenant
from tests.faces.salable.calls import ask, put, read
from tests.faces.salable.shop import Shop, subscribe_to_team


def later_by_a_month(text: str) -> str:
    start = datetime.fromisoformat(text)
    year, month = divmod(start.year * 12 + start.month, 12)
    days = [31, 29 if year % 4 == 0 else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    end = start.replace(year=year, month=month + 1, day=min(start.day, days[month]))
    return end.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


async def test_an_account_page_shows_the_subscription(http: httpx.Client, shop: Shop, store: Store) -> None:
    own = await subscribe_to_team(store, shop, external_id="sub_of_theirs")
    async with store.unit(shop.tenant.scope) as uow:
        items = [str(item.id) for item in (await items_of(uow, [own]))[own]]
    shown = read(http, f"/subscriptions/{own}")
    assert shown == {
        "uuid": str(own),
        "productUuid": shop["planner"],
        "planUuid": shop["team"],
        "organisation": str(shop.tenant.organization.id),
        "paymentIntegrationSubscriptionId": "sub_of_theirs",
        "type": "none",
        "quantity": 7,
        "email": "ada@example.com",
        "expiryDate": later_by_a_month(shown["createdAt"]),
        "lineItemIds": items,
        "status": "ACTIVE",
        "createdAt": shown["createdAt"],
        "updatedAt": shown["updatedAt"],
        "isTest": True,
    }
    assert len(items) == 2


async def test_it_shows_the_product_the_plan_and_the_customer_when_asked(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    own = await subscribe_to_team(store, shop)
    path = f"/subscriptions/{own}"
    expand = "product.organisationPaymentIntegration,product.currencies,plan.currencies,customer"
    shown = read(http, path, expand=expand)
    assert shown["product"]["name"] == "Planner"
    assert shown["product"]["organisationPaymentIntegration"]["integrationName"] == "none"
    assert len(shown["product"]["currencies"]) == 3
    assert [one["price"] for one in shown["plan"]["currencies"]] == [1100, 1250]
    assert shown["customer"]["email"] == "ada@example.com"
    assert shown["customer"]["metadata"] == {"crm": "17"}
    bare = read(http, path, expand="product")
    assert "currencies" not in bare["product"]
    assert bare.keys().isdisjoint({"plan", "customer"})


@pytest.mark.parametrize("when", ["?when=end", "?when=END", ""])
async def test_a_customer_who_cancels_keeps_what_is_paid_for(
    http: httpx.Client, shop: Shop, store: Store, when: str
) -> None:
    own = await subscribe_to_team(store, shop)
    before = read(http, f"/subscriptions/{own}")
    for _ in range(2):  # twice is the same as once
        answer = put(http, f"/subscriptions/{own}/cancel" + when)
        assert (answer.status_code, answer.json()) == (200, {})
    after = read(http, f"/subscriptions/{own}")
    assert (after["status"], after["expiryDate"]) == ("ACTIVE", before["expiryDate"])


async def test_a_subscription_that_is_cancelled_now_is_over(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    own = await subscribe_to_team(store, shop)
    answer = put(http, f"/subscriptions/{own}/cancel?when=now")
    assert (answer.status_code, answer.json()) == (200, {})
    after = read(http, f"/subscriptions/{own}")
    assert (after["status"], after["expiryDate"]) == ("CANCELED", after["updatedAt"])
    again = put(http, f"/subscriptions/{own}/cancel?when=now")
    told = "the subscription is cancelled, so it does not allow: cancel; "
    told += "allowed now: nothing: cancelled is final"
    assert (again.status_code, again.json()) == (400, {"error": told})


@pytest.mark.parametrize("body", [b"", b"{}", b'{"when":"now"}', b"not json"])
async def test_a_body_or_none_says_nothing_about_when(
    http: httpx.Client, shop: Shop, store: Store, body: bytes
) -> None:
    own = await subscribe_to_team(store, shop)
    answer = put(http, f"/subscriptions/{own}/cancel?when=end", body)
    assert answer.status_code == 200
    assert read(http, f"/subscriptions/{own}")["status"] == "ACTIVE"


async def test_another_time_is_refused_and_nothing_is_cancelled(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    own = await subscribe_to_team(store, shop)
    answer = put(http, f"/subscriptions/{own}/cancel?when=tomorrow")
    assert answer.status_code == 400
    [fault] = answer.json()["validationErrors"]
    assert fault == {"property": "when", "error": "input should be 'now' or 'end'"}
    assert read(http, f"/subscriptions/{own}")["status"] == "ACTIVE"


async def test_a_paused_subscription_says_so(http: httpx.Client, shop: Shop, store: Store) -> None:
    own = await subscribe_to_team(store, shop)
    async with store.unit(shop.tenant.scope) as uow:
        await pause_subscription(uow, own)
    assert read(http, f"/subscriptions/{own}")["status"] == "PAUSED"


async def test_nobody_reads_or_cancels_another_sellers_subscription(
    salable: str, http: httpx.Client, shop: Shop, store: Store, other_tenant: Tenant
) -> None:
    own = await subscribe_to_team(store, shop)
    async with httpx.AsyncClient(base_url=salable, headers={"x-api-key": other_tenant.key}) as other:
        seen = await other.get(f"/subscriptions/{own}")
        cancelled = await other.put(f"/subscriptions/{own}/cancel?when=now")
    assert (seen.status_code, cancelled.status_code) == (404, 404)
    assert read(http, f"/subscriptions/{own}")["status"] == "ACTIVE"


async def test_a_subscription_without_a_plan_has_no_form_in_salable(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        customer = await create_customer(uow, NewCustomer("Bob", currency="USD"))
        fee = NewPrice(model="flat", params={"USD": {"amount": "5"}})
        new = NewSubscription(customer_id=customer.id, prices=[fee], plan_reference="gold")
        lone = (await subscribe(uow, new)).id
    answer = ask(http, f"/subscriptions/{lone}")
    assert answer.status_code == 404
    assert "plan of a product" in answer.json()["error"]
    assert put(http, f"/subscriptions/{lone}/cancel").status_code == 404


@pytest.mark.parametrize("when", ["", "?when=end", "?when=now"])
async def test_a_subscription_that_has_not_begun_is_given_up_at_once(
    http: httpx.Client, shop: Shop, store: Store, when: str
) -> None:
    """There is no period yet whose end could be waited for, and nothing is paid that could be used up."""
    async with store.unit(shop.tenant.scope) as uow:
        customer = await create_customer(uow, NewCustomer("Eve", currency="USD"))
        new = NewSubscription(
            customer_id=customer.id, plan_id=shop.ids["fixed"], started_at=uow.now + timedelta(days=30)
        )
        ahead = (await subscribe(uow, new)).id
    assert read(http, f"/subscriptions/{ahead}")["status"] == "INCOMPLETE"
    answer = put(http, f"/subscriptions/{ahead}/cancel{when}")
    assert (answer.status_code, answer.json()) == (200, {})
    assert read(http, f"/subscriptions/{ahead}")["status"] == "CANCELED"


@pytest.mark.parametrize(("sold", "seats"), [("2.5", 3), ("2.1", 3), ("3", 3), ("2", 2)])
async def test_a_seat_that_is_begun_counts_as_one(
    http: httpx.Client, shop: Shop, store: Store, sold: str, seats: int
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        customer = await create_customer(uow, NewCustomer("Eve", currency="USD"))
        new = NewSubscription(
            customer_id=customer.id, plan_id=shop.ids["team"], quantities={"seat": Decimal(sold)}
        )
        own = (await subscribe(uow, new)).id
    assert read(http, f"/subscriptions/{own}")["quantity"] == seats


async def test_what_was_sold_of_a_draft_is_shown_in_its_subscription_only(
    http: httpx.Client, shop: Shop, store: Store
) -> None:
    async with store.unit(shop.tenant.scope) as uow:
        fee = NewPrice(model="flat", params={"USD": {"amount": "5"}})
        initial = NewPlanVersion(prices=[fee], publish=True)
        plan = await create_plan(uow, NewPlan(name="Early", product_id=shop.ids["next"], initial=initial))
        customer = await create_customer(uow, NewCustomer("Eve", currency="USD"))
        own = (await subscribe(uow, NewSubscription(customer_id=customer.id, plan_id=plan.id))).id
    for path in ("", "/features", "/currencies", "/capabilities", "/checkoutlink"):
        answer = ask(http, f"/plans/{plan.id}{path}")
        assert answer.status_code == 404
        assert "its product is a draft" in answer.json()["error"]
    shown = read(http, f"/subscriptions/{own}", expand="product,plan")
    assert (shown["product"]["name"], shown["plan"]["name"]) == ("Next", "Early")
