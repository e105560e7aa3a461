"""Prepaid commitments: paid ahead, at once or in parts, drawn by usage; what is left ends or rolls over."""

from __future__ import annotations

from typing import Any

from tests.scenarios.commitments.conftest import Shop

YEAR = {"period": "term", "interval_unit": "year"}


def prepaid(size: str, **more: Any) -> dict[str, Any]:
    return {"kind": "prepaid", "name": "Commit", "size": size, **more}


async def test_what_was_paid_ahead_pays_usage_until_it_is_drawn(shop: Shop) -> None:
    """1,000 are paid on 1 January.  January uses 600; February 700: 400 of them drawn, 300 beyond × 1.2."""
    await shop.subscribe(prepaid("1000", **YEAR, overage={"kind": "factor", "value": "1.2"}))
    await shop.use("2026-01-10", 6000)
    await shop.use("2026-02-10", 7000)
    await shop.until("2026-03-02")
    assert await shop.told() == [
        [("Commit: paid ahead", "1000.00")],
        [("Calls", "600.00"), ("Commit: used", "-600.00")],
        [("Calls", "700.00"), ("Commit: used", "-400.00"), ("Commit: beyond it", "60.00")],
    ]
    assert [invoice["total"] for invoice in await shop.invoices()] == ["1000.00", "0.00", "360.00"]
    term = await shop.term()
    assert (term["paid_ahead"], term["drawn"]) == ("1000.00", "1000")
    assert (term["left"], term["beyond"]) == ("0", "300")
    assert term["end_at"] == "2027-01-01T00:00:00Z"


async def test_the_books_defer_what_is_paid_ahead_until_it_is_drawn(shop: Shop) -> None:
    """1,000 deferred, less 600 drawn: 400; and 600 are earned, as if they had been charged."""
    await shop.subscribe(prepaid("1000", **YEAR))
    await shop.use("2026-01-10", 6000)
    await shop.until("2026-02-02")
    accounts = {one["account"]: one for one in (await shop.get("/ledger/balances"))["data"]}
    assert (accounts["deferred_revenue"]["amount"], accounts["revenue"]["amount"]) == ("400.00", "600.00")


async def test_what_is_left_rolls_over_once_up_to_its_limit(shop: Shop) -> None:
    """100 a month, at most 50 of it carried.  January uses 20: 50 of 80 are carried and 30 are lost.

    February uses 70: the 50 first, then 20 of its own 100; of the 80 that are left 50 are carried into March.
    """
    await shop.subscribe(prepaid("100", remainder="rollover", rollover_limit="50"))
    await shop.use("2026-01-10", 200)
    await shop.use("2026-02-10", 700)
    await shop.until("2026-03-02")
    told = [
        tuple(term[name] for name in ("committed", "rolled_over", "drawn", "left", "carried", "broken"))
        for term in await shop.terms()
    ]
    assert told == [
        ("100", "0", "20", "0", "50", "30"),
        ("100", "50", "70", "0", "50", "30"),
        ("100", "50", "0", "150", "0", "0"),
    ]
    assert [invoice["total"] for invoice in await shop.invoices()] == ["100.00", "100.00", "100.00"]


async def test_a_late_event_within_the_grace_changes_what_rolled_over(shop: Shop) -> None:
    """20 of 100 are used when February begins; 30 more of January come before its draft is final."""
    await shop.subscribe(prepaid("100", remainder="rollover"))
    await shop.use("2026-01-10", 200)
    await shop.until("2026-02-01", "00")
    assert [term["rolled_over"] for term in await shop.terms()] == ["0", "80"]
    await shop.use("2026-01-31", 300)
    await shop.until("2026-02-02")
    first, second = await shop.terms()
    assert (first["drawn"], first["carried"], first["broken"]) == ("50", "50", "0")
    assert (second["rolled_over"], second["left"]) == ("50", "150")


async def test_without_rollover_the_rest_is_lost(shop: Shop) -> None:
    await shop.subscribe(prepaid("100"))
    await shop.use("2026-01-10", 200)
    await shop.until("2026-02-02")
    first, second = await shop.terms()
    assert (first["drawn"], first["carried"], first["broken"]) == ("20", "0", "80")
    assert (second["rolled_over"], second["left"]) == ("0", "100")


async def test_instalments_are_billed_on_their_days_and_sum_to_the_whole(shop: Shop) -> None:
    """1,000 in three from the start, every second month: 333.34, 333.33 and 333.33."""
    parts = {"count": 3, "interval_unit": "month", "interval_count": 2}
    await shop.subscribe(prepaid("1000", **YEAR, instalments=parts))
    await shop.until("2026-12-02")
    paid = [
        (invoice["created_at"][:10], line["amount"])
        for invoice in await shop.invoices()
        for line in invoice["lines"]
        if line["kind"] == "commitment"
    ]
    assert paid == [("2026-01-01", "333.34"), ("2026-03-01", "333.33"), ("2026-05-01", "333.33")]
    assert [part["billed"] for part in (await shop.term())["instalments"]] == [True, True, True]


