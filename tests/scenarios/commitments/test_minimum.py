"""Minimum commitments: what is not used is charged at the end, and what is beyond at its own rate."""

from __future__ import annotations

import pytest

from tests.scenarios.commitments.conftest import Shop

FACTOR = {"kind": "factor", "value": "1.5"}


async def test_usage_beyond_the_minimum_costs_its_factor(shop: Shop) -> None:
    """The published example of 9 h: 6,000 × 0.10 = 600 of a commitment of 500; 500 + 100 × 1.5 = 650."""
    await shop.subscribe({"kind": "minimum", "size": "500", "overage": FACTOR})
    await shop.use("2026-01-10", 6000)
    await shop.until("2026-02-02")
    [january] = await shop.invoices()
    assert [(line["description"], line["amount"]) for line in january["lines"]] == [
        ("Calls", "600.00"),
        ("Minimum commitment: beyond it", "50.00"),
        ("Minimum commitment: not used", "0.00"),
    ]
    assert january["total"] == "650.00"


async def test_what_is_missing_at_the_end_is_charged(shop: Shop) -> None:
    """The published example of 23 h: 1,000 × 0.04 = 40 of a commitment of 100: 60 are missing, 100 in all."""
    prices = [shop.price("calls", "0.04")]
    overage = {"kind": "factor", "value": "1.2"}
    await shop.subscribe({"kind": "minimum", "size": "100", "overage": overage}, prices=prices)
    await shop.use("2026-01-10", 1000)
    await shop.until("2026-02-02")
    assert await shop.told() == [
        [
            ("Calls", "40.00"),
            ("Minimum commitment: used", "0.00"),
            ("Minimum commitment: not used", "60.00"),
        ]
    ]
    first, second = await shop.terms()
    assert (first["drawn"], first["left"], first["trued_up"], first["broken"]) == ("40", "0", "60.00", "0")
    assert (second["committed"], second["left"], second["closed_at"]) == ("100", "100", None)


async def test_each_window_has_its_own_commitment(shop: Shop) -> None:
    """The published example of three hours: 5 + 15 × 2 = 35, 2 without a true-up, 3 + 7 missing = 10: 47."""
    prices = [shop.price("h9", "2"), shop.price("h10", "2"), shop.price("h18", "1")]
    double = {"kind": "factor", "value": "2"}
    await shop.subscribe(
        {"kind": "minimum", "size": "5", "price_codes": ["h9"], "overage": double, "true_up": False},
        {"kind": "minimum", "size": "5", "price_codes": ["h10"], "overage": double, "true_up": False},
        {"kind": "minimum", "size": "10", "price_codes": ["h18"], "overage": double, "true_up": True},
        prices=prices,
    )
    for kind, units in (("h9", 10), ("h10", 1), ("h18", 3)):
        await shop.use("2026-01-10", units, kind)
    await shop.until("2026-02-02")
    [january] = await shop.invoices()
    assert january["total"] == "47.00"
    amounts: dict[str, list[str]] = {}
    for line in january["lines"]:
        amounts.setdefault(line["description"].rpartition(": ")[2], []).append(line["amount"])
    assert amounts["H9"] + amounts["H10"] + amounts["H18"] == ["20.00", "2.00", "3.00"]
    assert amounts["beyond it"] == ["15.00"]  # 15 of 20 are beyond, and cost 15 more: 30 of overage
    assert amounts["not used"] == ["7.00"]
    balances = (await shop.get(f"/subscriptions/{shop.subscription}/commitments"))["data"]
    drawn = []
    for one in balances:
        path = f"/subscriptions/{shop.subscription}/commitments/{one['id']}/terms"
        drawn.append((await shop.get(path))["data"][-1]["drawn"])
    assert drawn == ["5", "2", "3"]  # 10 of the three are utilized


async def test_nothing_is_missing_while_the_period_is_open(shop: Shop) -> None:
    """The published example of a minimum spend of 100: an open period owes none of it."""
    await shop.subscribe({"kind": "minimum", "size": "100"})
    await shop.until("2026-01-31")
    assert await shop.told() == []
    term = await shop.term()
    assert (term["drawn"], term["left"], term["closed_at"]) == ("0", "100", None)
    preview = await shop.get(f"/subscriptions/{shop.subscription}/preview")
    assert [one["invoice"]["total"] for one in preview["data"]] == ["100.00"]
    await shop.until("2026-02-01")
    assert [invoice["total"] for invoice in await shop.invoices()] == ["100.00"]


async def test_a_year_is_settled_once_over_the_months_of_two_prices(shop: Shop) -> None:
    """1,200 a year: calls of 50 in January, storage of 30 in July; 1,200 − 80 = 1,120 in the next January."""
    prices = [shop.price("calls", "0.10"), shop.price("storage", "0.02"), shop.price("mail", "1")]
    await shop.subscribe(
        {
            "kind": "minimum",
            "name": "Commit 2026",
            "size": "1200",
            "price_codes": ["calls", "storage"],
            "period": "term",
            "interval_unit": "year",
        },
        prices=prices,
    )
    await shop.use("2026-01-10", 500)
    await shop.use("2026-03-10", 40, "mail")  # counts towards nothing
    await shop.use("2026-07-10", 1500, "storage")
    await shop.until("2026-12-31")
    assert (await shop.term())["drawn"] == "80"
    await shop.until("2027-03-02")
    totals = [invoice["total"] for invoice in await shop.invoices()]
    nothing = "0.00"
    assert totals[:7] == ["50.00", nothing, "40.00", nothing, nothing, nothing, "30.00"]
    assert totals[7:] == [*[nothing] * 4, "1120.00", nothing, nothing]
    [year] = await shop.terms()
    assert (year["trued_up"], year["closed_at"]) == ("1120.00", "2027-01-01T00:00:00Z")


