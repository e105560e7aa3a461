"""Every worked example goes through the calculator over HTTP and comes out as published."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from counterfoil.modules.identity import NewApiClient, create_api_client
from counterfoil.store import Store
from tests.conftest import client_for, make_tenant
from tests.faces.native import calculator_cases as asked
from tests.faces.native.calculator_cases import Ask, Case, cases
from tests.faces.native.calculator_changes import proration

SHARED: Final = Path(__file__).parents[4] / "shared" / "cases" / "worked_examples.json"
OF_MONEY: Final = {"credits_burndown", "credit_note"}
"""The kinds that come with wallets and credit notes."""

KINDS: Final = {
    "pricing": asked.price,
    "rating": asked.price,
    "aggregation": asked.aggregation,
    "rounding": asked.rounding,
    "tax": asked.tax,
    "commitments": asked.commitment,
    "calendar": asked.calendar,
    "proration": proration,
}
EVERY: Final = [(kind, name, case) for kind in KINDS for name, case in cases(kind).items()]


@pytest.fixture(scope="module")
async def calculator(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP API with a key that may read prices and nothing else."""
    tenant = await make_tenant(store)
    async with store.unit(tenant.scope) as uow:
        _, key = await create_api_client(uow, tenant.environment, NewApiClient("sums", ("catalog:read",)))
    async with client_for(store, key) as client:
        yield client


@pytest.fixture
def ask(calculator: httpx.AsyncClient) -> Ask:
    """Asks the calculator over HTTP."""

    async def send(question: str, body: Case) -> Case:
        answer = await calculator.post(f"/v1/calculator/{question}", json=body)
        assert answer.status_code == 200, answer.text
        told: Case = answer.json()
        return told

    return send


@pytest.mark.golden
@pytest.mark.parametrize(("kind", "name", "case"), EVERY, ids=[f"{kind}-{name}" for kind, name, _ in EVERY])
async def test_a_worked_example_comes_out_of_the_calculator_as_published(
    kind: str, name: str, case: Case, ask: Ask
) -> None:
    assert case["case"]["id"] == name
    assert case["expect"]
    work = asked.shared_discount if name == "polar-discount-split-seats" else KINDS[kind]
    await work(ask, case)


def test_no_worked_example_is_missing() -> None:
    if not SHARED.is_file():
        pytest.skip("the collection of worked examples is not beside this tree")
    collected: list[dict[str, Any]] = json.loads(SHARED.read_text("utf-8"))
    asked_ = {name for _, name, _ in EVERY}
    missing = {one["id"]: one["kind"] for one in collected if one["kind"] not in OF_MONEY}
    missing = {id_: kind for id_, kind in missing.items() if id_ not in asked_}
    assert len(collected) >= 83
    assert missing == {}
