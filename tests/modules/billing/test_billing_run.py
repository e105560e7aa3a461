"""A subscription's months over HTTP under a test clock: every amount here is worked out by hand.

The plan: a platform fee of 100.00 and seats at 15.00, both in advance; tokens in arrears, the first 1,000
at 0.02 and the rest at 0.01; 20 % tax on all of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from counterfoil.bootstrap import make_worker
from counterfoil.core.ids import parse_id
from counterfoil.modules.subscriptions import ItemPlan, Subscription, plan_item
from counterfoil.store import Store
from tests.conftest import Tenant, client_for, make_tenant

TIERS = {"tiers": [{"up_to": "1000", "unit_amount": "0.02"}, {"up_to": None, "unit_amount": "0.01"}]}


class Shop:
    """A seller's side of the API, with the steps that the tests repeat."""

    def __init__(self, api: httpx.AsyncClient, store: Store) -> None:
        self.api = api
        self.store = store
        self.clock = ""

    async def post(self, path: str, body: Any = None) -> Any:
        answer = await self.api.post(f"/v1{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, **parameters: Any) -> Any:
        answer = await self.api.get(f"/v1{path}", params=parameters)
        assert answer.is_success, answer.text
        return answer.json()

    async def open(self, now: str) -> None:
        """A clock, a tax rate, a meter and the plan."""
        self.clock = (await self.post("/test-clocks", {"name": "main", "now_at": now}))["id"]
        vat = await self.post("/tax-rates", {"code": "vat", "name": "VAT", "percent": "20"})
        meter = await self.post(
            "/meters",
            {
                "code": "tokens",
                "name": "Tokens",
                "event_name": "completion",
                "aggregation": "sum",
                "property": "tokens",
            },
        )
        common = {"interval": {"unit": "month"}, "tax_rate_ids": [vat["id"]]}
        fee = {"code": "fee", "name": "Platform", "model": "flat", "params": {"EUR": {"amount": "100"}}}
        seats = {
            "code": "seats",
            "name": "Seats",
            "model": "per_unit",
            "params": {"EUR": {"unit_amount": "15"}},
            "quantity_source": "item",
        }
        tokens = {
            "code": "tokens",
            "name": "Tokens",
            "model": "graduated",
            "params": {"EUR": TIERS},
            "quantity_source": "usage",
            "cadence": "in_arrears",
            "meter_id": meter["id"],
        }
        prices = [common | price for price in (fee, seats, tokens)]
        self.plan = await self.post(
            "/plans", {"code": "pro", "name": "Pro", "prices": prices, "publish": True}
        )

    async def customer(self, **fields: Any) -> str:
        body = {"name": "Nordwind", "currency": "EUR", "zone": "UTC"} | fields
        return str((await self.post("/customers", body))["id"])

    async def subscribe(self, customer: str, seats: str = "3", **fields: Any) -> Any:
        body = {"customer_id": customer, "plan_id": self.plan["id"], "quantities": {"seats": seats}}
        return await self.post("/subscriptions", body | fields)

    async def use(self, customer: str, at: str, tokens: int, id: str) -> Any:
        event = {
            "id": id,
            "name": "completion",
            "customer": customer,
            "at": at,
            "properties": {"tokens": tokens},
        }
        return await self.post("/events", event)

    async def advance(self, to: str) -> Any:
        """Advance the clock and let the worker carry it out."""
        operation = await self.post(f"/test-clocks/{self.clock}/advance", {"to": to})
        await make_worker(self.store).drain()
        done = await self.get(f"/operations/{operation['id']}")
        assert done["status"] == "succeeded", done
        return done

    async def invoices(self, **filters: Any) -> list[Any]:
        """The invoices, oldest first."""
        return list(reversed((await self.get("/invoices", **filters))["data"]))

    async def lines(self, invoice: Any) -> list[Any]:
        return list((await self.get(f"/invoices/{invoice['id']}/lines"))["data"])


@pytest.fixture
async def shop(store: Store) -> AsyncIterator[Shop]:
    tenant: Tenant = await make_tenant(store)
    async with client_for(store, tenant.key) as api:
        shop = Shop(api, store)
        await shop.open("2026-01-10T00:00:00Z")
        yield shop


async def test_fees_are_billed_in_advance_and_usage_when_its_month_is_over(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer)
    await shop.advance("2026-01-10T02:00:00Z")  # past the hour of grace
    (first,) = await shop.invoices()
    # 100 + 3 × 15 = 145.00; 20 % of it is 29.00
    assert (first["status"], first["subtotal"], first["tax"], first["total"]) == (
        "open",
        "145.00",
        "29.00",
        "174.00",
    )
    assert first["number"].endswith("000001")
    await shop.advance("2026-02-09T23:30:00Z")
    await shop.use(customer, "2026-01-20T12:00:00Z", 900, "e1")
    await shop.use(customer, "2026-02-09T23:59:59.999999Z", 600, "e2")  # the last moment of the period
    await shop.use(customer, "2026-02-10T00:00:00Z", 5000, "e3")  # the first of the next
    await shop.advance("2026-02-10T02:00:00Z")
    _, second = await shop.invoices()
    lines = {line["description"]: line for line in await shop.lines(second)}
    # 1,500 tokens: 1,000 × 0.02 + 500 × 0.01 = 25.00, besides 145.00 for the month that begins
    assert lines["Tokens"]["quantity"] == "1500"
    assert lines["Tokens"]["amount"] == "25.00"
    assert (lines["Tokens"]["service_start"], lines["Tokens"]["service_end"]) == (
        "2026-01-10T00:00:00Z",
        "2026-02-10T00:00:00Z",
    )
    assert lines["Platform"]["service_end"] == "2026-03-10T00:00:00Z"
    assert (second["subtotal"], second["tax"], second["total"]) == ("170.00", "34.00", "204.00")


async def test_usage_that_comes_during_the_grace_is_on_the_invoice(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer)
    await shop.advance("2026-01-20T00:00:00Z")
    await shop.use(customer, "2026-01-20T00:00:00Z", 100, "e1")
    await shop.advance("2026-02-10T00:30:00Z")
    draft = (await shop.invoices())[-1]
    assert draft["status"] == "draft"
    assert draft["number"] is None
    assert draft["subtotal"] == "147.00"  # 145 + 100 × 0.02
    await shop.use(customer, "2026-02-09T00:00:00Z", 50, "late")
    await shop.advance("2026-02-10T01:00:00Z")
    final = await shop.get(f"/invoices/{draft['id']}")
    assert (final["status"], final["subtotal"]) == ("open", "148.00")


async def test_a_preview_is_what_the_run_then_does_and_leaves_nothing_behind(shop: Shop) -> None:
    customer = await shop.customer()
    subscription = await shop.subscribe(customer)
    await shop.advance("2026-01-11T00:00:00Z")
    await shop.use(customer, "2026-01-10T12:00:00Z", 2000, "e1")
    before = await shop.get(f"/subscriptions/{subscription['id']}")
    preview = (await shop.get(f"/subscriptions/{subscription['id']}/preview"))["data"]
    assert [one["invoice"]["subtotal"] for one in preview] == ["175.00"]  # 145 + 20 + 10
    assert len(await shop.invoices()) == 1
    assert await shop.get(f"/subscriptions/{subscription['id']}") == before
    await shop.advance("2026-02-10T01:00:00Z")
    real = (await shop.invoices())[-1]
    assert real["subtotal"] == preview[0]["invoice"]["subtotal"]
    shown = [(line["description"], line["amount"]) for line in preview[0]["lines"]]
    assert [(line["description"], line["amount"]) for line in await shop.lines(real)] == shown


async def test_a_start_in_the_past_is_billed_period_by_period_and_each_once(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer, started_at="2025-10-31T00:00:00Z")
    await shop.advance("2026-01-10T02:00:00Z")
    invoices = await shop.invoices()
    # anchored on the 31st: 31 Oct, 30 Nov, 31 Dec; the second and third also bill the month before's usage
    assert [invoice["period_start"][:10] for invoice in invoices] == [
        "2025-10-31",
        "2025-10-31",
        "2025-11-30",
    ]
    assert [invoice["subtotal"] for invoice in invoices] == ["145.00"] * 3
    fees = [line for one in invoices for line in await shop.lines(one) if line["description"] == "Platform"]
    assert [(fee["service_start"][:10], fee["service_end"][:10]) for fee in fees] == [
        ("2025-10-31", "2025-11-30"),
        ("2025-11-30", "2025-12-31"),
        ("2025-12-31", "2026-01-31"),
    ]
    await make_worker(shop.store).drain()
    assert len(await shop.invoices()) == 3
    assert [invoice["number"][-3:] for invoice in await shop.invoices()] == ["001", "002", "003"]


async def test_calendar_alignment_bills_the_first_days_as_their_share_of_the_month(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer, alignment="calendar")
    await shop.advance("2026-02-01T02:00:00Z")
    first, second = await shop.invoices()
    amounts = {line["description"]: line["amount"] for line in await shop.lines(first)}
    # 10 to 31 January is 22 of 31 days: 100 × 22/31 = 70.967… and 45 × 22/31 = 31.935…
    assert amounts == {"Platform": "70.97", "Seats": "31.94"}
    assert second["subtotal"] == "145.00"


async def test_cancelled_now_bills_the_usage_up_to_now_and_then_nothing(shop: Shop) -> None:
    customer = await shop.customer()
    subscription = await shop.subscribe(customer)
    await shop.advance("2026-01-15T00:00:00Z")
    await shop.use(customer, "2026-01-14T00:00:00Z", 300, "e1")
    await shop.post(f"/subscriptions/{subscription['id']}/cancel", {"when": "now"})
    await shop.advance("2026-06-01T00:00:00Z")
    invoices = await shop.invoices()
    assert [invoice["subtotal"] for invoice in invoices] == ["145.00", "6.00"]  # 300 × 0.02


async def test_an_exempt_customer_pays_no_tax(shop: Shop) -> None:
    customer = await shop.customer(tax_exempt=True)
    await shop.subscribe(customer)
    await shop.advance("2026-01-10T02:00:00Z")
    (invoice,) = await shop.invoices()
    assert (invoice["subtotal"], invoice["tax"], invoice["total"]) == ("145.00", "0.00", "145.00")


async def test_every_line_explains_itself_and_can_be_worked_out_again(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer)
    await shop.advance("2026-01-20T00:00:00Z")
    await shop.use(customer, "2026-01-20T00:00:00Z", 1500, "e1")
    await shop.advance("2026-02-10T02:00:00Z")
    invoice = (await shop.invoices())[-1]
    for line in await shop.lines(invoice):
        told = await shop.get(f"/invoices/{invoice['id']}/lines/{line['position']}/explain")
        assert told["redone"] == {"amount": line["amount"], "matches": True}
    tokens = next(line for line in await shop.lines(invoice) if line["description"] == "Tokens")
    told = await shop.get(f"/invoices/{invoice['id']}/lines/{tokens['position']}/explain")
    assert told["explanation"]["origin"]["events"] == 1
    assert told["explanation"]["origin"]["meter"] == "tokens"
    assert [part["amount"] for part in told["explanation"]["parts"]] == ["20", "5"]


async def test_the_books_balance_and_show_what_is_owed(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer)
    await shop.advance("2026-01-20T00:00:00Z")
    await shop.use(customer, "2026-01-20T00:00:00Z", 1500, "e1")
    await shop.advance("2026-02-10T02:00:00Z")
    balances = {row["account"]: row["amount"] for row in (await shop.get("/ledger/balances"))["data"]}
    # two invoices of 174.00 and 204.00: 290.00 in advance, 25.00 in arrears, 63.00 tax
    assert balances == {
        "receivable": "378.00",
        "deferred_revenue": "290.00",
        "revenue": "25.00",
        "tax_payable": "63.00",
    }
    own = (await shop.get("/ledger/balances", customer_id=customer))["data"]
    assert [(row["account"], row["amount"]) for row in own] == [("receivable", "378.00")]


async def test_a_subscription_that_cannot_be_billed_is_held_and_stops_no_other(shop: Shop) -> None:
    stuck, fine = await shop.customer(), await shop.customer()
    broken = await shop.subscribe(stuck)
    await shop.subscribe(fine)
    await shop.advance("2026-01-20T00:00:00Z")
    await shop.use(stuck, "2026-01-20T00:00:00Z", -5, "correction")  # a sum below zero has no price
    await shop.advance("2026-02-10T02:00:00Z")
    assert len(await shop.invoices(customer_id=fine)) == 2
    held = await shop.get(f"/subscriptions/{broken['id']}")
    assert held["billing_error"]
    assert len(await shop.invoices(customer_id=stuck)) == 1
    await shop.use(stuck, "2026-01-21T00:00:00Z", 10, "mended")
    await shop.post(f"/subscriptions/{broken['id']}/retry-billing")
    await shop.advance("2026-02-11T00:00:00Z")
    assert [one["subtotal"] for one in await shop.invoices(customer_id=stuck)] == ["145.00", "145.10"]


async def test_a_draft_whose_usage_loses_its_price_waits_and_is_told(shop: Shop) -> None:
    customer = await shop.customer()
    subscription = await shop.subscribe(customer)
    await shop.advance("2026-02-10T00:30:00Z")
    await shop.use(customer, "2026-02-09T00:00:00Z", -5, "correction")
    await shop.advance("2026-02-10T02:00:00Z")
    assert [one["status"] for one in await shop.invoices()] == ["open", "draft"]
    assert (await shop.get(f"/subscriptions/{subscription['id']}"))["billing_error"]
    draft = (await shop.invoices())[-1]
    refused = await shop.api.post(f"/v1/invoices/{draft['id']}/finalise")
    assert refused.status_code == 400
    await shop.use(customer, "2026-02-09T01:00:00Z", 25, "mended")
    final = await shop.post(f"/invoices/{draft['id']}/finalise")
    assert (final["status"], final["subtotal"]) == ("open", "145.40")  # 20 tokens at 0.02


async def test_a_clock_goes_forward_only(shop: Shop) -> None:
    answer = await shop.api.post(f"/v1/test-clocks/{shop.clock}/advance", json={"to": "2026-01-01T00:00:00Z"})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "to"


async def test_a_clock_goes_twenty_years_at_once_and_no_further(shop: Shop) -> None:
    answer = await shop.api.post(f"/v1/test-clocks/{shop.clock}/advance", json={"to": "9998-01-01T00:00:00Z"})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "to"


async def test_a_start_long_ago_is_caught_up_with_one_invoice_an_instant(shop: Shop) -> None:
    customer = await shop.customer()
    await shop.subscribe(customer, started_at="2019-01-01T00:00:00Z")
    await shop.advance("2026-01-10T02:00:00Z")
    instants = []
    cursor = None
    while True:
        page = await shop.get("/invoices", limit=200, **({"cursor": cursor} if cursor else {}))
        instants += [invoice["subtotal"] for invoice in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    # January 2019 to January 2026 is 85 months, each with one invoice
    assert instants == ["145.00"] * 85


async def test_the_reason_for_holding_names_price_and_period(shop: Shop) -> None:
    customer = await shop.customer()
    held = await shop.subscribe(customer)
    await shop.advance("2026-01-20T00:00:00Z")
    await shop.use(customer, "2026-01-20T00:00:00Z", -5, "correction")
    await shop.advance("2026-02-10T02:00:00Z")
    reason = (await shop.get(f"/subscriptions/{held['id']}"))["billing_error"]
    assert reason.startswith("Tokens from 2026-01-10T00:00:00Z to 2026-02-10T00:00:00Z: ")


async def test_a_draft_whose_total_cannot_be_stored_stops_no_other(shop: Shop) -> None:
    huge, fine = await shop.customer(), await shop.customer()
    held = await shop.subscribe(huge)
    await shop.subscribe(fine)
    await shop.advance("2026-02-10T00:30:00Z")
    # At 0.01 each that is 92,000,000,000,000,010.00, which can be stored; with 20 % tax it cannot.
    await shop.use(huge, "2026-02-09T00:00:00Z", 9_200_000_000_000_000_000, "e1")
    await shop.advance("2026-02-10T02:00:00Z")
    assert [one["status"] for one in await shop.invoices(customer_id=fine)] == ["open", "open"]
    assert [one["status"] for one in await shop.invoices(customer_id=huge)] == ["open", "draft"]
    assert (await shop.get(f"/subscriptions/{held['id']}"))["billing_error"]


async def test_a_fee_that_ends_on_the_day_it_began_costs_nothing_and_stops_no_other(shop: Shop) -> None:
    fee = {
        "code": "support",
        "model": "flat",
        "params": {"EUR": {"amount": "30"}},
        "interval": {"unit": "month"},
        "cadence": "in_arrears",
    }
    plan = await shop.post("/plans", {"code": "late", "name": "Late", "prices": [fee], "publish": True})
    short, other = await shop.customer(), await shop.customer(name="Other")
    given_up = await shop.post("/subscriptions", {"customer_id": short, "plan_id": plan["id"]})
    await shop.subscribe(other)
    await shop.post(f"/subscriptions/{given_up['id']}/cancel", {"when": "now"})
    await shop.get(f"/subscriptions/{given_up['id']}/preview")
    await shop.advance("2026-01-10T02:00:00Z")
    assert (await shop.get(f"/subscriptions/{given_up['id']}"))["billing_error"] is None
    [billed] = await shop.invoices(customer_id=other)
    assert billed["total"] == "174.00"
    for invoice in await shop.invoices(customer_id=short):
        assert invoice["total"] == "0.00"


async def test_a_fault_of_ours_holds_the_one_subscription_that_it_concerns(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await shop.subscribe(await shop.customer())
    healthy = await shop.customer(name="Other")
    await shop.subscribe(healthy)

    def faulty(subscription: Subscription, *arguments: Any, **options: Any) -> ItemPlan:
        if subscription.id == parse_id("subscription", broken["id"]):
            raise ZeroDivisionError
        return plan_item(subscription, *arguments, **options)

    monkeypatch.setattr("counterfoil.modules.billing.plans.plan_item", faulty)
    await shop.advance("2026-01-10T02:00:00Z")
    held = await shop.get(f"/subscriptions/{broken['id']}")
    assert held["billing_error"] == "its bill cannot be worked out (ZeroDivisionError); see the log"
    assert "cannot be worked out" in caplog.text
    [billed] = await shop.invoices(customer_id=healthy)
    assert billed["total"] == "174.00"


async def test_what_a_change_costs_does_not_depend_on_when_the_run_comes(shop: Shop) -> None:
    # 100.00 and 3 seats at 15.00 are due when the subscription begins, whatever happens right after.
    for change in ("cancel", "pause", "quantity", "reprice"):
        customer = await shop.customer(name=change)
        made = await shop.subscribe(customer)
        seats = next(item for item in made["items"] if item["quantity"] == "3")
        path = f"/subscriptions/{made['id']}"
        if change == "cancel":
            await shop.post(f"{path}/cancel", {"when": "now"})
        elif change == "pause":
            await shop.post(f"{path}/pause")
        elif change == "quantity":
            answer = await shop.api.patch(f"/v1{path}/items/{seats['id']}", json={"quantity": "9"})
            assert answer.is_success, answer.text
        else:
            price = {"model": "per_unit", "params": {"EUR": {"unit_amount": "1"}}, "quantity_source": "item"}
            price["interval"] = {"unit": "month"}
            await shop.post(f"{path}/items/{seats['id']}/reprice", price)
        [invoice] = await shop.invoices(customer_id=customer)
        assert (change, invoice["subtotal"]) == (change, "145.00")
    await shop.advance("2026-02-10T02:00:00Z")
    renewed = [
        [one["subtotal"] for one in await shop.invoices(customer_id=item["id"])]
        for item in reversed((await shop.get("/customers"))["data"])
    ]
    # Then 100 + 9 × 15 = 235.00, with 9 × 15 instead of 45.00 for the first month; and 100 + 3 × 1 = 103.00
    # with 3.00 instead of 45.00; who ended or rests owes no more.
    assert renewed == [["145.00"], ["145.00"], ["145.00", "325.00"], ["145.00", "61.00"]]
