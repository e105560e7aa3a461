"""The chart of accounts and the rules of an account."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from counterfoil.core.ledger import CHART, Account, AccountCode, AccountKind, Side
from counterfoil.core.money import unit_of

USD = unit_of("USD")
PAGE = Path(__file__).parents[3] / "docs" / "ledger.md"


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        (AccountKind.ASSET, Side.DEBIT),
        (AccountKind.EXPENSE, Side.DEBIT),
        (AccountKind.LIABILITY, Side.CREDIT),
        (AccountKind.EQUITY, Side.CREDIT),
        (AccountKind.INCOME, Side.CREDIT),
    ],
)
def test_assets_and_expenses_grow_on_the_debit_side_all_others_on_the_credit_side(
    kind: AccountKind, side: Side
) -> None:
    assert kind.normal_side is side
    assert side.other is not side
    assert side.other.other is side


@pytest.mark.parametrize("code", [code for code in AccountCode if CHART[code].per_customer])
def test_an_account_kept_per_customer_needs_its_customer(code: AccountCode) -> None:
    assert Account(code, USD, UUID(int=1)) != Account(code, USD, UUID(int=2))
    with pytest.raises(ValueError, match="needs a customer"):
        Account(code, USD)


@pytest.mark.parametrize("code", [code for code in AccountCode if not CHART[code].per_customer])
def test_an_account_of_the_whole_business_takes_no_customer(code: AccountCode) -> None:
    assert Account(code, USD) != Account(code, unit_of("EUR"))
    with pytest.raises(ValueError, match="belongs to no customer"):
        Account(code, USD, UUID(int=1))


def test_the_ledger_page_shows_the_chart_as_it_is() -> None:
    rows = [
        f"| `{name}` | {row.kind} | {row.kind.normal_side} | "
        f"{'yes' if row.per_customer else 'no'} | {row.means} |"
        for name, row in CHART.items()
    ]
    assert set(CHART) == set(AccountCode)
    assert "\n".join(rows) in PAGE.read_text()
