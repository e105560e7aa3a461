"""Use cases of the ledger."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from counterfoil.modules.ledger import repository
from counterfoil.modules.ledger.types import Balance, PostedTransaction

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from counterfoil.core.ledger import LedgerTransaction
    from counterfoil.store import Page, PageQuery, Uow


async def post(uow: Uow, transactions: Sequence[LedgerTransaction]) -> list[UUID]:
    """Write transactions to the journal, all in two statements; returns their ids in the same order.

    Nothing is announced: the event itself is (an invoice was finalised).  Raises ``AlreadyExists`` if the
    event of one of them was posted before for the same object; then none is written.
    """
    if not transactions:
        return []
    posted = [PostedTransaction(uow.new_id(), uow.wall, content) for content in transactions]
    await repository.add(uow, posted)
    return [transaction.id for transaction in posted]


async def list_transactions(
    uow: Uow, query: PageQuery, *, reference: tuple[str, UUID] | None = None
) -> Page[PostedTransaction]:
    """Transactions, newest first; ``reference`` (a kind of ``core.ids`` and an id) asks for one object's."""
    return await repository.page(uow, query, reference)


async def transactions_of(
    uow: Uow, reference_kind: str, reference_ids: Collection[UUID]
) -> dict[UUID, list[PostedTransaction]]:
    """The transactions of each of these objects, oldest first; objects without any are left out."""
    found: defaultdict[UUID, list[PostedTransaction]] = defaultdict(list)
    for posted in await repository.of_references(uow, reference_kind, reference_ids):
        found[posted.content.reference_id].append(posted)
    return dict(found)


async def balances(uow: Uow, customer_id: UUID | None = None) -> list[Balance]:
    """What the accounts hold, derived from every posting: by account, then by unit.

    With a customer, that customer's accounts; without, all accounts, those per customer summed over all
    customers.  An account that was never posted to is left out.
    """
    return await repository.balances(uow, customer_id)
