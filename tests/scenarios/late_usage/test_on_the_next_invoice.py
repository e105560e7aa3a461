"""Usage that comes after its month was billed: what the next invoice says, and when nothing does."""

from __future__ import annotations

import pytest

from counterfoil.bootstrap import make_worker
from tests.scenarios.late_usage.conftest import Shop


async def test_late_usage_is_a_line_of_the_next_invoice_that_names_its_period(shop: Shop) -> None:
    """January: 900 × 0.02 = 18.00.  300 more come on 5 February: 20.00 + 200 × 0.01 = 22.00, 4.00 more.

    February itself: 100 × 0.02 = 2.00.  Together 6.00, and 1.20 of tax.
    """
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-05")
    await shop.use("late", "2026-01-31", 300)
    await shop.use("b", "2026-02-04", 100)
    await shop.until("2026-03-02")
    january, february = await shop.invoices()
    assert [line["amount"] for line in january["lines"]] == ["18.00"]
    charge, adjustment = february["lines"]
    assert (february["subtotal"], february["tax"], february["total"]) == ("6.00", "1.20", "7.20")
    assert (february["period_start"], february["period_end"]) == (
        "2026-02-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
    )
    assert (charge["kind"], charge["amount"], charge["of_line_id"]) == ("charge", "2.00", None)
    assert (adjustment["kind"], adjustment["amount"], adjustment["tax"]) == ("adjustment", "4.00", "0.80")
    assert (adjustment["service_start"], adjustment["service_end"]) == (
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
    )
    assert adjustment["of_line_id"] == january["lines"][0]["id"]
    assert adjustment["quantity"] == "1200"
    told = await shop.get(f"/invoices/{february['id']}/lines/2/explain")
    texts = [step["text"] for step in told["steps"]]
    assert texts[0].startswith(f"Corrects line 1 of invoice {january['number']}")
    assert texts[-1] == "22.00 EUR - 18.00 EUR billed before = 4.00 EUR"
    assert told["redone"] == {"amount": "4.00", "matches": True}
    paper = await shop.api.get(f"/v1/invoices/{february['id']}/pdf")
    assert paper.content.startswith(b"%PDF-")


async def test_what_was_dealt_with_is_dealt_with_once(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-05")
    await shop.use("late", "2026-01-31", 300)
    assert [one["state"] for one in (await shop.get("/late-usage"))["data"]] == []  # only a note so far
    await shop.until("2026-03-02")
    await shop.use("late", "2026-01-31", 300)  # sent again: the same event
    await shop.until("2026-05-02")
    assert await shop.told() == [
        ("21.60", [("charge", "2026-01-01", "18.00")]),
        ("4.80", [("charge", "2026-02-01", "0.00"), ("adjustment", "2026-01-01", "4.00")]),
        ("0.00", [("charge", "2026-03-01", "0.00")]),
        ("0.00", [("charge", "2026-04-01", "0.00")]),
    ]


async def test_usage_that_comes_while_the_draft_waits_is_on_the_draft_and_adjusts_nothing(shop: Shop) -> None:
    """The grace is an hour; at half past twelve the invoice is a draft, which is rated again on demand."""
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-01", "00:30:00")
    await shop.use("late", "2026-01-31", 300)
    [draft] = await shop.invoices()
    assert (draft["status"], draft["subtotal"]) == ("draft", "18.00")
    rated = await shop.post(f"/invoices/{draft['id']}/rate")
    assert (rated["status"], rated["subtotal"], rated["version"]) == ("draft", "22.00", 2)
    assert (await shop.post(f"/invoices/{draft['id']}/rate"))["version"] == 2
    await shop.until("2026-03-02")
    assert await shop.told() == [
        ("26.40", [("charge", "2026-01-01", "22.00")]),
        ("0.00", [("charge", "2026-02-01", "0.00")]),
    ]
    refused = await shop.api.post(f"/v1/invoices/{draft['id']}/rate")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "wrong_state")


async def test_late_usage_of_two_months_is_a_line_for_each(shop: Shop) -> None:
    """January 100 → 600: 10.00 more.  February 0 → 50: 1.00."""
    await shop.use("a", "2026-01-10", 100)
    await shop.until("2026-03-02")
    for tokens, day in ((200, "2026-01-03"), (50, "2026-02-28"), (300, "2026-01-31")):
        await shop.use(f"late-{tokens}", day, tokens)
    await shop.until("2026-04-02")
    assert (await shop.told())[-1] == (
        "13.20",
        [
            ("charge", "2026-03-01", "0.00"),
            ("adjustment", "2026-01-01", "10.00"),
            ("adjustment", "2026-02-01", "1.00"),
        ],
    )


async def test_a_preview_shows_the_adjustment_and_changes_nothing(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 100)
    await shop.until("2026-02-05")
    await shop.use("late", "2026-01-31", 100)
    for _ in range(2):
        [preview] = (await shop.get(f"/subscriptions/{shop.subscription}/preview"))["data"]
        assert [(one["kind"], one["amount"]) for one in preview["lines"]] == [
            ("charge", "0.00"),
            ("adjustment", "2.00"),
        ]
    await shop.until("2026-03-02")
    assert (await shop.told())[-1][1] == [
        ("charge", "2026-02-01", "0.00"),
        ("adjustment", "2026-01-01", "2.00"),
    ]


