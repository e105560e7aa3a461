"""The worked examples of the ledger: tests/golden/ledger/*.toml, played event by event."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from counterfoil.core.ledger import (
    LedgerTransaction,
    Posting,
    balance,
    invoice_finalised,
    invoice_voided,
    payment_received,
)
from counterfoil.core.money import Money, unit_of

if TYPE_CHECKING:
    from counterfoil.core.money import Unit

ROOT = Path(__file__).parents[3]
CASES = sorted((ROOT / "tests" / "golden" / "ledger").glob("*.toml"))
NOW = datetime(2026, 3, 31, 22, tzinfo=UTC)
CUSTOMER, INVOICE, PAYMENT = UUID(int=1), UUID(int=2), UUID(int=3)


def played(event: dict[str, Any], unit: Unit, before: list[LedgerTransaction]) -> LedgerTransaction:
    amounts = {name: Money.of(event[name], unit) for name in event.keys() - {"template", "postings", "taxes"}}
    match event["template"]:
        case "invoice_finalised":
            transaction = invoice_finalised(
                invoice=INVOICE,
                customer=CUSTOMER,
                effective_at=NOW,
                taxes={rate: Money.of(tax, unit) for rate, tax in event["taxes"].items()},
                **amounts,
            )
        case "invoice_voided":
            transaction = invoice_voided(before[0], effective_at=NOW)
        case "payment_received":
            transaction = payment_received(payment=PAYMENT, customer=CUSTOMER, effective_at=NOW, **amounts)
        case other:
            pytest.fail(f"no template {other}")
    assert transaction is not None
    assert transaction.template == event["template"]
    return transaction


def in_words(posting: Posting) -> str:
    words = [posting.side, posting.account.code, posting.amount.amount_text(), posting.detail]
    return " ".join(word for word in words if word)


@pytest.mark.golden
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_events_make_the_postings_and_the_balances_of_the_example(path: Path) -> None:
    case = tomllib.loads(path.read_text())
    unit = unit_of(case["unit"])
    transactions: list[LedgerTransaction] = []
    for event in case["events"]:
        transaction = played(event, unit, transactions)
        assert [in_words(posting) for posting in transaction.postings] == [
            " ".join(line.split()) for line in event["postings"]
        ]
        transactions.append(transaction)
    balances = balance(posting for transaction in transactions for posting in transaction.postings)
    assert {account.code.value: amount for account, amount in balances.items()} == {
        code: Money.of(text, unit) for code, text in case["balances"].items()
    }


def test_the_ledger_page_quotes_every_example_as_it_is() -> None:
    page = (ROOT / "docs" / "ledger.md").read_text()
    for path in CASES:
        case = tomllib.loads(path.read_text())
        for event in case["events"]:
            quoted = "\n".join(line.rstrip() for line in event["postings"])
            assert quoted in page, f"{path.name}: {event['template']} is not quoted in docs/ledger.md"