async def test_the_instalments_that_are_left_are_due_when_the_contract_ends_early(shop: Shop) -> None:
    parts = {
        "parts": [
            {"due_at": "2026-01-01T00:00:00Z", "amount": "500"},
            {"due_at": "2026-09-01T00:00:00Z", "amount": "250"},
            {"due_at": "2026-10-01T00:00:00Z", "amount": "250"},
        ]
    }
    await shop.subscribe(prepaid("1000", **YEAR, instalments=parts))
    await shop.until("2026-03-15")
    await shop.post(f"/subscriptions/{shop.subscription}/cancel", {"when": "now"})
    await shop.until("2026-03-16")
    lines = [line for one in await shop.invoices() for line in one["lines"] if line["kind"] == "commitment"]
    assert [line["amount"] for line in lines] == ["500.00", "250.00", "250.00"]
    [term] = await shop.terms()
    assert (term["paid_ahead"], term["broken"], term["closed_at"]) == (
        "1000.00", "1000", "2026-03-15T03:00:00Z",
    )  # fmt: skip


async def test_a_commitment_added_later_is_paid_at_once_and_previewed(shop: Shop) -> None:
    await shop.subscribe()
    await shop.until("2026-01-15", "00")
    path = f"/subscriptions/{shop.subscription}/commitments"
    body = prepaid("300", **YEAR)
    shown = await shop.post(path, body, preview="true")
    assert [one["invoice"]["total"] for one in shown["invoices"]] == ["300.00"]
    assert (await shop.get(path))["data"] == []
    made = await shop.post(path, body)
    assert made["terms"][0]["paid_ahead"] == "300.00"
    await shop.use("2026-01-20", 1000)
    await shop.until("2026-02-02")
    paid, january = await shop.invoices()
    assert (paid["total"], january["total"]) == ("300.00", "0.00")
    assert [line["amount"] for line in january["lines"]] == ["100.00", "-100.00"]


async def test_credit_of_a_term_pays_in_the_declared_order(shop: Shop) -> None:
    """100 are used, 60 of credit given.  Credit first: 60 by credit, 40 drawn; else 100 drawn, no credit."""
    path = "/subscriptions/{}/commitments/{}/credit"
    for order in (None, ["included", "commit", "usage_credit"]):
        start = {} if order is None else {"order": order}
        await shop.subscribe(prepaid("500", **start), shared_usage=True)
        commitment = await shop.commitment()
        credited = await shop.post(path.format(shop.subscription, commitment["id"]), {"amount": "60"})
        assert credited["terms"][0]["credit"] == "60"
    await shop.use("2026-01-10", 1000)
    await shop.until("2026-02-02")
    drawn = sorted(
        [line["amount"] for line in one["lines"] if "paid ahead" not in line["description"]]
        for one in (await shop.invoices())[2:]
    )
    assert drawn == [["100.00", "-100.00"], ["100.00", "-60.00", "-40.00"]]


async def test_a_year_is_divided_into_quarters_that_are_settled_by_themselves(shop: Shop) -> None:
    """1,000 in four: 250 each.  300 used in the first: 250 drawn and 50 beyond it; what is left is lost."""
    await shop.subscribe(prepaid("1000", **YEAR))
    await shop.until("2026-01-02")
    commitment = await shop.commitment()
    path = f"/subscriptions/{shop.subscription}/commitments/{commitment['id']}/divide"
    months = ("01", "04", "07", "10")
    divided = await shop.post(path, {"starts": [f"2026-{month}-01T00:00:00Z" for month in months]})
    assert [term["committed"] for term in divided["terms"]] == ["250"] * 4
    await shop.use("2026-02-10", 3000)
    await shop.until("2026-04-02")
    first = (await shop.terms())[0]
    assert (first["drawn"], first["beyond"], first["broken"]) == ("250", "50", "0")
    assert [one["total"] for one in await shop.invoices()] == ["1000.00", "0.00", "50.00", "0.00"]
    assert (await shop.refused(path, {"starts": ["2026-04-01T00:00:00Z"]}))[:2] == (409, "conflict")


async def test_a_quantity_costs_what_was_agreed_for_it(shop: Shop) -> None:
    """1,000 calls for 80 ahead; 1,500 used at 0.10: the 1,000 are paid, 500 cost the overage rate of 0.07."""
    rate = {"kind": "rate", "value": "0.07"}
    await shop.subscribe(prepaid("1000", measure="quantity", price="80", overage=rate))
    await shop.use("2026-01-10", 1500)
    await shop.until("2026-02-02")
    _, january = await shop.invoices()
    assert [(line["description"], line["amount"]) for line in january["lines"]] == [
        ("Calls", "150.00"),
        ("Commit: used", "-100.00"),
        ("Commit: beyond it", "-15.00"),
        ("Commit: paid ahead", "80.00"),
    ]
    first = (await shop.terms())[0]
    assert (first["committed"], first["drawn"], first["beyond"]) == ("1000", "1000", "500")
