"""Asked why usage is on no line, the answer names the rule, in a sentence, with its facts."""

from __future__ import annotations

from typing import Any

from tests.scenarios.late_usage.conftest import Shop


async def why(shop: Shop, at: str, **asked: str) -> Any:
    """The one answer for a day."""
    path = f"/subscriptions/{asked.pop('subscription', shop.subscription)}/why-no-line"
    [answer] = (await shop.get(path, at=f"{at}T12:00:00Z", **(asked or {"meter": "tokens"})))["data"]
    return answer


async def test_no_price_reads_the_meter(shop: Shop) -> None:
    await shop.post(
        "/meters", {"code": "calls", "name": "Calls", "event_name": "call", "aggregation": "count"}
    )
    answer = await why(shop, "2026-01-10", meter="calls")
    assert (answer["code"], answer["price_id"]) == ("no_price_reads_meter", None)
    assert answer["facts"] == {"price_codes": ["tokens"]}
    assert (await why(shop, "2026-01-10", price="seats"))["code"] == "no_price_reads_meter"
    refused = await shop.api.get(f"/v1/subscriptions/{shop.subscription}/why-no-line")
    assert refused.json()["error"]["field"] == "meter"
    unknown = await shop.api.get(f"/v1/subscriptions/{shop.subscription}/why-no-line", params={"meter": "x"})
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (404, "meter")


async def test_before_the_start_and_after_the_end(shop: Shop) -> None:
    assert (await why(shop, "2025-12-31"))["code"] == "before_start"
    await shop.post(f"/subscriptions/{shop.subscription}/cancel", {"when": "now"})
    answer = await why(shop, "2026-01-20")
    assert (answer["code"], answer["facts"]) == ("after_end", {"ends_at": "2026-01-20T00:00:00Z"})


async def test_a_period_that_is_not_due_yet_says_when_and_what_has_come_so_far(shop: Shop) -> None:
    answer = await why(shop, "2026-01-10")
    assert (answer["code"], answer["price_code"]) == ("not_due_yet", "tokens")
    assert (answer["period_start"], answer["period_end"]) == ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert answer["facts"]["due_at"] == "2026-02-01T00:00:00Z"
    assert answer["facts"]["so_far"] == "no_events"
    await shop.use("a", "2026-01-10", 900)
    assert (await why(shop, "2026-01-10"))["facts"] == {"due_at": "2026-02-01T00:00:00Z"}


async def test_a_pause(shop: Shop) -> None:
    await shop.post(f"/subscriptions/{shop.subscription}/pause")
    assert (await why(shop, "2026-01-21"))["code"] == "paused"
    await shop.until("2026-01-25")
    await shop.post(f"/subscriptions/{shop.subscription}/resume")
    answer = await why(shop, "2026-01-22")
    assert (answer["code"], answer["facts"]) == ("paused", {"since": "2026-01-20T00:00:00Z"})
    assert (await why(shop, "2026-01-26"))["code"] == "not_due_yet"


async def test_what_is_billed_says_where(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-01", "00:30:00")
    draft = await why(shop, "2026-01-10")
    assert (draft["code"], draft["facts"]["finalise_at"]) == ("on_draft", "2026-02-01T01:00:00Z")
    await shop.until("2026-02-05")
    [invoice] = await shop.invoices()
    billed = await why(shop, "2026-01-10")
    assert (billed["code"], billed["facts"]["amount"]) == ("billed", "18.00")
    assert (billed["facts"]["invoice_id"], billed["facts"]["invoice"]) == (invoice["id"], invoice["number"])
    assert (await why(shop, "2026-01-10", price="tokens"))["code"] == "billed"


async def test_late_usage_waits_and_then_is_billed_or_is_too_late(shop: Shop) -> None:
    [issuer] = (await shop.get("/issuers"))["data"]
    await shop.api.patch(f"/v1/issuers/{issuer['id']}", json={"late_usage_days": 10})
    await shop.until("2026-02-05")
    await shop.use("late", "2026-01-31", 300)
    await shop.until("2026-02-06")
    assert (await why(shop, "2026-01-31"))["code"] == "late_usage_waiting"
    await shop.until("2026-03-02")
    billed = await why(shop, "2026-01-31")
    assert billed["code"] == "billed"
    assert [line["amount"] for line in billed["facts"]["lines"]] == ["0.00", "6.00"]
    await shop.use("later", "2026-01-30", 300)
    await shop.until("2026-03-03")
    over = await why(shop, "2026-01-31")
    assert (over["code"], over["facts"]["events"]) == ("late_grace_over", 1)


async def test_events_that_are_not_there_void_another_subscriptions_or_come_to_zero(shop: Shop) -> None:
    other = await shop.subscribe(shared_usage=True)
    await shop.use("a", "2026-01-10", 900, subscription=other)
    await shop.until("2026-02-05")
    assert (await why(shop, "2026-01-10"))["code"] == "other_subscription"
    assert (await why(shop, "2026-01-10", subscription=other))["code"] == "billed"
    await shop.use("zero", "2026-02-04", 0)
    await shop.until("2026-03-05")
    assert (await why(shop, "2026-02-10"))["code"] == "quantity_zero"
    await shop.use("gone", "2026-03-04", 10)
    await shop.post("/events/gone/void", {"reason": "wrong"})
    await shop.until("2026-04-05")
    assert (await why(shop, "2026-03-10"))["code"] == "events_void"
    await shop.until("2026-05-05")
    assert (await why(shop, "2026-04-10"))["code"] == "no_events"


async def test_filters_that_let_nothing_pass(shop: Shop) -> None:
    price = shop.tokens(code="eu", name="EU", filters={"region": ["eu"]})
    subscription = await shop.subscribe(plan_id=None, prices=[price], shared_usage=True)
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-25")
    answer = await why(shop, "2026-01-10", subscription=subscription, meter="tokens")
    assert (answer["code"], answer["facts"]["filters"]) == ("filtered_out", {"region": ["eu"]})
    assert answer["sentence"] == "The filters of the price let none of 1 event of the meter pass."


async def test_billing_on_hold(shop: Shop) -> None:
    """A quantity below zero has no price, so the subscription is held, and says so."""
    await shop.use("a", "2026-01-10", -900)
    await shop.until("2026-02-25")
    answer = await why(shop, "2026-01-10")
    assert answer["code"] == "billing_held"
    assert answer["facts"]["reason"].startswith("Tokens from 2026-01-01T00:00:00Z to 2026-02-01T00:00:00Z")


async def test_an_invoice_that_was_voided(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-05")
    [invoice] = await shop.invoices()
    await shop.post(f"/invoices/{invoice['id']}/void")
    answer = await why(shop, "2026-01-10")
    assert (answer["code"], answer["facts"]["invoice"]) == ("invoice_void", invoice["number"])