async def test_after_the_end_an_invoice_of_its_own_is_drafted(shop: Shop) -> None:
    """The contract ends on 20 January; 19 days of usage are billed, and what comes later by itself."""
    await shop.use("a", "2026-01-10", 100)
    await shop.until("2026-01-20")
    await shop.post(f"/subscriptions/{shop.subscription}/cancel", {"when": "now"})
    await shop.until("2026-01-25")
    await shop.use("late", "2026-01-19", 50)
    await shop.use("after", "2026-01-24", 1000)  # after the end: nobody's
    await shop.until("2026-01-26")
    final, own = await shop.invoices()
    assert [line["amount"] for line in final["lines"]] == ["2.00"]
    [adjustment] = own["lines"]
    assert (own["status"], own["subtotal"], adjustment["kind"]) == ("open", "1.00", "adjustment")
    assert (own["period_start"], own["period_end"]) == ("2026-01-01T00:00:00Z", "2026-01-20T03:00:00Z")
    await shop.until("2026-04-01")
    assert len(await shop.invoices()) == 2


@pytest.mark.parametrize(("days", "came"), [(0, "2026-02-02"), (10, "2026-02-10")])
async def test_how_long_late_usage_is_billed_is_the_issuers_to_say(shop: Shop, days: int, came: str) -> None:
    """10 days after the invoice was final on 1 February at 01:00; or never.

    What waits when a later event comes takes that along, for the period is rated whole: 1,700 are 27.00.
    """
    [issuer] = (await shop.get("/issuers"))["data"]
    changed = await shop.api.patch(f"/v1/issuers/{issuer['id']}", json={"late_usage_days": days})
    assert changed.json()["late_usage_days"] == days
    await shop.use("a", "2026-01-10", 900)
    await shop.until(came)
    await shop.use("late", "2026-01-31", 300)
    await shop.until("2026-02-12")
    await shop.use("later", "2026-01-30", 500)
    await shop.until("2026-03-02")
    lines = (await shop.invoices())[-1]["lines"]
    adjustments = [line["amount"] for line in lines if line["kind"] == "adjustment"]
    assert adjustments == ([] if days == 0 else ["9.00"])
    late = (await shop.get("/late-usage", subscription_id=shop.subscription))["data"]
    assert [(one["state"], one["events"]) for one in late] == ([("too_late", 2)] if days == 0 else [])
    january = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    used = await shop.get("/usage", meter="tokens", customer=shop.customer, **january)
    assert used["total"]["value"] == "1700"


async def test_a_contract_may_say_otherwise_than_its_issuer(shop: Shop) -> None:
    """None of the issuer's 30 days, so nothing; then 60, and what came before that stays unbilled."""
    path = f"/v1/subscriptions/{shop.subscription}"
    for days in (-1, 3651):
        refused = await shop.api.patch(path, json={"late_usage_days": days})
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "late_usage_days")
    assert (await shop.api.patch(path, json={"late_usage_days": 0})).json()["late_usage_days"] == 0
    await shop.until("2026-02-05")
    await shop.use("a", "2026-01-10", 100)
    await shop.until("2026-03-05")
    await shop.api.patch(path, json={"late_usage_days": 60})
    await shop.until("2026-03-20")
    await shop.use("b", "2026-02-10", 100)
    await shop.until("2026-04-02")
    adjusted = [
        (line["service_start"][:10], line["amount"])
        for invoice in await shop.invoices()
        for line in invoice["lines"]
        if line["kind"] == "adjustment"
    ]
    assert adjusted == [("2026-02-01", "2.00")]


async def test_what_came_in_the_grace_is_on_the_draft_and_waits_for_nothing(shop: Shop) -> None:
    """900 × 0.02 = 18.00; 100 more come in the grace, and 20.00 become final: nothing is late."""
    await shop.use("a", "2026-01-10", 900)
    await shop.until("2026-02-01", "00:30:00")
    await shop.use("b", "2026-01-31", 100)
    await make_worker(shop.store).drain()
    await shop.until("2026-02-01", "00:45:00")
    [noted] = (await shop.get("/late-usage"))["data"]
    assert noted["events"] == 1
    await shop.until("2026-02-05")
    [invoice] = await shop.invoices()
    assert [line["amount"] for line in invoice["lines"]] == ["20.00"]
    assert (await shop.get("/late-usage"))["data"] == []
    path = f"/subscriptions/{shop.subscription}/why-no-line"
    [told] = (await shop.get(path, meter="tokens", at="2026-01-31T12:00:00Z"))["data"]
    assert (told["code"], told["facts"]["amount"]) == ("billed", "20.00")


async def test_what_is_noted_in_the_grace_of_a_draft_finalised_by_hand_waits_for_nothing(shop: Shop) -> None:
    await shop.until("2026-02-01", "00:30:00")
    await shop.use("a", "2026-01-31", 100)
    await shop.until("2026-02-01", "00:40:00")
    [draft] = await shop.invoices()
    await shop.post(f"/invoices/{draft['id']}/finalise")
    [invoice] = await shop.invoices()
    assert (invoice["status"], invoice["subtotal"]) == ("open", "2.00")
    assert (await shop.get("/late-usage"))["data"] == []


async def test_what_has_only_just_come_is_told_as_waiting_with_how_many_came(shop: Shop) -> None:
    """The worker takes up what came late a moment later; asked before that, the answer knows it too."""
    await shop.use("a", "2026-01-10", 0)
    await shop.until("2026-02-05")
    await shop.use("b", "2026-01-20", 100)
    await shop.use("c", "2026-01-21", 200)
    path = f"/subscriptions/{shop.subscription}/why-no-line"
    [told] = (await shop.get(path, meter="tokens", at="2026-01-31T12:00:00Z"))["data"]
    assert (told["code"], told["facts"]["events"]) == ("late_usage_waiting", 2)
    assert (await shop.get("/late-usage"))["data"] == []  # asking writes nothing
    await shop.until("2026-02-06")
    [again] = (await shop.get(path, meter="tokens", at="2026-01-31T12:00:00Z"))["data"]
    assert (again["code"], again["facts"]["events"]) == ("late_usage_waiting", 2)
