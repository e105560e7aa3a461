"""Postings and transactions: what cannot be built, how balances are folded."""

from __future__ import annotations

import dataclasses
import operator
from datetime import UTC, datetime
from uuid import UUID

import pytest

from counterfoil.core.errors import TooLarge
from counterfoil.core.ledger import (
    Account,
    AccountCode,
    LedgerTransaction,
    Posting,
    Side,
    balance,
    imbalance,
    reverse,
)
from counterfoil.core.money import MAX_MINOR, Money, own_unit, unit_of

USD, EUR, CREDITS = unit_of("USD"), unit_of("EUR"), own_unit("credits", 0)
NOW = datetime(2026, 1, 31, tzinfo=UTC)
CUSTOMER = UUID(int=1)
CASH, CASH_EUR = Account(AccountCode.CASH, USD), Account(AccountCode.CASH, EUR)
REVENUE, REVENUE_EUR = Account(AccountCode.REVENUE, USD), Account(AccountCode.REVENUE, EUR)
RECEIVABLE = Account(AccountCode.RECEIVABLE, USD, CUSTOMER)


def debit(account: Account, minor: int) -> Posting:
    return Posting(account, Side.DEBIT, Money(minor, account.unit))


def credit(account: Account, minor: int) -> Posting:
    return Posting(account, Side.CREDIT, Money(minor, account.unit))


def transaction(*postings: Posting) -> LedgerTransaction:
    return LedgerTransaction("payment_received", "payment", UUID(int=9), NOW, postings)


@pytest.mark.parametrize("minor", [0, -1])
def test_a_posting_of_nothing_or_less_cannot_be_built(minor: int) -> None:
    with pytest.raises(ValueError, match="above zero"):
        debit(CASH, minor)


def test_a_posting_cannot_put_one_unit_into_an_account_of_another() -> None:
    with pytest.raises(ValueError, match="cannot go to an account in USD"):
        Posting(CASH, Side.DEBIT, Money(100, EUR))


def test_a_transaction_that_does_not_balance_cannot_be_built_and_says_by_how_much() -> None:
    with pytest.raises(ValueError, match="payment_received: debits less credits leave -1 minor units of USD"):
        transaction(debit(CASH, 99), credit(REVENUE, 100))


def test_each_unit_must_balance_by_itself() -> None:
    with pytest.raises(ValueError, match="minor units of"):
        transaction(debit(CASH, 100), credit(REVENUE_EUR, 100))
    both = transaction(debit(CASH, 100), credit(REVENUE, 100), debit(CASH_EUR, 90), credit(REVENUE_EUR, 90))
    assert imbalance(both.postings) == {}


def test_a_transaction_needs_two_postings() -> None:
    for postings in [(), (debit(CASH, 1),)]:
        with pytest.raises(ValueError, match="at least two postings"):
            transaction(*postings)


def test_a_transaction_at_a_time_without_zone_cannot_be_built() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        LedgerTransaction(
            "payment_received",
            "payment",
            UUID(int=9),
            NOW.replace(tzinfo=None),
            (debit(CASH, 1), credit(REVENUE, 1)),
        )


def test_the_reference_is_to_a_kind_of_object_that_has_ids() -> None:
    with pytest.raises(AssertionError):
        LedgerTransaction("x", "horse", UUID(int=9), NOW, (debit(CASH, 1), credit(REVENUE, 1)))


@pytest.mark.parametrize("field", [field.name for field in dataclasses.fields(LedgerTransaction)])
def test_a_transaction_cannot_be_changed(field: str) -> None:
    built = transaction(debit(CASH, 1), credit(REVENUE, 1))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(built, field, None)
    with pytest.raises(TypeError):
        operator.setitem(built.postings, 0, debit(CASH, 2))  # type: ignore[call-overload]


def test_a_balance_is_above_zero_on_the_side_on_which_its_account_grows() -> None:
    postings = [debit(RECEIVABLE, 500), credit(REVENUE, 500), debit(CASH, 700), credit(RECEIVABLE, 700)]
    assert balance(postings) == {
        RECEIVABLE: Money(-200, USD),
        REVENUE: Money(500, USD),
        CASH: Money(700, USD),
    }
    assert balance(reversed(postings)) == balance(postings)


def test_customers_and_units_have_balances_of_their_own() -> None:
    other = Account(AccountCode.RECEIVABLE, USD, UUID(int=2))
    prepaid = Account(AccountCode.CUSTOMER_CREDIT, CREDITS, CUSTOMER)
    postings = [debit(RECEIVABLE, 5), debit(other, 7), credit(prepaid, 11)]
    assert balance(postings) == {
        RECEIVABLE: Money(5, USD),
        other: Money(7, USD),
        prepaid: Money(11, CREDITS),
    }


def test_of_nothing_there_is_no_balance() -> None:
    assert balance([]) == {}
    assert imbalance([]) == {}


def test_a_fold_may_pass_the_largest_amount_on_its_way_but_not_end_beyond_it() -> None:
    largest = debit(CASH, MAX_MINOR)
    assert balance([largest, largest, credit(CASH, MAX_MINOR)]) == {CASH: Money(MAX_MINOR, USD)}
    with pytest.raises(TooLarge):
        balance([largest, largest])


def test_a_reversal_swaps_the_sides_keeps_the_reference_and_counts_at_its_own_time() -> None:
    original = LedgerTransaction(
        "payment_received",
        "payment",
        UUID(int=9),
        NOW,
        (Posting(CASH, Side.DEBIT, Money(3, USD), "till"), credit(REVENUE, 3)),
    )
    later = datetime(2026, 2, 28, tzinfo=UTC)
    assert reverse(original, template="taken_back", effective_at=later) == LedgerTransaction(
        "taken_back",
        "payment",
        UUID(int=9),
        later,
        (Posting(CASH, Side.CREDIT, Money(3, USD), "till"), debit(REVENUE, 3)),
    )
