"""What a developer learns from ``/v1/calculator``."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from counterfoil.store import Store
from tests.conftest import Tenant
from tests.support.observe import fingerprint

TIERS = {"tiers": [{"up_to": "100", "unit_amount": "1"}, {"unit_amount": "0.50"}]}
TOKENS = {"currency": "EUR", "model": "graduated", "params": TIERS, "quantity": 150}


async def test_a_price_comes_with_its_explanation_and_nothing_is_kept(
    api: httpx.AsyncClient, store: Store, tenant: Tenant
) -> None:
    before = await fingerprint(store, tenant)
    answer = await api.post("/v1/calculator/price", json=TOKENS)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["amount"] == "125.00"
    assert [step["text"] for step in told["steps"]] == [
        "Quantity: 150",
        "0 to 100: 100 × 1 = 100",
        "Over 100: 50 × 0.5 = 25",
        "Sum: 125",
        "Amount: 125.00 EUR, nothing to round",
    ]
    assert told["redone"] == {"amount": "125.00", "matches": True}
    assert await fingerprint(store, tenant) == before


async def test_a_question_opens_no_transaction_unless_its_answer_is_to_be_kept(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.post("/v1/calculator/price", json=TOKENS)  # the key is known from here on
    kept = {"Idempotency-Key": "sum-1"}
    assert (await api.post("/v1/calculator/price", json=TOKENS, headers=kept)).status_code == 200
    again = await api.post("/v1/calculator/price", json=TOKENS, headers=kept)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await api.post("/v1/calculator/tax", json=TOKENS, headers=kept)).status_code == 400

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a transaction was opened")

    monkeypatch.setattr(Store, "unit", refuse)
    answer = await api.post("/v1/calculator/price", json=TOKENS)
    assert answer.json()["amount"] == "125.00"
    assert (await api.post("/v1/calculator/price", json=TOKENS | {"quantity": -1})).status_code == 400


async def test_numbers_are_read_as_they_are_written(api: httpx.AsyncClient) -> None:
    body = '{"currency": "USD", "model": "per_unit", "params": {"unit_amount": 0.1}, "quantity": %s}'
    digits = "3.0000000000000000000000000000000001"
    headers = {"content-type": "application/json"}
    told = (await api.post("/v1/calculator/price", content=body % digits, headers=headers)).json()
    assert told["explanation"]["exact"] == "0.30000000000000000000000000000000001"
    assert told["amount"] == "0.30"


async def test_a_share_of_a_period_is_an_exact_fraction(api: httpx.AsyncClient) -> None:
    asked = TOKENS | {"proration": "1/3"}
    told = (await api.post("/v1/calculator/price", json=asked)).json()
    assert (told["amount"], told["explanation"]["exact"]) == ("41.67", "125/3")


@pytest.mark.parametrize(
    ("question", "changed", "field"),
    [
        (
            "price",
            {"params": {"tiers": [{"up_to": 9, "unit_amount": 1}, {"up_to": 9, "unit_amount": 1}]}},
            "params.tiers.1.up_to",
        ),
        ("price", {"params": {"tiers": []}}, "params.tiers"),
        ("price", {"model": "free beer"}, "model"),
        ("price", {"quantity": -1}, "quantity"),
        (
            "price",
            {"terms": {"minimum": {"amount": "2"}, "maximum": {"amount": "1"}}},
            "terms.maximum.amount",
        ),
        ("price", {"terms": {"minimum": {"prorated": True}}}, "terms.minimum.amount"),
        ("price", {"groups": [{"values": ["a"], "quantity": 1}]}, "groups"),
        ("periods", {"interval": {"unit": "month", "count": 5000}}, "interval.count"),
        ("periods", {"start": "2026-01-31"}, "start"),
        ("periods", {"anchor": {"day": 1, "alignment": "calendar"}}, "anchor.alignment"),
        ("proration", {"change": {}}, "change"),
        ("proration", {"policy": {"day_count": "lunar"}}, "policy.day_count"),
        ("commitment", {"cap": {"cap": 1}}, "cap"),
        ("commitment", {"settlement": {"commitment": {"size": 0}}}, "settlement.commitment.size"),
        ("tax", {"lines": [{"amount": "1.001"}]}, "lines.0.amount"),
        ("tax", {"lines": [{"amount": "1", "rates": [{"percent": 101}]}]}, "lines.0.rates.0.percent"),
    ],
)
async def test_a_bad_question_names_the_field_and_what_is_allowed(
    api: httpx.AsyncClient, question: str, changed: dict[str, Any], field: str
) -> None:
    start = "2026-01-15T00:00:00Z"
    month = {"interval": {"unit": "month"}}
    part = {"start": start, "end": "2026-02-01T00:00:00Z", "amount": "10"}
    good: dict[str, dict[str, Any]] = {
        "price": TOKENS,
        "periods": month | {"start": start},
        "proration": month | {"currency": "EUR", "part": part},
        "commitment": {"currency": "EUR", "settlement": {"commitment": {"size": "5"}}},
        "tax": {"currency": "EUR", "lines": [{"amount": "1"}]},
    }
    accepted = await api.post(f"/v1/calculator/{question}", json=good[question])
    assert accepted.status_code == 200, accepted.text
    answer = await api.post(f"/v1/calculator/{question}", json=good[question] | changed)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["field"] == field
    assert answer.json()["error"]["allowed"]


async def test_a_key_is_needed(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        "/v1/calculator/price", json=TOKENS, headers={"Authorization": "Bearer ck_test_x"}
    )
    assert answer.status_code == 401
