"""The templates: their edges, and the laws that hold for any amounts and any order of events.

The worked examples are in ``test_ledger_golden``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counterfoil.core.ledger import (
    CHART,
    Account,
    AccountCode,
    LedgerTransaction,
    Posting,
    Template,
    balance,
    imbalance,
    invoice_finalised,
    invoice_voided,
    payment_received,
)
from counterfoil.core.money import Money, Unit, own_unit, total_of, unit_of

USD, EUR, CREDITS = unit_of("USD"), unit_of("EUR"), own_unit("credits", 3)
NOW = datetime(2026, 1, 31, tzinfo=UTC)
CUSTOMER = UUID(int=1)

amounts = st.integers(min_value=-(10**12), max_value=10**12)
payable = st.integers(min_value=1, max_value=10**12)


def finalised(
    earned: int, deferred: int, taxes: dict[str, int], unit: Unit = USD, customer: UUID = CUSTOMER
) -> LedgerTransaction | None:
    return invoice_finalised(
        invoice=UUID(int=2),
        customer=customer,
        effective_at=NOW,
        total=Money(earned + deferred + sum(taxes.values()), unit),
        earned=Money(earned, unit),
        deferred=Money(deferred, unit),
        taxes={rate: Money(tax, unit) for rate, tax in taxes.items()},
    )


def paid(amount: int, due: int, unit: Unit = USD, customer: UUID = CUSTOMER) -> LedgerTransaction:
    return payment_received(
        payment=UUID(int=3),
        customer=customer,
        effective_at=NOW,
        amount=Money(amount, unit),
        due=Money(due, unit),
    )


def test_an_invoice_of_nothing_makes_no_transaction() -> None:
    assert finalised(0, 0, {}) is None
    assert finalised(0, 0, {"zero rate": 0}) is None


def test_an_invoice_whose_parts_do_not_make_its_total_cannot_be_posted() -> None:
    with pytest.raises(ValueError, match="invoice_finalised: debits less credits leave 1 minor units of USD"):
        invoice_finalised(
            invoice=UUID(int=2),
            customer=CUSTOMER,
            effective_at=NOW,
            total=Money(10801, USD),
            earned=Money(10000, USD),
            deferred=Money.zero(USD),
            taxes={"8 %": Money(800, USD)},
        )


def test_the_transactions_refer_to_the_invoice_and_to_the_payment_at_their_time() -> None:
    invoice, payment = finalised(100, 0, {}), paid(100, 100)
    assert invoice is not None
    void = invoice_voided(invoice, effective_at=datetime(2026, 2, 1, tzinfo=UTC))
    assert (invoice.reference_kind, invoice.reference_id, invoice.effective_at) == (
        "invoice",
        UUID(int=2),
        NOW,
    )
    assert (void.reference_kind, void.reference_id) == ("invoice", UUID(int=2))
    assert void.effective_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert (payment.reference_kind, payment.reference_id) == ("payment", UUID(int=3))


def test_a_payment_ahead_of_any_invoice_is_wholly_the_customers_credit() -> None:
    assert balance(paid(5000, 0).postings) == {
        Account(AccountCode.CASH, USD): Money(5000, USD),
        Account(AccountCode.CUSTOMER_CREDIT, USD, CUSTOMER): Money(5000, USD),
    }


@pytest.mark.parametrize(("amount", "due"), [(0, 100), (-5, 100), (0, 0), (100, -1)])
def test_a_payment_of_nothing_or_less_or_against_a_negative_due_cannot_be_posted(
    amount: int, due: int
) -> None:
    with pytest.raises(ValueError, match="zero"):
        paid(amount, due)


def test_a_payment_in_another_unit_than_what_is_due_cannot_be_posted() -> None:
    with pytest.raises(ValueError, match="do not mix"):
        payment_received(
            payment=UUID(int=3),
            customer=CUSTOMER,
            effective_at=NOW,
            amount=Money(100, USD),
            due=Money(100, EUR),
        )


def test_only_a_finalisation_can_be_voided() -> None:
    with pytest.raises(AssertionError):
        invoice_voided(paid(1, 1), effective_at=NOW)


def test_the_chart_has_no_account_that_no_event_uses() -> None:
    invoice, surplus = finalised(1, 2, {"tax": 3}), paid(2, 1)
    assert invoice is not None
    used = {posting.account.code for posting in (*invoice.postings, *surplus.postings)}
    assert used == set(CHART)


tax_amounts = st.dictionaries(st.sampled_from(["state", "city", "vat"]), amounts)


@given(amounts, amounts, tax_amounts)
def test_void_after_finalise_returns_every_account_to_zero(
    earned: int, deferred: int, taxes: dict[str, int]
) -> None:
    invoice = finalised(earned, deferred, taxes)
    if invoice is None:
        assert not earned
        assert not deferred
        assert not any(taxes.values())
        return
    both = (*invoice.postings, *invoice_voided(invoice, effective_at=NOW).postings)
    assert not any(balance(both).values())


@given(amounts, amounts, tax_amounts)
def test_a_finalised_invoice_puts_each_part_where_it_belongs_whatever_its_sign(
    earned: int, deferred: int, taxes: dict[str, int]
) -> None:
    invoice = finalised(earned, deferred, taxes)
    balances = balance(invoice.postings if invoice else ())

    def held(code: AccountCode, customer: UUID | None = None) -> int:
        return balances.get(Account(code, USD, customer), Money.zero(USD)).minor

    total = earned + deferred + sum(taxes.values())
    assert held(AccountCode.REVENUE) == earned
    assert held(AccountCode.DEFERRED_REVENUE) == deferred
    assert held(AccountCode.TAX_PAYABLE) == sum(taxes.values())
    assert held(AccountCode.RECEIVABLE, CUSTOMER) == max(total, 0)
    assert held(AccountCode.CUSTOMER_CREDIT, CUSTOMER) == max(-total, 0)


@given(payable, st.lists(payable, max_size=6))
def test_the_receivable_is_the_total_less_what_was_paid_and_a_surplus_is_credit(
    total: int, payments: list[int]
) -> None:
    invoice = finalised(total, 0, {})
    assert invoice is not None
    postings = list(invoice.postings)
    due = total
    for amount in payments:
        postings += paid(amount, due).postings
        due = max(due - amount, 0)
    balances = balance(postings)
    credit = balances.get(Account(AccountCode.CUSTOMER_CREDIT, USD, CUSTOMER), Money.zero(USD))
    assert balances[Account(AccountCode.RECEIVABLE, USD, CUSTOMER)].minor == max(total - sum(payments), 0)
    assert credit.minor == max(sum(payments) - total, 0)


@st.composite
def histories(draw: st.DrawFn) -> list[Posting]:
    """Postings of any sequence of events, of several customers in several units."""
    postings: list[Posting] = []
    invoices: list[LedgerTransaction] = []
    for _ in range(draw(st.integers(0, 8))):
        unit = draw(st.sampled_from([USD, EUR, CREDITS]))
        customer = UUID(int=draw(st.integers(1, 3)))
        event = draw(st.sampled_from(list(Template)))
        transaction: LedgerTransaction | None
        if event is Template.PAYMENT_RECEIVED:
            transaction = paid(draw(payable), draw(st.integers(0, 10**12)), unit, customer)
        elif event is Template.INVOICE_VOIDED and invoices:
            transaction = invoice_voided(invoices.pop(), effective_at=NOW)
        else:
            transaction = finalised(draw(amounts), draw(amounts), draw(tax_amounts), unit, customer)
            invoices += [transaction] if transaction else []
        postings += transaction.postings if transaction else ()
    return postings


@given(histories())
def test_any_sequence_of_events_nets_to_zero_in_each_unit(postings: list[Posting]) -> None:
    assert imbalance(postings) == {}
    balances = balance(postings)
    for unit in {account.unit for account in balances}:
        of_unit = {account: amount for account, amount in balances.items() if account.unit == unit}
        debits = total_of((m for a, m in of_unit.items() if a.normal_side == "debit"), unit)
        credits = total_of((m for a, m in of_unit.items() if a.normal_side == "credit"), unit)
        assert debits == credits
