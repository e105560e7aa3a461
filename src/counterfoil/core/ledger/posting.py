"""Postings, and the transactions that they make up.

Owns: the form of a posting and of a transaction, the check that it balances, balances as folds, reversal.
Does not own: which postings an event makes (templates) and their ids and storage.
Always holds: a ``LedgerTransaction`` that exists is balanced; it cannot be built otherwise, nor changed.

A transaction that does not balance is a mistake of the program, never of a caller from outside, so it
raises ``ValueError``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from counterfoil.core.ids import PREFIXES
from counterfoil.core.ledger.accounts import Side
from counterfoil.core.money import Money

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from counterfoil.core.ledger.accounts import Account
    from counterfoil.core.money import Unit


@dataclass(frozen=True, slots=True)
class Posting:
    """One amount, above zero, on one side of one account.

    ``detail`` tells postings of one account apart where a report needs it: on ``tax_payable`` the tax rate.
    """

    account: Account
    side: Side
    amount: Money
    detail: str | None = None

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise ValueError(f"a posting must be above zero, not {self.amount}: swap the side instead")
        if self.amount.unit != self.account.unit:
            raise ValueError(f"{self.amount} cannot go to an account in {self.account.unit.code}")


@dataclass(frozen=True, slots=True)
class LedgerTransaction:
    """What one business event did to the books.

    ``template`` names the event, ``reference_kind`` and ``reference_id`` the object it happened to (a kind of
    ``core/ids``), ``effective_at`` is the instant of business time at which it counts.
    """

    template: str
    reference_kind: str
    reference_id: UUID
    effective_at: datetime
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        assert self.reference_kind in PREFIXES
        if self.effective_at.utcoffset() is None:
            raise ValueError(f"{self.template}: effective_at has no time zone")
        if len(self.postings) < 2:
            raise ValueError(f"{self.template}: a transaction has at least two postings")
        for unit, rest in imbalance(self.postings).items():
            raise ValueError(
                f"{self.template}: debits less credits leave {rest} minor units of {unit.code}, not zero"
            )


def imbalance(postings: Iterable[Posting]) -> dict[Unit, int]:
    """Debits less credits, in minor units, of each unit where they differ; of sound books, nothing."""
    net: dict[Unit, int] = {}
    for posting in postings:
        signed = posting.amount.minor if posting.side is Side.DEBIT else -posting.amount.minor
        net[posting.amount.unit] = net.get(posting.amount.unit, 0) + signed
    return {unit: rest for unit, rest in net.items() if rest}


def balance(postings: Iterable[Posting]) -> dict[Account, Money]:
    """The balance of every account that the postings touch, above zero on the account's normal side.

    The order of the postings does not matter.  Raises ``TooLarge`` for a balance beyond 64 bits.
    """
    net: dict[Account, int] = {}
    for posting in postings:
        account = posting.account
        grows = posting.side is account.normal_side
        net[account] = net.get(account, 0) + (posting.amount.minor if grows else -posting.amount.minor)
    return {account: Money(minor, account.unit) for account, minor in net.items()}


def reverse(transaction: LedgerTransaction, *, template: str, effective_at: datetime) -> LedgerTransaction:
    """The mirror image: the same amounts on the other sides, so both together change no balance.

    It keeps the reference of the original and counts at its own ``effective_at``: the past stays as it was.
    """
    return LedgerTransaction(
        template=template,
        reference_kind=transaction.reference_kind,
        reference_id=transaction.reference_id,
        effective_at=effective_at,
        postings=tuple(
            Posting(posting.account, posting.side.other, posting.amount, posting.detail)
            for posting in transaction.postings
        ),
    )
