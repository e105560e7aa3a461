"""Spend caps: beyond them nothing is charged."""

from __future__ import annotations

from tests.scenarios.commitments.conftest import Shop


async def test_usage_beyond_the_cap_is_waived_in_its_period_only(shop: Shop) -> None:
    """Calls cap at 50 a month: 80 in January, so 30 are waived; 40 in February are charged."""
    await shop.subscribe(
        {"kind": "cap", "size": "50", "price_codes": ["calls"]},
        prices=[shop.price("calls", "0.10"), shop.price("storage", "0.10")],
    )
    await shop.use("2026-01-10", 800)
    await shop.use("2026-01-11", 900, "storage")
    await shop.use("2026-02-10", 400)
    await shop.until("2026-03-02")
    january, february = await shop.invoices()
    assert [(line["description"], line["amount"]) for line in january["lines"]] == [
        ("Calls", "80.00"),
        ("Storage", "90.00"),
        ("Spend cap: beyond it", "-30.00"),
    ]
    assert (january["total"], february["total"]) == ("140.00", "40.00")


async def test_a_commitment_counts_what_a_cap_leaves(shop: Shop) -> None:
    """80 used, capped at 50; of a minimum of 100 then 50 are missing."""
    await shop.subscribe({"kind": "minimum", "size": "100"}, {"kind": "cap", "size": "50"})
    await shop.use("2026-01-10", 800)
    await shop.until("2026-02-02")
    [january] = await shop.invoices()
    assert january["total"] == "100.00"
    minimum = (await shop.get(f"/subscriptions/{shop.subscription}/commitments"))["data"][0]
    path = f"/subscriptions/{shop.subscription}/commitments/{minimum['id']}/terms"
    assert (await shop.get(path))["data"][-1]["drawn"] == "50"


async def test_a_cap_for_the_whole_subscription_holds_for_its_lines_together(shop: Shop) -> None:
    await shop.subscribe(
        {"kind": "cap", "size": "100"},
        prices=[shop.price("calls", "0.10"), shop.price("storage", "0.10")],
    )
    await shop.use("2026-01-10", 700)
    await shop.use("2026-01-11", 700, "storage")
    await shop.until("2026-02-02")
    [january] = await shop.invoices()
    assert january["total"] == "100.00"