async def test_a_late_event_within_the_grace_changes_the_rest(shop: Shop) -> None:
    """40 used and 60 missing; 300 calls more at 0.10 before the draft is final: 70 used and 30 missing."""
    await shop.subscribe({"kind": "minimum", "size": "100"})
    await shop.use("2026-01-10", 400)
    await shop.until("2026-02-01", "00")
    assert [amount for _, amount in (await shop.told())[0]] == ["40.00", "0.00", "60.00"]
    await shop.use("2026-01-31", 300)
    await shop.until("2026-02-02")
    [january] = await shop.invoices()
    assert [line["amount"] for line in january["lines"]] == ["70.00", "0.00", "30.00"]
    assert (january["total"], january["status"]) == ("100.00", "open")
    assert [term["drawn"] for term in await shop.terms()] == ["70", "0"]


async def test_usage_after_the_grace_is_not_charged_beside_its_true_up(shop: Shop) -> None:
    """January is final at 100: 40 used, 60 missing.  Usage of 30 more is charged, and 30 of the true-up given
    back; of another 70 only the 30 that are still trued up: 140 used, and 140 paid.  February and March
    are 100 each, of which nothing is used.
    """
    await shop.subscribe({"kind": "minimum", "size": "100"})
    await shop.use("2026-01-10", 400)
    await shop.until("2026-02-10")
    await shop.use("2026-01-31", 300)
    await shop.until("2026-03-02")
    january, february = await shop.invoices()
    assert january["total"] == "100.00"
    assert [(line["kind"], line["amount"]) for line in february["lines"]] == [
        ("charge", "0.00"),
        ("adjustment", "30.00"),
        ("commitment", "0.00"),
        ("commitment", "-30.00"),
        ("commitment", "100.00"),
    ]
    await shop.use("2026-01-30", 700)
    await shop.until("2026-04-02")
    march = (await shop.invoices())[2]
    assert [(line["kind"], line["amount"]) for line in march["lines"]] == [
        ("charge", "0.00"),
        ("adjustment", "70.00"),
        ("commitment", "0.00"),
        ("commitment", "-30.00"),
        ("commitment", "100.00"),
    ]
    assert (await shop.terms())[0]["trued_up"] == "0.00"


@pytest.mark.parametrize(
    ("on_cancel", "missing"),
    [
        pytest.param("due", "1150.00", id="all of it: 1,200 − 50"),
        pytest.param("prorated", "545.07", id="181 of 365 days of 1,200 are 595.07, less 50"),
        pytest.param("waived", "0.00", id="nothing"),
    ],
)
async def test_an_end_within_the_term_owes_what_was_agreed(shop: Shop, on_cancel: str, missing: str) -> None:
    await shop.subscribe(
        {
            "kind": "minimum", "size": "1200", "period": "term", "interval_unit": "year",
            "on_cancel": on_cancel,
        }
    )  # fmt: skip
    await shop.use("2026-01-10", 500)
    await shop.until("2026-07-01", "00")
    await shop.post(f"/subscriptions/{shop.subscription}/cancel", {"when": "now"})
    await shop.until("2026-07-02")
    invoices = await shop.invoices()
    charged = [line for one in invoices for line in one["lines"] if line["description"].endswith("not used")]
    assert [line["amount"] for line in charged] == ([missing] if missing != "0.00" else [])
    assert (await shop.get(f"/subscriptions/{shop.subscription}"))["next_billing_at"] is None


async def test_a_commitment_ahead_survives_an_end_that_is_taken_back(shop: Shop) -> None:
    """It begins in March; the subscription was to end in February, and goes on: March owes its 100."""
    await shop.subscribe({"kind": "minimum", "size": "100", "starts_at": "2026-03-01T00:00:00Z"})
    path = f"/subscriptions/{shop.subscription}"
    await shop.post(f"{path}/cancel", {"when": "at", "at": "2026-02-15T00:00:00Z"})
    await shop.post(f"{path}/reactivate")
    await shop.until("2026-04-02")
    assert [invoice["total"] for invoice in await shop.invoices()] == ["0.00", "0.00", "100.00"]


async def test_a_commitment_ahead_owes_nothing_where_the_subscription_ends_first(shop: Shop) -> None:
    await shop.subscribe(
        {"kind": "prepaid", "size": "100", "starts_at": "2026-03-01T00:00:00Z"}, external_id="s"
    )
    await shop.post(f"/subscriptions/{shop.subscription}/cancel", {"when": "now"})
    await shop.until("2026-04-02")
    assert {invoice["total"] for invoice in await shop.invoices()} <= {"0.00"}
    assert (await shop.get(f"/subscriptions/{shop.subscription}"))["next_billing_at"] is None
