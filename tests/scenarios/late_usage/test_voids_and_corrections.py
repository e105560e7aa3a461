"""Events that were wrong: taken back or said again, once, by somebody, for a reason; and what it costs."""

from __future__ import annotations

from tests.scenarios.late_usage.conftest import Shop


async def test_a_void_after_the_invoice_is_given_back_on_the_next_one(shop: Shop) -> None:
    """1,200 cost 22.00.  Without the 300 that a test client sent there are 900, 18.00: −4.00 and −0.80."""
    await shop.use("a", "2026-01-10", 900)
    await shop.use("test/run 1", "2026-01-11", 300)
    await shop.until("2026-02-05")
    voided = await shop.post("/events/test%2Frun%201/void", {"reason": "sent by a test client"})
    assert voided["voided"]["reason"] == "sent by a test client"
    assert voided["voided"]["by"].startswith("api_client:key_")
    assert voided["voided"]["corrected_by"] is None
    assert await shop.get("/events/test%2Frun%201") == voided
    await shop.until("2026-03-02")
    assert (await shop.told())[-1] == (
        "-4.80",
        [("charge", "2026-02-01", "0.00"), ("adjustment", "2026-01-01", "-4.00")],
    )
    invoice = (await shop.invoices())[-1]
    assert (invoice["status"], invoice["amount_due"]) == ("paid", "0.00")
    books = (await shop.get("/ledger/balances"))["data"]
    by_account = {row["account"]: row["amount"] for row in books if row["customer_id"] is None}
    assert by_account["revenue"] == "18.00"


async def test_a_void_before_the_invoice_is_simply_not_counted(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.use("b", "2026-01-11", 300)
    await shop.post("/events/b/void", {"reason": "wrong"})
    await shop.until("2026-03-02")
    assert await shop.told() == [
        ("21.60", [("charge", "2026-01-01", "18.00")]),
        ("0.00", [("charge", "2026-02-01", "0.00")]),
    ]


async def test_a_correction_takes_the_place_of_an_event_and_each_names_the_other(shop: Shop) -> None:
    """900 were 9,000 by mistake: 18.00 instead of 20.00 + 8,000 × 0.01 = 100.00, so −82.00."""
    await shop.use("a", "2026-01-10", 9000, subscription=shop.subscription)
    await shop.until("2026-02-05")
    body = {"id": "a2", "reason": "a zero too many", "properties": {"tokens": 900}}
    made = await shop.post("/events/a/correct", body)
    assert (made["id"], made["corrects"], made["voided"]) == ("a2", "a", None)
    assert made["properties"] == {"tokens": 900}
    assert (made["at"], made["subscription_id"]) == ("2026-01-10T12:00:00Z", shop.subscription)
    wrong = await shop.get("/events/a")
    assert (wrong["voided"]["corrected_by"], wrong["voided"]["reason"]) == ("a2", "a zero too many")
    listed = (await shop.get("/events", customer=shop.customer))["data"]
    assert {one["id"]: one["corrects"] for one in listed} == {"a": None, "a2": "a"}
    await shop.until("2026-03-02")
    assert (await shop.told())[-1][1] == [
        ("charge", "2026-02-01", "0.00"),
        ("adjustment", "2026-01-01", "-82.00"),
    ]
    again = await shop.post("/events/a2/correct", {"reason": "and again", "properties": {"tokens": 1}})
    assert again["id"].startswith("correction-")
    assert again["corrects"] == "a2"


async def test_a_correction_may_move_an_event_to_another_month(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 100)
    await shop.until("2026-02-05")
    body = {"reason": "a wrong clock", "properties": {"tokens": 100}, "at": "2026-02-01T12:00:00Z"}
    await shop.post("/events/a/correct", body)
    await shop.until("2026-03-02")
    assert (await shop.told())[-1] == (
        "0.00",
        [("charge", "2026-02-01", "2.00"), ("adjustment", "2026-01-01", "-2.00")],
    )


async def test_a_voided_event_stays_void_and_its_id_stays_taken(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.post("/events/a/void", {"reason": "wrong"})
    event = {"id": "a", "name": "completion", "customer": shop.customer, "at": "2026-01-10T12:00:00Z"}
    same = await shop.post("/events", event | {"properties": {"tokens": 900}})
    assert same["events"][0]["outcome"] == "duplicate"
    other = await shop.api.post("/v1/events", json=event | {"properties": {"tokens": 901}})
    assert (other.status_code, other.json()["error"]["code"]) == (400, "id_reused")
    for action, more in (("void", {}), ("correct", {"properties": {"tokens": 1}})):
        again = await shop.api.post(f"/v1/events/a/{action}", json={"reason": "once more"} | more)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "wrong_state")
    january = {"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}
    used = await shop.get("/usage", meter="tokens", customer=shop.customer, **january)
    assert (used["total"]["value"], used["total"]["events"]) == ("0", 0)


async def test_a_correction_that_cannot_be_an_event_changes_nothing(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.use("b", "2026-01-10", 900)
    for body, field in (
        ({"properties": {"tokens": "many"}}, "properties.tokens"),
        ({"properties": {}}, "properties.tokens"),
        ({"properties": {"tokens": 1}, "at": "2999-01-01T00:00:00Z"}, "at"),
        ({"properties": {"tokens": 1}, "id": "a"}, "id"),
        ({"properties": {"tokens": 1}, "id": "b"}, "id"),
        ({"properties": {"tokens": 1}, "reason": ""}, "reason"),
    ):
        refused = await shop.api.post("/v1/events/a/correct", json={"reason": "wrong"} | body)
        assert refused.status_code in (400, 409), refused.text
        assert refused.json()["error"]["field"] == field
    assert (await shop.get("/events/a"))["voided"] is None
    unknown = await shop.api.post("/v1/events/nobody/void", json={"reason": "wrong"})
    assert unknown.status_code == 404


async def test_who_voided_what_is_in_the_audit(shop: Shop) -> None:
    await shop.use("a", "2026-01-10", 900)
    await shop.post("/events/a/correct", {"id": "a2", "reason": "why", "properties": {"tokens": 1}})
    record = (await shop.get("/audit-records"))["data"][0]
    assert (record["action"], record["object_id"]) == ("event.corrected", shop.customer)
    assert record["data"] == {"event_id": "a", "reason": "why", "corrected_by": "a2"}
