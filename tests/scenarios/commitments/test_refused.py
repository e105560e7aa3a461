"""What a commitment cannot be: the field at fault is named, and nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenarios.commitments.conftest import Shop

YEAR = {"period": "term", "interval_unit": "year"}
BAD: list[tuple[dict[str, Any], str]] = [
    ({"kind": "minimum", "size": "0"}, "size"),
    ({"kind": "minimum", "size": "10.001"}, "size"),
    ({"kind": "minimum", "size": "10", "price_codes": ["nothing"]}, "price_codes.0"),
    ({"kind": "minimum", "size": "10", "price_codes": []}, "price_codes"),
    ({"kind": "minimum", "size": "10", "remainder": "rollover"}, "remainder"),
    ({"kind": "minimum", "size": "10", "instalments": {"count": 2}}, "instalments"),
    ({"kind": "minimum", "size": "10", "interval_unit": "year"}, "interval_unit"),
    ({"kind": "minimum", "size": "10", "period": "term"}, "interval_unit"),
    ({"kind": "minimum", "size": "10", "overage": {"kind": "rate", "value": "1"}}, "overage"),
    ({"kind": "minimum", "size": "10", "overage": {"kind": "factor", "value": "-1"}}, "overage"),
    ({"kind": "minimum", "size": "10", "order": ["commit"]}, "order"),
    ({"kind": "minimum", "size": "10", "order": ["commit", "included", "usage_credit"]}, "order"),
    ({"kind": "minimum", "size": "10", "price": "5"}, "price"),
    ({"kind": "minimum", "size": "10", "starts_at": "2025-01-01T00:00:00Z"}, "starts_at"),
    ({"kind": "prepaid", "size": "10", "true_up": True}, "true_up"),
    ({"kind": "prepaid", "size": "10", "rollover_limit": "5"}, "rollover_limit"),
    ({"kind": "prepaid", "size": "10", "on_cancel": "prorated"}, "on_cancel"),
    ({"kind": "prepaid", "size": "10", "instalments": {"count": 2}}, "instalments"),
    ({"kind": "prepaid", "size": "10", **YEAR, "instalments": {"count": 0}}, "instalments.count"),
    (
        {
            "kind": "prepaid", "size": "10", **YEAR,
            "instalments": {"parts": [{"due_at": "2026-02-01T00:00:00Z", "amount": "9"}]},
        },
        "instalments",
    ),
    ({"kind": "cap", "size": "10", "overage": {"kind": "factor", "value": "2"}}, "overage"),
    ({"kind": "cap", "size": "10", "measure": "quantity"}, "measure"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "field"), BAD, ids=[f"{n}-{field}" for n, (_, field) in enumerate(BAD)])
async def test_a_contradiction_is_refused_by_name(shop: Shop, body: dict[str, Any], field: str) -> None:
    whole = {
        "customer_id": shop.customer, "prices": [shop.price("calls", "0.10")], "commitments": [body],
    }  # fmt: skip
    status, _, found = await shop.refused("/subscriptions", whole)
    assert (status, found) == (400, f"commitments.0.{field}")
    assert (await shop.get("/subscriptions"))["data"] == []


async def test_lines_count_towards_one_commitment(shop: Shop) -> None:
    await shop.subscribe({"kind": "minimum", "size": "10"})
    path = f"/subscriptions/{shop.subscription}/commitments"
    again = {"kind": "prepaid", "size": "10", "price_codes": ["calls"]}
    assert await shop.refused(path, again) == (409, "conflict", "price_codes")
    await shop.post(path, {"kind": "cap", "size": "10"})


async def test_one_that_ended_takes_nothing_more(shop: Shop) -> None:
    await shop.subscribe({"kind": "minimum", "size": "10", **YEAR})
    await shop.until("2027-01-02")
    commitment = await shop.commitment()
    path = f"/subscriptions/{shop.subscription}/commitments/{commitment['id']}"
    assert commitment["terms"] == []
    assert (await shop.refused(f"{path}/credit", {"amount": "5"}))[:2] == (409, "wrong_state")
    assert (await shop.refused(f"{path}/divide", {"starts": ["2027-01-01T00:00:00Z"]}))[0] == 409
