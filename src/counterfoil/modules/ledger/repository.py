"""Rows of the ledger."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, func, select, text

from counterfoil.core.ledger import CHART, Account, AccountCode, LedgerTransaction, Posting, Side
from counterfoil.core.money import Money, Unit
from counterfoil.modules.ledger.models import LedgerPostingRow, LedgerTransactionRow
from counterfoil.modules.ledger.types import Balance, PostedTransaction
from counterfoil.store import Page, PageQuery, Uow
from counterfoil.store.paging import page_of, paged

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy import Row

_ADD_TRANSACTIONS: Final = text(
    """
    insert into ledger_transactions
        (environment_id, id, template, reference_kind, reference_id, effective_at, recorded_at)
    select cast(:environment as uuid), u.*, cast(:recorded_at as timestamptz)
    from unnest(
        cast(:ids as uuid[]), cast(:templates as text[]), cast(:kinds as text[]),
        cast(:references as uuid[]), cast(:effective as timestamptz[])
    ) u
    """
)
_ADD_POSTINGS: Final = text(
    """
    insert into ledger_postings
        (environment_id, transaction_id, position, account, customer_id, unit, exponent, side, amount, detail)
    select cast(:environment as uuid), u.*
    from unnest(
        cast(:transactions as uuid[]), cast(:positions as smallint[]), cast(:accounts as text[]),
        cast(:customers as uuid[]), cast(:units as text[]), cast(:exponents as smallint[]),
        cast(:sides as text[]), cast(:amounts as bigint[]), cast(:details as text[])
    ) u
    """
)
_TRANSACTION_COLUMNS: Final[list[Any]] = [
    LedgerTransactionRow.id,
    LedgerTransactionRow.template,
    LedgerTransactionRow.reference_kind,
    LedgerTransactionRow.reference_id,
    LedgerTransactionRow.effective_at,
    LedgerTransactionRow.recorded_at,
]
_TRANSACTIONS: Final = select(*_TRANSACTION_COLUMNS)
_POSTINGS: Final = select(
    LedgerPostingRow.transaction_id,
    LedgerPostingRow.account,
    LedgerPostingRow.customer_id,
    LedgerPostingRow.unit,
    LedgerPostingRow.exponent,
    LedgerPostingRow.side,
    LedgerPostingRow.amount,
    LedgerPostingRow.detail,
).order_by(LedgerPostingRow.transaction_id, LedgerPostingRow.position)
_NET: Final = (
    select(
        LedgerPostingRow.account,
        LedgerPostingRow.unit,
        LedgerPostingRow.exponent,
        func.sum(
            case(
                (LedgerPostingRow.side == Side.DEBIT, LedgerPostingRow.amount), else_=-LedgerPostingRow.amount
            )
        ).label("net"),
    )
    .group_by(LedgerPostingRow.account, LedgerPostingRow.unit, LedgerPostingRow.exponent)
    .order_by(LedgerPostingRow.account, LedgerPostingRow.unit)
)


async def add(uow: Uow, transactions: Sequence[PostedTransaction]) -> None:
    """Write transactions and their postings, in two statements; ``AlreadyExists`` if one is there."""
    contents = [posted.content for posted in transactions]
    await uow.execute(
        _ADD_TRANSACTIONS,
        {
            "environment": uow.environment_id,
            "recorded_at": uow.wall,
            "ids": [posted.id for posted in transactions],
            "templates": [content.template for content in contents],
            "kinds": [content.reference_kind for content in contents],
            "references": [content.reference_id for content in contents],
            "effective": [content.effective_at for content in contents],
        },
    )
    rows = [
        (posted.id, position, posting)
        for posted in transactions
        for position, posting in enumerate(posted.content.postings, 1)
    ]
    await uow.execute(
        _ADD_POSTINGS,
        {
            "environment": uow.environment_id,
            "transactions": [id_ for id_, _, _ in rows],
            "positions": [position for _, position, _ in rows],
            "accounts": [posting.account.code.value for _, _, posting in rows],
            "customers": [posting.account.customer for _, _, posting in rows],
            "units": [posting.amount.unit.code for _, _, posting in rows],
            "exponents": [posting.amount.unit.exponent for _, _, posting in rows],
            "sides": [posting.side.value for _, _, posting in rows],
            "amounts": [posting.amount.minor for _, _, posting in rows],
            "details": [posting.detail for _, _, posting in rows],
        },
    )


async def page(uow: Uow, query: PageQuery, reference: tuple[str, UUID] | None) -> Page[PostedTransaction]:
    """Transactions, newest first, perhaps only those of one object."""
    statement = _TRANSACTIONS.where(LedgerTransactionRow.environment_id == uow.environment_id)
    if reference is not None:
        kind, id_ = reference
        statement = statement.where(
            LedgerTransactionRow.reference_kind == kind, LedgerTransactionRow.reference_id == id_
        )
    rows = (await uow.execute(paged(statement, LedgerTransactionRow.id, query))).all()
    page = page_of(list(rows), query)
    return Page(await _with_postings(uow, page.items), page.has_more)


async def of_references(uow: Uow, kind: str, ids: Collection[UUID]) -> list[PostedTransaction]:
    """All transactions of these objects, oldest first."""
    statement = _TRANSACTIONS.where(
        LedgerTransactionRow.environment_id == uow.environment_id,
        LedgerTransactionRow.reference_kind == kind,
        LedgerTransactionRow.reference_id.in_(ids),
    ).order_by(LedgerTransactionRow.id)
    return await _with_postings(uow, (await uow.execute(statement)).all())


async def balances(uow: Uow, customer_id: UUID | None) -> list[Balance]:
    """The sums of one customer's accounts, or of all accounts over all customers."""
    statement = _NET.where(LedgerPostingRow.environment_id == uow.environment_id)
    if customer_id is not None:
        statement = statement.where(LedgerPostingRow.customer_id == customer_id)
    return [_to_balance(row, customer_id) for row in await uow.execute(statement)]


async def _with_postings(uow: Uow, rows: Sequence[Row[Any]]) -> list[PostedTransaction]:
    if not rows:
        return []
    statement = _POSTINGS.where(
        LedgerPostingRow.environment_id == uow.environment_id,
        LedgerPostingRow.transaction_id.in_([row.id for row in rows]),
    )
    postings: defaultdict[UUID, list[Posting]] = defaultdict(list)
    for row in await uow.execute(statement):
        postings[row.transaction_id].append(_to_posting(row))
    return [
        PostedTransaction(
            row.id,
            row.recorded_at,
            LedgerTransaction(
                template=row.template,
                reference_kind=row.reference_kind,
                reference_id=row.reference_id,
                effective_at=row.effective_at,
                postings=tuple(postings[row.id]),
            ),
        )
        for row in rows
    ]


def _to_posting(row: Row[Any]) -> Posting:
    unit = Unit(row.unit, row.exponent)
    account = Account(AccountCode(row.account), unit, row.customer_id)
    return Posting(account, Side(row.side), Money(row.amount, unit), row.detail)


def _to_balance(row: Row[Any], customer_id: UUID | None) -> Balance:
    code = AccountCode(row.account)
    net = int(row.net)  # debits less credits; the sum of bigints is a numeric
    grows_by = CHART[code].kind.normal_side
    amount = Money(net if grows_by is Side.DEBIT else -net, Unit(row.unit, row.exponent))
    return Balance(code, customer_id, amount)
