"""What Reevit's users do with subscriptions: sell one, look it up, change, end and resume it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from reevit import ReevitAPIError

from counterfoil.core.ids import show_id
from tests.conftest import Tenant
from tests.faces.reevit.asked import gold
from tests.faces.reevit.conftest import START, Advance


def refused(error: pytest.ExceptionInfo[ReevitAPIError]) -> tuple[int, str, str | None]:
    assert error.value.request_id, "a merchant can name the failure in a ticket"
    return error.value.status_code, error.value.code, error.value.details.get("field")


def test_a_merchant_sells_a_subscription_and_reads_it_back(client: Any, seller: Tenant) -> None:
    made = client.subscriptions.create(gold(metadata={"channel": "app", "seat": 4}), "order-1")
    assert made == {
        "id": made["id"],
        "org_id": str(seller.organization.id),
        "customer_id": "ama",
        "plan_id": "gold",
        "amount": 4990,
        "currency": "GHS",
        "method": "mobile_money",
        "interval": "monthly",
        "status": "active",
        "next_renewal_at": "2026-02-15T09:00:00Z",
        "metadata": {"channel": "app", "seat": 4},
        "created_at": START,
        "updated_at": START,
    }
    assert client.subscriptions.get(made["id"]) == made
    assert client.subscriptions.list() == [made]


def test_a_retried_order_is_sold_once(client: Any) -> None:
    first = client.subscriptions.create(gold(), "order-1")
    assert client.subscriptions.create(gold(), "order-1") == first
    with pytest.raises(ReevitAPIError) as error:
        client.subscriptions.create(gold(amount=1), "order-1")
    assert refused(error) == (409, "idempotency_key_reused", "Idempotency-Key")
    assert len(client.subscriptions.list()) == 1
    client.subscriptions.create(gold())
    client.subscriptions.create(gold())
    assert len(client.subscriptions.list()) == 3, "without a key each order is one of its own"


async def test_customers_are_known_again_by_the_merchants_own_ids(
    client: Any, native: httpx.AsyncClient
) -> None:
    known = (await native.post("/customers", json={"name": "Kofi", "external_id": "kofi"})).json()
    client.subscriptions.create(gold(customer_id="kofi"))
    client.subscriptions.create(gold(customer_id=known["id"]))
    client.subscriptions.create(gold(customer_id="ama"))
    customers = (await native.get("/customers")).json()["data"]
    assert [(one["name"], one["external_id"]) for one in customers] == [("ama", "ama"), ("Kofi", "kofi")]
    assert [one["customer_id"] for one in client.subscriptions.list()] == ["ama", "kofi", "kofi"]


async def test_the_customer_pays_each_month_in_advance_what_was_agreed(
    client: Any, native: httpx.AsyncClient, advance: Advance
) -> None:
    made = client.subscriptions.create(gold())
    await advance("2026-03-20T00:00:00Z")
    invoices = (await native.get("/invoices")).json()["data"]
    assert [(one["total"], one["currency"]) for one in invoices] == [("49.90", "GHS")] * 3
    assert [one["period_start"][:10] for one in invoices] == ["2026-03-15", "2026-02-15", "2026-01-15"]
    assert client.subscriptions.get(made["id"])["next_renewal_at"] == "2026-04-15T09:00:00Z"


def test_the_plan_is_the_merchants_word_and_the_amount_is_the_subscriptions_own(client: Any) -> None:
    yearly = client.subscriptions.create(gold(plan_id="any text / ✓", amount=50000, interval="yearly"))
    assert (yearly["plan_id"], yearly["interval"], yearly["amount"]) == ("any text / ✓", "yearly", 50000)
    assert yearly["next_renewal_at"] == "2027-01-15T09:00:00Z"
    free = client.subscriptions.create(gold(amount=0))
    assert free["amount"] == 0
    yen = client.subscriptions.create(gold(amount=980, currency="JPY"))
    assert (yen["amount"], yen["currency"]) == (980, "JPY")


@pytest.mark.parametrize(
    ("given", "kept"),
    [("momo", "mobile_money"), ("bank", "bank_transfer"), ("card", "card"), ("MOMO", "mobile_money")],
)
def test_two_words_for_one_way_to_pay_are_one(client: Any, given: str, kept: str) -> None:
    assert client.subscriptions.create(gold(method=given))["method"] == kept


def test_a_dashboard_filters_its_subscriptions(client: Any, seller: Tenant) -> None:
    one = client.subscriptions.create(gold())
    two = client.subscriptions.create(gold(customer_id="kofi", plan_id="silver"))
    three = client.subscriptions.create(gold(customer_id="kofi"))
    ended = client.subscriptions.cancel(three["id"])
    find = client.subscriptions.list
    assert find() == [ended, two, one]
    assert find(status="active") == [two, one]
    assert find(status="canceled") == [ended]
    assert find(status="paused") == []
    assert find(customer_id="kofi") == [ended, two]
    assert find(customer_id="nobody") == []
    assert find(plan_id="gold", customer_id="kofi") == [ended]
    assert find(plan_id="silver", status="") == [two]
    assert find(nonsense="1") == [ended, two, one]
    assert find(plan_id=show_id("plan", seller.organization.id)) == []


async def test_both_bounds_of_creation_count_in(client: Any, advance: Advance) -> None:
    first = client.subscriptions.create(gold())
    await advance("2026-01-20T00:00:00Z")
    second = client.subscriptions.create(gold(customer_id="kofi"))
    ids = [second["id"], first["id"]]

    def found(**bounds: str) -> list[str]:
        return [one["id"] for one in client.subscriptions.list(**bounds)]

    assert found(created_after=START, created_before="2026-01-20T00:00:00Z") == ids
    assert found(created_after=first["created_at"]) == ids
    assert found(created_before="2026-01-19T23:59:59.999999Z") == [first["id"]]
    assert found(created_after="2026-01-20T01:00:00+01:00") == [second["id"]]
    assert found(created_after="2026-01-20T00:00:00.000001Z") == []


def test_pages_follow_each_other_without_gap(client: Any) -> None:
    made = [client.subscriptions.create(gold(customer_id=f"c{number}"))["id"] for number in range(5)]
    pages = [client.subscriptions.list(limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [[one["id"] for one in page] for page in pages] == [
        [made[4], made[3]],
        [made[2], made[1]],
        [made[0]],
        [],
    ]
    assert len(client.subscriptions.list(limit=200)) == 5


async def test_another_amount_holds_from_the_next_renewal_on(
    client: Any, native: httpx.AsyncClient, advance: Advance
) -> None:
    made = client.subscriptions.create(gold())
    await advance("2026-01-16T00:00:00Z")
    changed = client.subscriptions.update(made["id"], {"amount": 5990}, "change-1")
    assert (changed["amount"], changed["next_renewal_at"]) == (5990, made["next_renewal_at"])
    assert changed["updated_at"] == "2026-01-16T00:00:00Z"
    await advance("2026-02-16T00:00:00Z")
    invoices = (await native.get("/invoices")).json()["data"]
    assert [one["total"] for one in invoices] == ["59.90", "49.90"]
    assert client.subscriptions.get(made["id"])["amount"] == 5990


async def test_a_customer_moves_to_a_yearly_plan_with_the_next_renewal(
    client: Any, native: httpx.AsyncClient, advance: Advance
) -> None:
    made = client.subscriptions.create(gold())
    await advance("2026-01-16T00:00:00Z")
    asked = {
        "plan_id": "platinum",
        "amount": 60000,
        "interval": "yearly",
        "metadata": {"a": 1},
        "method": "bank",
    }
    changed = client.subscriptions.update(made["id"], asked)
    shown = {name: changed[name] for name in (*asked, "next_renewal_at")}
    assert shown == asked | {"method": "bank_transfer", "next_renewal_at": "2026-02-15T09:00:00Z"}
    await advance("2026-03-01T00:00:00Z")
    invoice = (await native.get("/invoices")).json()["data"][0]
    assert (invoice["total"], invoice["period_end"]) == ("600.00", "2027-02-15T09:00:00Z")
    [line] = (await native.get(f"/invoices/{invoice['id']}/lines")).json()["data"]
    assert line["description"] == "platinum"
    assert client.subscriptions.get(made["id"])["next_renewal_at"] == "2027-02-15T09:00:00Z"


def test_an_update_may_send_back_what_it_read_and_changes_only_what_is_other(client: Any) -> None:
    made = client.subscriptions.create(gold(metadata={"a": 1}))
    assert client.subscriptions.update(made["id"], {}) == made
    assert client.subscriptions.update(made["id"], made | {"amount": None})["amount"] == 4990
    sent_back = client.subscriptions.update(made["id"], made | {"metadata": {}})
    assert sent_back == made | {"metadata": {}}


async def test_canceling_ends_it_at_once_and_for_good(
    client: Any, native: httpx.AsyncClient, advance: Advance
) -> None:
    made = client.subscriptions.create(gold())
    await advance("2026-01-20T00:00:00Z")
    ended = client.subscriptions.cancel(made["id"], "cancel-1")
    assert (ended["status"], ended["next_renewal_at"], ended["amount"]) == ("canceled", None, 4990)
    await advance("2026-06-01T00:00:00Z")
    assert len((await native.get("/invoices")).json()["data"]) == 1
    for call in (client.subscriptions.cancel, client.subscriptions.resume):
        with pytest.raises(ReevitAPIError, match="final") as error:
            call(made["id"])
        assert refused(error) == (400, "invalid_request", None)
    with pytest.raises(ReevitAPIError) as error:
        client.subscriptions.update(made["id"], {"amount": 1})
    assert refused(error)[:2] == (400, "invalid_request")


async def test_a_paused_subscription_is_resumed_and_pays_nothing_for_the_pause(
    client: Any, native: httpx.AsyncClient, advance: Advance
) -> None:
    made = client.subscriptions.create(gold(amount=3000))
    await advance("2026-01-20T00:00:00Z")
    await native.post(f"/subscriptions/{show_id_of(made)}/pause")
    paused = client.subscriptions.get(made["id"])
    assert (paused["status"], paused["next_renewal_at"], paused["amount"]) == ("paused", None, 3000)
    assert client.subscriptions.list(status="paused") == [paused]
    await advance("2026-03-05T09:00:00Z")
    resumed = client.subscriptions.resume(made["id"], "resume-1")
    assert (resumed["status"], resumed["next_renewal_at"]) == ("active", "2026-03-15T09:00:00Z")
    with pytest.raises(ReevitAPIError, match="active") as error:
        client.subscriptions.resume(made["id"])
    assert refused(error) == (400, "invalid_request", None)
    await advance("2026-03-20T00:00:00Z")
    # 5 to 14 March: 10 of the 28 days from 15 February to 15 March.
    totals = [one["total"] for one in (await native.get("/invoices")).json()["data"]]
    assert totals == ["30.00", "10.71", "30.00"]


async def test_a_price_of_the_catalogue_is_shown_as_far_as_it_can_be(
    client: Any, native: httpx.AsyncClient
) -> None:
    seats = {"code": "seats", "model": "per_unit", "quantity_source": "item"}
    month = {"code": "pro", "name": "Pro", "publish": True}
    price = seats | {"params": {"GHS": {"unit_amount": "12.50"}}}
    plan = (await native.post("/plans", json=month | {"prices": [price]})).json()
    customer = (await native.post("/customers", json={"name": "Kofi"})).json()
    body = {
        "customer_id": customer["id"],
        "plan_id": plan["id"],
        "currency": "GHS",
        "quantities": {"seats": "4"},
    }
    await native.post("/subscriptions", json=body)
    [shown] = client.subscriptions.list()
    assert (shown["customer_id"], shown["plan_id"]) == (customer["id"], plan["id"])
    assert (shown["amount"], shown["interval"], shown["method"]) == (5000, "monthly", None)
    assert client.subscriptions.list(plan_id=plan["id"], customer_id=customer["id"]) == [shown]
    changed = client.subscriptions.update(shown["id"], {"amount": 4500})
    assert (changed["amount"], changed["plan_id"]) == (4500, plan["id"])

    weekly = price | {"code": "w", "interval": {"unit": "week"}}
    other = (await native.post("/plans", json=month | {"code": "week", "prices": [weekly]})).json()
    made = (
        await native.post("/subscriptions", json=body | {"plan_id": other["id"], "quantities": {}})
    ).json()
    [week] = client.subscriptions.list(plan_id=other["id"])
    assert "interval" not in week
    with pytest.raises(ReevitAPIError) as error:
        client.subscriptions.update(week["id"], {"amount": 1})
    assert refused(error) == (400, "invalid_amount", "amount")
    assert client.subscriptions.get(made["id"])["id"] == week["id"], "our own form of an id is known as well"


def show_id_of(subscription: dict[str, Any]) -> str:
    from uuid import UUID

    return show_id("subscription", UUID(subscription["id"]))


def test_a_start_of_the_day_is_one_instant_in_every_answer(client: Any) -> None:
    made = client.subscriptions.create(gold())
    begun = datetime.fromisoformat(made["created_at"])
    assert datetime.fromisoformat(made["next_renewal_at"]) - begun == timedelta(days=31)


async def test_numbers_in_metadata_are_answered_in_one_way(http: httpx.AsyncClient) -> None:
    said = '{"rate": 2.50, "whole": 3.0, "seats": 4, "deep": [{"a": 0.10, "on": true, "none": null}]}'
    kept = {
        "rate": "2.50",
        "whole": "3.0",
        "seats": 4,
        "deep": [{"a": "0.10", "on": True, "none": None}],
    }
    headers = {"Content-Type": "application/json"}
    body = json.dumps(gold(metadata="M")).replace('"M"', said)
    made = await http.post("/v1/subscriptions", content=body, headers=headers)
    path = f"/v1/subscriptions/{made.json()['id']}"
    again = await http.patch(path, content=f'{{"metadata": {said}}}', headers=headers)
    read = await http.get(path)
    [listed] = (await http.get("/v1/subscriptions")).json()
    shown = [made.json(), again.json(), read.json(), listed]
    assert [one["metadata"] for one in shown] == [kept] * 4
