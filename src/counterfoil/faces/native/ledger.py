"""``/v1/ledger``: the journal and its balances, to be read; invoices and payments write it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response
from pydantic import ConfigDict, Field

from counterfoil.core.errors import InvalidInput
from counterfoil.core.ids import PREFIXES, parse_id, show_id
from counterfoil.core.ledger import CHART, AccountCode, AccountKind, Posting, Side
from counterfoil.faces.kit.context import Unit, allow
from counterfoil.faces.kit.wire import (
    CustomerId,
    InstantText,
    LedgerTransactionId,
    ListOf,
    PageQuery,
    Wire,
    list_of,
    page_query,
    shown,
)
from counterfoil.faces.native.routes import NativeRoute
from counterfoil.modules.ledger import Balance, PostedTransaction, balances, list_transactions

router = APIRouter(prefix="/ledger", tags=["Ledger"], route_class=NativeRoute)
READ = allow("ledger:read")
_page = page_query("ledger_transaction")
_KINDS: Final = {prefix: kind for kind, prefix in PREFIXES.items()}

_POSTINGS: Final[list[Any]] = [
    {
        "account": "receivable",
        "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
        "side": "debit",
        "amount": "95.20",
        "currency": "EUR",
        "detail": None,
    },
    {
        "account": "revenue",
        "customer_id": None,
        "side": "credit",
        "amount": "80.00",
        "currency": "EUR",
        "detail": None,
    },
    {
        "account": "tax_payable",
        "customer_id": None,
        "side": "credit",
        "amount": "15.20",
        "currency": "EUR",
        "detail": "VAT 19 %",
    },
]
_TRANSACTION: Final[dict[str, Any]] = {
    "id": "txn_01kahgp1g0edgrx4zm6byashwk",
    "template": "invoice_finalised",
    "reference": "inv_01kahgp1g0edgrx4zm6byashwj",
    "effective_at": "2026-02-01T00:00:00Z",
    "recorded_at": "2026-02-01T00:03:12.500000Z",
    "postings": _POSTINGS,
}


class PostingOut(Wire):
    """One amount, above zero, on one side of one account."""

    account: AccountCode
    customer_id: CustomerId | None = Field(description="Of accounts that are kept per customer")
    side: Side
    amount: str
    currency: str = Field(description="ISO 4217, or the code of a unit of your own")
    detail: str | None = Field(description="Tells postings of one account apart: on `tax_payable`, the rate")


class LedgerTransactionOut(Wire):
    """What one business event did to the books; debits equal credits in each currency."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TRANSACTION]})

    id: LedgerTransactionId
    template: str = Field(description="The event: what it posts is explained in docs/ledger.md")
    reference: str = Field(description="The id of the object it happened to")
    effective_at: InstantText = Field(description="When it counts, in business time")
    recorded_at: InstantText = Field(description="When it was written, in real time")
    postings: list[PostingOut]


class BalanceOut(Wire):
    """What an account holds in one currency."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "account": "receivable",
                    "kind": "asset",
                    "customer_id": "cus_01kahgp1g0edgrx4zm6byashwh",
                    "amount": "95.20",
                    "currency": "EUR",
                    "means": CHART[AccountCode.RECEIVABLE].means,
                }
            ]
        }
    )

    account: AccountCode
    kind: AccountKind
    customer_id: CustomerId | None = Field(
        description="The customer that was asked for; `null` for sums over all"
    )
    amount: str = Field(description="Above zero on the account's normal side, below where it is overdrawn")
    currency: str
    means: str = Field(description="What a balance of this account says")


class Balances(Wire):
    """Every balance that was asked for."""

    data: list[BalanceOut]


def _posting(posting: Posting) -> PostingOut:
    return PostingOut.model_construct(
        account=posting.account.code,
        customer_id=posting.account.customer,
        side=posting.side,
        amount=posting.amount.amount_text(),
        currency=posting.amount.unit.code,
        detail=posting.detail,
    )


def to_wire(posted: PostedTransaction) -> LedgerTransactionOut:
    """A transaction on the wire."""
    content = posted.content
    return LedgerTransactionOut.model_construct(
        id=posted.id,
        template=content.template,
        reference=show_id(content.reference_kind, content.reference_id),
        effective_at=content.effective_at,
        recorded_at=posted.recorded_at,
        postings=[_posting(posting) for posting in content.postings],
    )


def _balance(balance: Balance) -> BalanceOut:
    row = CHART[balance.account]
    return BalanceOut.model_construct(
        account=balance.account,
        kind=row.kind,
        customer_id=balance.customer_id,
        amount=balance.amount.amount_text(),
        currency=balance.amount.unit.code,
        means=row.means,
    )


def _reference(text: str) -> tuple[str, Any]:
    kind = _KINDS.get(text.rpartition("_")[0])
    if kind is None:
        raise InvalidInput(
            "reference is not an id", field="reference", allowed="the id of an invoice, a payment, …: inv_…"
        )
    return kind, parse_id(kind, text, field="reference")


@router.get("/transactions", response_model=ListOf[LedgerTransactionOut], dependencies=[READ])
async def transactions(
    uow: Unit,
    query: Annotated[PageQuery, Depends(_page)],
    reference: Annotated[str | None, Query(description="Only those of the object with this id")] = None,
) -> Response:
    """The journal, newest first."""
    wanted = None if reference is None else _reference(reference)
    page = await list_transactions(uow, query, reference=wanted)
    return shown(list_of("ledger_transaction", page, to_wire))


@router.get("/balances", response_model=Balances, dependencies=[READ])
async def list_balances(
    uow: Unit,
    customer_id: Annotated[
        CustomerId | None, Query(description="This customer's accounts, rather than all accounts")
    ] = None,
) -> Response:
    """What the accounts hold now: of one customer, or of everybody together."""
    found = await balances(uow, customer_id)
    return shown(Balances.model_construct(data=[_balance(balance) for balance in found]))
